"""What of the account changes seldom and matters much: its margin window, and what the key may do."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import TypeVar

from core.margin import MarginWindow
from store.margin import write_margin_window
from store.observations import read_failed, read_succeeded
from store.store import Transaction
from trader.coinbase.parse import Permissions, ReadFailed
from trader.desk import Desk
from trader.lanes import Lane

T = TypeVar("T")

EVERY = timedelta(seconds=60)
WINDOW = "the margin window"
PERMISSIONS = "the key's permissions"


class AccountFacts:
    """Reads both once a minute. A read that fails leaves what was known, which then grows old."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked_at: datetime | None = None
        self.can_transfer = False
        """Whether the exchange has said in this start that the trader's key may move money out."""

    def tick(self, now: datetime) -> None:
        if self._asked_at is not None and now - self._asked_at < EVERY:
            return
        exchange, calls = self._desk.exchange, self._desk.calls
        asked = calls.start("margin", Lane.READ, exchange.margin_window, self._took_window)
        if calls.start("permissions", Lane.READ, exchange.permissions, self._took_key) or asked:
            self._asked_at = now

    def _took_window(self, future: "Future[MarginWindow | None]", now: datetime) -> None:
        desk, log = self._desk.name, self._desk.store.log
        self._took(
            WINDOW,
            future,
            now,
            lambda tx, window: write_margin_window(tx, log, desk, window, now),
        )

    def _took_key(self, future: "Future[Permissions]", now: datetime) -> None:
        self._took(PERMISSIONS, future, now, lambda _tx, found: self._note_key(found))

    def _note_key(self, found: Permissions) -> None:
        self.can_transfer = found.can_transfer

    def _took(
        self,
        what: str,
        future: "Future[T]",
        now: datetime,
        book: Callable[[Transaction, T], None],
    ) -> None:
        desk = self._desk.name
        try:
            found = future.result()
        except ReadFailed as error:
            told = str(error)
            self._desk.write(lambda tx: read_failed(tx, desk, what, told, now))
            return

        def transaction(tx: Transaction) -> None:
            read_succeeded(tx, desk, what, now)
            book(tx, found)

        self._desk.write(transaction)
