"""The alert state machine: one table of what each event does in each state, and one way to advance."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.alerting import acts, deadlines, firing
from core.alerting.alert import Alert, AlertState, Identity, move
from core.alerting.effects import Effect, Outcome, Said, WakeAt
from core.alerting.events import (
    Acked,
    Cleared,
    Due,
    Escalated,
    Event,
    Fired,
    Flushed,
    HandedOver,
    Lifted,
    Objected,
    Resolved,
    Sent,
    SetBack,
    ShiftBegan,
    Snoozed,
)
from core.alerting.paging import Plan

Handler = Callable[[Alert, Any, Plan, datetime], Outcome]


def _answer(said: Said) -> Handler:
    """An event that changes nothing here, and says so."""

    def unchanged(alert: Alert, _event: Event, _plan: Plan, _now: datetime) -> Outcome:
        return Outcome(alert, (), said)

    return unchanged


nothing = _answer(Said.NOTHING)
over = _answer(Said.ALREADY_RESOLVED)
ownerless = _answer(Said.NOT_IN_CHARGE)
no_action = _answer(Said.NO_ACTION_PENDING)

STATES = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.RESOLVED)

# fmt: off
_ROWS: dict[type[Event], tuple[Handler, Handler, Handler, Handler]] = {
    #            firing              acknowledged        snoozed             resolved
    Fired:      (firing.seen_again,  firing.seen_again,  firing.seen_again,  firing.back),
    Cleared:    (firing.gone,        firing.gone,        firing.gone,        nothing),
    Acked:      (acts.acknowledged,  acts.acknowledged,  acts.acknowledged,  over),
    HandedOver: (ownerless,          acts.handed_over,   ownerless,          over),
    Snoozed:    (acts.snoozed,       acts.snoozed,       acts.snoozed,       over),
    Escalated:  (acts.escalated,     acts.escalated,     acts.escalated,     over),
    Resolved:   (acts.resolved,      acts.resolved,      acts.resolved,      over),
    Objected:   (acts.objected,      no_action,          no_action,          over),
    ShiftBegan: (acts.shift_began,   nothing,            nothing,            nothing),
    Sent:       (acts.sent,          acts.sent,          acts.sent,          acts.sent),
    Lifted:     (acts.lifted,        nothing,            nothing,            nothing),
    Flushed:    (acts.flushed,       nothing,            nothing,            nothing),
    SetBack:    (deadlines.set_back, deadlines.set_back, deadlines.set_back, nothing),
    Due:        (deadlines.due,      deadlines.due,      deadlines.due,      nothing),
}
# fmt: on

HANDLERS: dict[type[Event], dict[AlertState, Handler]] = {
    event: dict(zip(STATES, row, strict=True)) for event, row in _ROWS.items()
}


def advance(alert: Alert, event: Event, plan: Plan, now: datetime) -> Outcome:
    """The alert after an event, and what has to be done. Every change makes a new version.

    Raises IllegalMove should a handler try a way that the table of states does not have.
    """
    outcome = HANDLERS[type(event)][alert.state](alert, event, plan, now)
    move(alert.state, outcome.alert.state)
    if outcome.alert == alert:
        return outcome
    changed = replace(outcome.alert, version=alert.version + 1)
    return Outcome(changed, outcome.effects + _wake(alert, changed), outcome.said)


def fire(
    latest: Alert | None,
    identity: Identity,
    fired: Fired,
    plan: Plan,
    id: str,
    now: datetime,
    drill: bool = False,
) -> Outcome:
    """A condition found: the open alert of this identity sees it again, a recent one reopens, else a new
    one with this id begins."""
    if latest is not None:
        outcome = advance(latest, fired, plan, now)
        if outcome.said is not Said.NOT_REOPENED:
            return outcome
    outcome = firing.opened(id, identity, fired, plan, now, drill)
    first = replace(outcome.alert, version=1)
    return Outcome(first, outcome.effects + _wake(None, first), outcome.said)


def settle(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    """Everything that is due, one timer after the other. Each is due once, so this comes to an end."""
    effects: tuple[Effect, ...] = ()
    said = Said.NOT_DUE
    while alert.due is not None and alert.due <= now:
        outcome = advance(alert, Due(alert.generation), plan, now)
        alert, said = outcome.alert, outcome.said
        effects += outcome.effects
    return Outcome(alert, effects, said)


def replay(alert: Alert, events: Iterable[tuple[datetime, Event, Plan]]) -> Alert:
    """The alert that the record says there must be."""
    for now, event, plan in events:
        alert = advance(alert, event, plan, now).alert
    return alert


def _wake(before: Alert | None, alert: Alert) -> tuple[WakeAt, ...]:
    if alert.due is None or (before is not None and before.due == alert.due):
        return ()
    return (WakeAt(alert.id, alert.due),)
