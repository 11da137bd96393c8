"""The effective time: runs with the monotonic clock, never goes back, and names the wall clock's jumps."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

JUMP = timedelta(seconds=2)
SLEW = 10
"""A wall clock that is behind is met by running one part in this many slower."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The last reading: effective time, the monotonic clock just then, and how far off the wall was."""

    now: datetime
    monotonic: timedelta
    off: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock moved against the monotonic one; forwards also when the machine slept."""

    by: timedelta


def start(wall: datetime, monotonic: timedelta, last: datetime | None) -> tuple[Clock, Jump | None]:
    """The clock of a process that starts. `last` is the effective time that the store saw last."""
    if last is None or wall >= last:
        return Clock(wall, monotonic), None
    jump = Jump(wall - last) if last - wall > JUMP else None
    return Clock(last, monotonic, wall - last), jump


def read(clock: Clock, wall: datetime, monotonic: timedelta) -> tuple[Clock, Jump | None]:
    """The clock now. Forwards it follows the wall at once, so that what is overdue is seen as overdue;
    backwards it only slows down, so that nothing that was due is due again."""
    elapsed = monotonic - clock.monotonic
    running = clock.now + elapsed
    off = wall - running
    jump = Jump(off - clock.off) if abs(off - clock.off) > JUMP else None
    now = wall if off >= timedelta(0) else running - min(-off, elapsed / SLEW)
    return replace(clock, now=now, monotonic=monotonic, off=wall - now), jump
