"""How an event of an alert and what came of it stand on record, in words."""

from datetime import datetime
from typing import Any

from core.alerting.effects import (
    Effect,
    NoticeKind,
    Notify,
    Open,
    Outcome,
    RaiseAlso,
    Said,
    Spared,
    Tighten,
    Withheld,
)
from core.alerting.events import (
    Acked,
    Escalated,
    Event,
    HandedOver,
    Objected,
    Resolved,
    Sent,
    ShiftBegan,
    Snoozed,
)
from core.alerting.levels import Level

CHAINED = frozenset({Said.OPENED, Said.LEVEL_RAISED, Said.REOPENED, Said.RESOLVED, Said.ACTED})
"""What belongs to the desk's own record from level 2 on; a storm of warnings would drown it."""


def line(event: Event | None, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The columns of one line of history. Without an event it was time alone."""
    told = [said for effect in outcome.effects if (said := _told(effect))]
    return {
        "alert_id": outcome.alert.id,
        "version": outcome.alert.version,
        "at": now,
        "event": "time" if event is None else type(event).__name__.lower(),
        "actor": actor_of(event),
        "said": outcome.said.value,
        "did": "\n".join(told),
    }


def actor_of(event: Event | None) -> str:
    """The person behind an event, or nobody."""
    match event:
        case Resolved(by):
            return by
        case Acked() | Escalated() | HandedOver() | Snoozed() | Objected() | ShiftBegan() | Sent():
            return event.person
        case _:
            return ""


def chained(event: Event | None, outcome: Outcome) -> bool:
    """What people do is on the desk's record at every level."""
    if isinstance(event, Acked | Escalated | HandedOver | Snoozed | Objected | Resolved):
        return True
    return outcome.alert.peak >= Level.INTERVENTION and outcome.said in CHAINED


def entry(outcome: Outcome) -> dict[str, Any]:
    """What the desk's record says of it."""
    alert = outcome.alert
    return {
        "alert": alert.id,
        "rule": alert.identity.rule,
        "symbol": alert.identity.symbol,
        "level": alert.level.value,
        "state": alert.state.value,
        "said": outcome.said.value,
        "text": alert.text,
        "drill": alert.drill,
    }


def _told(effect: Effect) -> str:
    match effect:
        case Notify(person=person, by=by, kind=kind, why=why, late_s=late_s, held_until=held):
            late = f", late by {late_s} s" if late_s else ""
            late += f", held until {held:%H:%M:%S} UTC" if held else ""
            verb = "page" if kind is NoticeKind.PAGE else f"tell ({kind})"
            return f"{verb} {person or 'the place'} by {by}: {why}{late}"
        case Withheld(reason=reason, until=until):
            return f"nobody told, {reason}; again at {until:%H:%M:%S} UTC"
        case Spared(action=action, reason=reason):
            return f"{action} left out: {reason}"
        case Tighten(action=action, why=why):
            return f"decided by itself: {action}, because {why}"
        case Open(what=what):
            return f"opens {what}"
        case RaiseAlso(text=text):
            return f"raises another alert: {text}"
        case _:
            return ""
