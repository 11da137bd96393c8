"""Edge cases 23 to 27 of the specification: hand-offs, overrides and swaps while an alert is open."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.alerting.effects import NoticeKind, RaiseAlso, Said
from core.alerting.events import Acked, ShiftBegan
from core.oncall.roster import roster
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import ANYBODY, Duty, Override, Schedule, shifts, stand_in, who
from tests.core.alerting.bench import (
    BOB,
    CAROL,
    CONTACTS,
    L3,
    SCHEDULE,
    T0,
    Bench,
    always,
    people,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def override(start_s: float, end_s: float, **who_goes: str) -> Override:
    start, end = T0 + timedelta(seconds=start_s), T0 + timedelta(seconds=end_s)
    return Override(Duty.BACKUP, start, end, made_at=T0, **who_goes)


@pytest.mark.parametrize(
    ("change", "rung"),
    [
        (override(60, 600, person="dave"), {"bob", "dave"}),
        (override(60, 600, person="dave", instead_of="bob"), {"dave"}),
        (override(60, 600, person="dave", instead_of=ANYBODY), {"dave"}),
        (override(60, 100, person="dave", instead_of="bob"), {"bob"}),
    ],
    ids=["added", "replaced", "replaced, whoever it is", "over before the step"],
)
def test_23_an_override_made_while_it_rings_counts_from_the_next_step(
    change: Override, rung: set[str]
) -> None:
    bench = Bench(L3).at(60)
    schedule = Schedule(SCHEDULE.layers, (change,))
    bench.people = roster(schedule, CONTACTS, T0 + 2 * MINUTE)
    bench.forget().at(120)
    assert {one.person for one in bench.heard if one.person} == rung


def test_23_an_override_that_removes_the_only_one_is_a_gap_and_heard_of() -> None:
    bench = Bench(L3)
    schedule = Schedule(SCHEDULE.layers, (override(60, 600, instead_of="bob"),))
    bench.people = roster(schedule, CONTACTS, T0 + 2 * MINUTE)
    bench.forget().at(120)
    assert bench.made(RaiseAlso) and bench.pages("dave") == [120]


def test_24_an_override_across_a_change_of_clocks_lasts_from_instant_to_instant() -> None:
    start = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)  # midnight in New York; clocks go forward at two
    end = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    swap = Override(Duty.PRIMARY, start, end, T0, person="dave", instead_of=ANYBODY)
    schedule = Schedule(SCHEDULE.layers, (swap,))
    found = shifts(schedule, Duty.PRIMARY, start - HOUR, end + HOUR)
    assert [(one.people, one.end - one.start) for one in found] == [
        (("alice",), HOUR),
        (("dave",), 7 * HOUR),
        (("alice",), HOUR),
    ]


HANDOFFS = [
    # zone, begins, at, unit, turn, expected in UTC
    ("America/New_York", (2026, 3, 7), (2, 30), Unit.DAY, 1, (2026, 3, 8, 7, 0)),
    ("America/New_York", (2026, 10, 31), (1, 30), Unit.DAY, 1, (2026, 11, 1, 5, 30)),
    ("Australia/Lord_Howe", (2026, 10, 3), (2, 15), Unit.DAY, 1, (2026, 10, 3, 15, 30)),
    ("Australia/Lord_Howe", (2026, 4, 4), (1, 45), Unit.DAY, 1, (2026, 4, 4, 14, 45)),
    ("Pacific/Chatham", (2026, 9, 26), (3, 0), Unit.DAY, 1, (2026, 9, 26, 14, 0)),
    ("Asia/Kolkata", (2026, 3, 7), (9, 0), Unit.DAY, 1, (2026, 3, 8, 3, 30)),
    ("UTC", (2024, 2, 29), (9, 0), Unit.MONTH, 12, (2025, 2, 28, 9, 0)),
    ("UTC", (2024, 2, 29), (9, 0), Unit.MONTH, 48, (2028, 2, 29, 9, 0)),
    ("UTC", (2026, 1, 31), (9, 0), Unit.MONTH, 1, (2026, 2, 28, 9, 0)),
    ("UTC", (2026, 1, 31), (9, 0), Unit.MONTH, 3, (2026, 4, 30, 9, 0)),
    ("Europe/Berlin", (2025, 12, 31), (0, 0), Unit.DAY, 1, (2025, 12, 31, 23, 0)),
]


@pytest.mark.parametrize(("zone", "begins", "at", "unit", "turn", "expected"), HANDOFFS)
def test_25_a_handoff_is_at_its_wall_clock_time_or_the_first_instant_after_a_gap(
    zone: str,
    begins: tuple[int, int, int],
    at: tuple[int, int],
    unit: Unit,
    turn: int,
    expected: tuple[int, int, int, int, int],
) -> None:
    rotation = Rotation(("a", "b"), ZoneInfo(zone), date(*begins), time(*at), unit)
    assert rotation.handoff(turn) == datetime(*expected, tzinfo=UTC)


def test_25_the_one_paged_in_the_second_of_the_handoff_is_the_new_one() -> None:
    rotation = always("alice", "bob")
    schedule = Schedule({Duty.PRIMARY: rotation})
    handoff = rotation[0].rotation.handoff(1)
    tick = timedelta(microseconds=1)
    assert who(schedule, Duty.PRIMARY, handoff - tick).people == ("alice",)
    assert who(schedule, Duty.PRIMARY, handoff).people == ("bob",)


def test_25_who_comes_on_duty_hears_of_what_nobody_has_taken() -> None:
    bench = Bench(L3).at(10).forget()
    bench.people = people(primary=CAROL, backup=BOB)
    assert bench.does(ShiftBegan("carol")) is Said.NOTED
    assert {one.kind for one in bench.heard} == {NoticeKind.INHERITED}
    assert bench.forget().does(ShiftBegan("carol")) is Said.NOTHING
    bench.does(Acked("alice", L3))
    assert bench.does(ShiftBegan("dave")) is Said.NOTHING


def test_26_a_swap_agreed_after_the_shift_began_leaves_what_is_past_as_it_was() -> None:
    agreed = T0 + 30 * MINUTE
    taken = stand_in(Duty.PRIMARY, "dave", "alice", (T0, T0 + 8 * HOUR), agreed)
    schedule = Schedule(SCHEDULE.layers, (taken,))
    assert who(schedule, Duty.PRIMARY, agreed - MINUTE).people == ("alice",)
    assert who(schedule, Duty.PRIMARY, agreed).people == ("dave",)
    with pytest.raises(ValueError, match="ends after it starts"):
        stand_in(Duty.PRIMARY, "dave", "alice", (T0, T0 + HOUR), T0 + HOUR)


def test_27_of_overlapping_overrides_the_one_made_last_decides() -> None:
    first = Override(Duty.PRIMARY, T0, T0 + HOUR, T0, person="dave", instead_of=ANYBODY)
    later = replace(first, person="carol", made_at=T0 + MINUTE)
    for overrides in ((first, later), (later, first)):
        schedule = Schedule(SCHEDULE.layers, overrides)
        assert who(schedule, Duty.PRIMARY, T0 + 2 * MINUTE).people == ("carol",)
