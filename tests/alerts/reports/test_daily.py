"""The day's digest: every part adds up to the whole, and what is not known is said."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.reports.daily import write_digest
from core.books import Books, total
from core.modes import Mode
from core.orders import Kind, OrderState, Side
from core.reports.daily import Digest
from core.reports.daily_text import headline, lines, markdown
from store.control import begin_desk
from store.ledger import book_fill, read_positions
from store.limits import write_limits
from store.observations import HeldThere, read_product, write_held_there, write_marks
from store.orders import move, record_intent
from store.own_cash import open_books, read_opening
from store.reports.daily import read_digest
from store.reports.history import sample
from store.reports.incidents import open_incident
from store.store import Store, Transaction, open_store
from tests.store.desk import (
    BTC,
    CASH,
    DESK,
    LIMITS,
    NOW,
    checked,
    fill,
    later,
    mark,
    order,
    see_the_exchange,
)

UNTIL = later(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "home", NOW)
    opened.write(lambda tx: begin_desk(tx, opened.log, DESK, Mode.ACTIVE, "test", NOW))
    opened.write(see_the_exchange)
    opened.write(lambda tx: open_books(tx, opened.log, DESK, CASH, NOW))
    opened.write(lambda tx: write_limits(tx, DESK, "dev", LIMITS.rows(), NOW))
    yield opened
    opened.close()


def trade(store: Store, id: str, side: Side, contracts: int, price: int, at: datetime) -> None:
    """An order sent at the mark of 60,000 and filled at this price."""

    def booked(tx: Transaction) -> None:
        kind = Kind.ENTRY if side is Side.BUY else Kind.EXIT
        spec = order(id, kind, side, contracts)
        kept = record_intent(tx, checked(spec), LIMITS, NOW)
        assert getattr(kept, "spec", None), kept
        move(tx, store.log, id, OrderState.WORKING, at, order_id=f"order-of-f-{id}")
        product = read_product(tx, DESK, BTC)
        assert product is not None
        done = fill(f"f-{id}", id, side, contracts, Decimal(price), at)
        book_fill(tx, store.log, DESK, done, product, at)

    store.write(booked)


def take(store: Store, price: int, at: datetime, mark_at: datetime | None = None) -> None:
    """What the trader keeps once a minute, at this mark."""

    def kept(tx: Transaction) -> None:
        seen = replace(mark(at=mark_at or at), price=Decimal(price))
        opening = read_opening(tx, DESK)
        assert opening is not None
        positions = read_positions(tx, DESK)
        books = total(*opening, positions, {BTC: seen.price})
        assert isinstance(books, Books)
        sample(tx, DESK, books, [seen], positions, at)

    store.write(kept)


def digest(store: Store) -> Digest:
    return store.read(lambda c: read_digest(c, DESK, NOW, UNTIL, later(hours=2)))


def a_day(store: Store) -> None:
    """Two bought ten dollars above the mark; the market rises, falls, and ends up."""
    take(store, 60_000, NOW)
    trade(store, "in", Side.BUY, 2, 60_010, later(minutes=1))
    take(store, 60_500, later(minutes=5))
    take(store, 58_000, later(minutes=10))
    take(store, 61_000, later(minutes=20))
    store.write(lambda tx: write_held_there(tx, DESK, [HeldThere(BTC, 2, Decimal(60_010), NOW)]))


def test_the_markets_add_up_to_the_desk(store: Store) -> None:
    a_day(store)
    found = digest(store)
    assert found.made is not None
    (market,) = found.markets
    assert market.pnl == found.made.pnl
    assert found.made.pnl.net_usd == 2 * (61_000 - 60_010) * Decimal("0.01") - Decimal("0.15")
    assert (market.contracts_traded, market.held) == (2, 2)


def test_slippage_is_measured_from_the_mark_when_the_order_was_sent(store: Store) -> None:
    a_day(store)
    (market,) = digest(store).markets
    assert (market.slipped.usd, market.slipped.unknown) == (2 * 10 * Decimal("0.01"), 0)


def test_drawdown_and_limits_are_the_worst_of_the_day(store: Store) -> None:
    a_day(store)
    found = digest(store)
    assert found.drawdown_usd == 2 * 2_500 * Decimal("0.01")
    loss, leverage, gross, fallen = found.limits
    assert loss.used == 2 * (60_010 - 58_000) * Decimal("0.01") + Decimal("0.15")
    assert loss.limit == LIMITS.daily_loss_usd
    assert 0 < leverage.used < Decimal("0.03")
    assert (gross.limit, fallen.limit) == (LIMITS.max_gross_notional_usd, LIMITS.max_drawdown_pct)
    assert gross.used == pytest.approx(leverage.used * CASH, rel=Decimal("0.01"))
    assert 0 < fallen.used < Decimal("0.2")


def test_errors_incidents_and_what_does_not_agree_are_named(store: Store) -> None:
    a_day(store)
    store.write(
        lambda tx: store.log.append(
            tx, desk=DESK, kind="order_refused", actor="t", now=NOW, body={"reason": "LEVERAGE"}
        )
    )
    store.write(
        lambda tx: open_incident(
            tx, store.log, id="inc-1", desk=DESK, title="odd", by="alice", now=later(minutes=2)
        )
    )
    store.write(lambda tx: write_held_there(tx, DESK, [HeldThere(BTC, 5, Decimal(1), NOW)]))
    said = "\n".join(lines(digest(store)))
    assert "order refused: LEVERAGE 1" in said
    assert "inc-1 (open): odd" in said
    assert f"{BTC}: ours +2, theirs +5" in said
    assert "cash -0.15 (ours less theirs)" in said


def test_a_stale_mark_at_a_boundary_makes_the_day_provisional(store: Store) -> None:
    a_day(store)
    take(store, 61_000, later(minutes=30), mark_at=later(minutes=25))
    assert "provisional" in headline(digest(store))


def test_without_samples_nothing_is_claimed(store: Store) -> None:
    found = digest(store)
    assert headline(found) == "main: P&L UNKNOWN, the books were not sampled"
    assert found.drawdown_usd is None
    assert "None." in markdown(found, "main, today")


def test_it_becomes_three_files_and_a_name_of_its_own(store: Store) -> None:
    a_day(store)
    _, files = write_digest(store, DESK, "2026-03-02", NOW, UNTIL, later(hours=2))
    assert [str(file.relative_to(store.home.reports)) for file in files] == [
        "main-2026-03-02/digest.md",
        "main-2026-03-02/digest.json",
        "main-2026-03-02/equity.png",
    ]
    figures = json.loads(files[1].read_text())
    assert Decimal(figures["net_usd"]) == Decimal("19.65")
    assert figures["markets"][0]["held"] == "+2"
    assert files[2].stat().st_size > 10_000


def test_a_trip_that_began_before_the_day_counts_when_it_is_closed_in_it(store: Store) -> None:
    trade(store, "in", Side.BUY, 2, 60_000, NOW - timedelta(days=3))
    trade(store, "out", Side.SELL, 2, 60_100, later(minutes=5))
    assert str(digest(store).trips).startswith("1 of 1 won")


def test_a_day_that_is_not_over_ends_with_the_books_as_they_are_now(store: Store) -> None:
    take(store, 60_000, NOW)
    trade(store, "in", Side.BUY, 2, 60_010, later(minutes=1))
    store.write(lambda tx: write_marks(tx, DESK, [replace(mark(), price=Decimal(60_100))]))

    found = store.read(lambda c: read_digest(c, DESK, NOW, UNTIL, UNTIL))

    assert found.made is not None
    assert found.made.pnl.unrealised_usd == 2 * 90 * Decimal("0.01")
    assert found.markets[0].held == 2
    assert found.made.provisional, "the mark is an hour old"
