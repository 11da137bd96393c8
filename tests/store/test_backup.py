"""A migration is preceded by a whole copy of the store, for its owner only."""

import stat
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from core.modes import Mode
from store import schema, sqlite
from store.control import read_control
from store.migrations import MIGRATIONS, _back_up, migrate
from store.sqlite import reading_engine, writing_engine
from store.store import Store, open_store
from tests.store.child import child
from tests.store.desk import DESK, NOW, set_to

AT_ONCE = """
import sys
from pathlib import Path
from store.store import open_store
from tests.store.desk import NOW
print("ready", flush=True)
sys.stdin.readline()
open_store(Path(sys.argv[1]), NOW).close()
print("opened", flush=True)
"""


def back_up(store: Store) -> Path:
    """As `migrate` does before every migration but the first, which has nothing to save."""
    target = store.home.backups / "before-migration-002.db"
    engine = writing_engine(store.home.database, 1)
    try:
        _back_up(engine, target)
    finally:
        engine.dispose()
    return target


def test_a_backup_holds_everything_that_was_committed(store: Store) -> None:
    set_to(store, Mode.HELD)
    copy = reading_engine(back_up(store))
    try:
        with copy.begin() as connection:
            assert read_control(connection, DESK).mode is Mode.HELD
            assert store.log.verify(connection, DESK) == store.read(
                lambda c: store.log.verify(c, DESK)
            )
    finally:
        copy.dispose()


def test_a_backup_is_whole_and_for_its_owner_only(store: Store) -> None:
    target = back_up(store)
    with closing(sqlite.LIBRARY.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700


def test_a_backup_takes_the_place_of_an_earlier_attempts(store: Store) -> None:
    back_up(store)
    set_to(store, Mode.KILLED)
    copy = reading_engine(back_up(store))
    try:
        with copy.begin() as connection:
            assert read_control(connection, DESK).mode is Mode.KILLED
    finally:
        copy.dispose()


def test_a_backup_can_be_opened_as_a_home(store: Store, tmp_path: Path) -> None:
    target = back_up(store)
    other = tmp_path / "restored"
    other.mkdir(mode=0o700)
    target.rename(other / "perps.db")
    restored = open_store(other, NOW)
    try:
        assert restored.read(lambda c: read_control(c, DESK)).mode is Mode.ACTIVE
    finally:
        restored.close()


def test_a_fresh_store_needs_no_backup_and_runs_every_migration_once(tmp_path: Path) -> None:
    database, backups = tmp_path / "perps.db", tmp_path / "backups"
    reading, writing = reading_engine(database), writing_engine(database, 1)
    try:
        ran = [migrate(reading, writing, backups, NOW) for _ in range(2)]
        with reading.begin() as connection:
            found = connection.execute(select(schema.migrations.c.number, schema.migrations.c.name))
            names = [tuple(row) for row in found]
    finally:
        reading.dispose()
        writing.dispose()
    assert ran == [len(MIGRATIONS), 0]
    assert names == [(n, migration.__name__) for n, migration in enumerate(MIGRATIONS, start=1)]
    assert not backups.exists()


def test_processes_that_make_the_same_store_at_once_make_it_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with child(AT_ONCE, home) as one, child(AT_ONCE, home) as two, child(AT_ONCE, home) as three:
        makers = (one, two, three)
        assert [maker.hears() for maker in makers] == ["ready"] * 3
        for maker in makers:
            maker.tell()
        assert [maker.hears() for maker in makers] == ["opened"] * 3
    opened = open_store(home, NOW)
    try:
        found = opened.read(lambda c: c.execute(select(schema.migrations)).all())
        assert len(found) == len(MIGRATIONS)
    finally:
        opened.close()
