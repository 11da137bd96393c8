"""What two people accept is booked as they saw it, all or nothing, and the books balance afterwards."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from core.orders import Kind, OrderState, Side
from core.reconcile import (
    Difference,
    Discrepancy,
    OrderThere,
    cash_differs,
    drifted,
    foreign_fill,
    unknown_order,
    unknown_status,
)
from store.acceptance import NotAcceptable, accept, accepted_ids, latest_accepted
from store.events import latest
from store.ledger import book_fill, read_position
from store.observations import HeldThere, write_held_there
from store.orders import live_orders, reservations
from store.own_cash import open_books, read_accepted, read_cash
from store.reconciliation import read_open, read_reconciliation, write_reconciliation
from store.store import Store
from tests.store.desk import BTC, BTC_PRODUCT, CASH, DESK, NOW, fill, hold, later

BY = "alice and bob"
RESTING = OrderThere("o-1", BTC, Side.BUY, 4, 1, Decimal(55_000), None, "OPEN")
CASH_OFF = cash_differs(CASH - 25, CASH, "nothing explains it")


def found(store: Store, *open_now: Discrepancy, at: datetime = NOW) -> None:
    store.write(lambda tx: write_reconciliation(tx, store.log, DESK, open_now, at, at))


def accept_all(store: Store, *seen: Discrepancy) -> None:
    figures = {one.id: one.figures for one in seen}
    store.write(lambda tx: accept(tx, store.log, DESK, figures, BY, "understood", later(seconds=1)))


def open_ids(store: Store) -> list[str]:
    return [one.discrepancy.id for one in store.read(lambda c: read_open(c, DESK))]


def test_an_accepted_order_is_counted_as_one_that_adds_risk(store: Store) -> None:
    one = unknown_order(RESTING)
    found(store, one)
    one_of_four = replace(fill("e-1"), order_id="o-1")
    store.write(lambda tx: book_fill(tx, store.log, DESK, one_of_four, BTC_PRODUCT, NOW))
    accept_all(store, one)

    (order,) = store.read(lambda c: live_orders(c, DESK))
    assert (order.spec.kind, order.state, order.order_id) == (Kind.ENTRY, OrderState.WORKING, "o-1")
    (reserved,) = store.read(lambda c: reservations(c, DESK).get(BTC, []))
    assert (reserved.side, reserved.contracts) == (Side.BUY, 3)
    assert open_ids(store) == []


def test_an_accepted_position_is_the_exchanges_and_what_was_made_stays(store: Store) -> None:
    hold(store, 5)
    there = HeldThere(BTC, -2, Decimal(61_000), NOW)
    store.write(lambda tx: write_held_there(tx, DESK, [there]))
    one = drifted(Difference(BTC, 5, -2), there.average_price)
    found(store, one)
    accept_all(store, one)

    position = store.read(lambda c: read_position(c, DESK, BTC))
    assert position is not None
    assert (position.contracts, position.average_price) == (-2, Decimal(61_000))
    assert position.net_usd == 0
    (done,) = store.read(lambda c: latest_accepted(c, DESK, 10))
    assert (done.contracts, done.actor, done.reason) == (-7, BY, "understood")
    size = BTC_PRODUCT.contract_size
    assert done.cost_usd == (-2 * Decimal(61_000) - 5 * Decimal(60_000)) * size


def test_a_position_that_is_gone_there_is_gone_here(store: Store) -> None:
    hold(store, 5)
    store.write(lambda tx: write_held_there(tx, DESK, []))
    one = drifted(Difference(BTC, 5, 0), None)
    found(store, one)
    accept_all(store, one)
    position = store.read(lambda c: read_position(c, DESK, BTC))
    assert position is not None
    assert (position.contracts, position.cost) == (0, Decimal(0))


def test_accepted_cash_makes_the_books_equal_to_the_account(store: Store) -> None:
    store.write(lambda tx: open_books(tx, store.log, DESK, CASH - 25, NOW))
    found(store, CASH_OFF)
    accept_all(store, CASH_OFF)

    assert store.read(lambda c: read_cash(c, DESK)) == CASH
    assert store.read(lambda c: read_accepted(c, DESK)) == 25


def test_a_foreign_execution_is_closed_and_never_comes_back(store: Store) -> None:
    one = foreign_fill(fill("theirs"))
    found(store, one)
    found(store)
    assert open_ids(store) == [one.id], "one look sees it, people see it until they accept it"
    accept_all(store, one)
    assert open_ids(store) == []
    assert store.read(lambda c: accepted_ids(c, DESK)) == {one.id}


def test_figures_that_have_changed_accept_nothing_of_it_all(store: Store) -> None:
    hold(store, 5)
    resting = unknown_order(RESTING)
    now_off = drifted(Difference(BTC, 5, 7), Decimal(61_000))
    found(store, resting, now_off)
    seen = {
        resting.id: resting.figures,
        now_off.id: drifted(Difference(BTC, 5, 6), Decimal(61_000)).figures,
    }
    with pytest.raises(NotAcceptable, match="has changed since it was seen"):
        store.write(lambda tx: accept(tx, store.log, DESK, seen, BY, "", NOW))
    assert store.read(lambda c: live_orders(c, DESK)) == []
    assert len(open_ids(store)) == 2


def test_what_is_gone_meanwhile_is_said(store: Store) -> None:
    with pytest.raises(NotAcceptable, match="is not there any more"):
        accept_all(store, unknown_order(RESTING))


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (unknown_order(OrderThere("o", BTC, Side.BUY, 1, 0, None, None, "OPEN")), "cancel it"),
        (unknown_status(RESTING, "entry-1"), "order of this desk"),
        (drifted(Difference("BIT-26MAR27-CDE", 0, 1), Decimal(1)), "no perp"),
    ],
)
def test_what_cannot_be_counted_is_not_taken_over(
    store: Store, one: Discrepancy, says: str
) -> None:
    found(store, one)
    with pytest.raises(NotAcceptable, match=says):
        accept_all(store, one)
    assert open_ids(store) == [one.id]


def test_a_look_says_since_when_the_books_agree_or_do_not(store: Store) -> None:
    assert store.read(lambda c: read_reconciliation(c, DESK)) is None
    looks: list[tuple[tuple[Discrepancy, ...], int]] = [
        ((), 0),
        ((), 0),
        ((CASH_OFF,), 2),
        ((CASH_OFF,), 2),
        ((), 4),
    ]
    for second, (seen, since) in enumerate(looks):
        found(store, *seen, at=later(seconds=second))
        state = store.read(lambda c: read_reconciliation(c, DESK))
        assert state is not None
        assert state.looked_at == later(seconds=second)
        assert state.clean is not bool(seen)
        assert state.since == later(seconds=since)
    kinds = [event.kind for event in store.read(lambda c: latest(c, DESK, 100))]
    assert (kinds.count("discrepancy"), kinds.count("discrepancy_gone")) == (1, 1)
