"""Which edits of the alert policy wait for two people: every row of the table, and what holds at once."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.alerting.defaults import CRITICAL, EMERGENCY, IN_CHANNEL, WARNING
from core.alerting.hysteresis import Threshold, Thresholds
from core.alerting.levels import Level
from core.alerting.loosening import (
    looser_duty,
    looser_quiet,
    looser_reach,
    looser_rule,
)
from core.alerting.looser_levels import looser_level
from core.alerting.policy import (
    PAGE,
    LevelPolicy,
    Need,
    OnUnacked,
    Step,
    Tell,
    Tightening,
    Who,
)
from core.alerting.quieting import Inhibition, Maintenance, Match, Quieting, Routine, Silence
from core.oncall.contacts import Means
from core.oncall.hours import Hours
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import Duty, Layer, Override, Schedule

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")
ACTS = OnUnacked(600, Tightening.HOLD)
USUAL = replace(CRITICAL, on_unacked=ACTS)
FIRST, BACKUP, LEAD = CRITICAL.steps


def steps(*told: Step) -> LevelPolicy:
    return replace(USUAL, steps=told)


LOOSER_LEVELS = {
    "backup is told by voice after 180 s, not 120 s": steps(
        FIRST, Step(180, BACKUP.tells), Step(300, LEAD.tells)
    ),
    "team lead is not told by sms after 300 s": steps(FIRST, BACKUP),
    "primary is not told by voice after 0 s": steps(
        Step(0, (*FIRST.tells[:2], Tell(Who.PRIMARY, (Means.DM, Means.PUSH, Means.SMS)))),
        BACKUP,
        LEAD,
    ),
    "the desk's paging services is not told by pagerduty after 0 s": steps(
        Step(0, (IN_CHANNEL, FIRST.tells[2])), BACKUP, LEAD
    ),
    "its steps are repeated 1 times, not 3": replace(USUAL, repeats=1),
    "rounds begin with step 3, not 1": replace(USUAL, repeat_from=2),
    "a round begins again after 600 s, not 300 s": replace(USUAL, repeat_every_s=600),
    "the fallback is told again after 301 s, not 300 s": replace(USUAL, fallback_every_s=301),
    "its fallback does not tell everyone by voice": replace(
        USUAL, fallback=(IN_CHANNEL, Tell(Who.EVERYONE, (Means.DM, Means.PUSH, Means.SMS)))
    ),
    "who has to acknowledge: nobody has to, not one person": replace(USUAL, need=Need.NOBODY),
    "an acknowledgement stands for 3600 s, not 1800 s": replace(USUAL, hold_s=3600),
    "an acknowledgement stands for ever, not 1800 s": replace(USUAL, hold_s=None),
    "others are told after a reminder and 180 s, not 120 s": replace(USUAL, grace_s=180),
    "it can be snoozed for 3600 s, not 1800 s": replace(USUAL, snooze_max_s=3600),
    "it waits for others 5 s, not 0 s": replace(USUAL, group_wait_s=5),
    "it is over after 10 s without it, not 120 s": replace(USUAL, clear_after_s=10),
    "nothing is done when nobody answers, not hold": replace(USUAL, on_unacked=None),
    "when nobody answers it comes to reduce-only, not hold": replace(
        USUAL, on_unacked=OnUnacked(600, Tightening.REDUCE_ONLY)
    ),
    "it is done after 900 s, not 600 s": replace(USUAL, on_unacked=replace(ACTS, after_s=900)),
    "hold is only rehearsed when nobody answers": replace(
        USUAL, on_unacked=replace(ACTS, dry_run=True)
    ),
}


@pytest.mark.parametrize("says", LOOSER_LEVELS)
def test_a_level_that_does_less_is_looser(says: str) -> None:
    found = looser_level(Level.CRITICAL, USUAL, LOOSER_LEVELS[says])
    assert f"level 3 Critical: {says}" in found
    assert not looser_level(Level.CRITICAL, LOOSER_LEVELS[says], USUAL), "and back is stricter"


STRICTER_LEVELS = {
    "as it was": USUAL,
    "sooner": steps(FIRST, Step(60, BACKUP.tells), Step(90, LEAD.tells)),
    "everyone instead of duties": steps(
        Step(0, (*FIRST.tells[:2], Tell(Who.EVERYONE, PAGE))),
        Step(120, (Tell(Who.EVERYONE, PAGE),)),
        Step(300, (Tell(Who.EVERYONE, PAGE),)),
    ),
    "a step more": steps(FIRST, BACKUP, LEAD, Step(400, (Tell(Who.EVERYONE, PAGE),))),
    "without end": replace(USUAL, repeats=None),
    "each has to": replace(USUAL, need=Need.ALL),
    "no snooze": replace(USUAL, snooze_max_s=0),
    "a stronger action, sooner": replace(
        USUAL, on_unacked=OnUnacked(300, Tightening.KILL_AND_CLOSE)
    ),
    "announced longer": replace(USUAL, on_unacked=replace(ACTS, announce_s=120)),
}


@pytest.mark.parametrize("name", STRICTER_LEVELS)
def test_a_level_that_does_more_holds_at_once(name: str) -> None:
    assert looser_level(Level.CRITICAL, USUAL, STRICTER_LEVELS[name]) == []


def test_of_warnings_only_the_action_counts() -> None:
    elsewhere = replace(WARNING, steps=(Step(0, (Tell(Who.PRIMARY, (Means.EMAIL,)),)),))
    assert looser_level(Level.WARNING, WARNING, replace(elsewhere, group_wait_s=300)) == []
    acting = replace(WARNING, on_unacked=OnUnacked(600, Tightening.REDUCE_ONLY))
    assert looser_level(Level.WARNING, acting, WARNING)


def test_an_emergency_that_somebody_repeats_less_is_looser() -> None:
    less = replace(EMERGENCY, repeats=5)
    assert looser_level(Level.EMERGENCY, EMERGENCY, less) == [
        "level 4 Emergency: its steps are repeated 5 times, not until somebody answers"
    ]


def limits(above: bool, raise_at: str, clear_at: str, after_s: int = 5) -> Thresholds:
    one = Threshold(Level.INTERVENTION, Decimal(raise_at), Decimal(clear_at), after_s, 60)
    return Thresholds(above, (one,))


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (limits(True, "90", "75"), "loss at level 2 Intervention is raised at 90, not 80"),
        (limits(True, "80", "79"), "loss at level 2 Intervention clears at 79, not 75"),
        (
            limits(True, "80", "75", 60),
            "loss at level 2 Intervention is raised after 60 s, not 5 s",
        ),
        (Thresholds(True, ()), "loss is off at level 2 Intervention"),
    ],
)
def test_a_rule_that_is_less_sensitive_is_looser(wanted: Thresholds, says: str) -> None:
    assert looser_rule("loss", limits(True, "80", "75"), wanted) == [says]
    assert looser_rule("loss", wanted, limits(True, "80", "75")) == []


def test_of_a_figure_that_is_bad_when_low_less_is_further_out() -> None:
    usual = limits(False, "20", "23")
    assert looser_rule("buffer", usual, limits(False, "18", "23"))
    assert looser_rule("buffer", usual, limits(False, "20", "21"))
    assert not looser_rule("buffer", usual, limits(False, "25", "28"))


def test_a_rule_that_clears_sooner_is_looser() -> None:
    usual = limits(True, "80", "75")
    soon = Thresholds(True, (replace(usual.levels[0], clear_after_s=1),))
    assert looser_rule("loss", usual, soon) == [
        "loss at level 2 Intervention clears after 1 s, not 60 s"
    ]


def layer(*people: str, hours: Hours | None = None, begins: date = date(2026, 1, 5)) -> Layer:
    return Layer(Rotation(people, LONDON, begins, time(9), Unit.WEEK), hours)


def on(*layers: Layer) -> Schedule:
    return Schedule({Duty.PRIMARY: layers})


def test_a_duty_with_fewer_people_or_hours_is_looser() -> None:
    both = on(layer("alice", "bob"))
    assert looser_duty(Duty.PRIMARY, both, on(layer("bob")), NOW) == ["alice is no longer primary"]
    begins_later = on(layer("alice", "bob", begins=date(2026, 3, 4)))
    assert looser_duty(Duty.PRIMARY, both, begins_later, NOW) == [
        "nobody is primary for 57 h more of the next 90 days"
    ]
    nights = Hours(LONDON, time(18), time(9))
    assert looser_duty(Duty.PRIMARY, both, on(layer("alice", "bob", hours=nights)), NOW)


def test_other_turns_and_substitutes_hold_at_once() -> None:
    both = on(layer("alice", "bob"))
    assert not looser_duty(Duty.PRIMARY, both, on(layer("bob", "alice", "carol")), NOW)
    days = Hours(LONDON, time(9), time(18))
    assert not looser_duty(Duty.PRIMARY, both, on(layer("alice", hours=days), layer("bob")), NOW)
    away = Override(Duty.PRIMARY, NOW, NOW + HOUR, NOW, "carol", "alice")
    assert not looser_duty(Duty.PRIMARY, both, replace(both, overrides=(away,)), NOW)


def test_a_contact_taken_away_or_moved_is_looser() -> None:
    had = {Means.SMS: "+15550100001", Means.PUSH: "topic"}
    assert looser_reach("alice", had, {Means.PUSH: "topic"}) == ["alice is no longer told by sms"]
    assert looser_reach("alice", had, {}) == ["alice is no longer told by sms, push"]
    assert looser_reach("alice", had, had | {Means.SMS: "+15550100002"}) == [
        "alice is told by sms at …0002, not …0001"
    ]
    assert looser_reach("alice", had, had | {Means.VOICE: "+1"}) == []
    assert looser_reach("new", {}, had) == []


LOSS = Match(rule="daily_loss")
SILENCE = Silence("file-1", LOSS, "alice", "known", NOW, NOW + HOUR)
WINDOW = Maintenance("new disk", LOSS, NOW, NOW + HOUR)
ROUTINE = Routine("restart", LOSS, Hours(LONDON, time(6), time(7)))
INHIBITION = Inhibition(Match(rule="feed_down"), LOSS)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (SILENCE, "silence of daily_loss until 2026-03-02 01:00 UTC, up to level 2 Intervention"),
        (
            WINDOW,
            "new disk: quiet for daily_loss until 2026-03-02 01:00 UTC, up to level 2 Intervention",
        ),
        (ROUTINE, "restart: every week quiet for daily_loss, up to level 2 Intervention"),
        (INHIBITION, "daily_loss is quiet while feed_down is open"),
    ],
)
def test_what_hides_more_is_looser(
    one: Silence | Maintenance | Routine | Inhibition, says: str
) -> None:
    assert looser_quiet(Quieting(), one, NOW) == says
    known = Quieting(
        (replace(SILENCE, id="file-7"),), (INHIBITION,), (WINDOW,), routines=(ROUTINE,)
    )
    assert looser_quiet(known, one, NOW) is None, "wherever it stands in the file"


@pytest.mark.parametrize("one", [SILENCE, WINDOW, ROUTINE])
def test_what_hides_warnings_only_holds_at_once(one: Silence | Maintenance | Routine) -> None:
    assert looser_quiet(Quieting(), replace(one, max_level=Level.WARNING), NOW) is None


@pytest.mark.parametrize("one", [SILENCE, WINDOW])
def test_what_is_over_hides_nothing(one: Silence | Maintenance) -> None:
    assert looser_quiet(Quieting(), one, NOW + HOUR) is None
