"""May this order be asked for at all? A closed enumeration of refusals, one small check for each.

The flatten lane has its own four checks and none of the others: the brake always works.
"""

from decimal import Decimal

from core import risk_book
from core.exposure import room_to_reduce
from core.orders import Kind, OrderSpec, Side, closing_side
from core.risk_view import (
    NO_BOOK,
    Book,
    Check,
    CheckedOrder,
    Exposure,
    Finding,
    RiskRefusal,
    RiskRefused,
    RiskView,
    product_of,
    worst_after,
    worth_at,
)

__all__ = [
    "NO_BOOK",
    "Book",
    "CheckedOrder",
    "Exposure",
    "RiskRefusal",
    "RiskRefused",
    "RiskView",
    "check",
]


def check(spec: OrderSpec, view: RiskView) -> CheckedOrder | RiskRefused:
    """Run the checks of the order's lane in order; the first refusal is the answer."""
    for rule in LANES[spec.kind]:
        refused = rule(spec, view)
        if refused:
            return refused
    return CheckedOrder(spec)


def refusals(spec: OrderSpec, view: RiskView) -> list[RiskRefused]:
    """Every check that would say no, for who tries an order out; what others build on ends it."""
    found = []
    for rule in LANES[spec.kind]:
        refused = rule(spec, view)
        if refused:
            found.append(refused)
            if refused.reason in FOUNDATIONS:
                break
    return found


def known_symbol(spec: OrderSpec, view: RiskView) -> Finding:
    if view.product is None:
        return RiskRefused(RiskRefusal.UNKNOWN_SYMBOL, spec.product_id)
    return None


def new_id(spec: OrderSpec, view: RiskView) -> Finding:
    return RiskRefused(RiskRefusal.DUPLICATE_ID, spec.client_order_id) if view.id_taken else None


def traded_symbol(spec: OrderSpec, view: RiskView) -> Finding:
    if product_of(view).underlying not in view.limits.max_position_base:
        return RiskRefused(
            RiskRefusal.SYMBOL_NOT_TRADED,
            f"{product_of(view).underlying}; traded: {', '.join(view.limits.underlyings)}",
        )
    return None


def product_open(spec: OrderSpec, view: RiskView) -> Finding:
    because = product_of(view).closed_because()
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
    largest = min(view.limits.max_order_contracts, product_of(view).max_contracts)
    if spec.contracts > largest:
        return RiskRefused(RiskRefusal.ORDER_SIZE, f"{spec.contracts} contracts, limit {largest}")
    return None


def order_notional(spec: OrderSpec, view: RiskView) -> Finding:
    notional = product_of(view).notional_usd(spec.contracts, worth_at(spec, view))
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
    product = product_of(view)
    limit = view.limits.max_position_base[product.underlying]
    reached = product.base_size(worst_after(spec, view))
    if reached > limit:
        return RiskRefused(
            RiskRefusal.POSITION_SIZE, f"{reached} {product.underlying}, limit {limit}"
        )
    return None


def position_notional(spec: OrderSpec, view: RiskView) -> Finding:
    reached = product_of(view).notional_usd(worst_after(spec, view), worth_at(spec, view))
    limit = view.limits.max_position_notional_usd
    if reached > limit:
        return RiskRefused(RiskRefusal.POSITION_NOTIONAL, f"${reached:,.2f}, limit ${limit:,}")
    return None


def symbol_notional(spec: OrderSpec, view: RiskView) -> Finding:
    underlying = product_of(view).underlying
    limit = view.limits.symbol_notional_usd.get(underlying)
    if limit is None:
        return None
    reached = product_of(view).notional_usd(worst_after(spec, view), worth_at(spec, view))
    if reached > limit:
        detail = f"{underlying} ${reached:,.2f}, limit ${limit:,}"
        return RiskRefused(RiskRefusal.SYMBOL_NOTIONAL, detail)
    return None


def leverage(spec: OrderSpec, view: RiskView) -> Finding:
    if view.equity_usd is None or view.equity_usd <= 0:
        return RiskRefused(RiskRefusal.EQUITY_UNKNOWN, f"equity {view.equity_usd}")
    if view.other_notional_usd is None:
        return RiskRefused(RiskRefusal.STALE_MARK, "another open product has no fresh mark")
    gross = view.other_notional_usd + product_of(view).notional_usd(
        worst_after(spec, view), worth_at(spec, view)
    )
    reached = gross / view.equity_usd
    if reached > view.limits.max_leverage:
        return RiskRefused(
            RiskRefusal.LEVERAGE, f"{reached:.2f}x, limit {view.limits.max_leverage}x"
        )
    return None


def symbol_leverage(spec: OrderSpec, view: RiskView) -> Finding:
    underlying = product_of(view).underlying
    limit = view.limits.symbol_leverage.get(underlying)
    if limit is None:
        return None
    assert view.equity_usd is not None, "leverage runs before"
    worth = product_of(view).notional_usd(worst_after(spec, view), worth_at(spec, view))
    reached = worth / view.equity_usd
    if reached > limit:
        detail = f"{underlying} {reached:.2f}x, limit {limit}x"
        return RiskRefused(RiskRefusal.SYMBOL_LEVERAGE, detail)
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
        symbol_notional,
        leverage,
        symbol_leverage,
        order_rate,
        daily_loss,
        *risk_book.CHECKS,
    ),
    Kind.EXIT: (known_symbol, new_id, fresh_mark, price_collar, only_reduces),
    Kind.STOP: (known_symbol, new_id, only_reduces),
    Kind.FLATTEN: (known_symbol, new_id, emergency_collar, only_reduces),
}
"""What each kind of order must pass. DESIGN's four refusals, and no others, stand in FLATTEN."""


FOUNDATIONS = frozenset(
    {
        RiskRefusal.UNKNOWN_SYMBOL,
        RiskRefusal.SYMBOL_NOT_TRADED,
        RiskRefusal.STALE_MARK,
        RiskRefusal.ACCOUNT_STALE,
    }
)
"""Without these the checks after them have nothing to go by."""


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
