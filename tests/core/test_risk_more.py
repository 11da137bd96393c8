"""May this order be asked for: every refusal by one small change, and the flatten lane kept clear."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exposure import Reservation
from core.orders import Kind, OrderSpec, OrderType, Side, closing_side
from core.risk import RiskRefusal, RiskRefused, RiskView, check
from tests.core import test_risk_book
from tests.core.examples import BOOK, BTC, LIMITS, NOW, mark_at, order, quick
from tests.core.test_exposure import live_orders, reachable

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
    book=BOOK,
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
    assert seen(mark=mark_at(0))(FLATTEN).reason() is None


@pytest.mark.parametrize("case", [ENTRY, EXIT], ids=["entry", "exit"])
def test_a_mark_of_nothing_is_no_mark(case: Case) -> None:
    assert seen(mark=mark_at(0))(case).reason() is RiskRefusal.STALE_MARK


@pytest.mark.parametrize("kind", [Kind.EXIT, Kind.FLATTEN])
def test_a_coin_worth_less_than_a_dollar_has_a_mark_and_a_collar(kind: Kind) -> None:
    cheap = replace(VIEW, mark=mark_at(Decimal("0.50")))
    at_mark = order(kind, Side.SELL, 5, limit_price=Decimal("0.50"))
    too_low = order(kind, Side.SELL, 5, limit_price=Decimal("0.40"))
    assert Case(at_mark, cheap).reason() is None
    assert Case(too_low, cheap).reason() is RiskRefusal.PRICE_COLLAR


# Every refusal against every lane

BRAKE_LANE = {
    RiskRefusal.UNKNOWN_SYMBOL,
    RiskRefusal.DUPLICATE_ID,
    RiskRefusal.BEYOND_POSITION,
    RiskRefusal.NO_POSITION,
}
SMALL_ENTRY = Case(order(Kind.ENTRY, Side.BUY, 1))
LANE_OF: dict[Kind, tuple[Case, set[RiskRefusal]]] = {
    Kind.ENTRY: (
        SMALL_ENTRY,
        set(RiskRefusal) - {RiskRefusal.BEYOND_POSITION, RiskRefusal.NO_POSITION},
    ),
    Kind.EXIT: (EXIT, BRAKE_LANE | {RiskRefusal.STALE_MARK, RiskRefusal.PRICE_COLLAR}),
    Kind.STOP: (STOP, BRAKE_LANE),
    Kind.FLATTEN: (FLATTEN, BRAKE_LANE | {RiskRefusal.PRICE_COLLAR}),
}
"""Which refusals an order of each kind can meet: the table of ARCHITECTURE, column \"lanes\"."""


def limited(**limits: Any) -> Change:
    return seen(limits=replace(LIMITS, **limits))


def ten_per_cent_too_far(case: Case) -> Case:
    return sent(limit_price=Decimal(100_000 + case.spec.side.sign * 10_000))(case)


WRONG: dict[RiskRefusal, Change] = {
    RiskRefusal.UNKNOWN_SYMBOL: seen(product=None),
    RiskRefusal.DUPLICATE_ID: seen(id_taken=True),
    RiskRefusal.STALE_MARK: seen(mark=mark_at(100_000, 10.5)),
    RiskRefusal.PRODUCT_CLOSED: seen(product=replace(BTC, session_open=False)),
    RiskRefusal.SYMBOL_NOT_TRADED: seen(product=replace(BTC, underlying="DOGE")),
    RiskRefusal.ORDER_SIZE: limited(max_order_contracts=0),
    RiskRefusal.ORDER_NOTIONAL: limited(max_order_notional_usd=Decimal(1)),
    RiskRefusal.PRICE_COLLAR: ten_per_cent_too_far,
    RiskRefusal.POSITION_SIZE: limited(max_position_base={"BTC": Decimal("0.01")}),
    RiskRefusal.POSITION_NOTIONAL: limited(max_position_notional_usd=Decimal(1)),
    RiskRefusal.LEVERAGE: limited(max_leverage=Decimal(0)),
    RiskRefusal.ORDER_RATE: seen(orders_last_minute=30),
    RiskRefusal.DAILY_LOSS: seen(day_loss_usd=Decimal(500)),
    RiskRefusal.EQUITY_UNKNOWN: seen(equity_usd=None),
    RiskRefusal.BEYOND_POSITION: seen(live=[Reservation(Side.SELL, 1)]),
    RiskRefusal.NO_POSITION: seen(position=0),
}
"""One thing wrong at a time. WOULD_FLIP is told apart below: the other lanes want that very side."""


