"""May this order be asked for: every refusal by one small change, and the flatten lane kept clear."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.exposure import Reservation
from core.orders import Kind, OrderSpec, Side
from core.risk import RiskRefusal, RiskRefused, RiskView, check
from tests.core.examples import BTC, LIMITS, NOW, mark_at, order, quick

VIEW = RiskView(
    limits=LIMITS,
    product=BTC,
    mark=mark_at(100_000),
    position=5,
    live=(),
    other_notional_usd=Decimal(0),
    equity_usd=Decimal(5_000),
    day_loss_usd=Decimal(0),
    orders_last_minute=0,
    id_taken=False,
    now=NOW,
)


@dataclass(frozen=True)
class Case:
    """An order and the facts it is judged by."""

    spec: OrderSpec
    view: RiskView = VIEW

    def reason(self) -> RiskRefusal | None:
        verdict = check(self.spec, self.view)
        return verdict.reason if isinstance(verdict, RiskRefused) else None


# Each passes with everything that has a limit at its very limit: 15 contracts of 15, 3.0x of 3, ...
ENTRY = Case(order(Kind.ENTRY, Side.BUY, 10))
EXIT = Case(order(Kind.EXIT, Side.SELL, 5))
STOP = Case(order(Kind.STOP, Side.SELL, 5))
FLATTEN = Case(order(Kind.FLATTEN, Side.SELL, 5))

Change = Callable[[Case], Case]


def seen(**facts: Any) -> Change:
    return lambda case: replace(case, view=replace(case.view, **facts))


def sent(**facts: Any) -> Change:
    return lambda case: replace(case, spec=replace(case.spec, **facts))


def test_an_old_mark_stops_an_exit_but_not_a_stop_nor_a_flatten() -> None:
    old = seen(mark=mark_at(100_000, 3600))
    assert old(EXIT).reason() is RiskRefusal.STALE_MARK
    assert old(STOP).reason() is None
    assert old(FLATTEN).reason() is None


def test_a_flatten_without_any_mark_is_let_through() -> None:
    assert seen(mark=None)(FLATTEN).reason() is None


def test_a_price_that_is_better_than_the_mark_is_never_too_far() -> None:
    assert sent(limit_price=Decimal(50_000))(ENTRY).reason() is None
    assert sent(limit_price=Decimal(150_000))(EXIT).reason() is None


MAY_REFUSE_A_FLATTEN = {
    RiskRefusal.UNKNOWN_SYMBOL,
    RiskRefusal.DUPLICATE_ID,
    RiskRefusal.PRICE_COLLAR,
    RiskRefusal.BEYOND_POSITION,
    RiskRefusal.NO_POSITION,
}
"""Invariant 3: unknown symbol, size above the live position, price outside the collar, duplicate id."""

dollars = st.decimals(-(10**9), 10**9, places=2)
prices = st.decimals(Decimal("0.01"), 10**6, places=2)
reservations = st.lists(
    st.builds(Reservation, st.sampled_from(Side), st.integers(1, 50)), max_size=3
)
products = st.none() | st.builds(
    replace,
    st.just(BTC),
    underlying=st.sampled_from(["BTC", "DOGE"]),
    session_open=st.booleans(),
    trading_disabled=st.booleans(),
    cancel_only=st.booleans(),
    view_only=st.booleans(),
    max_contracts=st.integers(0, 100),
)
views = st.builds(
    RiskView,
    limits=st.builds(
        replace,
        st.just(LIMITS),
        max_order_contracts=st.integers(0, 10),
        max_leverage=st.decimals(0, 5, places=1),
        max_orders_per_minute=st.integers(0, 5),
        mark_stale_s=st.decimals(0, 10, places=1),
    ),
    product=products,
    mark=st.none() | st.builds(mark_at, prices, st.integers(0, 10**6)),
    position=st.integers(-20, 20),
    live=reservations,
    other_notional_usd=dollars,
    equity_usd=st.none() | dollars,
    day_loss_usd=dollars,
    orders_last_minute=st.integers(0, 100),
    id_taken=st.booleans(),
    now=st.just(NOW + timedelta(hours=1)),
)


@quick
@given(view=views, contracts=st.integers(1, 30))
def test_a_flatten_within_the_room_of_its_position_passes_whatever_else_is_wrong(
    view: RiskView, contracts: int
) -> None:
    view = replace(
        view, product=BTC, position=-30, live=(), mark=mark_at(100_000, 10**6), id_taken=False
    )
    assert Case(order(Kind.FLATTEN, Side.BUY, contracts), view).reason() is None


def test_a_mark_of_zero_does_not_stop_the_brake() -> None:
    assert seen(mark=mark_at(0))(FLATTEN).reason() in {None, *MAY_REFUSE_A_FLATTEN}
