"""Parts that several commands show: positions, orders and requests, as lines, tables and facts."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from bot.answer import Table
from bot.picture import Held, Picture
from bot.surface import Surface
from bot.words import age, clock, lasting, money, percent, plain, signed
from core.orders import Order
from core.requests import NOBODY, Action, Request, lapse

UNKNOWN = "UNKNOWN"


def positions_table(picture: Picture) -> Table:
    """Each open position with its worth and protection; UNKNOWN is said, never shown as flat."""
    head = [
        "product",
        "side",
        "contracts",
        "size",
        "entry",
        "mark",
        "unrealised",
        "liquidation",
        "stops",
    ]
    return Table("positions", head, [_position_row(held, picture) for held in picture.positions])


def _position_row(held: Held, picture: Picture) -> list[str]:
    position = held.position
    mark, unrealised = held.mark, held.unrealised_usd
    size = UNKNOWN
    if held.product is not None:
        base = held.product.base_size(abs(held.contracts))
        size = f"{plain(base)} {held.product.underlying}"
    return [
        position.product_id,
        side_of(held.contracts),
        contracts_of(held),
        size,
        plain(position.average_price.quantize(Decimal("0.0001"))) if position.contracts else "",
        f"{plain(mark.price)} ({age(mark.at, picture.now)})" if mark else UNKNOWN,
        at_mark(unrealised, signed, held),
        liquidation_of(held, picture),
        stops_of(held),
    ]


def liquidation_of(held: Held, picture: Picture) -> str:
    """The price at which this position alone would have the account liquidated, and how far it is."""
    unknown = picture.liquidation_unknown(held)
    if unknown or held.mark is None or held.product is None:
        return f"{UNKNOWN}: {unknown}"
    price = picture.liquidation_price(held)
    if price is None:
        return "at no price"
    away = abs(price - held.mark.price) / held.mark.price * 100
    return f"{plain(price.quantize(held.product.price_increment))} ({percent(away)} away)"


def at_mark(amount: Decimal | None, shown: Callable[[Decimal], str], held: Held) -> str:
    """A figure that follows the mark: unknown when there is none, or an old one."""
    if amount is None:
        return UNKNOWN
    return shown(amount) if held.mark_fresh else f"{UNKNOWN} (was {shown(amount)})"


def side_of(contracts: int) -> str:
    return "long" if contracts > 0 else "short" if contracts < 0 else "flat"


def contracts_of(held: Held) -> str:
    """Ours, and the exchange's beside it where they differ."""
    ours = held.position.contracts
    if held.there is None or held.there == ours:
        return f"{abs(ours):,}"
    return f"{abs(ours):,} (exchange: {held.there:+,d})"


def stops_of(held: Held) -> str:
    """Contracts that resting stops would close, against those that are held."""
    wanted = max(abs(held.position.contracts), abs(held.there or 0))
    at = ", ".join(plain(o.spec.stop_price) for o in held.stops if o.spec.stop_price)
    if not held.covered:
        return f"NONE (0 of {wanted})"
    if held.covered < wanted:
        return f"ONLY {held.covered} of {wanted}, at {at}"
    return f"{held.covered} of {wanted}, at {at}"


def orders_table(title: str, orders: Sequence[Order], now: datetime) -> Table:
    head = ["order", "product", "kind", "side", "contracts", "price", "state", "age"]
    rows = [
        [
            order.spec.client_order_id,
            order.spec.product_id,
            order.spec.kind,
            order.spec.side,
            f"{order.filled}/{order.spec.contracts}",
            plain(order.spec.stop_price or order.spec.limit_price),
            f"{order.state} {order.detail}".strip(),
            age(order.created_at, now),
        ]
        for order in orders
    ]
    return Table(title, head, rows)


def meant_positions(picture: Picture, words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The open positions that the first words name, by product, coin or `all`; the rest is a reason."""
    meant: list[str] = []
    for at, word in enumerate(words):
        every = word.upper() == "ALL"
        named = [held for held in picture.positions if every or word.upper() in _names(held)]
        if not named:
            return tuple(meant), " ".join(words[at:])
        meant += [held.position.product_id for held in named]
    return tuple(dict.fromkeys(meant)), ""


def _names(held: Held) -> set[str]:
    names = {held.position.product_id.upper()}
    if held.product is not None:
        names |= {held.product.underlying.upper(), held.product.name.upper()}
    return names


def open_positions_lines(picture: Picture, only: Sequence[str] = ()) -> list[str]:
    """What a person who has just held the desk must know."""
    shown = [h for h in picture.positions if not only or h.position.product_id in only]
    if picture.unknown:
        lines = [f"POSITIONS ARE UNKNOWN: {picture.unknown}. As last seen:"]
        if not picture.positions:
            return [*lines, "  none, which does not say that there are none now"]
    elif not picture.positions:
        return ["No positions are open."]
    else:
        lines = ["POSITIONS ARE STILL OPEN:"]
    return lines + [_open_position(held, picture) for held in shown]


def _open_position(held: Held, picture: Picture) -> str:
    mark = held.mark
    size = "size UNKNOWN"
    if held.product is not None:
        base = held.product.base_size(abs(held.contracts))
        size = f"{plain(base)} {held.product.underlying}"
    at = f"{plain(mark.price)} ({age(mark.at, picture.now)})" if mark else UNKNOWN
    return (
        f"  {held.position.product_id}: {side_of(held.contracts)} {contracts_of(held)} "
        f"contracts ({size}), mark {at}, worth {at_mark(held.notional_usd, money, held)}, "
        f"unrealised {at_mark(held.unrealised_usd, signed, held)}, stops: {stops_of(held)}"
    )


def request_lines(request: Request, now: datetime, surface: Surface) -> list[str]:
    """What waits, until when, and what the second person types."""
    says = f"Request {request.id}: {request.action} by {request.requester}"
    says += f" ({request.reason})" if request.reason else ""
    if lapse(request, now) is not None:
        return [says, f"  HAS LAPSED at {clock(request.expires_at)}: nobody confirmed in time"]
    if request.action is Action.REVIEW:
        return [
            says,
            "  one voice killed the desk: another person looks into it before anybody resumes",
            f"  reviewed: {surface.proved(f'confirm {request.id}')}",
        ]
    left_s = (request.expires_at - now).total_seconds()
    whom = "two people" if request.requester in NOBODY else "a second person"
    return [
        says,
        *(f"  - {what}" for what in request.body.get("says", ())),
        f"  waits for {whom} until {clock(request.expires_at)} ({lasting(left_s)} left)",
        f"  confirm:  {surface.proved(f'confirm {request.id}')}",
        f"  object:   {surface.says(f'object {request.id}')}",
    ]
