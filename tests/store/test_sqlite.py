"""SQLite is opened so that it loses nothing, and the brake goes before every other writer."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from core.modes import Mode
from store import sqlite
from store.control import read_row, set_mode
from store.events import latest
from store.heartbeats import beat
from store.lock import GateLock
from store.sqlite import StoreBusy, is_safe, reading_engine, writing_engine
from store.store import Store, open_store
from tests.store.child import child, until
from tests.store.conftest import Reopen
from tests.store.damage import spoil_schema
from tests.store.desk import DESK, NOW

HOLD_THE_WRITE_LOCK = """
import sys
from store.sqlite import LIBRARY
connection = LIBRARY.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("holding", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "plain.db"


@pytest.fixture
def writing(database: Path) -> Iterator[Engine]:
    engine = writing_engine(database, wait_s=0.05)
    with engine.begin() as tx:
        tx.execute(text("CREATE TABLE notes (word TEXT)"))
    yield engine
    engine.dispose()


@pytest.fixture
def reading(writing: Engine, database: Path) -> Iterator[Engine]:
    engine = reading_engine(database)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 99), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_only_versions_with_the_fix_of_the_wal_reset_race_are_safe(
    version: tuple[int, ...], safe: bool
) -> None:
    assert is_safe(version) is safe


def test_the_library_in_use_is_safe_and_is_the_one_that_runs(writing: Engine) -> None:
    with writing.begin() as connection:
        running = connection.scalar(text("SELECT sqlite_version()"))
    assert running == sqlite.LIBRARY.sqlite_version
    assert is_safe(sqlite.LIBRARY.sqlite_version_info)


@pytest.mark.parametrize("engine_name", ["reading", "writing"])
def test_every_connection_is_durable_and_checks_references(
    engine_name: str, request: pytest.FixtureRequest, reading: Engine
) -> None:
    engine: Engine = request.getfixturevalue(engine_name)
    with engine.begin() as connection:
        found = {
            pragma: connection.scalar(text(f"PRAGMA {pragma}"))
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
    }


def test_a_reading_engine_cannot_write(reading: Engine, writing: Engine) -> None:
    with pytest.raises(sqlite.StoreFailed, match="readonly"), reading.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('no')"))
    with writing.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM notes")) == 0


def test_a_reader_sees_one_snapshot_while_others_write(reading: Engine, writing: Engine) -> None:
    count = text("SELECT count(*) FROM notes")
    with reading.begin() as snapshot:
        assert snapshot.scalar(count) == 0
        with writing.begin() as tx:
            tx.execute(text("INSERT INTO notes VALUES ('new')"))
        assert snapshot.scalar(count) == 0
    with reading.begin() as fresh:
        assert fresh.scalar(count) == 1


def test_a_writer_gives_up_at_its_deadline_while_another_process_writes(
    writing: Engine, database: Path
) -> None:
    with child(HOLD_THE_WRITE_LOCK, database) as holder:
        assert holder.hears() == "holding"
        began = time.monotonic()
        with pytest.raises(StoreBusy), writing.begin():
            pytest.fail("two processes hold the write lock")
        assert 0.05 <= time.monotonic() - began < 1


def test_a_writer_that_gave_up_can_write_afterwards(writing: Engine, database: Path) -> None:
    with child(HOLD_THE_WRITE_LOCK, database) as holder:
        assert holder.hears() == "holding"
        with pytest.raises(StoreBusy), writing.begin():
            pytest.fail("two processes hold the write lock")
        holder.tell("let go")
        assert holder.wait() == 0
    with writing.begin() as tx:
        tx.execute(text("INSERT INTO notes VALUES ('after')"))


@pytest.mark.parametrize("ending", ["commits", "is killed"])
def test_a_waiting_writer_gets_the_lock_soon_after_the_holder_ends(
    database: Path, writing: Engine, ending: str
) -> None:
    patient = writing_engine(database, wait_s=10)
    entered = threading.Event()

    def write() -> None:
        with patient.begin():
            entered.set()

    with child(HOLD_THE_WRITE_LOCK, database) as holder:
        assert holder.hears() == "holding"
        waiter = threading.Thread(target=write)
        waiter.start()
        assert not entered.wait(0.05), "it wrote beside the holder"
        if ending == "commits":
            holder.tell("let go")
        else:
            holder.kill()
        holder.wait()
        assert entered.wait(0.5), "the lock was free and it still waited"
        waiter.join()
    patient.dispose()


