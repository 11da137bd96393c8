"""Whether something was committed: by this process or another, once for each time one asks."""

from pathlib import Path

import pytest

from store.changes import Changes
from store.heartbeats import beat
from store.store import Store, Transaction
from tests.store.child import child
from tests.store.desk import DESK, NOW

COMMIT = """
import sys
from store import sqlite
raw = sqlite.LIBRARY.connect(sys.argv[1], isolation_level=None)
raw.execute("UPDATE control SET reason = 'elsewhere'")
print("committed", flush=True)
sys.stdin.readline()
"""


def write(store: Store) -> None:
    store.write(lambda tx: beat(tx, DESK, "loop", 1, "", NOW))


def beat_and_fail(tx: Transaction) -> None:
    beat(tx, DESK, "guard", 1, "", NOW)
    raise ZeroDivisionError


def test_it_changes_with_each_commit_and_with_nothing_else(store: Store) -> None:
    changes = Changes(store.home.database)
    assert changes.any(), "the first time everything is new"
    assert not changes.any()
    write(store)
    write(store)
    assert changes.any()
    assert not changes.any()
    store.read(lambda c: c.exec_driver_sql("SELECT * FROM heartbeats").all())
    assert not changes.any()
    with pytest.raises(ZeroDivisionError):
        store.write(beat_and_fail)
    assert not changes.any(), "what was rolled back changed nothing"
    changes.close()


def test_another_process_is_noticed_as_well(store: Store) -> None:
    changes = Changes(store.home.database)
    changes.any()
    with child(COMMIT, store.home.database) as other:
        assert other.hears() == "committed"
        assert changes.any()
    changes.close()


def test_a_database_that_cannot_be_asked_counts_as_changed(store: Store, tmp_path: Path) -> None:
    changes = Changes(store.home.database)
    changes.any()
    changes.close()
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"garbage!" * 512)
    garbage = Changes(broken)
    assert garbage.any() and garbage.any()
    garbage.close()
