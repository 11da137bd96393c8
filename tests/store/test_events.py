"""The event log is one chain per desk, whoever appends, and no row can be changed without being found."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, update

from core.chain import Broken
from core.modes import Mode
from store.control import set_mode
from store.events import EventLog, event_key, latest
from store.schema import events
from store.store import Store
from tests.store.child import Child
from tests.store.conftest import Reopen
from tests.store.desk import DESK, NOW, later

APPEND = """
import sys
from pathlib import Path
from store.store import open_store
from tests.store.desk import DESK, NOW
store = open_store(Path(sys.argv[1]), NOW)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    body = {"number": number}
    store.write(lambda tx: store.log.append(
        tx, desk=DESK, kind="note", actor=sys.argv[2], now=NOW, body=body))
store.close()
"""


def note(store: Store, word: str, desk: str = DESK) -> int:
    return store.write(
        lambda tx: store.log.append(
            tx, desk=desk, kind="note", actor="alice", now=NOW, body={"word": word}
        )
    )


def verify(store: Store, desk: str = DESK) -> tuple[int, Broken | None]:
    return store.read(lambda c: store.log.verify(c, desk))


@pytest.fixture
def told(store: Store) -> Store:
    """Genesis and three notes: events 1 to 4."""
    for word in ("one", "two", "three"):
        note(store, word)
    return store


def test_what_was_appended_is_read_back_in_order(told: Store) -> None:
    found = told.read(lambda c: latest(c, DESK, 10))
    assert [event.seq for event in found] == [1, 2, 3, 4]
    assert [event.kind for event in found] == ["genesis", "note", "note", "note"]
    assert [event.body.get("word") for event in found] == [None, "one", "two", "three"]
    assert {event.at for event in found} == {NOW}


def test_the_latest_events_are_the_newest_oldest_of_them_first(told: Store) -> None:
    assert [event.seq for event in told.read(lambda c: latest(c, DESK, 2))] == [3, 4]


def test_an_untouched_chain_holds(told: Store) -> None:
    assert verify(told) == (4, None)


def test_each_desk_has_a_chain_of_its_own(told: Store) -> None:
    assert note(told, "first of another", desk="other") == 1
    assert verify(told, "other") == (1, None)
    assert verify(told) == (4, None)


def test_the_chain_goes_on_after_a_restart(told: Store, reopen: Reopen) -> None:
    told.close()
    again = reopen()
    assert note(again, "four") == 5
    assert verify(again) == (5, None)


def test_an_event_of_a_transaction_that_failed_is_not_there(told: Store) -> None:
    def transaction(tx: Connection) -> None:
        set_mode(tx, told.log, DESK, Mode.HELD, reason="r", actor="alice", now=NOW)
        raise RuntimeError("and then it failed")

    with pytest.raises(RuntimeError):
        told.write(transaction)
    assert verify(told) == (4, None)
    assert note(told, "four") == 5


def test_appends_of_two_processes_make_one_chain(store: Store) -> None:
    each = 60
    others = [Child(APPEND, store.home.root, name, each) for name in ("alice", "bob")]
    try:
        assert [other.hears() for other in others] == ["ready", "ready"]
        for other in others:
            other.tell("go")
        for _ in range(each):
            note(store, "ours")
        assert [other.wait() for other in others] == [0, 0]
    finally:
        for other in others:
            other.end()
    assert verify(store) == (1 + 3 * each, None)
    seen = store.read(lambda c: latest(c, DESK, 3 * each))
    for name in ("alice", "bob"):
        numbers = [e.body["number"] for e in seen if e.actor == name and "number" in e.body]
        assert numbers == list(range(each))


@pytest.mark.parametrize("seq", [1, 2, 4])
@pytest.mark.parametrize(
    "change",
    [
        {"body": '{"word":"forged"}'},
        {"kind": "forged"},
        {"actor": "mallory"},
        {"at": later(seconds=1)},
        {"mac": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_event_is_found(told: Store, seq: int, change: dict[str, object]) -> None:
    told.write(lambda tx: tx.execute(update(events).where(events.c.seq == seq).values(change)))
    count, broken = verify(told)
    assert count == 4
    assert broken is not None
    assert broken.seq == seq


@pytest.mark.parametrize(
    ("mischief", "found_at"),
    [
        (lambda tx: tx.execute(delete(events).where(events.c.seq == 1)), 2),
        (lambda tx: tx.execute(delete(events).where(events.c.seq == 3)), 4),
        (lambda tx: tx.execute(update(events).where(events.c.seq == 4).values(seq=9)), 9),
        (lambda tx: tx.execute(update(events).where(events.c.seq == 1).values(desk="other")), 2),
    ],
    ids=["first deleted", "one deleted", "renumbered", "moved to another desk"],
)
def test_an_event_that_is_missing_is_found(
    told: Store, mischief: Callable[[Connection], object], found_at: int
) -> None:
    told.write(mischief)
    broken = verify(told)[1]
    assert broken is not None
    assert broken.seq == found_at
    assert "missing" in broken.why


def test_a_gap_cannot_be_closed_by_renumbering(told: Store) -> None:
    def mischief(tx: Connection) -> None:
        tx.execute(delete(events).where(events.c.seq == 3))
        tx.execute(update(events).where(events.c.seq == 4).values(seq=3))

    told.write(mischief)
    broken = verify(told)[1]
    assert broken is not None
    assert (broken.seq, "changed" in broken.why) == (3, True)


def test_an_end_that_was_cut_off_shows_in_the_count(told: Store) -> None:
    told.write(lambda tx: tx.execute(delete(events).where(events.c.seq > 2)))
    assert verify(told)[0] == 2


def test_a_chain_cannot_be_written_anew_without_the_key(told: Store) -> None:
    forger = EventLog(b"another key")
    told.write(lambda tx: tx.execute(delete(events)))
    told.write(
        lambda tx: forger.append(
            tx, desk=DESK, kind="genesis", actor="mallory", now=NOW, body={"mode": "ACTIVE"}
        )
    )
    broken = verify(told)[1]
    assert broken is not None
    assert broken.seq == 1


def test_the_key_is_made_once_and_is_32_random_bytes(tmp_path: Path) -> None:
    first = event_key(tmp_path)
    assert len(first) == 32
    assert event_key(tmp_path) == first
    (tmp_path / "other").mkdir()
    assert event_key(tmp_path / "other") != first


def test_a_key_file_that_is_not_written_yet_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "event.key").touch(mode=0o600)
    try:
        key = event_key(tmp_path)
    except Exception:  # noqa: BLE001 (refusing it by any name is as good as waiting for it)
        return
    assert key != b""


def test_bodies_with_any_text_are_kept_and_signed(store: Store) -> None:
    body = {"reason": 'quotes " and \u2028 and \x1f and 日本 and 🛑', "n": [1, {"a": None}]}
    store.write(
        lambda tx: store.log.append(tx, desk=DESK, kind="note", actor="zoë", now=NOW, body=body)
    )
    [event] = store.read(lambda c: latest(c, DESK, 1))
    assert event.body == body
    assert verify(store) == (2, None)


def test_a_changed_mode_and_its_event_are_one_transaction(store: Store) -> None:
    store.write(
        lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="alice", now=NOW)
    )
    [event] = store.read(lambda c: latest(c, DESK, 1))
    assert (event.kind, event.actor) == ("mode_set", "alice")
    assert event.body == {
        "from": "ACTIVE",
        "to": "HELD",
        "effective": "HELD",
        "epoch": 2,
        "reason": "r",
    }
