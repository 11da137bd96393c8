"""Invariant 8 with what comes from outside: transfers, sweeps, adopted positions, accepted cash."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books import Account, Books, day_pnl, total
from core.orders import Fill, Side
from core.positions import Position, apply_fill, apply_funding, taken_over
from core.transfers import SWEEP, Transfer
from tests.core.examples import quick

AT = datetime(2026, 3, 2, tzinfo=UTC)
SIZE = Decimal("0.01")

prices = st.decimals("1000", "100000", places=1)
money = st.decimals("-50000", "50000", places=2)
traded = st.tuples(st.just("fill"), st.sampled_from(Side), st.integers(1, 9), prices)
paid = st.tuples(st.just("funding"), st.decimals("-0.001", "0.001", places=6), prices)
moved = st.tuples(st.just("transfer"), st.sampled_from(["fiat_deposit", SWEEP]), money)
adopted = st.tuples(st.just("position"), st.integers(-9, 9), prices)
accepted = st.tuples(st.just("cash"), money)
happenings = st.lists(st.one_of(traded, paid, moved, adopted, accepted), max_size=25)


class Ledger:
    """What the store keeps, without the store."""

    def __init__(self) -> None:
        self.position = Position("P", SIZE)
        self.transfers_usd = self.accepted_usd = Decimal(0)

    def take(self, what: tuple[object, ...]) -> None:
        match what:
            case ("fill", side, contracts, price):
                fill = Fill("e", "o", None, "P", side, contracts, price, Decimal("0.15"), AT, False)  # type: ignore[arg-type]
                self.position = apply_fill(self.position, fill)
            case ("funding", rate, price):
                self.position = apply_funding(self.position, price, rate)  # type: ignore[arg-type]
            case ("transfer", kind, amount):
                self.transfers_usd += Transfer("t", kind, amount, AT).cash_usd  # type: ignore[arg-type]
            case ("position", contracts, price):
                self.position = taken_over(self.position, contracts, price)  # type: ignore[arg-type]
            case ("cash", amount):
                self.accepted_usd += amount  # type: ignore[operator]

    def books(self, price: Decimal) -> Books:
        found = total(
            Decimal(5_000), self.transfers_usd, [self.position], {"P": price}, self.accepted_usd
        )
        assert isinstance(found, Books)
        return found


@quick
@given(happenings, happenings, prices, prices)
def test_realised_unrealised_funding_and_fees_are_the_change_of_equity_less_what_came_from_outside(
    before: list[tuple[object, ...]], today: list[tuple[object, ...]], then: Decimal, now: Decimal
) -> None:
    ledger = Ledger()
    for what in before:
        ledger.take(what)
    opening = ledger.books(then)
    for what in today:
        ledger.take(what)
    closing = ledger.books(now)

    made = day_pnl(opening, closing)
    outside = closing.outside_usd - opening.outside_usd
    assert made.net_usd == closing.equity_usd - opening.equity_usd - outside
    assert made.net_usd == closing.own_equity_usd - opening.own_equity_usd


@given(money)
def test_a_sweep_moves_no_cash_and_anything_else_does(amount: Decimal) -> None:
    assert Transfer("t", SWEEP, amount, AT).cash_usd == 0
    assert Transfer("t", "fiat_withdrawal", amount, AT).cash_usd == amount
    assert Transfer("t", "a word of next year", amount, AT).cash_usd == amount


@given(st.integers(-50, 50), prices, prices)
def test_taking_the_exchanges_position_over_keeps_what_was_made(
    contracts: int, price: Decimal, mark: Decimal
) -> None:
    before = replace(
        Position("P", SIZE, 3, Decimal(300)), realised_usd=Decimal(7), fees_usd=Decimal(1)
    )
    after = taken_over(before, contracts, price)
    assert (after.contracts, after.net_usd) == (contracts, before.net_usd)
    assert after.unrealised_usd(mark) == contracts * (mark - price) * SIZE


@pytest.mark.parametrize(
    ("total", "compared"),
    [
        ("10000", "10000"),  # the total contains everything
        ("10012", "10000"),  # funding of −12 is not paid out yet
        ("9500", "10000"),  # a deposit of 500 is under way
        ("9512", "10000"),
        ("9000", "9500"),  # what nothing explains stays a difference
    ],
)
def test_cash_that_is_accrued_or_under_way_is_no_difference(total: str, compared: str) -> None:
    zero = Decimal(0)
    told = Account(
        Decimal(total), zero, zero, zero, "", AT, funding_usd=Decimal(-12), pending_usd=Decimal(500)
    )
    assert told.cash_beside(Decimal(10_000)) == Decimal(compared)
