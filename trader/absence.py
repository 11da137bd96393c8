"""What the guard knows of a loop that is away, and so whether it has to act in its place."""

from datetime import datetime, timedelta

from core.flatten import Job
from core.takeover import NOT_TAKEN_UP, LoopSeen, Takeover, is_back, takeover
from store.flattening import FlattenLease, open_job
from store.kills import overdue_kills
from store.sqlite import StoreFailed
from store.store import Store

STARTING = timedelta(seconds=20)
LOOK_EVERY = timedelta(milliseconds=200)


class Absence:
    """Remembers since when the loop is away, and looks for a flatten that nobody carries on."""

    def __init__(self, store: Store, desk: str) -> None:
        self._store = store
        self._desk = desk
        self._lease = FlattenLease(store.home, desk)
        self._lost_at: datetime | None = None
        self._swept = False
        self._patience = NOT_TAKEN_UP
        self._job: Job | None = None
        self._kill_overdue = False
        self._looked_at: datetime | None = None

    def lost(self, now: datetime) -> None:
        """The loop ended, was fenced, or fell silent."""
        self._lost_at = self._lost_at or now

    def beating(self, started_at: datetime, armed: bool, now: datetime) -> None:
        """The loop beats in time."""
        if is_back(started_at, armed=armed, now=now):
            self._lost_at, self._swept, self._patience = None, False, NOT_TAKEN_UP

    def must_stand_in(
        self, started_at: datetime | None, beats: bool, now: datetime
    ) -> Takeover | None:
        """Why the guard has to act; `started_at` of the loop that runs, None when none does."""
        if started_at is None or self._looked_at is None or now - self._looked_at >= LOOK_EVERY:
            self._look(now)
        return takeover(
            self._job,
            LoopSeen(started_at, beats, self._lost_at, self._swept),
            lease_held=self._job is not None and self._lease.holder is not None,
            patience=self._patience,
            kill_overdue=self._kill_overdue,
            now=now,
        )

    def cleared(self) -> None:
        """The guard has left nothing that adds risk, and no flatten open."""
        self._swept, self._looked_at = True, None

    def gave_up(self) -> None:
        """The guard came no further: the loop has another full chance."""
        self._lost_at, self._patience, self._looked_at = None, STARTING, None

    def _look(self, now: datetime) -> None:
        self._looked_at = now
        try:
            self._job, self._kill_overdue = self._store.read(
                lambda c: (open_job(c, self._desk), bool(overdue_kills(c, self._desk, now)))
            )
        except StoreFailed:
            return  # what was known last stands; the gate is closed by the same error
