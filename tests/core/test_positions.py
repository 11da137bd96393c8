"""One product's average-cost books: thirds, flips, partial reduces and funding, and nothing lost."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders import Fill, Side
from core.positions import Position, apply_fill, apply_funding
from tests.core.examples import BTC, fill, quick

SIZE = Decimal("0.01")
FLAT = Position(BTC.product_id, SIZE)
NO_FEE = Decimal(0)

prices = st.decimals(Decimal("0.01"), Decimal(200_000), places=2)
fills = st.builds(
    fill,
    st.integers(),
    st.sampled_from(Side),
    st.sampled_from([1, 3, 7]) | st.integers(1, 500),
    prices,
    st.decimals(Decimal(-1), Decimal(9), places=4),
)


def bought(contracts: int, price: Decimal | int) -> Fill:
    return fill(0, Side.BUY, contracts, Decimal(price), NO_FEE)


def sold(contracts: int, price: Decimal | int) -> Fill:
    return fill(0, Side.SELL, contracts, Decimal(price), NO_FEE)


def booked(*events: Fill, position: Position = FLAT) -> Position:
    for event in events:
        position = apply_fill(position, event)
    return position


def worth(position: Position, price: Decimal) -> Fraction:
    """What trading has made, realised or not, without rounding."""
    return Fraction(position.realised_usd) + Fraction(position.unrealised_usd(price))


@pytest.mark.parametrize("last", [Decimal(100), Decimal("101.37")])
def test_an_average_of_thirds_loses_nothing_on_its_way_out(last: Decimal) -> None:
    """The average 100.333… cannot be written down; what the three contracts made can."""
    held = booked(bought(2, 100), bought(1, 101))
    for contract in range(1, 4):
        held = apply_fill(held, sold(1, 102))
        cash = Fraction(-301 + 102 * contract) * Fraction(SIZE)
        assert worth(held, last) == cash + (3 - contract) * Fraction(last) * Fraction(SIZE)
    assert held.realised_usd == Decimal("0.05")
    assert held.cost == 0


def test_closing_the_whole_realises_the_whole_cost_however_fine_the_price() -> None:
    fine = Decimal("1.00000000000000001")
    assert booked(bought(3, fine), sold(3, 2)).realised_usd == (6 - 3 * fine) * SIZE


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        (bought(2, 100), sold(5, 110), -3),
        (sold(2, 100), bought(5, 110), 3),
    ],
)
def test_a_flip_closes_the_whole_and_opens_the_rest_at_its_own_price(
    first: Fill, then: Fill, left: int
) -> None:
    flipped = booked(first, then)
    assert flipped.contracts == left
    assert flipped.average_price == 110
    assert flipped.realised_usd == first.side.sign * 2 * Decimal(10) * SIZE
    assert flipped.unrealised_usd(Decimal(110)) == 0


def test_a_reduce_realises_and_an_add_does_not() -> None:
    held = booked(bought(4, 100))
    assert apply_fill(held, bought(4, 50)).realised_usd == 0
    assert apply_fill(held, sold(1, 150)).realised_usd == Decimal("0.50")


@pytest.mark.parametrize(("contracts", "side"), [(3, Side.BUY), (3, Side.SELL)])
def test_notional_is_the_same_for_longs_and_shorts(contracts: int, side: Side) -> None:
    held = booked(fill(0, side, contracts, Decimal(100), NO_FEE))
    assert held.notional_usd(Decimal(50_000)) == Decimal(1_500)


def test_a_flat_position_has_no_average_no_worth_and_no_notional() -> None:
    assert FLAT.average_price == 0
    assert FLAT.unrealised_usd(Decimal(99)) == 0
    assert FLAT.notional_usd(Decimal(99)) == 0


def test_fees_and_rebates_are_kept_apart_from_what_was_realised() -> None:
    paid = fill(1, Side.BUY, 1, Decimal(100), Decimal("0.30"))
    rebate = fill(2, Side.SELL, 1, Decimal(100), Decimal("-0.10"))
    held = booked(paid, rebate)
    assert held.realised_usd == 0
    assert held.fees_usd == Decimal("0.20")
    assert held.net_usd == Decimal("-0.20")


def test_funding_of_a_flat_position_is_nothing() -> None:
    assert apply_funding(FLAT, Decimal(50_000), Decimal("0.01")) == FLAT


@pytest.mark.parametrize(
    ("side", "rate", "received"),
    [
        (Side.BUY, "0.0001", "-0.15"),
        (Side.SELL, "0.0001", "0.15"),
        (Side.BUY, "-0.0001", "0.15"),
        (Side.SELL, "-0.0001", "-0.15"),
    ],
)
def test_who_is_on_the_dear_side_pays_funding(side: Side, rate: str, received: str) -> None:
    held = booked(fill(0, side, 3, Decimal(40_000), NO_FEE))
    after = apply_funding(held, Decimal(50_000), Decimal(rate))
    assert after.funding_usd == Decimal(received)
    assert replace(after, funding_usd=held.funding_usd) == held


@quick
@given(events=st.lists(fills, max_size=15), next_fill=fills)
def test_a_fill_at_the_mark_changes_nothing_but_its_fee(
    events: list[Fill], next_fill: Fill
) -> None:
    """Trading at the price a position is valued at makes and loses nothing, whatever it does to it."""
    before = booked(*events)
    after = apply_fill(before, next_fill)
    assert worth(after, next_fill.price) == worth(before, next_fill.price)
    assert after.fees_usd - before.fees_usd == next_fill.fee


@quick
@given(events=st.lists(fills, max_size=15), price=prices)
def test_the_two_ways_to_count_agree_exactly(events: list[Fill], price: Decimal) -> None:
    """realised + unrealised − fees = Σ(−d·p·m) + q·P·m − fees, with no tolerance."""
    held = booked(*events)
    paid = sum((Fraction(-e.side.sign * e.contracts) * Fraction(e.price) for e in events), start=0)
    fees = sum((Fraction(e.fee) for e in events), start=Fraction(0))
    assert Fraction(held.net_usd) + Fraction(held.unrealised_usd(price)) == (
        (paid + held.contracts * Fraction(price)) * Fraction(SIZE) - fees
    )


@quick
@given(events=st.lists(fills, max_size=15))
def test_a_position_and_its_mirror_make_opposite_sums(events: list[Fill]) -> None:
    held = booked(*events)
    mirrored = booked(*(replace(e, side=e.side.opposite) for e in events))
    assert mirrored.contracts == -held.contracts
    assert mirrored.cost == -held.cost
    assert mirrored.realised_usd == -held.realised_usd
    assert mirrored.fees_usd == held.fees_usd


def test_a_fill_of_another_product_changes_nothing_and_says_so() -> None:
    with pytest.raises(ValueError, match="cannot be booked on OTHER"):
        apply_fill(Position("OTHER", SIZE), bought(1, 1))
