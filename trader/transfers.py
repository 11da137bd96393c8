"""Deposits, withdrawals and sweeps: read on a timer, and at once when the account's cash has moved."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from core.dangers import cash_off
from core.transfers import Transfer
from store.observations import read_failed, read_reads, read_succeeded
from store.store import Transaction
from store.transfers import adopt_transfers, book_transfer, known_transfers
from trader.booking import TRANSFERS
from trader.coinbase.parse import ReadFailed
from trader.desk import Desk
from trader.lanes import Lane
from trader.sync import Sync

EVERY = timedelta(seconds=60)
SOON = timedelta(seconds=2)
BACK = timedelta(days=14)
"""A transfer may be pending for days before it moves any money."""


class Transfers:
    """Books each once. What was there at the first read is part of the cash the books opened with."""

    def __init__(self, desk: Desk, sync: Sync) -> None:
        self._desk = desk
        self._sync = sync
        self._asked_at: datetime | None = None
        self._failing = False

    def tick(self, now: datetime) -> None:
        if self._sync.looked_at is None or not self._due(now):
            return
        since = now + self._desk.exchange.offset - BACK
        started = self._desk.calls.start(
            "transfers", Lane.READ, lambda: self._desk.exchange.transfers(since), self._took
        )
        if started:
            self._asked_at = now

    def _due(self, now: datetime) -> bool:
        cash = self._sync.cash
        moved = cash is not None and cash_off(cash.ours_usd, cash.theirs_usd) is not None
        return self._asked_at is None or now - self._asked_at >= (SOON if moved else EVERY)

    def _took(self, future: "Future[list[Transfer]]", now: datetime) -> None:
        try:
            found = future.result()
        except ReadFailed as error:
            self._failed(str(error), now)
            return
        if self._failing:
            self._failing = False
            self._desk.note("reads_recovered", now, what=TRANSFERS)
        if self._desk.write(lambda tx: self._book(tx, found, now)):
            self._sync.want()

    def _failed(self, error: str, now: datetime) -> None:
        self._desk.write(lambda tx: read_failed(tx, self._desk.name, TRANSFERS, error, now))
        if not self._failing:
            self._failing = True
            self._desk.note("reads_failing", now, what=TRANSFERS, error=error)

    def _book(self, tx: Transaction, found: list[Transfer], now: datetime) -> bool:
        """Whether one was new."""
        desk, log = self._desk.name, self._desk.store.log
        before = read_reads(tx, desk).get(TRANSFERS)
        read_succeeded(tx, desk, TRANSFERS, now)
        known = known_transfers(tx, desk)
        new = [transfer for transfer in found if transfer.id not in known]
        if before is None or before.ok_at is None:
            adopt_transfers(tx, desk, new)
            return False
        return any([book_transfer(tx, log, desk, transfer, now) for transfer in new])
