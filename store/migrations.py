"""Numbered migrations, each applied once, in a transaction of its own, after a backup."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, inspect, select

from store.schema import migrations

Migration = Callable[[Connection], None]

_DDL = Path(__file__).parent / "ddl"


def m001_a_desk_that_runs_and_can_be_stopped(tx: Connection) -> None:
    """Mode row, constraints, events, requests, orders and the ledger."""
    _run(tx, "m001.sql")


def m002_a_desk_that_is_run_from_slack(tx: Connection) -> None:
    """Our messages in Slack, and the limits that the trader works with."""
    _run(tx, "m002.sql")


def m003_a_brake_that_is_proved(tx: Connection) -> None:
    """What requests carry and were seen to say, what was approved, transfers, and what a close cost."""
    _run(tx, "m003.sql")


def m004_alerts_that_reach_a_person(tx: Connection) -> None:
    """Alerts and what is sent about them, incidents, and the history that reports draw on."""
    _run(tx, "m004.sql")


def m005_a_desk_that_is_watched_whole(tx: Connection) -> None:
    """What processes measure of themselves."""
    _run(tx, "m005.sql")


def m006_a_storm_that_is_found_by_its_index(tx: Connection) -> None:
    """Warnings that wait for their rule, and all that one message told of."""
    _run(tx, "m006.sql")


MIGRATIONS: tuple[Migration, ...] = (
    m001_a_desk_that_runs_and_can_be_stopped,
    m002_a_desk_that_is_run_from_slack,
    m003_a_brake_that_is_proved,
    m004_alerts_that_reach_a_person,
    m005_a_desk_that_is_watched_whole,
    m006_a_storm_that_is_found_by_its_index,
)


def _run(tx: Connection, name: str) -> None:
    """Each statement of a file; migrations never read the schema, which goes on changing."""
    for statement in (_DDL / name).read_text().split(";\n"):
        if statement.strip():
            tx.exec_driver_sql(statement)


class StoreFromTheFuture(Exception):
    """The store was written by a later version of this program; upgrade before opening it."""


def migrate(reading: Engine, engine: Engine, backups: Path, now: datetime) -> int:
    """Bring the store up to date; how many migrations ran. Raises StoreFromTheFuture.

    A store that is up to date is only read: opening it must not wait for anybody's write lock.
    """
    with reading.begin() as connection:
        applied = _applied(connection)
    if applied > len(MIGRATIONS):
        raise StoreFromTheFuture(f"it has migration {applied}, this program {len(MIGRATIONS)}")
    if applied == len(MIGRATIONS):
        return 0
    with _one_at_a_time(backups.parent):
        return _migrate(engine, backups, now)


def _migrate(engine: Engine, backups: Path, now: datetime) -> int:
    with engine.begin() as tx:
        applied = _applied(tx)  # another process may have been faster
    for number, migration in enumerate(MIGRATIONS[applied:], start=applied + 1):
        if applied:  # a store that begins now has nothing to lose
            _back_up(engine, backups / f"before-migration-{number:03}.db")
        with engine.begin() as tx:
            migration(tx)
            tx.execute(insert(migrations).values(number=number, name=migration.__name__, at=now))
    return len(MIGRATIONS) - applied


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Processes that start together must not write one backup over the other's."""
    directory = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _applied(connection: Connection) -> int:
    if not inspect(connection).has_table(migrations.name):
        return 0
    return connection.scalar(select(func.max(migrations.c.number))) or 0


def _back_up(engine: Engine, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    target.unlink(missing_ok=True)
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
