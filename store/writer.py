"""One writer thread per process: every write is a transaction that runs there, whole or not at all."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")
_Job = tuple[Callable[[Connection], Any], "Future[Any]"]

QUEUE_MAX = 10_000


class WriterClosed(Exception):
    """The process is ending; this write was not begun."""


class Writer:
    """Runs transactions in order on a thread of its own, so that no caller pauses holding the lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue(QUEUE_MAX)
        self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, transaction: Callable[[Connection], T]) -> "Future[T]":
        """Queue a transaction; the future has its result once it is committed."""
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise WriterClosed
            self._jobs.put((transaction, future), timeout=5)
        return future

    def write(self, transaction: Callable[[Connection], T]) -> T:
        """Run a transaction and wait until it is durable. Raises what it raised; then nothing is kept."""
        return self.submit(transaction).result()

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            transaction, future = job
            if not future.set_running_or_notify_cancel():
                continue  # whoever asked no longer wants it, and it was not begun
            try:
                with self._engine.begin() as connection:
                    result = transaction(connection)
            except BaseException as error:  # noqa: BLE001 (it travels to the caller in the future)
                future.set_exception(error)
            else:
                future.set_result(result)