def test_every_refusal_is_tried_on_every_lane() -> None:
    of_the_book = {reason for reason, _spec, _view in test_risk_book.CASES}
    assert set(WRONG) | of_the_book == set(RiskRefusal) - {RiskRefusal.WOULD_FLIP}
    assert set(LANE_OF) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_what_the_lanes_are_tried_with_passes_as_it_is(kind: Kind) -> None:
    case, _lane = LANE_OF[kind]
    assert case.reason() is None


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("wrong", WRONG)
def test_one_thing_wrong_is_refused_in_its_lanes_and_passes_in_the_others(
    kind: Kind, wrong: RiskRefusal
) -> None:
    case, lane = LANE_OF[kind]
    assert WRONG[wrong](case).reason() is (wrong if wrong in lane else None)


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (Kind.ENTRY, RiskRefusal.WOULD_FLIP),
        (Kind.EXIT, None),
        (Kind.STOP, None),
        (Kind.FLATTEN, None),
    ],
)
def test_selling_from_a_long_is_for_the_lanes_that_reduce(
    kind: Kind, refusal: RiskRefusal | None
) -> None:
    assert Case(order(kind, Side.SELL, 1)).reason() is refusal


# Every limit: the limit itself passes, one more is refused

BOUNDARIES: list[tuple[RiskRefusal, Case, Change, Change]] = [
    (
        RiskRefusal.ORDER_SIZE,
        ENTRY,
        limited(max_order_contracts=10),
        limited(max_order_contracts=9),
    ),
    (
        RiskRefusal.ORDER_SIZE,
        ENTRY,
        seen(product=replace(BTC, max_contracts=10)),
        seen(product=replace(BTC, max_contracts=9)),
    ),
    (
        RiskRefusal.ORDER_NOTIONAL,
        ENTRY,
        limited(max_order_notional_usd=Decimal(10_000)),
        limited(max_order_notional_usd=Decimal("9999.99")),
    ),
    (
        RiskRefusal.POSITION_SIZE,
        ENTRY,
        limited(max_position_base={"BTC": Decimal("0.15")}),
        limited(max_position_base={"BTC": Decimal("0.1499")}),
    ),
    (
        RiskRefusal.POSITION_NOTIONAL,
        ENTRY,
        limited(max_position_notional_usd=Decimal(15_000)),
        limited(max_position_notional_usd=Decimal("14999.99")),
    ),
    (
        RiskRefusal.LEVERAGE,
        ENTRY,
        seen(equity_usd=Decimal(5_000)),
        seen(equity_usd=Decimal("4999.99")),
    ),
    (
        RiskRefusal.LEVERAGE,
        ENTRY,
        seen(other_notional_usd=Decimal(0)),
        seen(other_notional_usd=Decimal("0.01")),
    ),
    (
        RiskRefusal.EQUITY_UNKNOWN,
        Case(
            replace(ENTRY.spec), replace(VIEW, limits=replace(LIMITS, max_leverage=Decimal(10**9)))
        ),
        seen(equity_usd=Decimal("0.01")),
        seen(equity_usd=Decimal(0)),
    ),
    (
        RiskRefusal.STALE_MARK,
        EXIT,
        seen(mark=mark_at(100_000, 10)),
        seen(mark=mark_at(100_000, 10.001)),
    ),
    (
        RiskRefusal.ORDER_RATE,
        ENTRY,
        seen(orders_last_minute=29),
        seen(orders_last_minute=30),
    ),
    (
        RiskRefusal.DAILY_LOSS,
        ENTRY,
        seen(day_loss_usd=Decimal("499.99")),
        seen(day_loss_usd=Decimal(500)),
    ),
    (
        RiskRefusal.PRICE_COLLAR,
        EXIT,
        sent(limit_price=Decimal(99_000)),
        sent(limit_price=Decimal("98999.99")),
    ),
    (
        RiskRefusal.PRICE_COLLAR,
        FLATTEN,
        sent(limit_price=Decimal(95_000)),
        sent(limit_price=Decimal("94999.99")),
    ),
    (RiskRefusal.BEYOND_POSITION, EXIT, sent(contracts=5), sent(contracts=6)),
    (RiskRefusal.BEYOND_POSITION, STOP, sent(contracts=5), sent(contracts=6)),
    (RiskRefusal.BEYOND_POSITION, FLATTEN, sent(contracts=5), sent(contracts=6)),
    (
        RiskRefusal.NO_POSITION,
        Case(order(Kind.EXIT, Side.SELL, 1)),
        seen(position=1),
        seen(position=0),
    ),
]


