"""Hours of the week in a zone: when a layer is on duty, or when people want quiet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.oncall.localtime import instant, local_date

EVERY_DAY = frozenset(range(7))
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begins` to `ends` on each of `weekdays` (0 is Monday); over midnight if `ends` is not later."""

    zone: ZoneInfo
    begins: time
    ends: time
    weekdays: frozenset[int] = EVERY_DAY

    def until(self, now: datetime) -> datetime | None:
        """When the stretch that holds `now` ends, or None outside of the hours.

        Stretches are compared as instants: where the clock shows an hour twice, none begins or ends twice.
        """
        stretches = self.stretches(now, now + DAY)
        return next((end for start, end in stretches if start <= now < end), None)

    def edges(self, start: datetime, end: datetime) -> list[datetime]:
        """Every beginning and end in [start, end)."""
        found = {edge for stretch in self.stretches(start, end) for edge in stretch}
        return sorted(edge for edge in found if start <= edge < end)

    def stretches(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Half-open stretches that touch [start, end)."""
        day = local_date(self.zone, start) - 2 * DAY
        last = local_date(self.zone, end) + DAY
        while day <= last:
            if day.weekday() in self.weekdays:
                yield self._stretch(day)
            day += DAY

    def _stretch(self, day: date) -> tuple[datetime, datetime]:
        over = day if self.ends > self.begins else day + DAY
        return instant(self.zone, day, self.begins), instant(self.zone, over, self.ends)
