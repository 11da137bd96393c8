"""Invariants 7 and 8 on the real store: day, peak and high-water mark outlive every restart."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from core.books import Books, Day, day_pnl, loss_from, total
from core.orders import Side
from store import ledger, own_cash
from store.observations import read_failed, read_reads, read_succeeded
from store.store import Store
from tests.store.conftest import Reopen
from tests.store.desk import (
    BTC,
    BTC_PRICE,
    BTC_PRODUCT,
    DESK,
    NOW,
    fill,
    hold,
    later,
    order,
)
from tests.store.test_intents import open_again, record

ZERO = Decimal(0)


def worth(equity: int | str, transfers: int = 0) -> Books:
    """Books with this equity, of which so much was transferred in since the opening."""
    made = Decimal(equity) - transfers - 1000
    return Books(Decimal(1000), Decimal(transfers), made, ZERO, ZERO, ZERO)


def snapshot(store: Store, books: Books, **by: float) -> Day:
    return store.write(lambda tx: ledger.snapshot_day(tx, DESK, books, later(**by)))


def opened(store: Store, cash: int = 1000) -> None:
    store.write(lambda tx: own_cash.open_books(tx, store.log, DESK, Decimal(cash), NOW))


def raised(store: Store, books: Books) -> Decimal:
    return store.write(lambda tx: own_cash.raise_high_water(tx, DESK, books))


def everything(store: Store) -> tuple[object, ...]:
    return (
        store.read(lambda c: ledger.read_day(c, DESK, "2026-03-02")),
        store.read(lambda c: own_cash.read_high_water(c, DESK)),
        store.read(lambda c: own_cash.read_opening(c, DESK)),
        store.read(lambda c: ledger.read_positions(c, DESK)),
        store.read(lambda c: ledger.day_loss(c, DESK, NOW)),
    )


def test_the_first_snapshot_of_a_day_is_its_opening_and_stays_it(store: Store) -> None:
    first = snapshot(store, worth(1000))
    assert first == Day("2026-03-02", worth(1000), Decimal(1000), Decimal(1000))
    for equity in (1300, 900, 1100):
        assert snapshot(store, worth(equity), minutes=1).opening == worth(1000)


def test_the_days_peak_only_rises_and_its_equity_follows(store: Store) -> None:
    seen = [snapshot(store, worth(e), minutes=e) for e in (1000, 1300, 900, 1200)]
    assert [day.peak_equity_usd for day in seen] == [1000, 1300, 1300, 1300]
    assert [day.equity_usd for day in seen] == [1000, 1300, 900, 1200]


def test_the_daily_loss_counts_from_the_intraday_peak(store: Store) -> None:
    for equity in (1000, 1300, 1250):
        snapshot(store, worth(equity))
    assert store.read(lambda c: ledger.day_loss(c, DESK, NOW)) == 50


def test_money_that_is_transferred_is_neither_profit_nor_loss(store: Store) -> None:
    snapshot(store, worth(1000))
    assert loss_from(snapshot(store, worth(700, transfers=-300))) == 0
    added = snapshot(store, worth(5000, transfers=4000))
    assert added.equity_usd == added.peak_equity_usd == 1000
    assert loss_from(added) == 0
    assert loss_from(snapshot(store, worth(4900, transfers=4000))) == 100


def test_a_new_utc_day_has_an_opening_of_its_own(store: Store) -> None:
    snapshot(store, worth(1000))
    snapshot(store, worth(800), hours=11.99)
    assert store.read(lambda c: ledger.day_loss(c, DESK, later(hours=11.99))) == 200
    assert snapshot(store, worth(800), hours=12).opening == worth(800)
    assert store.read(lambda c: ledger.day_loss(c, DESK, later(hours=12))) == 0
    assert store.read(lambda c: ledger.day_loss(c, DESK, NOW)) == 200, "yesterday stays"


def test_the_high_water_mark_only_rises_and_is_net_of_transfers(store: Store) -> None:
    opened(store)
    seen = [raised(store, b) for b in (worth(900), worth(1200), worth(1100), worth(9000, 8000))]
    assert seen == [1000, 1200, 1200, 1200]


def test_day_peak_loss_and_high_water_mark_survive_a_restart(store: Store, reopen: Reopen) -> None:
    opened(store)
    hold(store, 3)
    for equity in (1000, 1300, 1100):
        snapshot(store, worth(equity))
        raised(store, worth(equity))
    before = everything(store)
    store.close()
    again = reopen()
    assert everything(again) == before
    opened(again, cash=1)  # a start opens the books, once
    assert snapshot(again, worth(1050)).peak_equity_usd == 1300
    assert raised(again, worth(1050)) == 1300
    assert again.read(lambda c: ledger.day_loss(c, DESK, NOW)) == 250
    assert again.read(lambda c: own_cash.read_opening(c, DESK)) == (Decimal(1000), ZERO)


def test_before_the_first_snapshot_nothing_is_lost(store: Store) -> None:
    assert store.read(lambda c: ledger.day_loss(c, DESK, NOW)) == 0


trades = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.integers(1, 7),
        st.decimals(1, 200_000, places=2),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(trades=trades, price=st.decimals(1, 200_000, places=2), rate=st.decimals(-1, 1, places=6))
def test_what_the_store_keeps_balances_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory,
    trades: list[tuple[Side, int, Decimal]],
    price: Decimal,
    rate: Decimal,
) -> None:
    """Invariant 8: realised + change in unrealised + funding − fees is the change in equity."""
    with open_again(tmp_path_factory.mktemp("books") / "home") as store:

        def book(tx: Connection) -> None:
            for n, (side, contracts, at) in enumerate(trades):
                trade = fill(f"f{n}", None, side, contracts, at)
                ledger.book_fill(tx, store.log, DESK, trade, BTC_PRODUCT, NOW)
            ledger.book_funding(tx, store.log, DESK, BTC, price, rate, NOW)

        store.write(book)
        positions = store.read(lambda c: ledger.read_positions(c, DESK))
        books = total(Decimal(1000), ZERO, positions, {BTC: price})
        assert isinstance(books, Books)
        size = BTC_PRODUCT.contract_size
        paid = sum((-s.sign * n * at * size for s, n, at in trades), ZERO)
        held = sum(s.sign * n for s, n, _ in trades)
        fees = Decimal("0.15") * len(trades)
        expected = 1000 + paid + held * price * size - held * size * price * rate - fees
        assert books.equity_usd == expected
        opening = Books(Decimal(1000), ZERO, ZERO, ZERO, ZERO, ZERO)
        assert day_pnl(opening, books).net_usd == books.equity_usd - 1000


def test_a_funding_event_is_booked_once_and_only_on_what_is_held(store: Store) -> None:
    def funded(at_hours: float) -> bool:
        at = later(hours=at_hours)
        return store.write(
            lambda tx: ledger.book_funding(
                tx, store.log, DESK, BTC, BTC_PRICE, Decimal("0.0001"), at
            )
        )

    assert not funded(0), "flat"
    hold(store, 10)
    assert [funded(0), funded(0), funded(1)] == [True, False, True]
    position = store.read(lambda c: ledger.read_position(c, DESK, BTC))
    assert position is not None
    assert position.funding_usd == Decimal("-1.20")
    assert position.cost == 10 * BTC_PRICE


def test_executions_that_an_adopted_position_contains_are_not_booked_again(store: Store) -> None:
    hold(store, 2)
    known = fill("old", None, Side.BUY, 2)
    store.write(lambda tx: ledger.adopt_fills(tx, DESK, [known]))
    again = store.write(lambda tx: ledger.book_fill(tx, store.log, DESK, known, BTC_PRODUCT, NOW))
    position = store.read(lambda c: ledger.read_position(c, DESK, BTC))
    assert not again
    assert position is not None
    assert position.contracts == 2
    assert store.read(lambda c: ledger.booked_since(c, DESK, NOW)) == {"old"}


def test_a_foreign_fill_moves_the_position_and_no_order_of_ours(store: Store) -> None:
    record(store, order("a", contracts=2))
    foreign = fill("f1", None, Side.BUY, 2)
    store.write(lambda tx: ledger.book_fill(tx, store.log, DESK, foreign, BTC_PRODUCT, NOW))
    position = store.read(lambda c: ledger.read_position(c, DESK, BTC))
    assert position is not None
    assert position.contracts == 2


# Whether the exchange can be read


def failing(store: Store) -> bool:
    return store.read(lambda c: read_reads(c, DESK))["look"].failing


def test_a_read_that_failed_after_it_last_succeeded_is_failing_until_it_succeeds(
    store: Store,
) -> None:
    """Invariant 5."""
    store.write(lambda tx: read_succeeded(tx, DESK, "look", NOW))
    assert not failing(store)
    store.write(lambda tx: read_failed(tx, DESK, "look", "503", later(seconds=1)))
    assert failing(store)
    store.write(lambda tx: read_succeeded(tx, DESK, "look", later(seconds=2)))
    assert not failing(store)


def test_a_read_that_never_succeeded_is_failing(store: Store) -> None:
    store.write(lambda tx: read_failed(tx, DESK, "look", "503", NOW))
    assert failing(store)


def test_a_read_that_fails_in_the_instant_of_its_last_success_is_failing(store: Store) -> None:
    store.write(lambda tx: read_succeeded(tx, DESK, "look", NOW))
    store.write(lambda tx: read_failed(tx, DESK, "look", "503", NOW))
    assert failing(store)
