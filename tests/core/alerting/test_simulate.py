"""Timelines on paper: they read like the policy."""

from dataclasses import replace
from datetime import timedelta

from core.alerting.alert import AlertState, Identity
from core.alerting.defaults import DEFAULT
from core.alerting.events import Acked, Cleared, Fired, Resolved
from core.alerting.levels import Level
from core.alerting.policy import OnUnacked, Tightening
from core.alerting.quieting import Match, Quieting, Silence
from core.alerting.simulate import (
    LINES_MAX,
    Cast,
    Happening,
    Scenario,
    Timeline,
    clock_text,
    simulate,
)
from core.oncall.contacts import Contact, Means
from core.oncall.schedule import Duty, Schedule
from tests.core.alerting.bench import CONTACTS, L1, L2, L3, L4, SCHEDULE, T0, always, with_level

CAST = Cast(SCHEDULE, CONTACTS)


def run(level: Level, *happens: Happening, for_s: int = 1200, cast: Cast = CAST) -> Timeline:
    scenario = Scenario(Identity("main", "daily_loss"), level, T0, for_s, happens)
    return simulate(DEFAULT, cast, scenario)


def test_nobody_answers_a_critical_alert() -> None:
    text = [str(line) for line in run(L3, for_s=350).lines]
    every_means = "direct message, push, sms, voice"
    assert text == [
        "0:00  channel: page by channel (the alert was raised)",
        "0:00  pagerduty: page by pagerduty (the alert was raised)",
        f"0:00  alice: page by {every_means} (the alert was raised)",
        f"2:00  bob: page by {every_means} (nobody has acknowledged it)",
        f"5:00  carol: page by {every_means} (nobody has acknowledged it)",
    ]


def test_the_backup_answers_after_two_minutes_and_a_half() -> None:
    timeline = run(L3, Happening(150, Acked("bob", L3)))
    assert timeline.told("carol") == []
    assert timeline.alert.owner == "bob"
    assert "2:30  bob: acked (you have it)" in map(str, timeline.lines)
    assert [(line.at_s, line.what) for line in timeline.lines if line.who == "alice"] == [
        (0, "page"),
        (150, "taken"),
    ]


def test_everybody_is_called_each_minute_in_an_emergency() -> None:
    timeline = run(L4, Happening(70, Acked("alice", L4)), for_s=190)
    assert timeline.told("dave") == [0, 60, 120, 180]
    assert timeline.told("alice") == [0, 60]
    first = [str(line) for line in timeline.lines if line.who == "the system"]
    assert first[0] == "0:00  the system: hold (the alert was raised)"
    assert any("opens the kill card" in line for line in first)


def test_the_action_when_nobody_answers_is_in_the_timeline() -> None:
    policy = with_level(L3, on_unacked=OnUnacked(180, Tightening.REDUCE_ONLY))
    scenario = Scenario(Identity("main", "daily_loss"), L3, T0, 300)
    lines = [(line.at_s, line.what) for line in simulate(policy, CAST, scenario).lines]
    assert (120, "countdown") in lines and (180, "reduce-only") in lines
    drill = simulate(policy, CAST, replace(scenario, drill=True))
    assert (180, "leaves out reduce-only") in [(line.at_s, line.what) for line in drill.lines]


def test_whoever_comes_on_duty_on_the_way_is_the_one_paged() -> None:
    rotation = always("alice", "bob")
    schedule = Schedule({Duty.PRIMARY: rotation, Duty.BACKUP: rotation, Duty.TEAM_LEAD: rotation})
    start = rotation[0].rotation.handoff(1) - timedelta(seconds=60)
    scenario = Scenario(Identity("main", "daily_loss"), L3, start, 121)
    timeline = simulate(DEFAULT, Cast(schedule, CONTACTS), scenario)
    assert (timeline.told("alice"), timeline.told("bob")) == ([0], [120])


def test_a_silenced_alert_says_why_nobody_is_told() -> None:
    silence = Silence("s", Match(rule="daily_loss"), "alice", "known", T0, T0 + timedelta(hours=1))
    scenario = Scenario(Identity("main", "daily_loss"), L2, T0, 600)
    timeline = simulate(DEFAULT, CAST, scenario, Quieting(silences=(silence,)))
    assert [str(line) for line in timeline.lines] == [
        "0:05  nobody: is told (silenced: s by alice (known))"
    ]


def test_what_rules_do_is_in_the_timeline_too() -> None:
    happens = (Happening(10, Fired(L3)), Happening(20, Cleared()), Happening(40, Resolved("alice")))
    timeline = run(L2, *happens, for_s=3600)
    assert timeline.alert.state is AlertState.RESOLVED
    assert [line.at_s for line in timeline.lines if line.who == "the rule"] == [10, 20]
    assert timeline.lines[-1].at_s == 40


def test_nobody_on_call_is_said_and_everybody_hears() -> None:
    cast = Cast(Schedule({}), (Contact("dave", (Means.DM, Means.SMS)),))
    timeline = run(L3, for_s=1, cast=cast)
    assert timeline.told("dave") == [0]
    assert any("raises nobody_on_call" in str(line) for line in timeline.lines)


def test_a_timeline_has_an_end() -> None:
    assert len(run(L4, for_s=10**9).lines) == LINES_MAX
    assert len(run(L1, for_s=10**9).lines) == 1


def test_seconds_read_like_a_clock() -> None:
    assert [clock_text(at_s) for at_s in (0, 65, 3599, 3661)] == [
        "0:00",
        "1:05",
        "59:59",
        "1:01:01",
    ]
