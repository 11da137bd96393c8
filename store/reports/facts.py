"""What happened on a desk in a stretch of time, read in one snapshot."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from core.incidents import Incident
from core.reports.facts import EquitySample, Facts
from store.events import events_between
from store.ledger import fills_between
from store.orders import orders_between
from store.reports.history import equity_between, marks_between, present
from store.reports.messages import taken_between, told_between
from store.reports.schema import equity_samples

LEAD = timedelta(minutes=30)
"""What came before an incident was opened belongs to it."""
TAIL = timedelta(minutes=5)


def incident_window(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """From a while before its opening to a little after its end, or to now."""
    ended = incident.closed_at + TAIL if incident.closed_at else now
    return incident.opened_at - LEAD, min(ended, now)


def read_facts(
    connection: Connection, desk: str, since: datetime, until: datetime, now: datetime
) -> Facts:
    """Both ends included. The last sample of the books before it opens the window.

    One that reaches to now ends with the books as they are now.
    """
    live = present(connection, desk, now) if until >= now else None
    return Facts(
        desk=desk,
        since=since,
        until=until,
        events=events_between(connection, desk, since, until),
        orders=orders_between(connection, desk, since, until),
        fills=fills_between(connection, desk, since, until),
        equity=[
            *_before(connection, desk, since),
            *equity_between(connection, desk, since, until),
            *([live[0]] if live else []),
        ],
        marks=[*marks_between(connection, desk, since, until), *(live[1] if live else [])],
        told=told_between(connection, desk, since, until),
        taken=taken_between(connection, desk, since, until),
    )


def _before(connection: Connection, desk: str, since: datetime) -> list[EquitySample]:
    at = connection.scalar(
        select(equity_samples.c.at)
        .where(equity_samples.c.desk == desk, equity_samples.c.at < since)
        .order_by(equity_samples.c.at.desc())
        .limit(1)
    )
    return equity_between(connection, desk, at, at) if at is not None else []
