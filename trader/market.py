"""Marks: what the feed last said, by REST where it is silent, written for the store to judge by."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from core.products import Mark
from store.observations import read_failed, read_succeeded, write_marks
from trader.coinbase.parse import ReadFailed
from trader.desk import Desk
from trader.lanes import Lane

WRITE_EVERY = timedelta(milliseconds=500)
SILENT_AFTER = timedelta(seconds=3)
POLL_EVERY = timedelta(seconds=1)


class Market:
    """The latest mark of each product. `take` may be called from any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._product_ids: tuple[str, ...] = ()
        self._latest: dict[str, Mark] = {}
        self._written_at: datetime | None = None
        self._polled_at: datetime | None = None
        self._written: dict[str, Mark] = {}

    def follow(self, product_ids: tuple[str, ...]) -> None:
        """Say which products need a mark."""
        self._product_ids = tuple(dict.fromkeys((*self._product_ids, *product_ids)))

    def want(self, product_id: str) -> None:
        """One more product needs a mark: something of it is held."""
        if product_id not in self._product_ids:
            self._product_ids = (*self._product_ids, product_id)

    def take(self, mark: Mark) -> None:
        self._latest[mark.product_id] = mark

    def mark(self, product_id: str) -> Mark | None:
        """The newest mark that the store has too, so that risk judges by no older one."""
        return self._written.get(product_id)

    def tick(self, now: datetime) -> None:
        """Write new marks a few times a second, and poll for those that the feed does not bring."""
        silent = [p for p in self._product_ids if self._is_silent(p, now)]
        if silent and self._desk.rest_marks and _due(self._polled_at, now, POLL_EVERY):
            self._polled_at = now
            self._desk.calls.start(
                "marks",
                Lane.READ,
                lambda: self._desk.exchange.marks(silent),
                self._polled,
            )
        if _due(self._written_at, now, WRITE_EVERY):
            self._written_at = now
            self._write()

    def _is_silent(self, product_id: str, now: datetime) -> bool:
        mark = self._latest.get(product_id)
        return mark is None or now - mark.at > SILENT_AFTER

    def _write(self) -> None:
        latest = dict(self._latest)
        fresh = [m for p, m in latest.items() if self._written.get(p) != m]
        if fresh:
            self._desk.write(lambda tx: write_marks(tx, self._desk.name, fresh))
            self._written = latest

    def _polled(self, future: "Future[list[Mark]]", now: datetime) -> None:
        try:
            marks = future.result()
        except ReadFailed as error:
            told = str(error)
            self._desk.write(
                lambda tx: read_failed(tx, self._desk.name, "marks by REST", told, now)
            )
            return
        for mark in marks:
            self.take(mark)
        self._write()  # at once: a close may wait for it
        self._desk.write(lambda tx: read_succeeded(tx, self._desk.name, "marks by REST", now))


def _due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every
