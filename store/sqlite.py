"""SQLite opened safely: a library that does not lose commits, and every connection the same way."""

import sqlite3
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from store.lock import GateLock

BUSY_RETRY_S = 0.0001
OPEN_WAIT_S = 5.0
"""A process that is just closing or recovering the store keeps others out for a moment."""


class UnsafeSQLite(Exception):
    """The only SQLite library at hand can lose commits between two processes."""


class StoreBusy(Exception):
    """Another process held the write lock for longer than this write may wait."""


def is_safe(version: tuple[int, ...]) -> bool:
    """Whether a library has the fix of the WAL-reset race (3.51.3, back-ported twice)."""
    return (
        version >= (3, 51, 3)
        or (3, 50, 7) <= version < (3, 51, 0)
        or (3, 44, 6) <= version < (3, 45, 0)
    )


def choose_library() -> ModuleType:
    """The interpreter's SQLite where it is safe, else pysqlite3's. Raises UnsafeSQLite."""
    if is_safe(sqlite3.sqlite_version_info):
        return sqlite3
    try:
        import pysqlite3.dbapi2 as bundled
    except ImportError as missing:
        raise UnsafeSQLite(_advice(sqlite3.sqlite_version)) from missing
    if not is_safe(bundled.sqlite_version_info):
        raise UnsafeSQLite(_advice(bundled.sqlite_version))
    library: ModuleType = bundled
    return library


def _advice(version: str) -> str:
    return (
        f"SQLite {version} can lose committed data when two processes share a database. "
        "Install pysqlite3 0.6.1 or later, or a Python with SQLite 3.51.3 or later."
    )


def _chosen() -> tuple[ModuleType, UnsafeSQLite | None]:
    """What is opened with, and why nothing may be: a desk is held by page and KILL file all the same."""
    try:
        return choose_library(), None
    except UnsafeSQLite as why:
        return sqlite3, why


LIBRARY, _UNSAFE = _chosen()
Error: type[Exception] = LIBRARY.Error
StoreFailed = (Error, SQLAlchemyError, StoreBusy, UnicodeDecodeError)
"""Whatever keeps a transaction from being recorded: the brake then holds without a record.

SQLite's complaint about a damaged schema quotes its bytes, which its library cannot read as text.
"""
OperationalError: type[Exception] = LIBRARY.OperationalError


def reading_engine(path: Path, pool_size: int = 4) -> Engine:
    """Connections that can only read; each use is one short deferred transaction."""
    engine = _engine(path, poolclass=QueuePool, pool_size=pool_size, pool_timeout=5)
    event.listen(engine, "connect", _query_only)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def writing_engine(path: Path, wait_s: float, turnstile: GateLock | None = None) -> Engine:
    """One connection whose every transaction is BEGIN IMMEDIATE, waiting at most `wait_s` for it.

    With a turnstile it steps back while a brake holds that alone: a busy writer would starve it.
    """

    def begin(connection: Connection) -> None:
        deadline = time.monotonic() + wait_s
        if turnstile is not None:
            turnstile.step_through(wait_s)  # a courtesy: a brake that hangs there stops nobody
        begin_immediate(connection, deadline)

    engine = _engine(path, poolclass=StaticPool)
    event.listen(engine, "connect", _own_retry)
    event.listen(engine, "begin", begin)
    return engine


def begin_immediate(connection: Connection, deadline: float) -> None:
    """Take the write lock, retrying at short even steps: the built-in wait is late by up to 30 ms.

    `deadline` is in time.monotonic() seconds. Raises StoreBusy when it passes.
    """
    raw = connection.connection.dbapi_connection
    assert raw is not None
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except OperationalError as busy:
            if "locked" not in str(busy) and "busy" not in str(busy):
                raise
            if time.monotonic() >= deadline:
                raise StoreBusy("another process holds the store's write lock") from busy
            time.sleep(BUSY_RETRY_S)
        else:
            return


def _engine(path: Path, **pool: Any) -> Engine:
    """Raises UnsafeSQLite."""
    if _UNSAFE is not None:
        raise _UNSAFE
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        module=LIBRARY,
        connect_args={
            "isolation_level": None,
            "timeout": OPEN_WAIT_S,
            "check_same_thread": False,
        },
        **pool,
    )
    event.listen(engine, "connect", _configure)
    return engine


def _configure(raw: Any, _record: object) -> None:
    _to_wal(raw)
    for pragma in (
        "synchronous=FULL",  # anything less loses acknowledged commits in a power cut
        "foreign_keys=ON",
        "trusted_schema=OFF",
    ):
        raw.execute(f"PRAGMA {pragma}").fetchall()


def _to_wal(raw: Any) -> None:
    """Of processes that open a new store together one changes it; SQLite does not wait there by itself."""
    deadline = time.monotonic() + OPEN_WAIT_S
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL").fetchall()
        except OperationalError as busy:
            if "locked" not in str(busy) or time.monotonic() >= deadline:
                raise
            time.sleep(BUSY_RETRY_S)
        else:
            return


def _own_retry(raw: Any, _record: object) -> None:
    """From here on a busy store is told at once: `begin_immediate` waits in shorter steps."""
    raw.execute("PRAGMA busy_timeout=0").fetchall()


def _query_only(raw: Any, _record: object) -> None:
    raw.execute("PRAGMA query_only=ON").fetchall()
