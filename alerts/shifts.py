"""Looks at who is on call and at what keeps quiet: hand-overs, gaps to come, silences about to end."""

from datetime import datetime, timedelta

from store.alerting.coverage import gaps_ahead, told_of, warn_of_gaps
from store.alerting.plans import people_on_duty
from store.alerting.quiet_ends import ending_soon, remind, reminded_of
from store.alerting.reached import everybody_called, nobody_called
from store.alerting.shifts import follow_shifts, noticed
from store.store import Store

LOOK_EVERY = timedelta(seconds=1)
ENDS_EVERY = timedelta(seconds=10)
GAPS_EVERY = timedelta(hours=1)
WARN_AGAIN = timedelta(days=1)


class Shifts:
    """What it remembers saves looks at the store; what counts is in there."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looked_at: datetime | None = None
        self._on_duty = store.read(noticed)
        self._gaps_at: datetime | None = None
        self._warned = store.read(told_of)
        self._warned_at: datetime | None = None
        self._ends_at: datetime | None = None
        self._reminded = store.read(reminded_of)

    def look(self, now: datetime) -> None:
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._hand_over(now)
        if self._gaps_at is None or now - self._gaps_at >= GAPS_EVERY:
            self._gaps_at = now
            self._warn(now)
        if self._ends_at is None or now - self._ends_at >= ENDS_EVERY:
            self._ends_at = now
            self._remind(now)

    def _hand_over(self, now: datetime) -> None:
        present = self._store.read(lambda c: people_on_duty(c, now))
        if present != self._on_duty:
            self._store.write(lambda tx: follow_shifts(tx, self._store.log, now))
            self._on_duty = present
        lacking = self._store.read(nobody_called)
        if lacking:
            self._store.write(lambda tx: everybody_called(tx, lacking, now))

    def _warn(self, now: datetime) -> None:
        """Anew when something else is missing, and each day as long as anything is."""
        gaps = self._store.read(lambda c: gaps_ahead(c, now))
        at = self._warned_at
        if gaps != self._warned or (gaps and (at is None or now - at >= WARN_AGAIN)):
            self._store.write(lambda tx: warn_of_gaps(tx, gaps, now))
            self._warned, self._warned_at = gaps, now

    def _remind(self, now: datetime) -> None:
        ending, before = self._store.read(lambda c: ending_soon(c, now)), self._reminded
        if ending.keys() != before:
            self._store.write(lambda tx: remind(tx, ending, before, now))
            self._reminded = frozenset(ending)
