"""How orders fare: how many fail, how long one waits, what their fills cost."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from alerts.figures.figure import SOON, Figure, Group, Look, rounded, seconds
from core.orders import Kind, OrderState
from store.ledger import held, read_positions
from store.orders import live_orders, orders_between
from store.trends import close_wanted_since, slipped_bps

ORDERS_OVER = timedelta(minutes=10)
ORDERS_MIN = 5
"""Of fewer orders a share says little."""
FAILED = frozenset({OrderState.FAILED, OrderState.REJECTED})
SLIPPED_OVER = timedelta(minutes=10)
WAITS = timedelta(minutes=5)
CLOSED_WITHIN = timedelta(hours=6)


def _find(look: Look) -> Iterator[Figure]:
    yield from _shares(look)
    yield from _unfilled(look)
    yield from _stuck(look)
    for product_id, bps in slipped_bps(look.c, look.desk, look.now - SLIPPED_OVER).items():
        worse = rounded(bps)
        yield Figure("slippage", product_id, worse, f"{product_id}'s fills: {worse} bps off")


def _shares(look: Look) -> Iterator[Figure]:
    sent = orders_between(look.c, look.desk, look.now - ORDERS_OVER, look.now)
    within = f"of {len(sent)} orders within {ORDERS_OVER // timedelta(minutes=1)} min"
    failed = sum(order.state in FAILED for order in sent)
    rejected = sum(order.state is OrderState.REJECTED for order in sent)
    enough = len(sent) >= ORDERS_MIN
    share = rounded(Decimal(100 * failed) / len(sent)) if enough else Decimal(0)
    taken = rounded(Decimal(100 * (len(sent) - rejected)) / len(sent)) if enough else Decimal(100)
    yield Figure("order_errors", "", share, f"{failed} {within} failed")
    yield Figure("order_acceptance", "", taken, f"the exchange rejected {rejected} {within}")


def _unfilled(look: Look) -> Iterator[Figure]:
    """A stop is meant to wait."""
    waiting = [o for o in live_orders(look.c, look.desk) if o.spec.kind is not Kind.STOP]
    late = sum(look.now - order.created_at >= WAITS for order in waiting)
    says = f"{late} orders have waited for {WAITS // timedelta(minutes=1)} min"
    yield Figure("unfilled_orders", "", Decimal(late), says)
    if not waiting:
        yield Figure("unfilled_order", "", Decimal(0), "no order waits")
        return
    oldest = waiting[0]
    says = f"{oldest.spec.kind} {oldest.spec.client_order_id} waits since "
    says += f"{oldest.created_at:%H:%M:%S} UTC; {len(waiting)} wait in all"
    yield Figure("unfilled_order", "", seconds(look.now - oldest.created_at), says)


def _stuck(look: Look) -> Iterator[Figure]:
    """Closes were sent since anything of it was filled last, and it is still held."""
    since = close_wanted_since(look.c, look.desk, look.now - CLOSED_WITHIN)
    for position in held(read_positions(look.c, look.desk)):
        asked_at = since.get(position.product_id)
        waited = look.now - asked_at if asked_at is not None else timedelta(0)
        minutes = Decimal(waited // timedelta(minutes=1))
        says = f"{position.product_id} ought to be closed since {minutes} min"
        yield Figure("position_stuck", position.product_id, minutes, says)


ORDERS = Group(
    frozenset(
        {"order_errors", "order_acceptance", "slippage", "position_stuck"}
        | {"unfilled_order", "unfilled_orders"}
    ),
    SOON,
    _find,
)
