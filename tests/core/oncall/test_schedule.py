"""Who is on duty: layers, overrides, swaps, and the whole of 90 days without holes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.oncall.contacts import Contact, Means
from core.oncall.hours import Hours
from core.oncall.roster import roster
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import (
    ANYBODY,
    Because,
    Duty,
    Layer,
    OnDuty,
    Override,
    Schedule,
    next_handoff,
    shifts,
    stand_in,
    swap,
    who,
)
from tests.core.examples import quick
from tests.core.oncall.test_hours import hours_of
from tests.core.oncall.test_rotation import instants, rotations

T0 = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PRIMARY = Duty.PRIMARY
UTC_ZONE = ZoneInfo("UTC")

WEEKLY = Layer(Rotation(("alice", "bob"), UTC_ZONE, date(2026, 1, 5), time(9), Unit.WEEK))
SCHEDULE = Schedule({PRIMARY: (WEEKLY,)})


def override(start: datetime, end: datetime, **who_goes: str) -> Override:
    return Override(PRIMARY, start, end, T0, **who_goes)


overrides = st.builds(
    lambda start, hours, made, person, gone: Override(
        PRIMARY, start, start + hours * HOUR, start + made * HOUR, person, gone
    ),
    instants,
    st.integers(1, 2000),
    st.integers(-50, 50),
    st.sampled_from(["dave", "alice"]),
    st.sampled_from([None, ANYBODY, "alice", "bob"]),
)
schedules = st.builds(
    lambda layers, changes: Schedule({PRIMARY: tuple(layers)}, tuple(changes)),
    st.lists(st.builds(Layer, rotations, st.one_of(st.none(), hours_of)), max_size=2),
    st.lists(overrides, max_size=3),
)


@quick
@given(schedules, instants)
def test_shifts_cover_the_time_without_holes_and_say_who_is_on(
    schedule: Schedule, now: datetime
) -> None:
    end = now + 20 * DAY
    found = shifts(schedule, PRIMARY, now, end)
    assert (found[0].start, found[-1].end) == (now, end)
    for one, following in pairwise(found):
        assert one.end == following.start
        assert (one.people, one.because) != (following.people, following.because)
    for one in found:
        for part in range(4):
            at = one.start + (one.end - one.start) * part / 4
            assert who(schedule, PRIMARY, at) == OnDuty(one.people, one.because)
        assert one.gap == (not one.people)


@quick
@given(schedules, instants)
def test_the_next_handoff_is_the_first_instant_with_other_people(
    schedule: Schedule, now: datetime
) -> None:
    found = next_handoff(schedule, PRIMARY, now, days=20)
    if found is None:
        return
    before = who(schedule, PRIMARY, now).people
    assert who(schedule, PRIMARY, found.start).people == found.people != before
    assert who(schedule, PRIMARY, found.start - timedelta(microseconds=1)).people == before


def test_the_rotation_decides_when_nobody_says_otherwise() -> None:
    assert who(SCHEDULE, PRIMARY, T0) == OnDuty(("alice",), Because.ROTATION)
    assert who(SCHEDULE, PRIMARY, T0 + 7 * DAY).people == ("bob",)
    assert who(SCHEDULE, PRIMARY, T0 - HOUR) == OnDuty((), Because.NO_LAYER)
    assert who(SCHEDULE, Duty.BACKUP, T0) == OnDuty((), Because.NO_LAYER)


def test_the_first_layer_that_has_somebody_decides() -> None:
    day = Hours(UTC_ZONE, time(9), time(17))
    london = Layer(Rotation(("carol",), UTC_ZONE, date(2026, 1, 1), time(9), Unit.DAY), day)
    both = Schedule({PRIMARY: (london, WEEKLY)})
    assert who(both, PRIMARY, T0).people == ("carol",)
    assert who(both, PRIMARY, T0 + 8 * HOUR).people == ("alice",)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"person": "dave"}, OnDuty(("alice", "dave"), Because.OVERRIDE)),
        ({"person": "alice"}, OnDuty(("alice",), Because.ROTATION)),
        ({"person": "dave", "instead_of": "alice"}, OnDuty(("dave",), Because.OVERRIDE)),
        ({"person": "dave", "instead_of": "bob"}, OnDuty(("alice",), Because.ROTATION)),
        ({"person": "dave", "instead_of": ANYBODY}, OnDuty(("dave",), Because.OVERRIDE)),
        ({"instead_of": "alice"}, OnDuty((), Because.REMOVED)),
    ],
)
def test_an_override_adds_replaces_or_removes(change: dict[str, str], expected: OnDuty) -> None:
    schedule = replace(SCHEDULE, overrides=(override(T0, T0 + HOUR, **change),))
    assert who(schedule, PRIMARY, T0) == expected
    assert who(schedule, PRIMARY, T0 + HOUR) == OnDuty(("alice",), Because.ROTATION)


def test_an_override_for_anybody_fills_a_gap() -> None:
    change = Override(Duty.BACKUP, T0, T0 + HOUR, T0, person="dave", instead_of=ANYBODY)
    found = who(Schedule({}, (change,)), Duty.BACKUP, T0)
    assert found == OnDuty(("dave",), Because.OVERRIDE)


def test_an_override_that_says_nothing_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="who comes, who goes"):
        override(T0, T0 + HOUR)
    with pytest.raises(ValueError, match="ends after it starts"):
        override(T0, T0, person="dave")


def test_two_people_take_each_others_shift() -> None:
    one, other = shifts(SCHEDULE, PRIMARY, T0, T0 + 14 * DAY)
    swapped = replace(SCHEDULE, overrides=swap(PRIMARY, one, other, T0))
    found = shifts(swapped, PRIMARY, T0, T0 + 14 * DAY)
    assert [(shift.start, shift.people) for shift in found] == [
        (T0, ("bob",)),
        (T0 + 7 * DAY, ("alice",)),
    ]


def test_the_second_half_of_a_shift_can_be_taken() -> None:
    change = stand_in(PRIMARY, "dave", "alice", (T0, T0 + 7 * DAY), T0 + DAY)
    schedule = replace(SCHEDULE, overrides=(change,))
    found = shifts(schedule, PRIMARY, T0, T0 + 8 * DAY)
    assert [shift.people for shift in found] == [("alice",), ("dave",), ("bob",)]
    handoff = next_handoff(schedule, PRIMARY, T0)
    assert handoff is not None and handoff.start == T0 + DAY


def test_where_one_person_goes_on_for_ever_there_is_no_handoff() -> None:
    alone = Schedule(
        {PRIMARY: (replace(WEEKLY, rotation=replace(WEEKLY.rotation, people=("a",))),)}
    )
    assert next_handoff(alone, PRIMARY, T0) is None


def test_a_gap_of_an_hour_in_90_days_is_found_to_the_second() -> None:
    gone = override(T0 + 30 * DAY, T0 + 30 * DAY + HOUR, instead_of=ANYBODY)
    schedule = replace(SCHEDULE, overrides=(gone,))
    gaps = [shift for shift in shifts(schedule, PRIMARY, T0, T0 + 90 * DAY) if shift.gap]
    assert [(gap.start, gap.end, gap.because) for gap in gaps] == [
        (gone.start, gone.end, Because.REMOVED)
    ]


def test_the_roster_names_people_who_can_be_told() -> None:
    alice = Contact("alice", (Means.DM, Means.SMS))
    mute = Contact("bob", ())
    now = roster(SCHEDULE, (alice, mute), T0)
    assert now.on[PRIMARY] == (alice,)
    assert now.on[Duty.BACKUP] == ()
    assert now.everyone == (alice,)
    assert roster(SCHEDULE, (alice, mute), T0 + 7 * DAY).on[PRIMARY] == ()


def test_a_contact_is_told_by_what_is_wanted_or_by_what_there_is() -> None:
    contact = Contact("a", (Means.DM, Means.VOICE, Means.EMAIL))
    assert contact.by((Means.SMS, Means.VOICE)) == (Means.VOICE,)
    assert contact.by((Means.SMS,)) == contact.means
    assert contact.can_be_paged
    assert not contact.without(Means.VOICE).can_be_paged
    assert contact.without(Means.VOICE).means == (Means.DM, Means.EMAIL)
