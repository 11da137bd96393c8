"""The alerts and their messages as they lie in the store, looked through for what cannot be right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from core.alerting.alert import AlertState
from core.alerting.audit import BEHIND, Violation, twins, unheard, violations
from store.alerting.alerts import open_alerts
from store.alerting.kept import alert_of
from store.alerting.outbox_schema import outbox
from store.alerting.plans import Plans
from store.alerting.schema import alerts

SENDING_MAX = timedelta(minutes=2)
"""Longer than any adapter waits for an answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong with one alert."""

    desk: str
    alert_id: str
    violation: Violation

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.violation}"


def audit(c: Connection, now: datetime) -> list[Found]:
    """Everything that is wrong; nothing, unless there is a fault in the product. Raises NothingArranged."""
    return [*_in_alerts(c, now), *_in_rows(c), *_in_messages(c, now)]


def _in_alerts(c: Connection, now: datetime) -> Iterator[Found]:
    plans, known = Plans(c, now), open_alerts(c)
    for alert in known:
        wrong = violations(alert, plans.of(alert), now)
        if unheard(alert, now):
            wrong.append(Violation.UNHEARD)
        yield from _about(alert.identity.desk, alert.id, wrong)
    for alert in twins(known):
        yield Found(alert.identity.desk, alert.id, Violation.TWO_OPEN)


def _in_rows(c: Connection) -> Iterator[Found]:
    """What an alert is found by has to be what it says. Rows of alerts that are over, too, if they wait."""
    resolved = alerts.c.state == AlertState.RESOLVED.value
    rows = c.execute(select(alerts).where(or_(~resolved, alerts.c.due.is_not(None))))
    for row in rows:
        alert = alert_of(row.body)
        says = (alert.state.value, alert.level.value, alert.peak.value, alert.due)
        if (row.state, row.level, row.peak, row.due) != says:
            yield Found(row.desk, row.id, Violation.MISLAID)


def _in_messages(c: Connection, now: datetime) -> Iterator[Found]:
    rows = c.execute(select(outbox).where(outbox.c.ended_at.is_(None)))
    for row in rows:
        if row.sending_at is None and now - row.due > BEHIND:
            yield Found(row.desk, row.alert_id, Violation.STUCK)
        elif row.sending_at is not None and now - row.sending_at > SENDING_MAX:
            yield Found(row.desk, row.alert_id, Violation.HANGS)


def _about(desk: str, alert_id: str, wrong: Iterable[Violation]) -> Iterator[Found]:
    return (Found(desk, alert_id, violation) for violation in wrong)