@pytest.mark.parametrize(("refusal", "case", "just", "more"), BOUNDARIES)
def test_the_limit_itself_passes_and_a_hair_more_is_refused(
    refusal: RiskRefusal, case: Case, just: Change, more: Change
) -> None:
    assert just(case).reason() is None
    assert more(case).reason() is refusal


# Whichever subset fills


@quick
@given(
    position=st.integers(-5, 5),
    live=live_orders,
    kind=st.sampled_from([Kind.EXIT, Kind.STOP, Kind.FLATTEN]),
    contracts=st.integers(1, 6),
)
def test_a_reducing_order_passes_exactly_when_no_subset_of_fills_could_flip_the_sign(
    position: int, live: list[Reservation], kind: Kind, contracts: int
) -> None:
    """Invariant 2, by brute force over every partial fill of everything that works."""
    side = closing_side(position)
    case = Case(order(kind, side, contracts), replace(VIEW, position=position, live=live))
    everything = reachable(position, [*live, Reservation(side, contracts)])
    could_flip = any(reached * side.sign > 0 for reached in everything)
    assert (case.reason() is not None) is (position == 0 or could_flip)


@quick
@given(position=st.integers(-15, 15), live=live_orders, contracts=st.integers(1, 10))
def test_an_entry_passes_exactly_when_no_subset_of_fills_breaks_the_position_limit(
    position: int, live: list[Reservation], contracts: int
) -> None:
    side = closing_side(position).opposite
    view = replace(VIEW, position=position, live=live, equity_usd=Decimal(10**6))
    everything = reachable(position, [*live, Reservation(side, contracts)])
    too_large = max(map(abs, everything)) > 15
    refused = Case(order(Kind.ENTRY, side, contracts), view).reason()
    assert refused is (RiskRefusal.POSITION_SIZE if too_large else None)


def test_an_entry_is_refused_when_what_the_other_products_are_worth_is_not_known() -> None:
    assert seen(other_notional_usd=None)(ENTRY).reason() is RiskRefusal.STALE_MARK


def test_refusals_are_said_with_the_figures_behind_them() -> None:
    verdict = check(order(Kind.EXIT, Side.SELL, 6), VIEW)
    assert isinstance(verdict, RiskRefused)
    assert verdict.detail == "6 contracts, room for 5 of position +5"


# Known defects


def test_a_low_bid_does_not_make_a_desk_look_less_leveraged_than_it_is() -> None:
    """14,000 held on an equity of 4,000 is beyond 3x already, before anything is added."""
    beyond = replace(VIEW, position=14, equity_usd=Decimal(4_000))
    low_bid = order(Kind.ENTRY, contracts=1, limit_price=Decimal(50_000))
    assert Case(low_bid, beyond).reason() is RiskRefusal.LEVERAGE


def test_a_sell_below_the_mark_is_valued_at_what_it_will_be_worth() -> None:
    tight = replace(VIEW, position=0, limits=replace(LIMITS, max_order_notional_usd=Decimal(9_950)))
    below = order(Kind.ENTRY, Side.SELL, 10, limit_price=Decimal(99_005))
    assert Case(below, tight).reason() is RiskRefusal.ORDER_NOTIONAL


@pytest.mark.parametrize("order_type", [OrderType.STOP_LIMIT])
def test_a_flatten_of_any_type_keeps_inside_the_emergency_collar(order_type: OrderType) -> None:
    far = sent(order_type=order_type, limit_price=Decimal(50_000))
    assert far(FLATTEN).reason() is RiskRefusal.PRICE_COLLAR
