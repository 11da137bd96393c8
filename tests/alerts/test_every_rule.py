"""Every rule fires from what is in the store, reaches its highest level, and clears when that is gone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.alerting.alert import Alert
from core.alerting.danger_steps import Step
from core.alerting.events import Resolved
from core.alerting.heard import ALERT_OF
from core.alerting.levels import Level
from core.alerting.rules import FACTS, RULES
from core.alerting.trends import TRENDS
from core.modes import Mode, Rule
from store.control import constrain, release, set_mode
from store.danger_steps import write_steps
from store.store import Transaction
from tests.alerts.conditions import CONDITIONS, Scene
from tests.alerts.night import DESK, Night

STEP = timedelta(seconds=8)
"""Between looks: the trader's measurements count for ten seconds."""
STEPS_MAX = 60
MEANT = {Rule.STARTED_HELD, Rule.STARTED_REDUCE_ONLY, Rule.DRAINING, Rule.ALERTS_SILENT}
BY_PEOPLE = {"abuse", "drill", "wording_failed"}
"""Only a person knows that it is over, and resolves it."""
NOT_HERE = {"coverage_gap", "silence_ends"} | {
    "disk_full",
    "escalation_broken",
    "self_check",
    "nobody_on_call",
    "delivery_failed",
    "contact_stopped",
}
"""Shown elsewhere: who is on call, silences, the machine's disk, the file, alerts themselves, phones."""


def find(night: Night, rule: str) -> Alert | None:
    return next((alert for alert in night.open() if alert.identity.rule == rule), None)


def until(night: Night, scene: Callable[[bool], bool], done: Callable[[], bool]) -> None:
    first = True
    for _ in range(STEPS_MAX):
        if scene(first) and not first and done():
            return
        first = False
        night.now += STEP
    raise AssertionError(f"not within {STEPS_MAX} looks: {[str(a.identity) for a in night.open()]}")


@pytest.mark.parametrize("rule", sorted(CONDITIONS))
def test_a_trend_fires_at_its_highest_level_and_clears(night: Night, rule: str) -> None:
    act = CONDITIONS[rule]

    def moment(first: bool, bad: bool) -> bool:
        night.store.write(lambda tx: act(Scene(night, tx, first and bad, bad)))
        night.tick()
        return True

    highest = max(RULES[rule].levels)
    until(
        night,
        lambda first: moment(first, True),
        lambda: (found := find(night, rule)) is not None and found.level is highest,
    )
    alert = find(night, rule)
    assert alert is not None
    assert alert.text
    until(night, lambda _first: moment(False, False), lambda: is_over(night, alert.id))


def is_over(night: Night, id: str) -> bool:
    alert = night.alert(id)
    return alert.cleared or not alert.open


def writes(night: Night, transaction: Callable[[Transaction], object]) -> None:
    night.store.write(transaction)
    night.now += timedelta(seconds=1)
    night.tick()


FIGURES = sorted(rule.name for rule in FACTS if rule.thresholds is not None)


@pytest.mark.parametrize("rule", FIGURES)
def test_a_figure_of_the_trader_fires_and_clears(night: Night, rule: str) -> None:
    log, alert = night.store.log, None
    for level in sorted(RULES[rule].levels):
        step = Step(rule, "", level, f"at {level}")
        writes(night, lambda tx, step=step: write_steps(tx, log, DESK, [step], night.now))  # type: ignore[misc]
        alert = find(night, rule)
        assert alert is not None
        assert (alert.level, alert.text) == (level, f"at {level}")
    back = Step(rule, "", None, "")
    writes(night, lambda tx: write_steps(tx, log, DESK, [back], night.now))
    assert alert is not None
    assert is_over(night, alert.id)


@pytest.mark.parametrize("rule", sorted(set(Rule) - MEANT))
def test_a_constraint_fires_and_clears(night: Night, rule: Rule) -> None:
    log = night.store.log
    writes(night, lambda tx: constrain(tx, log, DESK, rule, reason="why", now=night.now))
    alert = find(night, ALERT_OF[rule] or "")
    assert alert is not None
    assert alert.text == "why"
    writes(night, lambda tx: release(tx, log, DESK, rule, actor="two", now=night.now))
    assert is_over(night, alert.id)


def mode(to: Mode) -> Callable[[Night, Transaction], object]:
    return lambda night, tx: set_mode(
        tx, night.store.log, DESK, to, reason="why", actor="ann", now=night.now
    )


def event(kind: str, **body: str) -> Callable[[Night, Transaction], object]:
    return lambda night, tx: night.store.log.append(
        tx, desk=DESK, kind=kind, actor="desk", now=night.now, body=body
    )


EVENTS = {
    "desk_killed": (mode(Mode.KILLED), mode(Mode.ACTIVE)),
    "kill_unconfirmed": (event("kill_unconfirmed", reason="why"), mode(Mode.KILLED)),
    "guard_acts": (event("guard_stood_in", because="why"), event("armed", boot="7")),
    "flatten_residual": (
        event("flatten", state="residual", outcome="why"),
        event("flatten", state="flat_verified"),
    ),
}


@pytest.mark.parametrize("rule", sorted(EVENTS))
def test_what_is_on_record_fires_and_clears(night: Night, rule: str) -> None:
    happens, ends = EVENTS[rule]
    writes(night, lambda tx: happens(night, tx))
    alert = find(night, rule)
    assert alert is not None
    assert alert.text == "why"
    writes(night, lambda tx: ends(night, tx))
    assert is_over(night, alert.id)


@pytest.mark.parametrize("rule", sorted(BY_PEOPLE))
def test_what_only_a_person_can_end(night: Night, rule: str) -> None:
    if rule == "abuse":
        say = event("abuse_suspected", voice="mallory", what="12 attempts")
        writes(night, lambda tx: say(night, tx))
    else:
        night.fires(rule, RULES[rule].level)
    alert = find(night, rule)
    assert alert is not None
    night.does(Resolved("alice"), alert.id)
    assert not night.alert(alert.id).open


def test_no_rule_is_left_out() -> None:
    constrained = {name for rule, name in ALERT_OF.items() if name is not None}
    told = set(CONDITIONS) | set(FIGURES) | constrained | set(EVENTS) | BY_PEOPLE | NOT_HERE
    assert told >= set(RULES), "it never fires, or nobody has shown that it does"
    assert set(CONDITIONS) == {rule.name for rule in TRENDS} - NOT_HERE


def test_a_position_that_was_closed_takes_its_alerts_along(night: Night) -> None:
    """Its figures are not unknown then: they are gone."""
    funding = CONDITIONS["funding_rate"]
    for _ in range(2):
        night.store.write(lambda tx: funding(Scene(night, tx, False, True)))
        night.tick()
        night.now += STEP * 2
    alert = find(night, "funding_rate")
    assert alert is not None
    stuck = CONDITIONS["position_stuck"]
    night.store.write(lambda tx: stuck(Scene(night, tx, False, False)))
    until(night, lambda _first: bool(night.tick() or True), lambda: is_over(night, alert.id))


def test_the_levels_of_a_trend_are_those_of_the_table() -> None:
    l1, l2, l3 = Level.WARNING, Level.INTERVENTION, Level.CRITICAL
    assert {rule.name: rule.levels for rule in TRENDS if l3 in rule.levels}.keys() == {
        "process_silent",
        "feed_down_holding",
        "exposure",
        "volatility",
        "equity_fall",
        "guard_trips",
    }
    assert all(rule.levels <= {l1, l2, l3} for rule in TRENDS)
