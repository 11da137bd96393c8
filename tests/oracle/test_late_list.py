"""An exchange whose fills and positions show an order of ours before its lists of orders do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.orders import Kind, OrderState, Side
from store.ledger import read_position
from store.orders import read_order
from tests.oracle.desk import DESK, Sending, TinyDesk
from tests.store import desk as facts
from trader.sync import LOOKS_TO_BELIEVE

ID = "entry-1"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TinyDesk]:
    """One contract of an entry is filled; its reply was lost and no list has it."""
    built = TinyDesk(tmp_path / "home")
    sending = built.intend(facts.order(ID, Kind.ENTRY, Side.BUY, 3))
    assert isinstance(sending, Sending)
    built.write(sending, lambda _: None)
    there = built.venue.orders[ID]
    built.venue.arrive(there, built.elapsed_s)
    built.venue.fill(there, 1)
    built.hear(sending, lost=True)
    yield built
    built.close()


def test_a_fill_that_waits_is_no_drift_however_many_looks_it_takes(desk: TinyDesk) -> None:
    for _ in range(LOOKS_TO_BELIEVE + 1):
        desk.look(late=True)
        assert (desk.sync.open, desk.sync.differences) == ((), ())
        assert not desk.sync.clean, "whose fill it is decides whether this is clean"
        assert not desk.sync.settled, "nothing is accepted that the next look may book"


def test_once_its_order_is_listed_it_is_on_the_books(desk: TinyDesk) -> None:
    desk.look(late=True)
    desk.look()
    with desk.store.reading() as c:
        order, position = read_order(c, ID), read_position(c, DESK, facts.BTC)
    assert order is not None and (order.state, order.filled) == (OrderState.WORKING, 1)
    assert position is not None and position.contracts == 1
    assert desk.sync.clean
