"""When the guard acts in the loop's place: a flatten that nobody carries on, or a loop that stays away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.flatten import Job

NOT_TAKEN_UP = timedelta(seconds=3)
NOT_BACK = timedelta(seconds=10)
STUCK_AFTER = timedelta(seconds=30)
"""A guard that has come no further for so long lets the loop try again: its own key may be the fault."""


class Takeover(StrEnum):
    """Why the guard ends the loop, if one runs, and acts itself."""

    FLATTEN_LOST = "the loop ended with a flatten open"
    FLATTEN_WAITS = "the loop does not carry on a flatten"
    KILL_OVERDUE = "nobody confirmed a kill in time, and there is no loop to carry it out"
    LOOP_AWAY = "the loop is not back: what adds risk is cancelled"


@dataclass(frozen=True, slots=True)
class LoopSeen:
    """The loop as its guard sees it."""

    started_at: datetime | None
    """When the one that runs was started; None while none runs."""
    beats: bool
    """Whether the one that runs has beaten yet."""
    lost_at: datetime | None
    """Since when it is away: it ended, was fenced or fell silent, and is not back."""
    swept: bool
    """Whether the guard has cleared away what adds risk since then."""


def takeover(
    job: Job | None,
    loop: LoopSeen,
    *,
    lease_held: bool,
    patience: timedelta,
    kill_overdue: bool,
    now: datetime,
) -> Takeover | None:
    """Why the guard has to act now, or None. `patience` is how long a flatten may lie untouched."""
    if kill_overdue and loop.started_at is None and loop.lost_at is not None:
        return Takeover.KILL_OVERDUE
    if job is not None:
        if loop.started_at is None and loop.lost_at is not None:
            return Takeover.FLATTEN_LOST
        if (
            loop.started_at is not None
            and not lease_held
            and now - max(job.asked_at, loop.started_at) > patience
        ):
            return Takeover.FLATTEN_WAITS
    return Takeover.LOOP_AWAY if _stays_away(loop, now) else None


def _stays_away(loop: LoopSeen, now: datetime) -> bool:
    """A loop that has begun to beat sweeps for itself; one that only starts has so long to begin."""
    if loop.swept or loop.lost_at is None or now - loop.lost_at <= NOT_BACK:
        return False
    return loop.started_at is None or (not loop.beats and now - loop.started_at > NOT_BACK)


def is_back(started_at: datetime, *, armed: bool, now: datetime) -> bool:
    """Of a loop that beats: reconciled, or at work for so long that it looks after its orders itself."""
    return armed or now - started_at > NOT_BACK
