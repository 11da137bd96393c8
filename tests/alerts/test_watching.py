"""Absence and trends: who has fallen silent, how full the disk is, how many orders fail."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.alerting.heard import ALERT_OF, facts_in
from core.alerting.levels import Level
from core.alerting.rules import RULES
from core.chain import Event
from core.modes import Rule
from store.control import constrain
from store.heartbeats import STOPPED, beat
from tests.alerts.night import DESK, MIDNIGHT, Night


def beats(night: Night, process: str = "loop", detail: str = "running") -> None:
    night.store.write(lambda tx: beat(tx, DESK, process, 4711, detail, night.now))


def every_second(night: Night, until: str) -> None:
    """Absence is looked at once a second."""
    end = night.now + timedelta(seconds=int(until))
    while night.now < end:
        night.now += timedelta(seconds=1)
        night.tick()


def test_a_trader_that_falls_silent_is_missed_within_seconds(night: Night) -> None:
    beats(night)
    every_second(night, "9")
    assert night.open() == []
    every_second(night, "1")
    [alert] = night.open()
    assert (alert.identity.rule, alert.identity.symbol) == ("process_silent", "loop")
    assert (alert.level, "4711" in alert.text) == (Level.INTERVENTION, True)
    every_second(night, "50")
    assert night.alert().level is Level.CRITICAL
    beats(night)
    every_second(night, "1")
    assert not night.alert().cleared  # one beat is not yet life
    for _ in range(70):
        beats(night)
        every_second(night, "1")
    assert night.alert().cleared


def test_a_desk_may_be_told_sooner_than_usual(night: Night) -> None:
    usual = RULES["process_silent"].thresholds
    assert usual is not None
    sooner = replace(usual.levels[0], raise_at=Decimal(5))
    named = {"process_silent": replace(usual, levels=(sooner, *usual.levels[1:]))}
    night.arranged = replace(night.arranged, thresholds=named)
    beats(night)
    every_second(night, "4")
    assert night.open() == []
    every_second(night, "1")
    assert [alert.level for alert in night.open()] == [Level.INTERVENTION]


@pytest.mark.parametrize("process", ["loop", "guard", "bot"])
def test_whichever_process_falls_silent_is_missed(night: Night, process: str) -> None:
    """Alerts themselves are missed by the loop and by the guard: tests/trader."""
    beats(night, process)
    every_second(night, "11")
    [alert] = night.open()
    assert (alert.identity.symbol, alert.level) == (process, Level.INTERVENTION)


def test_after_a_restart_it_is_still_known_what_was_missing(night: Night) -> None:
    beats(night)
    every_second(night, "12")
    night.restart()
    for _ in range(70):
        beats(night)
        every_second(night, "1")
    assert night.alert().cleared


def test_a_process_that_was_told_to_stop_is_not_missed(night: Night) -> None:
    beats(night, "bot", STOPPED)
    beats(night, "loop")
    night.store.write(
        lambda tx: constrain(tx, night.store.log, DESK, Rule.DRAINING, reason="stop", now=night.now)
    )
    every_second(night, "30")
    assert night.open() == []


def test_a_process_that_was_gone_before_we_listened_is_given_time(night: Night) -> None:
    beats(night)
    night.now += timedelta(days=3)
    night.restart()
    every_second(night, "9")
    assert night.open() == []
    every_second(night, "5")
    assert len(night.open()) == 1


def test_a_clock_that_was_set_back_while_nobody_looked_is_told(night: Night) -> None:
    """What was put on record before this start lies in the future now."""
    beats(night)
    night.now -= timedelta(hours=1)
    night.restart()
    every_second(night, "1")
    [alert] = night.open()
    assert (alert.identity.rule, "-3599.0 s" in alert.text) == ("clock_jump", True)
    assert "timedatectl" in alert.text


@pytest.mark.parametrize("rule", Rule)
def test_every_constraint_is_an_alert_or_is_left_out_on_purpose(rule: Rule) -> None:
    name = ALERT_OF.get(rule, rule.value)
    event = Event(DESK, 1, MIDNIGHT, "constrained", "machine", {"rule": rule, "reason": "x"}, "")
    facts = facts_in(event)
    if name is None:
        assert facts == []
        return
    [fact] = facts
    assert fact.rule == name
    assert name in RULES, f"{name} has no entry in core/alerting/rules.py"


def test_most_of_the_record_says_nothing() -> None:
    assert facts_in(Event(DESK, 1, MIDNIGHT, "fill", "machine", {}, "")) == []
