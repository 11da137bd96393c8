"""May this order be asked for at all? A closed enumeration of refusals, one small check for each.

The flatten lane has its own four checks and none of the others: the brake always works.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from core.exposure import Reservation, room_to_reduce, worst_case
from core.limits import Limits
from core.orders import Kind, OrderSpec, Side, closing_side
from core.products import Mark, Product


class RiskRefusal(StrEnum):
    """Every reason for which an order is refused before the gate. The value is said to people."""

    UNKNOWN_SYMBOL = "the exchange does not list this product"
    DUPLICATE_ID = "an order with this client_order_id exists already"
    STALE_MARK = "there is no fresh mark price"
    PRODUCT_CLOSED = "the product takes no new risk now"
    SYMBOL_NOT_TRADED = "this profile does not trade the symbol"
    ORDER_SIZE = "the order has more contracts than allowed"
    ORDER_NOTIONAL = "the order is worth more than allowed"
    PRICE_COLLAR = "the price is too far from the mark"
    WOULD_FLIP = "an entry against an open position would close or flip it; exit first"
    POSITION_SIZE = "the position could grow beyond its limit"
    POSITION_NOTIONAL = "the position could be worth more than allowed"
    LEVERAGE = "the desk's leverage could exceed its limit"
    ORDER_RATE = "too many orders in the last minute"
    DAILY_LOSS = "the day's loss limit is reached"
    EQUITY_UNKNOWN = "the desk's equity is not known"
    BEYOND_POSITION = "working orders and this one could close more than the position holds"
    NO_POSITION = "there is no position to reduce"


@dataclass(frozen=True, slots=True)
class RiskView:
    """The facts one decision is made from, read in one transaction. Contracts are signed."""

    limits: Limits
    product: Product | None
    mark: Mark | None
    position: int
    live: Sequence[Reservation]
    """What live orders of this product may still fill."""
    other_notional_usd: Decimal | None
    """Worst-case notional of the desk's other products; None when one of them has no fresh mark."""
    equity_usd: Decimal | None
    day_loss_usd: Decimal
    orders_last_minute: int
    id_taken: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """An order that passed risk. Only `check` makes one; `Exchange.place` takes nothing else."""

    spec: OrderSpec


@dataclass(frozen=True, slots=True)
class RiskRefused:
    """Risk's no, with its named reason and the figures behind it."""

    reason: RiskRefusal
    detail: str = ""


Finding = RiskRefused | None
Check = Callable[[OrderSpec, RiskView], Finding]


def check(spec: OrderSpec, view: RiskView) -> CheckedOrder | RiskRefused:
    """Run the checks of the order's lane in order; the first refusal is the answer."""
    for rule in LANES[spec.kind]:
        refused = rule(spec, view)
        if refused:
            return refused
    return CheckedOrder(spec)


def known_symbol(spec: OrderSpec, view: RiskView) -> Finding:
    if view.product is None:
        return RiskRefused(RiskRefusal.UNKNOWN_SYMBOL, spec.product_id)
    return None


def new_id(spec: OrderSpec, view: RiskView) -> Finding:
    return RiskRefused(RiskRefusal.DUPLICATE_ID, spec.client_order_id) if view.id_taken else None


def traded_symbol(spec: OrderSpec, view: RiskView) -> Finding:
    if _product(view).underlying not in view.limits.max_position_base:
        return RiskRefused(
            RiskRefusal.SYMBOL_NOT_TRADED,
            f"{_product(view).underlying}; traded: {', '.join(view.limits.underlyings)}",
        )
    return None


def product_open(spec: OrderSpec, view: RiskView) -> Finding:
    because = _product(view).closed_because()
    return RiskRefused(RiskRefusal.PRODUCT_CLOSED, because) if because else None


def fresh_mark(spec: OrderSpec, view: RiskView) -> Finding:
    if view.mark is None or view.mark.price <= 0:
        return RiskRefused(RiskRefusal.STALE_MARK, "no mark has been seen")
    age_s = view.mark.age_s(view.now)
    if age_s > view.limits.mark_stale_s:
        return RiskRefused(
            RiskRefusal.STALE_MARK, f"{age_s:.1f} s old, limit {view.limits.mark_stale_s} s"
        )
    return None


def order_size(spec: OrderSpec, view: RiskView) -> Finding:
    largest = min(view.limits.max_order_contracts, _product(view).max_contracts)
    if spec.contracts > largest:
        return RiskRefused(RiskRefusal.ORDER_SIZE, f"{spec.contracts} contracts, limit {largest}")
    return None


def order_notional(spec: OrderSpec, view: RiskView) -> Finding:
    notional = _product(view).notional_usd(spec.contracts, _worth_at(spec, view))
    limit = view.limits.max_order_notional_usd
    if notional > limit:
        return RiskRefused(RiskRefusal.ORDER_NOTIONAL, f"${notional:,.2f}, limit ${limit:,}")
    return None


def price_collar(spec: OrderSpec, view: RiskView) -> Finding:
    return _outside(spec, view, view.limits.price_collar_pct)


