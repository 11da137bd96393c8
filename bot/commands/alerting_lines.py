"""What a status says of alerts: those that are open, and who is on call."""

from collections import Counter
from datetime import datetime

from bot.words import count
from core.alerting.alert import Alert
from core.oncall.schedule import Duty, who
from store.alerting.alerts import open_alerts
from store.alerting.arranged import NothingArranged
from store.alerting.plans import schedule_of
from store.store import Transaction

NAMED = 3
"""So many alerts are named one by one; of the others their number says enough."""


def alert_lines(connection: Transaction, desk: str, now: datetime) -> list[str]:
    """Which are open, and who is on call."""
    return [*_open(open_alerts(connection, desk)), _on_call(connection, now)]


def _open(found: list[Alert]) -> list[str]:
    if not found:
        return ["no open alerts"]
    named = [_named(alert) for alert in found[:NAMED]]
    levels = Counter(alert.peak for alert in found[NAMED:])
    rest = [f"{levels[level]} more of {level}" for level in sorted(levels, reverse=True)]
    return [f"{count(len(found), 'open alert')}: {'; '.join([*named, *rest])}"]


def _named(alert: Alert) -> str:
    has = ", ".join(ack.person for ack in alert.acks)
    state = f"{has} has it" if has else alert.state.value
    return f"{alert.id} {alert.level}, {alert.identity.rule} ({state})"


def _on_call(connection: Transaction, now: datetime) -> str:
    try:
        schedule = schedule_of(connection)
    except NothingArranged as why:
        return f"on call: UNKNOWN, {why}"
    duties = (f"{duty.value} {_people(who(schedule, duty, now).people)}" for duty in Duty)
    return f"on call: {', '.join(duties)}"


def _people(names: tuple[str, ...]) -> str:
    return " and ".join(names) or "NOBODY"
