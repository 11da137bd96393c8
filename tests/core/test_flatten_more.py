"""How a close is priced and sized, and which prices a product allows."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.flatten import ATTEMPTS_MAX, RESTS_FOR, close_order, may_close, within
from core.orders import Kind, OrderSpec, OrderType, Side
from core.products import Product
from core.risk import CheckedOrder, check
from tests.core.examples import BTC, NOW, mark_at, quick
from tests.core.test_risk_more import VIEW

ticks = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.5"), Decimal(1), Decimal(5)])
products = ticks.map(lambda tick: replace(BTC, price_increment=tick))
marks = st.decimals(Decimal(100), Decimal(200_000), places=3)
collars = st.decimals(Decimal("0.1"), Decimal(10), places=1)
attempts = st.integers(0, ATTEMPTS_MAX)
positions = st.integers(-1000, 1000).filter(bool)


def close(
    product: Product, position: int, mark: Decimal, attempt: int, collar: Decimal
) -> OrderSpec:
    return close_order("job", "main", product, position, mark_at(mark), attempt, collar, NOW)


@quick
@given(product=products, position=positions, mark=marks, attempt=attempts, collar=collars)
def test_a_close_is_priced_within_the_collar_and_on_a_tick(
    product: Product, position: int, mark: Decimal, attempt: int, collar: Decimal
) -> None:
    spec = close(product, position, mark, attempt, collar)
    beyond = (spec.limit_price - mark) * spec.side.sign
    assert beyond * 100 <= collar * mark
    assert spec.limit_price % product.price_increment == 0
    assert spec.limit_price > 0


@quick
@given(product=products, position=positions, mark=marks, attempt=attempts, collar=collars)
def test_a_close_goes_as_far_as_its_attempt_allows_less_than_one_tick(
    product: Product, position: int, mark: Decimal, attempt: int, collar: Decimal
) -> None:
    spec = close(product, position, mark, attempt, collar)
    reach = collar * min(attempt + 1, 4) / 4
    edge = mark * (1 + spec.side.sign * reach / 100)
    assert 0 <= (edge - spec.limit_price) * spec.side.sign < product.price_increment


@quick
@given(product=products, position=positions, mark=marks, collar=collars)
def test_each_attempt_is_at_least_as_urgent_as_the_one_before(
    product: Product, position: int, mark: Decimal, collar: Decimal
) -> None:
    reaches = [
        (spec.limit_price - mark) * spec.side.sign
        for spec in (close(product, position, mark, n, collar) for n in range(ATTEMPTS_MAX))
    ]
    assert reaches == sorted(reaches)


@quick
@given(product=products, position=positions, mark=marks, attempt=attempts, collar=collars)
def test_risk_never_refuses_the_close_that_was_priced_for_the_position(
    product: Product, position: int, mark: Decimal, attempt: int, collar: Decimal
) -> None:
    spec = close(product, position, mark, attempt, collar)
    limits = replace(VIEW.limits, emergency_collar_pct=collar)
    view = replace(VIEW, limits=limits, product=product, mark=mark_at(mark), position=position)
    assert check(spec, view) == CheckedOrder(spec)


@quick
@given(product=products, price=marks, side=st.sampled_from(Side))
def test_a_ticked_price_is_the_nearest_one_that_is_at_least_as_easy_to_fill(
    product: Product, price: Decimal, side: Side
) -> None:
    ticked = product.tick(price, side)
    assert ticked % product.price_increment == 0
    assert 0 <= (ticked - price) * side.sign < product.price_increment


@quick
@given(product=products, price=marks, side=st.sampled_from(Side))
def test_a_price_on_a_tick_stays(product: Product, price: Decimal, side: Side) -> None:
    on_tick = product.tick(price, side)
    assert product.tick(on_tick, Side.BUY) == product.tick(on_tick, Side.SELL) == on_tick


@quick
@given(notional=st.decimals(0, 10**6, places=2), price=marks)
def test_a_notional_buys_whole_contracts_and_never_one_too_many(
    notional: Decimal, price: Decimal
) -> None:
    contracts = BTC.contracts_for(notional, price)
    assume(contracts < 10**9)
    assert BTC.notional_usd(contracts, price) <= notional
    assert BTC.notional_usd(contracts + 1, price) > notional


@quick
@given(
    product=products,
    half_ticks=st.integers(2, 400),
    sign=st.sampled_from([1, -1]),
    reach=st.decimals(Decimal(0), Decimal(20), places=2),
)
def test_no_price_is_beyond_its_reach_however_wide_the_tick_is_for_it(
    product: Product, half_ticks: int, sign: int, reach: Decimal
) -> None:
    """A mark lies on a tick or between two, and never below the first: half ticks say it all."""
    mark = half_ticks * product.price_increment / 2
    price = within(product, mark_at(mark), sign, reach)
    assert (price - mark) * sign * 100 <= reach * mark
    assert price % product.price_increment == 0
    assert price >= product.price_increment


@quick
@given(position=positions, mark=marks, attempt=attempts)
def test_a_close_repeated_after_a_crash_is_the_same_order(
    position: int, mark: Decimal, attempt: int
) -> None:
    spec = close(BTC, position, mark, attempt, Decimal(5))
    again = close(BTC, position, mark, attempt, Decimal(5))
    assert spec == again
    assert spec.client_order_id == f"job-{BTC.product_id}-{attempt}"
    assert (spec.kind, spec.order_type) == (Kind.FLATTEN, OrderType.LIMIT_IOC)
    assert (spec.contracts, spec.side.sign) == (abs(position), -1 if position > 0 else 1)


def test_closes_of_other_jobs_products_and_attempts_are_other_orders() -> None:
    ether = replace(BTC, product_id="ETP-20DEC30-CDE")
    ids = {
        close_order(job, "main", product, 1, mark_at(100), n, Decimal(5), NOW).client_order_id
        for job in ("job-a", "job-b")
        for product in (BTC, ether)
        for n in range(ATTEMPTS_MAX)
    }
    assert len(ids) == 2 * 2 * ATTEMPTS_MAX


def test_the_first_close_goes_a_quarter_of_the_collar_and_the_fourth_all_of_it() -> None:
    limits = [close(BTC, 1, Decimal(100_000), n, Decimal(4)).limit_price for n in range(6)]
    assert limits == [99_000, 98_000, 97_000, 96_000, 96_000, 96_000]


def test_there_is_no_close_of_a_flat_position() -> None:
    with pytest.raises(ValueError, match="at least 1 contract"):
        close(BTC, 0, Decimal(100_000), 0, Decimal(5))


def test_a_leg_is_given_up_after_eight_closes_and_a_person_decides() -> None:
    assert ATTEMPTS_MAX == 8


def test_a_close_is_no_larger_than_the_exchange_takes_at_once() -> None:
    several_entries = BTC.max_contracts + 1
    spec = close(BTC, several_entries, Decimal(100_000), 0, Decimal(5))
    assert spec.contracts <= BTC.max_contracts


CLOSED = {
    "view_only": (replace(BTC, view_only=True), "expired"),
    "trading_disabled": (replace(BTC, trading_disabled=True), "disabled"),
    "cancel_only": (replace(BTC, cancel_only=True), "only cancels"),
    "session": (replace(BTC, session_open=False), "session is closed"),
    "post_only": (replace(BTC, post_only=True), "only orders that rest"),
}


@pytest.mark.parametrize("flag", CLOSED)
def test_a_product_that_takes_no_new_risk_says_why(flag: str) -> None:
    product, words = CLOSED[flag]
    because = product.closed_because()
    assert because is not None
    assert words in because


def test_an_open_product_gives_no_reason() -> None:
    assert BTC.closed_because() is None


@pytest.mark.parametrize(("position", "price"), [(3, 100_005), (-3, 99_995)])
def test_where_only_resting_orders_are_taken_a_close_rests_at_the_best_of_its_own_side(
    position: int, price: int
) -> None:
    mark = replace(mark_at(100_000), bid=Decimal(99_995), ask=Decimal(100_005))
    resting = replace(BTC, post_only=True)
    spec = close_order("job", "main", resting, position, mark, 0, Decimal(5), NOW)
    assert spec.order_type is OrderType.LIMIT_GTD
    assert spec.limit_price == price
    assert spec.end_time == NOW + RESTS_FOR
    view = replace(VIEW, product=resting, mark=mark, position=position)
    assert check(spec, view) == CheckedOrder(spec)


def test_sizes_are_reckoned_in_the_underlying() -> None:
    assert BTC.base_size(-3) == Decimal("-0.03")
    assert BTC.notional_usd(-3, Decimal(100_000)) == BTC.notional_usd(3, Decimal(100_000)) == 3_000


def test_a_ticked_price_is_never_nothing() -> None:
    assert BTC.tick(Decimal(1), Side.SELL) == BTC.price_increment


def test_a_mark_knows_its_age() -> None:
    assert mark_at(100, age_s=2.5).age_s(mark_at(100).at) == 2.5


@pytest.mark.parametrize(
    ("theirs", "ours", "attempt", "differing_s", "closable"),
    [
        (5, 5, 3, 0, 5),
        (-5, -5, 0, 0, -5),
        (5, 0, 0, 1, None),  # nothing sent yet: a moment for the books to catch up
        (5, 0, 0, 2, 5),  # then the exchange's word counts, and the brake works
        (-2, 0, 1, 9, None),  # our close filled, its position is listed late
        (-2, 0, 1, 10, 0),  # nobody knows: a person decides
        (-2, 1, 1, 10, 0),
        (-7, -2, 1, 10, -2),  # no more than what both agree on
        (2, 7, 4, 10, 2),
    ],
)
def test_a_close_is_sized_to_what_exchange_and_books_agree_on(
    theirs: int, ours: int, attempt: int, differing_s: int, closable: int | None
) -> None:
    assert may_close(theirs, ours, attempt, timedelta(seconds=differing_s)) == closable
