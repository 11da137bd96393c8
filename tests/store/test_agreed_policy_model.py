"""Invariant 4 for the alert policy: whatever a file says, nothing looser than was approved is in force."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from core.alerting.defaults import CRITICAL_STEPS, DEFAULT, PAGE_EVERYONE
from core.alerting.hysteresis import Threshold, Thresholds
from core.alerting.levels import Level
from core.alerting.policy import LevelPolicy, Need, OnUnacked, Step, Tightening
from core.alerting.quieting import Inhibition, Match, Quieting, Silence
from core.oncall.contacts import Contact, Means
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import Duty, Layer, Schedule
from store.alerting.agreed import as_agreed
from store.alerting.arranged import Address, Arrangements
from tests.core.examples import quick

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
NAMES = ("alice", "ben", "carol")

steps = st.sampled_from(
    [
        CRITICAL_STEPS,
        CRITICAL_STEPS[:2],
        (Step(0, PAGE_EVERYONE),),
        (CRITICAL_STEPS[0], Step(60, CRITICAL_STEPS[2].tells), Step(90, CRITICAL_STEPS[1].tells)),
    ]
)
acts = st.none() | st.builds(
    OnUnacked,
    st.sampled_from([300, 600]),
    st.sampled_from(Tightening),
    st.just(60),
    st.booleans(),
)
seconds = st.sampled_from([1, 60, 300])


def level(of: Level) -> st.SearchStrategy[LevelPolicy]:
    return st.builds(
        lambda *said: replace(
            DEFAULT.levels[of],
            **dict(
                zip(
                    ("steps", "need", "repeats", "hold_s", "snooze_max_s", "clear_after_s"),
                    said[:6],
                    strict=True,
                )
            ),
            on_unacked=said[6],
        ),
        steps,
        st.sampled_from(Need),
        st.none() | st.integers(0, 3),
        st.none() | seconds,
        seconds,
        seconds,
        acts,
    )


policies = st.fixed_dictionaries({one: level(one) for one in Level}).map(
    lambda levels: replace(DEFAULT, levels=levels)
)
thresholds = st.dictionaries(
    st.sampled_from(["daily_loss", "leverage"]),
    st.integers(40, 90).map(
        lambda at: Thresholds(
            True, (Threshold(Level.INTERVENTION, Decimal(at), Decimal(at - 5), at % 3, at % 7),)
        )
    ),
)
turns = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(
    lambda people: (Layer(Rotation(tuple(people), ZONE, date(2026, 1, 5), time(9), Unit.WEEK)),)
)
schedules = st.fixed_dictionaries({duty: turns for duty in Duty}).map(Schedule)
addresses = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([Means.SMS, Means.PUSH, Means.DM])),
    st.sampled_from(["one", "two"]),
)
quieting = st.builds(
    Quieting,
    st.lists(
        st.sampled_from(["daily_loss", "leverage"]).map(
            lambda rule: Silence(
                "s", Match(rule=rule), "alice", "known", NOW, NOW + timedelta(hours=1)
            )
        ),
        max_size=2,
    ).map(tuple),
    st.sampled_from([(), (Inhibition(Match(rule="feed_down"), Match(rule="stale_mark")),)]),
)


def arranged(
    policy: object, schedule: object, reach: dict[tuple[str, Means], str], quiet: object, at: object
) -> Arrangements:
    people = sorted({name for name, _ in reach})
    return Arrangements(
        policy,  # type: ignore[arg-type]
        schedule,  # type: ignore[arg-type]
        tuple(Contact(p, tuple(by for name, by in reach if name == p)) for p in people),
        tuple(Address(name, by, to) for (name, by), to in reach.items()),
        quiet,  # type: ignore[arg-type]
        at,  # type: ignore[arg-type]
    )


arrangements = st.builds(arranged, policies, schedules, addresses, quieting, thresholds)


@quick
@given(arrangements, arrangements)
def test_what_is_in_force_is_never_looser_than_what_was_approved(
    approved: Arrangements, wanted: Arrangements
) -> None:
    in_force, says = as_agreed(approved, wanted, NOW)
    assert as_agreed(approved, in_force, NOW) == (in_force, [])
    assert as_agreed(in_force, wanted, NOW)[0] == in_force, "asked again it is the same"
    if not says:
        assert in_force == wanted


@quick
@given(arrangements)
def test_a_file_that_says_what_was_approved_waits_for_nobody(approved: Arrangements) -> None:
    assert as_agreed(approved, approved, NOW) == (approved, [])
