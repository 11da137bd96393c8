"""Hours of the week as stretches between instants."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from core.oncall.hours import DAY, Hours
from tests.core.examples import quick
from tests.core.oncall.test_localtime import times, zones
from tests.core.oncall.test_rotation import instants

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
WORKDAYS = frozenset(range(5))

hours_of = st.builds(Hours, zones, times, times, st.frozensets(st.integers(0, 6), min_size=1))


@quick
@given(hours_of, instants)
def test_a_stretch_ends_when_it_says(hours: Hours, now: datetime) -> None:
    until = hours.until(now)
    if until is None:
        return
    assert now < until
    assert hours.until(until - SECOND) is not None
    assert until in hours.edges(now, until + SECOND)


@quick
@given(hours_of, instants)
def test_between_two_edges_nothing_changes(hours: Hours, now: datetime) -> None:
    edges = [now, *hours.edges(now, now + 8 * DAY)]
    for start, end in pairwise(edges):
        inside = {hours.until(start + (end - start) * part / 4) is None for part in range(4)}
        assert len(inside) == 1


def test_a_working_day_in_london() -> None:
    office = Hours(ZoneInfo("Europe/London"), time(9), time(17), WORKDAYS)
    monday = datetime(2026, 7, 6, 8, tzinfo=UTC)  # nine in summer
    assert office.until(monday) == monday + 8 * HOUR
    assert office.until(monday - SECOND) is None
    assert office.until(monday - 2 * DAY) is None


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = Hours(ZoneInfo("UTC"), time(22), time(6), frozenset({4}))
    friday = datetime(2026, 1, 9, 22, tzinfo=UTC)
    assert friday_night.until(friday + 5 * HOUR) == friday + 8 * HOUR
    assert friday_night.until(friday + DAY) is None


def test_from_one_time_to_the_same_is_the_whole_day() -> None:
    always = Hours(ZoneInfo("UTC"), time(9), time(9))
    for hour in range(48):
        assert always.until(datetime(2026, 1, 5, tzinfo=UTC) + hour * HOUR) is not None


def test_an_edge_belongs_to_the_time_that_begins_with_it() -> None:
    office = Hours(ZoneInfo("UTC"), time(9), time(17))
    nine = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert office.edges(nine, nine + 8 * HOUR) == [nine]
    assert office.edges(nine + SECOND, nine + 8 * HOUR + SECOND) == [nine + 8 * HOUR]
