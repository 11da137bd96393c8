"""Parts that several commands show: positions, orders and requests, as lines, tables and facts."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.answer import Table
from bot.picture import Held, Picture
from bot.words import age, clock, lasting, money, plain, signed
from core.orders import Order
from core.requests import Request

UNKNOWN = "UNKNOWN"


def positions_table(picture: Picture) -> Table:
    """Each open position with its worth and protection; UNKNOWN is said, never shown as flat."""
    head = ["product", "side", "contracts", "size", "entry", "mark", "unrealised", "stops"]
    return Table("positions", head, [_position_row(held, picture) for held in picture.positions])


def _position_row(held: Held, picture: Picture) -> list[str]:
    position = held.position
    mark, unrealised = held.mark, held.unrealised_usd
    size = UNKNOWN
    if held.product is not None:
        base = held.product.base_size(abs(position.contracts))
        size = f"{plain(base)} {held.product.underlying}"
    return [
        position.product_id,
        side_of(position.contracts),
        contracts_of(held),
        size,
        plain(position.average_price.quantize(Decimal("0.0001"))),
        f"{plain(mark.price)} ({age(mark.at, picture.now)})" if mark else UNKNOWN,
        UNKNOWN if unrealised is None else signed(unrealised),
        stops_of(held),
    ]


def side_of(contracts: int) -> str:
    return "long" if contracts > 0 else "short" if contracts < 0 else "flat"


def contracts_of(held: Held) -> str:
    """Ours, and the exchange's beside it where they differ."""
    ours = held.position.contracts
    if held.there == ours:
        return str(abs(ours))
    return f"{abs(ours)} (exchange: {held.there:+d})"


def stops_of(held: Held) -> str:
    wanted = abs(held.position.contracts)
    if held.covered >= wanted:
        at = ", ".join(plain(o.spec.stop_price) for o in held.stops if o.spec.stop_price)
        return f"all, at {at}"
    return f"ONLY {held.covered} of {wanted}" if held.covered else "NONE"


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


def open_positions_lines(picture: Picture) -> list[str]:
    """What a person who has just held the desk must know."""
    if picture.unknown:
        lines = [f"POSITIONS ARE UNKNOWN: {picture.unknown}. As last seen:"]
    elif not picture.positions:
        return ["No positions are open."]
    else:
        lines = ["POSITIONS ARE STILL OPEN:"]
    for held in picture.positions:
        worth, gain = held.notional_usd, held.unrealised_usd
        size = plain(held.product.base_size(abs(held.position.contracts))) if held.product else "?"
        coin = held.product.underlying if held.product else ""
        lines.append(
            f"  {held.position.product_id}: {side_of(held.position.contracts)} "
            f"{contracts_of(held)} contracts ({size} {coin}), worth "
            f"{UNKNOWN if worth is None else money(worth)}, unrealised "
            f"{UNKNOWN if gain is None else signed(gain)}, stops: {stops_of(held)}"
        )
    return lines


def request_lines(request: Request, now: datetime, typed: str) -> list[str]:
    """What waits, until when, and what the second person types."""
    left_s = (request.expires_at - now).total_seconds()
    return [
        f"Request {request.id}: {request.action} by {request.requester}"
        + (f" ({request.reason})" if request.reason else ""),
        f"  waits for a second person until {clock(request.expires_at)} ({lasting(left_s)} left)",
        f"  confirm:  {typed} confirm {request.id} --as NAME --code CODE",
        f"  object:   {typed} object {request.id}",
    ]


def mode_line(picture: Picture) -> str:
    """The mode in force, in one line, with who set it and why."""
    control = picture.control
    said = f"{picture.row.mode.name} ({picture.row.mode.meaning})"
    if picture.row.mode is not control.mode:
        said += f"; people set {control.mode.name}, constraints make it stricter"
    return said
