"""How a close is priced and sized, and which prices a product allows."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from core.flatten import ATTEMPTS_MAX, close_order
from core.orders import OrderSpec, Side
from core.products import Product
from core.risk import CheckedOrder, check
from tests.core.examples import BTC, mark_at, quick
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
    return close_order("job", "main", product, position, mark_at(mark), attempt, collar)


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