def test_while_a_brake_holds_the_turnstile_an_ordinary_writer_waits(store: Store) -> None:
    brake = GateLock(store.home.turnstile)
    assert brake.take_alone(wait_s=1)
    waiting = store.submit(lambda tx: beat(tx, DESK, "loop", 1, "", NOW))
    try:
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.1)
    finally:
        brake.release()
    assert waiting.result(timeout=2) is None


def test_a_writer_that_writes_flat_out_does_not_starve_the_brake(
    store: Store, reopen: Reopen
) -> None:
    busy = reopen()
    stop = threading.Event()
    written = itertools.count()

    def write_flat_out() -> None:
        while not stop.is_set():
            busy.write(lambda tx: beat(tx, DESK, "loop", next(written), "", NOW))

    writer = threading.Thread(target=write_flat_out)
    writer.start()
    brake = store.brake(DESK)
    took_s = []
    try:
        until(lambda: next(written) > 20, "the other thread writes")
        before = next(written)
        for number in range(20):
            reason = f"kill {number}"
            began = time.monotonic()
            applied = brake.tighten(
                Mode.HELD,
                lambda tx, reason=reason: set_mode(  # type: ignore[misc]
                    tx, store.log, DESK, Mode.HELD, reason=reason, actor="alice", now=NOW
                ),
            )
            took_s.append(time.monotonic() - began)
            assert applied.recorded
            assert not applied.fenced
        until(lambda: next(written) > before + 20, "the other thread goes on")
    finally:
        stop.set()
        writer.join()
    assert sum(took_s) < 3, took_s
    assert store.read(lambda c: read_row(c, DESK)).mode is Mode.HELD
    assert [event.body["reason"] for event in store.read(lambda c: latest(c, DESK, 20))] == [
        f"kill {number}" for number in range(20)
    ]


def test_a_brake_that_hangs_at_the_turnstile_keeps_no_writer_for_ever(database: Path) -> None:
    turnstile = GateLock(database.with_suffix(".turnstile"))
    engine = writing_engine(database, 0.05, GateLock(database.with_suffix(".turnstile")))
    outcome: list[Exception] = []

    def write() -> None:
        try:
            with engine.begin():
                pass
        except StoreBusy as busy:
            outcome.append(busy)

    assert turnstile.take_alone(wait_s=1)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        writer.join(timeout=0.5)
        ended = not writer.is_alive()
    finally:
        turnstile.release()
        writer.join()
        engine.dispose()
    assert ended
    assert outcome == [], "stepping back is a courtesy: the write itself was free to go on"


HOLD_EVERYTHING = """
import sys
from store.sqlite import LIBRARY
connection = LIBRARY.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("BEGIN IMMEDIATE")
connection.execute("COMMIT")
print("holding", flush=True)
sys.stdin.readline()
connection.close()
"""


def test_a_store_that_another_process_is_just_closing_can_be_opened(tmp_path: Path) -> None:
    open_store(tmp_path / "home", NOW).close()
    with child(HOLD_EVERYTHING, tmp_path / "home" / "perps.db") as other:
        assert other.hears() == "holding"
        letting_go = threading.Timer(0.1, other.tell)
        letting_go.start()
        try:
            open_store(tmp_path / "home", NOW).close()
        finally:
            letting_go.join()


def test_damage_that_cannot_be_spelled_is_a_failing_store(store: Store) -> None:
    """SQLite quotes the bytes of a damaged schema in its complaint, and they are no text."""
    spoil_schema(store.home.database)
    reading = sqlite.reading_engine(store.home.database)
    with pytest.raises(sqlite.StoreFailed), reading.begin():
        pass
    reading.dispose()
