"""The lease of a flatten: one process has it, and it ends with that process however it ends."""

from store.flattening import FlattenLease
from store.store import Store
from tests.store.child import child, until
from tests.store.desk import DESK

HOLD = """
import sys
from pathlib import Path
from store.flattening import FlattenLease
from store.home import Home
lease = FlattenLease(Home(Path(sys.argv[1])), "main")
print("has it" if lease.take() else "waits", flush=True)
sys.stdin.readline()
"""


def test_one_holder_has_the_lease_until_it_lets_go(store: Store) -> None:
    first, second = FlattenLease(store.home, DESK), FlattenLease(store.home, DESK)

    assert first.take()
    assert first.take(), "it has it already"
    assert not second.take()
    first.release()
    assert second.take()
    assert not first.take()
    second.release()


def test_letting_go_of_what_one_has_not_frees_nothing(store: Store) -> None:
    first, second = FlattenLease(store.home, DESK), FlattenLease(store.home, DESK)
    assert first.take()

    second.release()

    assert not second.take()
    first.release()


def test_a_process_that_is_killed_or_stopped_and_killed_loses_it(store: Store) -> None:
    lease = FlattenLease(store.home, DESK)
    with child(HOLD, store.home.root) as holder:
        assert holder.hears() == "has it"
        assert lease.holder == holder.pid
        holder.pause()
        assert not lease.take(), "a stopped process has not lost it"
        holder.kill()
        until(lease.take, "the kernel lets go")
    assert lease.holder is not None
    lease.release()
    assert lease.holder is None
