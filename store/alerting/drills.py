"""What came of fire drills: who took charge, and how soon."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from core.alerting.levels import Level
from store.alerting.kept import alert_of
from store.alerting.schema import alert_history, alerts

RULE = "drill"


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill. `person` is the first who took charge; None while nobody has."""

    alert_id: str
    level: Level
    begun_at: datetime
    person: str | None
    after: timedelta | None


def latest_drills(connection: Connection, desk: str, limit: int) -> list[Drill]:
    """Newest first."""
    rows = connection.execute(
        select(alerts.c.id, alerts.c.body)
        .where(alerts.c.desk == desk, alerts.c.rule == RULE)
        .order_by(alerts.c.opened_at.desc())
        .limit(limit)
    )
    known = [(row.id, alert_of(row.body)) for row in rows]
    found = []
    for id, alert in known:
        if not alert.drill:
            continue
        taken = connection.execute(
            select(alert_history.c.at, alert_history.c.actor)
            .where(alert_history.c.alert_id == id, alert_history.c.event == "acked")
            .order_by(alert_history.c.seq)
            .limit(1)
        ).first()
        after = taken.at - alert.opened_at if taken else None
        person = taken.actor if taken else None
        found.append(Drill(id, alert.peak, alert.opened_at, person, after))
    return found
