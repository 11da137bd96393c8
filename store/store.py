"""The store of a home, opened: reads, one writer, the event log, and a brake for each desk."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from store import sqlite
from store.brake import Brake
from store.events import EventLog, event_key
from store.home import Home, open_home
from store.lock import GateLock
from store.migrations import migrate
from store.writer import Writer

T = TypeVar("T")

Transaction = Connection
"""What the store's functions take: outside the store it is only handed through."""

WRITE_WAIT_S = 5.0


class Store:
    """What a process holds of the store. Close it at the end."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.log = EventLog(event_key(home.secrets))
        self._reading = sqlite.reading_engine(home.database)
        turnstile = GateLock(home.turnstile)
        self._writer = Writer(sqlite.writing_engine(home.database, WRITE_WAIT_S, turnstile))
        self._brakes: dict[str, Brake] = {}
        self._opening = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot; keep it short."""
        with self._reading.begin() as connection:
            yield connection

    def read(self, query: Callable[[Connection], T]) -> T:
        with self.reading() as connection:
            return query(connection)

    def write(self, transaction: Callable[[Connection], T]) -> T:
        """Run a transaction on the writer thread and wait until it is durable."""
        return self._writer.write(transaction)

    def submit(self, transaction: Callable[[Connection], T]) -> "Future[T]":
        """Queue a transaction without waiting: for who must not wait for the store."""
        return self._writer.submit(transaction)

    def brake(self, desk: str) -> Brake:
        """The desk's brake, opened once and kept warm."""
        with self._opening:
            if desk not in self._brakes:
                self._brakes[desk] = Brake(self.home, desk)
            return self._brakes[desk]

    def close(self) -> None:
        for brake in self._brakes.values():
            brake.close()
        self._writer.close()
        self._reading.dispose()


def open_store(root: Path, now: datetime) -> Store:
    """Open (or make) the home and its store, migrated. Raises HomeRefused, UnsafeSQLite."""
    home = open_home(root)
    reading = sqlite.reading_engine(home.database)
    writing = sqlite.writing_engine(home.database, WRITE_WAIT_S)
    try:
        migrate(reading, writing, home.backups, now)
    finally:
        reading.dispose()
        writing.dispose()
    return Store(home)
