"""What values of escalation.yaml may look like; each refusal says what to write instead."""

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.alerting.levels import Level
from core.oncall.hours import EVERY_DAY, Hours
from core.oncall.localtime import instant

_SPAN = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_HOUR = 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Strict(BaseModel):
    """A section in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def near(word: object, known: Iterable[str]) -> str:
    """`did you mean …? `, or nothing where nothing comes close."""
    found = difflib.get_close_matches(str(word), list(known), 1)
    return f"did you mean {found[0]!r}? " if found else ""


def one_of(known: Iterable[str], what: str) -> BeforeValidator:
    """A word of a list."""
    words = list(known)

    def check(value: object) -> object:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(
            f"{value!r} is no {what}; {near(value, words)}there are {', '.join(words)}"
        )

    return BeforeValidator(check)


def _seconds(value: object) -> object:
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no time; write 90s, 15m or 2h")
    return int(found[1]) * _SECONDS[found[2]]


def _zone(value: object) -> object:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as bad:
        raise ValueError(f"{value!r} is no time zone; write one such as Europe/London") from bad


def _clock(value: object) -> object:
    """YAML reads 9:30 without quotes as 570; a bare 9 may mean anything."""
    if isinstance(value, int) and not isinstance(value, bool) and _HOUR <= value < 24 * _HOUR:
        return time(value // _HOUR, value % _HOUR)
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f'{value!r} is no time of day; write "09:30"')
    return time(int(found[1]), int(found[2]))


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"{value!r} is no day; write one such as 2026-01-05")


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(_with_time(value))
    except ValueError as bad:
        raise ValueError(
            f'{value!r} is no moment; write "2026-01-05 09:30", in the zone that stands beside it'
        ) from bad


def _with_time(value: object) -> str:
    if not isinstance(value, str) or ":" not in value:
        raise ValueError("a day alone is no moment")
    return value.strip()


Seconds = Annotated[int, BeforeValidator(_seconds)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Clock = Annotated[time, BeforeValidator(_clock)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Weekday = Annotated[str, one_of(DAYS, "day of the week")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]
Reason = Annotated[str, Field(min_length=3, max_length=200)]
LIST_MAX = 200
LEVELS = {str(level.value): level for level in Level}
# The rightmost is asked first: YAML reads the key as a number.
LevelName = Annotated[str, one_of(LEVELS, "level"), BeforeValidator(str)]
QUIET_LEVELS = ("1", "2", "3")
QuietLevel = Annotated[str, one_of(QUIET_LEVELS, "level that may be quiet"), BeforeValidator(str)]


def at_instant(moment: datetime, zone: ZoneInfo) -> datetime:
    """In UTC. A moment without an offset is what clocks in `zone` show."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    return instant(zone, moment.date(), moment.time())


class HoursSection(Strict):
    """Hours of the week; over midnight if they end before they begin."""

    begins: Clock = Field(alias="from", description='a time of day: "22:00"')
    until: Clock = Field(description="if not later than `from`, of the next day")
    days: tuple[Weekday, ...] = Field(
        default=DAYS, min_length=1, description="on which they begin: [mon, tue]; else every day"
    )
    zone: Zone | None = Field(default=None, description="else that of `on_call`")

    def hours(self, usual: ZoneInfo) -> Hours:
        weekdays = frozenset(DAYS.index(day) for day in self.days) or EVERY_DAY
        return Hours(self.zone or usual, self.begins, self.until, weekdays)
