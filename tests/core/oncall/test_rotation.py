"""Turns: nobody's is lost or doubled, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.oncall.rotation import HandOvers, Rotation, Unit, months_later
from tests.core.examples import quick
from tests.core.oncall.test_localtime import times, zones

PEOPLE = ("alice", "bob", "carol")
HOUR = timedelta(hours=1)

rotations = st.builds(
    Rotation,
    st.integers(1, 3).map(lambda count: PEOPLE[:count]),
    zones,
    st.dates(date(2024, 1, 1), date(2026, 6, 30)),
    times,
    st.sampled_from(Unit),
    st.integers(1, 5),
    st.sets(st.integers(0, 6), max_size=3).map(lambda days: tuple(sorted(days))),
)
instants = st.integers(0, 4 * 365 * 86_400).map(
    lambda second: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)


@quick
@given(rotations, instants)
def test_every_instant_is_in_exactly_the_turn_that_holds_it(rota: Rotation, now: datetime) -> None:
    turn = rota.turn_at(now)
    assert rota.handoff(turn) <= now < rota.handoff(turn + 1)
    expected = rota.people[turn % len(rota.people)] if turn >= 0 else None
    assert rota.person_at(now) == expected


@quick
@given(rotations)
def test_turns_begin_one_after_the_other_at_the_same_wall_clock_time(rota: Rotation) -> None:
    for turn in range(0, 400, 7):
        before, after = rota.handoff(turn), rota.handoff(turn + 1)
        assert before < after
        shown = after.astimezone(rota.zone).time().replace(tzinfo=None)
        if rota.unit is not Unit.HOUR and shown != rota.at:
            assert shown > rota.at  # a gap: the first instant after it


@quick
@given(rotations, instants)
def test_the_handoffs_of_a_month_are_those_at_which_a_turn_begins(
    rota: Rotation, now: datetime
) -> None:
    end = now + timedelta(days=30)
    found = rota.handoffs(now, end)
    assert found == sorted(set(found))
    for at in found:
        assert now <= at < end
        assert rota.handoff(rota.turn_at(at)) == at
    turns = rota.turn_at(end) - max(rota.turn_at(now), -1)
    assert abs(len(found) - max(turns, 0)) <= 1


def test_weekdays_are_each_once_and_in_their_order() -> None:
    for days in ((4, 0), (1, 1), (7,)):
        with pytest.raises(ValueError, match="weekdays from 0 to 6"):
            Rotation(PEOPLE, ZoneInfo("UTC"), date(2026, 1, 5), time(9), Unit.WEEK, 1, days)


@pytest.mark.parametrize(
    ("unit", "every", "turn", "expected"),
    [
        (Unit.DAY, 1, 1, datetime(2026, 3, 8, 13, tzinfo=UTC)),  # 23 hours after the first
        (Unit.DAY, 1, 2, datetime(2026, 3, 9, 13, tzinfo=UTC)),
        (Unit.WEEK, 2, 1, datetime(2026, 3, 21, 13, tzinfo=UTC)),
        (Unit.HOUR, 12, 2, datetime(2026, 3, 8, 14, tzinfo=UTC)),  # elapsed, so an hour later
        (Unit.MONTH, 1, 1, datetime(2026, 4, 7, 13, tzinfo=UTC)),
    ],
)
def test_turns_keep_to_the_wall_clock_unless_they_are_counted_in_hours(
    unit: Unit, every: int, turn: int, expected: datetime
) -> None:
    zone = ZoneInfo("America/New_York")
    rota = Rotation(PEOPLE, zone, date(2026, 3, 7), time(9), unit, every)
    assert rota.handoff(0) == datetime(2026, 3, 7, 14, tzinfo=UTC)
    assert rota.handoff(turn) == expected


def test_before_it_begins_and_without_people_nobody_has_the_turn() -> None:
    rota = Rotation(PEOPLE, ZoneInfo("UTC"), date(2026, 1, 5), time(9), Unit.WEEK)
    assert rota.person_at(datetime(2026, 1, 5, 8, 59, tzinfo=UTC)) is None
    assert rota.person_at(datetime(2026, 1, 5, 9, tzinfo=UTC)) == "alice"
    nobody = Rotation((), ZoneInfo("UTC"), date(2026, 1, 5), time(9), Unit.WEEK)
    assert nobody.person_at(datetime(2026, 1, 6, tzinfo=UTC)) is None


def test_the_last_day_of_a_month_stands_for_days_that_it_does_not_have() -> None:
    start = date(2026, 1, 31)
    assert [months_later(start, count) for count in (1, 2, 3, 12, -1)] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2027, 1, 31),
        date(2025, 12, 31),
    ]


def test_a_turn_lasts_at_least_one_unit() -> None:
    with pytest.raises(ValueError, match="at least 1 day"):
        Rotation(PEOPLE, ZoneInfo("UTC"), date(2026, 1, 5), time(9), Unit.DAY, 0)


def test_a_day_that_a_zone_leaves_out_leaves_out_nobody_for_longer() -> None:
    rota = Rotation(PEOPLE, ZoneInfo("Pacific/Apia"), date(2011, 12, 28), time(9), Unit.DAY)
    turns = [rota.handoff(turn) for turn in range(5)]
    assert turns == sorted(turns)
    assert max(b - a for a, b in pairwise(turns)) <= 25 * HOUR


@given(st.lists(instants, min_size=1, max_size=6, unique=True).map(sorted), instants)
@quick
def test_hand_overs_that_were_written_down_are_when_they_say(
    written: list[datetime], now: datetime
) -> None:
    turns = HandOvers(PEOPLE, tuple(written))
    before = [at for at in written if at <= now]
    expected = PEOPLE[(len(before) - 1) % len(PEOPLE)] if before else None
    assert turns.person_at(now) == expected
    assert turns.handoffs(now, now + HOUR) == [at for at in written if now <= at < now + HOUR]


def test_hand_overs_out_of_order_cannot_be_made() -> None:
    at = datetime(2026, 12, 24, 18, tzinfo=UTC)
    with pytest.raises(ValueError, match="later than the one before"):
        HandOvers(PEOPLE, (at, at))
