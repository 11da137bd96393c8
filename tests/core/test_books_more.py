"""Invariant 8: the books balance, exactly, in Decimal, whatever fills come in whatever order."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from core.books import Books, day_pnl, total
from core.orders import Fill, Side
from core.positions import Position, apply_fill, apply_funding
from tests.core.examples import BTC, fill, quick

M = Decimal("0.01")
FLAT = Position(BTC.product_id, M)

prices = st.decimals(Decimal("0.01"), Decimal(200_000), places=2)
fills = st.builds(
    fill,
    st.integers(),
    st.sampled_from(Side),
    st.sampled_from([1, 2, 3, 5, 7]) | st.integers(1, 10_000),
    prices,
    st.decimals(Decimal(-1), Decimal(50), places=4),
)
fundings = st.tuples(prices, st.decimals(Decimal("-0.01"), Decimal("0.01"), places=8))
sizes = st.sampled_from([Decimal(1), Decimal("0.1"), M, Decimal("0.001")])


def booked(position: Position, events: Sequence[Fill | tuple[Decimal, Decimal]]) -> Position:
    for event in events:
        if isinstance(event, Fill):
            position = apply_fill(position, event)
        else:
            position = apply_funding(position, *event)
    return position


@quick
@given(
    size=sizes, events=st.lists(fills | fundings, max_size=25), last=prices.map(Decimal.normalize)
)
def test_realised_and_unrealised_are_exactly_what_was_paid_and_what_is_held(
    size: Decimal, events: list[Fill | tuple[Decimal, Decimal]], last: Decimal
) -> None:
    """The two routes of trading.md section 6, to the last digit: thirds, flips, partial reduces."""
    position = booked(replace(FLAT, contract_size=size), events)
    contracts = cash = fees = funding = Fraction(0)
    for event in events:
        if isinstance(event, Fill):
            change = event.side.sign * event.contracts
            contracts += change
            cash -= change * Fraction(event.price) * Fraction(size)
            fees += Fraction(event.fee)
        else:
            price, rate = event
            funding -= contracts * Fraction(size) * Fraction(price) * Fraction(rate)
    held_worth = contracts * Fraction(last) * Fraction(size)
    ours = Fraction(position.net_usd) + Fraction(position.unrealised_usd(last))
    assert position.contracts == contracts
    assert ours == cash + held_worth + funding - fees


@quick
@given(events=st.lists(fills, max_size=25))
def test_a_position_that_comes_back_to_flat_holds_no_cost(events: list[Fill]) -> None:
    position = booked(FLAT, events)
    if position.contracts:
        side = Side.SELL if position.contracts > 0 else Side.BUY
        position = apply_fill(
            position, fill(0, side, abs(position.contracts), Decimal(7), Decimal(0))
        )
    assert position.contracts == 0
    assert position.cost == position.average_price == 0
    assert position.unrealised_usd(Decimal(99_999)) == 0


@quick
@given(events=st.lists(fills, min_size=1, max_size=15))
def test_a_reduce_leaves_the_average_price_where_it_was(events: list[Fill]) -> None:
    position = booked(FLAT, events)
    if abs(position.contracts) < 2:
        return
    side = Side.SELL if position.contracts > 0 else Side.BUY
    after = apply_fill(position, fill(0, side, 1, Decimal(50_000), Decimal(0)))
    assert abs(after.average_price - position.average_price) < Decimal("1e-11")


BUY, SELL = Side.BUY, Side.SELL


amounts = st.decimals(-(10**9), 10**9, places=8)
positions_held = st.lists(fills, max_size=6).map(lambda events: booked(FLAT, events))


@quick
@given(
    opening=amounts,
    transfers=amounts,
    positions=st.lists(positions_held, max_size=4),
    price=prices,
)
def test_cash_is_what_came_in_and_what_trading_did_and_equity_adds_what_is_held(
    opening: Decimal, transfers: Decimal, positions: list[Position], price: Decimal
) -> None:
    books = total(opening, transfers, positions, {BTC.product_id: price})
    assert isinstance(books, Books)
    cash = sum((Fraction(p.net_usd) for p in positions), Fraction(opening) + Fraction(transfers))
    worth = sum((Fraction(p.unrealised_usd(price)) for p in positions), Fraction(0))
    assert Fraction(books.cash_usd) == cash
    assert Fraction(books.equity_usd) == cash + worth


def test_the_days_pnl_names_its_parts() -> None:
    zero = Decimal(0)
    opening = Books(zero, zero, Decimal(1), Decimal(2), Decimal(3), Decimal(4))
    now = Books(zero, zero, Decimal(11), Decimal(22), Decimal(33), Decimal(44))
    parts = day_pnl(opening, now)
    assert [parts.realised_usd, parts.unrealised_usd] == [Decimal(10), Decimal(20)]
    assert [parts.funding_usd, parts.fees_usd] == [Decimal(30), Decimal(40)]
    assert parts.net_usd == 20
