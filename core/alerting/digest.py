"""When the day's digest is due: one for each desk and local day, or a record of why not."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.oncall.localtime import instant, local_date

LATE_MAX = timedelta(hours=12)
REPORTED_MAX = 31
"""Days further back than this are reported as one."""
DAY = timedelta(days=1)


class Posting(StrEnum):
    """What becomes of one day's digest."""

    POST = "it is time"
    POST_LATE = "it was missed at its time; it says so"
    SKIP_OLD = "nobody could post it that day; only the latest day is posted"


@dataclass(frozen=True, slots=True)
class DigestTime:
    """At which local time a desk's digest is posted. It covers the local day until then."""

    zone: ZoneInfo
    at: time

    def due_at(self, day: date) -> datetime:
        return instant(self.zone, day, self.at)


@dataclass(frozen=True, slots=True)
class DigestDay:
    """A decision about one day. `key` is unique: whoever records it first posts it."""

    key: str
    day: date
    posting: Posting


def digests(
    desk: str, when: DigestTime, begun_at: datetime, last: date | None, now: datetime
) -> list[DigestDay]:
    """What to decide for every day since `last`, the last day decided on; nothing when it is not time.

    A day that had ended when the desk began has no digest.
    """
    newest = local_date(when.zone, now)
    while when.due_at(newest) > now:
        newest -= DAY
    first = newest if last is None else max(last + DAY, newest - (REPORTED_MAX - 1) * DAY)
    days = [first + count * DAY for count in range((newest - first).days + 1)]
    days = [day for day in days if when.due_at(day) > begun_at]
    return [DigestDay(f"{desk}:{day}", day, _posting(when, day, newest, now)) for day in days]


def next_digest(when: DigestTime, now: datetime) -> datetime:
    """The next instant at which a digest becomes due."""
    day = local_date(when.zone, now)
    while when.due_at(day) <= now:
        day += DAY
    return when.due_at(day)


def _posting(when: DigestTime, day: date, newest: date, now: datetime) -> Posting:
    if day < newest or now - when.due_at(day) > LATE_MAX:
        return Posting.SKIP_OLD
    return Posting.POST if now - when.due_at(day) < timedelta(minutes=5) else Posting.POST_LATE
