"""A rotation: people who take turns, and the instants at which one hands over to the next."""

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.oncall.localtime import instant, local_date


class Unit(StrEnum):
    """What a turn is counted in. HOUR is elapsed time; the others follow the calendar and wall clocks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Rotation:
    """People in the order of their turns. The first turn begins on `begins` at `at` in `zone`."""

    people: tuple[str, ...]
    zone: ZoneInfo
    begins: date
    at: time
    unit: Unit
    every: int = 1
    days: tuple[int, ...] = ()
    """Weekdays (0 is Monday) on which each turn begins, instead of counting in units."""

    def __post_init__(self) -> None:
        if self.days and (self.days != tuple(sorted(set(self.days))) or self.days[-1] > 6):
            raise ValueError(f"weekdays from 0 to 6 in their order, each once, not {self.days}")
        if self.every < 1:
            raise ValueError(f"a turn lasts at least 1 {self.unit}, not {self.every}")

    def handoff(self, turn: int) -> datetime:
        """When the turn begins, in UTC. Turn 0 is the first."""
        if self.unit is Unit.HOUR and not self.days:
            return instant(self.zone, self.begins, self.at) + turn * timedelta(hours=self.every)
        return instant(self.zone, self._day(turn), self.at)

    def turn_at(self, now: datetime) -> int:
        """The turn whose half-open interval holds `now`; negative before the rotation begins."""
        turn = self._near(now)
        while self.handoff(turn) > now:
            turn -= 1
        while self.handoff(turn + 1) <= now:
            turn += 1
        return turn

    def person_at(self, now: datetime) -> str | None:
        """Who has the turn; None before it begins and for a rotation without people."""
        turn = self.turn_at(now)
        if turn < 0 or not self.people:
            return None
        return self.people[turn % len(self.people)]

    def handoffs(self, start: datetime, end: datetime) -> list[datetime]:
        """Every hand-off in [start, end), also those where the same person goes on."""
        turn = max(self.turn_at(start), 0)
        found = []
        while (at := self.handoff(turn)) < end:
            if at >= start:
                found.append(at)
            turn += 1
        return found

    def _day(self, turn: int) -> date:
        if self.days:
            return self._weekday(turn)
        steps = turn * self.every
        if self.unit is Unit.MONTH:
            return months_later(self.begins, steps)
        return self.begins + timedelta(days=steps * (7 if self.unit is Unit.WEEK else 1))

    def _weekday(self, turn: int) -> date:
        """Turn 0 begins on the first of the weekdays that is not before `begins`."""
        passed = sum(day < self.begins.weekday() for day in self.days)
        weeks, which = divmod(passed + turn, len(self.days))
        monday = self.begins - timedelta(days=self.begins.weekday())
        return monday + timedelta(days=7 * weeks + self.days[which])

    def _near(self, now: datetime) -> int:
        """A turn close to the one at `now`, reckoned by days; the caller walks the rest."""
        if self.days:
            weeks = (local_date(self.zone, now) - self.begins).days // 7
            return weeks * len(self.days)
        if self.unit is Unit.HOUR:
            return (now - self.handoff(0)) // timedelta(hours=self.every)
        days = (local_date(self.zone, now) - self.begins).days
        length = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31}[self.unit] * self.every
        return days // length


@dataclass(frozen=True, slots=True)
class HandOvers:
    """A rotation whose turns begin at instants that somebody wrote down. The last turn goes on."""

    people: tuple[str, ...]
    instants: tuple[datetime, ...]

    def __post_init__(self) -> None:
        if any(later <= earlier for earlier, later in pairwise(self.instants)):
            raise ValueError("each hand-over is later than the one before it")

    def handoff(self, turn: int) -> datetime:
        """When the turn begins. Turn 0 is the first; IndexError beyond the last."""
        return self.instants[turn]

    def person_at(self, now: datetime) -> str | None:
        """Who has the turn; None before the first hand-over."""
        turn = bisect_right(self.instants, now) - 1
        return self.people[turn % len(self.people)] if turn >= 0 else None

    def handoffs(self, start: datetime, end: datetime) -> list[datetime]:
        """Every hand-over in [start, end)."""
        return [at for at in self.instants if start <= at < end]


def months_later(day: date, months: int) -> date:
    """The same day some months later; the 29th, 30th and 31st become the last day of shorter months."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
