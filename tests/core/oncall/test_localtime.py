"""Wall-clock times as instants, in zones whose clocks change in different ways."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.oncall.localtime import instant, local_date
from tests.core.examples import quick

ZONES = [
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Pacific/Chatham",  # at 02:45, from an offset of 12:45
    "America/St_Johns",
    "America/Sao_Paulo",  # used to change at midnight
    "Africa/Casablanca",  # the other way round, for Ramadan
    "Pacific/Apia",  # left out a whole day
    "Asia/Tokyo",  # never changes
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.dates(date(2010, 1, 2), date(2030, 12, 30))
times = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
MINUTE = timedelta(minutes=1)


def shown(zone: ZoneInfo, at: datetime) -> datetime:
    """What the clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None)


@quick
@given(zones, days, times)
def test_it_shows_that_time_or_is_the_first_instant_that_shows_a_later_one(
    zone: ZoneInfo, day: date, at: time
) -> None:
    found = instant(zone, day, at)
    wall = datetime.combine(day, at)
    second = timedelta(seconds=1)
    assert found.tzinfo is UTC
    assert shown(zone, found) >= wall
    if shown(zone, found) > wall:
        assert shown(zone, found - second) < wall


@quick
@given(zones, days, times)
def test_it_is_the_first_of_two_instants_that_show_the_same(
    zone: ZoneInfo, day: date, at: time
) -> None:
    found = instant(zone, day, at)
    for minutes in (30, 60, 120, 180):
        assert shown(zone, found - minutes * MINUTE) != datetime.combine(day, at)


@quick
@given(zones, days, times)
def test_the_same_time_a_day_later_is_never_earlier(zone: ZoneInfo, day: date, at: time) -> None:
    assert instant(zone, day, at) <= instant(zone, day + timedelta(days=1), at)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/New_York", (2020, 3, 8), (2, 30), (2020, 3, 8, 7, 0)),
        ("America/New_York", (2026, 11, 1), (1, 30), (2026, 11, 1, 5, 30)),
        ("Europe/London", (2026, 3, 29), (1, 0), (2026, 3, 29, 1, 0)),
        ("Australia/Lord_Howe", (2026, 10, 4), (2, 0), (2026, 10, 3, 15, 30)),
        ("America/Sao_Paulo", (2018, 11, 4), (0, 0), (2018, 11, 4, 3, 0)),
        ("Pacific/Apia", (2011, 12, 30), (12, 0), (2011, 12, 30, 10, 0)),
    ],
)
def test_known_changes_of_clocks(
    zone: str, day: tuple[int, int, int], at: tuple[int, int], expected: tuple[int, ...]
) -> None:
    year, month, dom, hour, minute = expected
    found = instant(ZoneInfo(zone), date(*day), time(*at))
    assert found == datetime(year, month, dom, hour, minute, tzinfo=UTC)


def test_the_local_day_is_the_one_on_the_wall() -> None:
    midnight = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    assert local_date(ZoneInfo("America/New_York"), midnight) == date(2026, 1, 4)
    assert local_date(ZoneInfo("Asia/Tokyo"), midnight) == date(2026, 1, 5)
