"""How many positions a checklist may believe in: as many as were seen, while somebody looks."""

from store.alerting.checklists import open_positions
from store.observations import HeldThere, write_held_there
from store.reconciliation import write_reconciliation
from store.store import Store
from tests.store.desk import BTC, BTC_PRICE, DESK, NOW, hold, later


def seen(store: Store, at_s: float = 0) -> int | None:
    return store.read(lambda c: open_positions(c, DESK, later(seconds=at_s)))


def test_unknown_is_not_flat(store: Store) -> None:
    assert seen(store) is None
    store.write(lambda tx: write_reconciliation(tx, store.log, DESK, [], NOW, NOW))
    assert (seen(store, 30), seen(store, 31)) == (0, None)


def test_what_either_side_has_counts(store: Store) -> None:
    store.write(lambda tx: write_reconciliation(tx, store.log, DESK, [], NOW, NOW))
    there = HeldThere(BTC, 2, BTC_PRICE, NOW)
    store.write(lambda tx: write_held_there(tx, DESK, [there]))
    assert seen(store) == 1
    store.write(lambda tx: write_held_there(tx, DESK, []))
    assert seen(store) == 0
    hold(store, 2)
    assert seen(store) == 1
