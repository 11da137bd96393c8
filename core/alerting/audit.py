"""What must always hold of an alert: the process checks itself by it, and so does every test."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from core.alerting.alert import Alert, AlertState
from core.alerting.levels import Level
from core.alerting.paging import Plan
from core.alerting.policy import Need

BEHIND = timedelta(seconds=30)
"""How much a timer may be behind before somebody has to look why."""


class Violation(StrEnum):
    """What is wrong with an alert."""

    FORGOTTEN = "it fires, nobody has taken charge, and nothing is due"
    OVERDUE = "what was due has not been done"
    RESOLVED_BUT_DUE = "it is resolved and something is due"
    PAGES_THOUGH_TAKEN = "somebody has it and a step is due"
    NEVER_WAKES = "it is snoozed without an end"
    OWNERLESS = "it is acknowledged by nobody"
    PEAK_BELOW_LEVEL = "its level is above the highest it has had"
    TWO_OPEN = "another alert of the same identity is open"
    UNHEARD = "a step ran and no message has reached a person"
    MISLAID = "its row does not say what it says itself, so that it may never be found again"
    STUCK = "a message about it is due and nobody sends it"
    HANGS = "a message about it is being sent and does not end"


def violations(alert: Alert, plan: Plan, now: datetime) -> list[Violation]:
    """What is wrong with one alert; nothing, unless there is a fault in the product."""
    state, timers = alert.state, alert.timers
    wants_somebody = plan.of(alert).need is not Need.NOBODY
    checks = (
        (
            state is AlertState.FIRING and wants_somebody and timers.step is None,
            Violation.FORGOTTEN,
        ),
        (alert.due is not None and now - alert.due > BEHIND, Violation.OVERDUE),
        (state is AlertState.RESOLVED and alert.due is not None, Violation.RESOLVED_BUT_DUE),
        (
            state is not AlertState.FIRING and (timers.step, timers.act) != (None, None),
            Violation.PAGES_THOUGH_TAKEN,
        ),
        (state is AlertState.SNOOZED and timers.snooze is None, Violation.NEVER_WAKES),
        (state is AlertState.ACKNOWLEDGED and not alert.acks, Violation.OWNERLESS),
        (alert.level > alert.peak, Violation.PEAK_BELOW_LEVEL),
    )
    return [violation for is_so, violation in checks if is_so]


def unheard(alert: Alert, now: datetime) -> bool:
    """Whether a step of level 2 or above has run a while ago and no message reached a person."""
    stepped = alert.state is AlertState.FIRING and (alert.step, alert.loop) != (0, 0)
    if alert.peak < Level.INTERVENTION or not stepped or alert.paged_at is None:
        return False
    reached = alert.in_charge or any(one.person for one in alert.told)
    return not reached and now - alert.paged_at > BEHIND


def twins(alerts: Iterable[Alert]) -> list[Alert]:
    """Open alerts beyond the first of each identity."""
    seen = set()
    found = []
    for alert in alerts:
        if alert.open and alert.identity in seen:
            found.append(alert)
        elif alert.open:
            seen.add(alert.identity)
    return found