def emergency_collar(spec: OrderSpec, view: RiskView) -> Finding:
    """A flatten without any mark is let through: no collar can be drawn, and the brake must work."""
    if view.mark is None or view.mark.price <= 0:
        return None
    return _outside(spec, view, view.limits.emergency_collar_pct)


def not_against_position(spec: OrderSpec, view: RiskView) -> Finding:
    if view.position and spec.side is closing_side(view.position):
        return RiskRefused(RiskRefusal.WOULD_FLIP, f"position {view.position:+d}")
    return None


def position_size(spec: OrderSpec, view: RiskView) -> Finding:
    product = _product(view)
    limit = view.limits.max_position_base[product.underlying]
    reached = product.base_size(_worst_after(spec, view))
    if reached > limit:
        return RiskRefused(
            RiskRefusal.POSITION_SIZE, f"{reached} {product.underlying}, limit {limit}"
        )
    return None


def position_notional(spec: OrderSpec, view: RiskView) -> Finding:
    reached = _product(view).notional_usd(_worst_after(spec, view), _worth_at(spec, view))
    limit = view.limits.max_position_notional_usd
    if reached > limit:
        return RiskRefused(RiskRefusal.POSITION_NOTIONAL, f"${reached:,.2f}, limit ${limit:,}")
    return None


def leverage(spec: OrderSpec, view: RiskView) -> Finding:
    if view.equity_usd is None or view.equity_usd <= 0:
        return RiskRefused(RiskRefusal.EQUITY_UNKNOWN, f"equity {view.equity_usd}")
    if view.other_notional_usd is None:
        return RiskRefused(RiskRefusal.STALE_MARK, "another open product has no fresh mark")
    gross = view.other_notional_usd + _product(view).notional_usd(
        _worst_after(spec, view), _worth_at(spec, view)
    )
    reached = gross / view.equity_usd
    if reached > view.limits.max_leverage:
        return RiskRefused(
            RiskRefusal.LEVERAGE, f"{reached:.2f}x, limit {view.limits.max_leverage}x"
        )
    return None


def order_rate(spec: OrderSpec, view: RiskView) -> Finding:
    if view.orders_last_minute >= view.limits.max_orders_per_minute:
        return RiskRefused(
            RiskRefusal.ORDER_RATE,
            f"{view.orders_last_minute}, limit {view.limits.max_orders_per_minute}",
        )
    return None


def daily_loss(spec: OrderSpec, view: RiskView) -> Finding:
    if view.day_loss_usd >= view.limits.daily_loss_usd:
        return RiskRefused(
            RiskRefusal.DAILY_LOSS,
            f"${view.day_loss_usd:,.2f}, limit ${view.limits.daily_loss_usd:,}",
        )
    return None


def only_reduces(spec: OrderSpec, view: RiskView) -> Finding:
    """Looks at the position and every live order together: no subset of fills may flip the sign."""
    if view.position == 0 or spec.side is not closing_side(view.position):
        return RiskRefused(RiskRefusal.NO_POSITION, f"position {view.position:+d}")
    room = room_to_reduce(view.position, view.live)
    if spec.contracts > room:
        return RiskRefused(
            RiskRefusal.BEYOND_POSITION,
            f"{spec.contracts} contracts, room for {room} of position {view.position:+d}",
        )
    return None


LANES: dict[Kind, tuple[Check, ...]] = {
    Kind.ENTRY: (
        known_symbol,
        new_id,
        traded_symbol,
        product_open,
        fresh_mark,
        order_size,
        order_notional,
        price_collar,
        not_against_position,
        position_size,
        position_notional,
        leverage,
        order_rate,
        daily_loss,
    ),
    Kind.EXIT: (known_symbol, new_id, fresh_mark, price_collar, only_reduces),
    Kind.STOP: (known_symbol, new_id, only_reduces),
    Kind.FLATTEN: (known_symbol, new_id, emergency_collar, only_reduces),
}
"""What each kind of order must pass. DESIGN's four refusals, and no others, stand in FLATTEN."""


def _product(view: RiskView) -> Product:
    assert view.product is not None, "known_symbol runs first in every lane"
    return view.product


def _worth_at(spec: OrderSpec, view: RiskView) -> Decimal:
    """A bid far below the mark, or an offer below it, must not make what is held look small."""
    assert view.mark is not None, "fresh_mark runs before anything is valued"
    return max(spec.limit_price, view.mark.price)


def _worst_after(spec: OrderSpec, view: RiskView) -> int:
    worst = worst_case(view.position, [*view.live, Reservation(spec.side, spec.contracts)])
    return max(abs(worst.lowest), abs(worst.highest))


def _outside(spec: OrderSpec, view: RiskView, collar_pct: Decimal) -> Finding:
    assert view.mark is not None, "fresh_mark runs before the collar"
    away_pct = (spec.limit_price - view.mark.price) / view.mark.price * 100
    against_pct = away_pct if spec.side is Side.BUY else -away_pct
    if against_pct > collar_pct:
        return RiskRefused(
            RiskRefusal.PRICE_COLLAR,
            f"{spec.limit_price} is {against_pct:.2f} % beyond the mark {view.mark.price}, "
            f"limit {collar_pct} %",
        )
    return None
