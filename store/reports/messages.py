"""Who was told of alerts in a stretch of time, and who took charge of them."""

from datetime import datetime

from sqlalchemy import Connection, select

from core.reports.facts import Taken, Told
from store.alerting.outbox_schema import outbox
from store.alerting.schema import alert_history, alerts


def told_between(connection: Connection, desk: str, since: datetime, until: datetime) -> list[Told]:
    """Every message that was meant to go out then, in its order, with what came of it."""
    rows = connection.execute(
        select(outbox, alerts.c.rule, alerts.c.symbol)
        .join(alerts, alerts.c.id == outbox.c.alert_id)
        .where(outbox.c.desk == desk, outbox.c.since >= since, outbox.c.since <= until)
        .order_by(outbox.c.since, outbox.c.key)
    )
    return [
        Told(
            row.since,
            row.alert_id,
            row.rule,
            row.symbol,
            row.level,
            row.person,
            row.by,
            row.kind,
            row.outcome,
            row.ended_at,
        )
        for row in rows
    ]


def taken_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[Taken]:
    """Each acknowledgement, with how long the alert had been open."""
    rows = connection.execute(
        select(alert_history, alerts.c.rule, alerts.c.symbol, alerts.c.opened_at)
        .join(alerts, alerts.c.id == alert_history.c.alert_id)
        .where(
            alerts.c.desk == desk,
            alert_history.c.event == "acked",
            alert_history.c.at >= since,
            alert_history.c.at <= until,
        )
        .order_by(alert_history.c.seq)
    )
    return [
        Taken(row.at, row.alert_id, row.rule, row.symbol, row.actor, row.at - row.opened_at)
        for row in rows
    ]
