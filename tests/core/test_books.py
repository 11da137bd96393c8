"""The books balance exactly, in Decimal, whatever is bought, sold, flipped and paid."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books import Account, Books, Day, UnknownMark, day_name, day_pnl, loss_from, total
from core.orders import Fill, Side
from core.positions import Position, apply_fill, apply_funding

SIZE = Decimal("0.01")
NOW = datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC)
prices = st.decimals("0.01", "99999", places=2)


def fill(side: Side, contracts: int, price: Decimal, fee: Decimal = Decimal(0)) -> Fill:
    return Fill("e", "o", None, "P", side, contracts, price, fee, NOW, maker=False)


fills = st.builds(
    fill,
    side=st.sampled_from(Side),
    contracts=st.integers(1, 7),
    price=prices,
    fee=st.decimals("0", "9", places=4),
)
rates = st.decimals("-0.001", "0.001", places=6)


def booked(*happened: Fill) -> Position:
    position = Position("P", SIZE)
    for one in happened:
        position = apply_fill(position, one)
    return position


@dataclass(frozen=True)
class Expected:
    contracts: int
    average: str
    realised: str


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([(Side.BUY, 2, 100), (Side.BUY, 2, 110)], Expected(4, "105", "0")),
        ([(Side.BUY, 4, 105), (Side.SELL, 1, 115)], Expected(3, "105", "0.10")),
        ([(Side.BUY, 2, 100), (Side.SELL, 2, 90)], Expected(0, "0", "-0.20")),
        ([(Side.BUY, 2, 100), (Side.SELL, 5, 110)], Expected(-3, "110", "0.20")),
        ([(Side.SELL, 3, 100), (Side.BUY, 1, 90)], Expected(-2, "100", "0.10")),
        ([(Side.SELL, 3, 100), (Side.BUY, 4, 90)], Expected(1, "90", "0.30")),
    ],
)
def test_average_cost_as_people_reckon_it(
    happened: list[tuple[Side, int, int]], expected: Expected
) -> None:
    position = booked(*(fill(side, size, Decimal(price)) for side, size, price in happened))
    assert position.contracts == expected.contracts
    assert position.average_price == Decimal(expected.average)
    assert position.realised_usd == Decimal(expected.realised)


def test_a_fill_of_another_product_is_not_booked() -> None:
    with pytest.raises(ValueError, match="cannot be booked"):
        apply_fill(Position("OTHER", SIZE), fill(Side.BUY, 1, Decimal(1)))


@pytest.mark.parametrize(("contracts", "side"), [(2, Side.BUY), (2, Side.SELL)])
def test_longs_pay_and_shorts_receive_when_the_rate_is_positive(contracts: int, side: Side) -> None:
    position = booked(fill(side, contracts, Decimal(50_000)))
    after = apply_funding(position, Decimal(50_000), Decimal("0.0001"))
    assert after.funding_usd == -side.sign * Decimal("0.1")


@given(st.lists(fills, max_size=25), prices, rates)
def test_two_ways_to_count_agree_to_the_last_digit(
    happened: list[Fill], mark: Decimal, rate: Decimal
) -> None:
    """realised + unrealised − fees + funding = Σ(−d·p·m) + q·P·m − fees + funding."""
    position = apply_funding(booked(*happened), mark, rate)
    cash = sum((-one.side.sign * one.contracts * one.price * SIZE for one in happened), Decimal(0))
    contracts = sum(one.side.sign * one.contracts for one in happened)
    fees = sum((one.fee for one in happened), Decimal(0))
    assert position.contracts == contracts
    assert position.fees_usd == fees
    assert position.net_usd + position.unrealised_usd(mark) == (
        cash + contracts * mark * SIZE - fees + position.funding_usd
    )


@given(st.lists(fills, max_size=10), prices)
def test_equity_is_cash_and_what_the_positions_are_worth(
    happened: list[Fill], mark: Decimal
) -> None:
    position = booked(*happened)
    books = total(Decimal(1_000), Decimal(50), [position], {"P": mark})
    assert isinstance(books, Books)
    assert books.cash_usd == 1_050 + position.net_usd
    assert books.equity_usd == books.cash_usd + position.unrealised_usd(mark)


def test_an_open_position_without_a_mark_is_unknown_and_not_worth_nothing() -> None:
    open_position = booked(fill(Side.BUY, 1, Decimal(1)))
    assert total(Decimal(0), Decimal(0), [open_position], {}) == UnknownMark("P")


def test_a_flat_position_needs_no_mark() -> None:
    flat = booked(fill(Side.BUY, 1, Decimal(1)), fill(Side.SELL, 1, Decimal(2)))
    assert isinstance(total(Decimal(0), Decimal(0), [flat], {}), Books)


amounts = st.decimals("-100000", "100000", places=6)
books_at = st.builds(
    Books,
    opening_cash_usd=st.just(Decimal(5_000)),
    transfers_usd=amounts,
    realised_usd=amounts,
    unrealised_usd=amounts,
    funding_usd=amounts,
    fees_usd=amounts,
)


@given(books_at, books_at)
def test_a_days_parts_add_up_to_the_change_of_equity_less_transfers(
    opening: Books, now: Books
) -> None:
    """Invariant 8."""
    transfers = now.transfers_usd - opening.transfers_usd
    assert day_pnl(opening, now).net_usd == now.equity_usd - opening.equity_usd - transfers


@pytest.mark.parametrize(
    ("peak", "latest", "loss"),
    [
        ("5000", "5000", "0"),
        ("5000", "4900", "100"),
        ("5300", "5100", "200"),
        ("5000", "5400", "0"),
    ],
)
def test_a_loss_counts_from_the_opening_or_the_peak_whichever_is_worse(
    peak: str, latest: str, loss: str
) -> None:
    zero = Decimal(0)
    opening = Books(Decimal(5_000), zero, zero, zero, zero, zero)
    day = Day("2026-01-05", opening, Decimal(peak), Decimal(latest))
    assert loss_from(day) == Decimal(loss)


def test_days_are_utc_days() -> None:
    assert day_name(NOW) == "2026-01-05"


@given(books_at, amounts, amounts)
def test_a_loss_is_the_worse_of_both_and_never_negative(
    opening: Books, peak: Decimal, latest: Decimal
) -> None:
    loss = loss_from(Day("2026-01-05", opening, peak, latest))
    fallen = [opening.equity_usd - latest, peak - latest]
    assert loss >= 0
    assert all(loss >= one for one in fallen)
    assert loss in (0, *fallen)


def test_what_was_paid_in_is_cash_but_no_days_profit() -> None:
    zero = Decimal(0)
    opening = Books(Decimal(5_000), zero, zero, zero, zero, zero)
    paid_in = Books(Decimal(5_000), Decimal(700), zero, zero, zero, zero)
    assert paid_in.equity_usd - opening.equity_usd == 700
    assert day_pnl(opening, paid_in).net_usd == 0


def test_one_open_position_without_a_mark_makes_the_whole_desk_unknown_and_is_named() -> None:
    held = [
        Position(name, SIZE, contracts, cost=Decimal(1))
        for name, contracts in [("FLAT", 0), ("KNOWN", 1), ("MISSING", -1), ("KNOWN-TOO", 2)]
    ]
    prices_known = {"KNOWN": Decimal(1), "KNOWN-TOO": Decimal(1)}
    assert total(Decimal(0), Decimal(0), held, prices_known) == UnknownMark("MISSING")


def test_a_desk_that_holds_nothing_is_worth_its_cash() -> None:
    books = total(Decimal(5_000), Decimal(-1_000), [], {})
    assert isinstance(books, Books)
    assert books.cash_usd == books.equity_usd == 4_000


def test_the_exchanges_equity_is_its_cash_and_what_is_not_realised() -> None:
    zero = Decimal(0)
    assert Account(Decimal(5_000), Decimal(-30), zero, zero, "1000", NOW).equity_usd == 4_970


@pytest.mark.parametrize("hours", [1, -1])
def test_a_moment_told_in_another_zone_is_on_the_same_utc_day(hours: int) -> None:
    midnight = datetime(2026, 1, 6, tzinfo=UTC)
    told_late = midnight - timedelta(minutes=30) if hours > 0 else midnight
    there = told_late.astimezone(timezone(timedelta(hours=hours)))
    assert day_name(there) == day_name(told_late)
