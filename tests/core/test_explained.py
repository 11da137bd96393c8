"""The exchange's equity less ours, by cause: the causes always add up to the whole difference."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.books import Account
from core.positions import Position
from core.reports.explained import Theirs, Unvalued, causes

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SIZE = Decimal("0.01")
cents = st.integers(-100_000, 100_000).map(lambda n: Decimal(n) / 100)
contracts = st.integers(-20, 20)
prices = st.integers(1, 100_000).map(Decimal)


def account(cash: Decimal, unrealised: Decimal, funding: Decimal, pending: Decimal) -> Account:
    zero = Decimal(0)
    return Account(cash, unrealised, zero, zero, "100", NOW, funding, pending)


@given(cents, cents, cents, cents, cents, contracts, contracts, prices, prices, prices)
def test_the_causes_add_up(
    cash: Decimal,
    our_cash: Decimal,
    unrealised: Decimal,
    funding: Decimal,
    pending: Decimal,
    ours: int,
    theirs: int,
    our_price: Decimal,
    their_price: Decimal,
    mark: Decimal,
) -> None:
    there = account(cash, unrealised, funding, pending)
    position = Position("BTC", SIZE, ours, ours * our_price)

    found = causes(there, our_cash, [position], {"BTC": Theirs(theirs, their_price)}, {"BTC": mark})

    assert not isinstance(found, Unvalued)
    whole = there.equity_usd - (our_cash + position.unrealised_usd(mark))
    assert sum((cause.usd for cause in found), Decimal(0)) == whole


def test_each_cause_has_its_name_and_what_is_equal_is_left_out() -> None:
    there = account(Decimal(1_000), Decimal(9), Decimal(3), Decimal(0))
    position = Position("BTC", SIZE, 2, 2 * Decimal(60_000))

    found = causes(
        there,
        Decimal(1_003),
        [position],
        {"BTC": Theirs(1, Decimal(60_000))},
        {"BTC": Decimal(61_000)},
    )

    assert not isinstance(found, Unvalued)
    assert [(c.name, c.usd) for c in found] == [
        ("funding", Decimal(-3)),
        ("BTC", Decimal(-10)),
        ("valuation", Decimal(-1)),
    ]
    assert found[1].says == "contracts: ours +2, theirs +1"


def test_a_position_without_a_mark_leaves_it_unknown() -> None:
    there = account(Decimal(1), Decimal(0), Decimal(0), Decimal(0))
    position = Position("BTC", SIZE, 2, Decimal(1))

    assert causes(there, Decimal(1), [position], {}, {}) == Unvalued("BTC")
