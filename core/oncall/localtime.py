"""Wall-clock time in a zone as one instant in UTC, across the gaps and folds that daylight saving makes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


def instant(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The instant in UTC when clocks in `zone` show `at` on `day`.

    A time that occurs twice is its first occurrence; a skipped one is the first instant after the gap.
    """
    wall = datetime.combine(day, at.replace(tzinfo=None))
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None) == wall:
        return early
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change(zone, min(early, late), max(early, late))


def local_date(zone: ZoneInfo, now: datetime) -> date:
    """The calendar day that clocks in `zone` show at an instant."""
    return now.astimezone(zone).date()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first whole second in (before, after] at which the zone's offset is what it is at `after`."""
    settled = after.astimezone(zone).utcoffset()
    low, high = 0, (after - before) // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * SECOND).astimezone(zone).utcoffset() == settled:
            high = middle
        else:
            low = middle
    return (before + high * SECOND).replace(microsecond=0)
