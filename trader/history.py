"""Once a minute the books and marks are kept, for reports and their pictures."""

from datetime import datetime, timedelta

from core.books import Books
from store.ledger import read_positions
from store.observations import read_marks
from store.reports.history import forget_before, sample
from store.store import Transaction
from trader.desk import Desk
from trader.watch import Watch

SAMPLE_EVERY = timedelta(minutes=1)
FORGET_EVERY = timedelta(hours=6)
KEPT_FOR = timedelta(days=100)


class History:
    """When the last sample was taken, and when old ones were forgotten."""

    def __init__(self, desk: Desk, watch: Watch) -> None:
        self._desk = desk
        self._watch = watch
        self._sampled_at: datetime | None = None
        self._forgot_at: datetime | None = None

    def tick(self, now: datetime) -> None:
        if self._sampled_at is not None and now - self._sampled_at < SAMPLE_EVERY:
            return
        books = self._watch.books
        if not isinstance(books, Books):
            return  # without every mark the worth of the desk is unknown, not zero
        self._sampled_at = now
        forgets = self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY
        self._desk.write(lambda tx: self._keep(tx, books, forgets, now))
        if forgets:
            self._forgot_at = now

    def _keep(self, tx: Transaction, books: Books, forgets: bool, now: datetime) -> None:
        desk = self._desk.name
        sample(tx, desk, books, read_marks(tx, desk).values(), read_positions(tx, desk), now)
        if forgets:
            forget_before(tx, desk, now - KEPT_FOR)
