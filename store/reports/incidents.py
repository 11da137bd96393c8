"""Incidents as rows, and what is said about them as events of the record."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from core.incidents import TITLE_MAX, TRANSITIONS, Incident, IncidentState
from store.columns import spelled
from store.events import EventLog
from store.reports.schema import incidents


class NoSuchIncident(Exception):
    """No incident has this id; the message says so."""


class IncidentClosed(Exception):
    """The incident is closed: its record takes nothing more. Open another one."""


def open_incident(
    tx: Connection, log: EventLog, *, id: str, desk: str, title: str, by: str, now: datetime
) -> Incident:
    """The desk's incident: a new one, or the one that is open already, with this noted in it.

    Two incidents of one desk at once would split what happened between them.
    """
    known = find_incident(tx, id)
    if known is not None:
        return known
    running = open_incidents(tx, desk)
    if running:
        note_in_incident(tx, log, running[0], title, by, now)
        return running[0]
    incident = Incident(id, desk, title[:TITLE_MAX], IncidentState.OPEN, by, now)
    tx.execute(
        insert(incidents).values(
            id=id,
            desk=desk,
            title=incident.title,
            state=incident.state,
            opened_by=by,
            opened_at=now,
        )
    )
    body = {"incident": id, "title": incident.title}
    log.append(tx, desk=desk, kind="incident_opened", actor=by, now=now, body=body)
    return incident


def note_in_incident(
    tx: Connection, log: EventLog, incident: Incident, text: str, by: str, now: datetime
) -> None:
    """A line that the report quotes. Raises IncidentClosed."""
    _refuse_closed(incident)
    body = {"incident": incident.id, "text": text}
    log.append(tx, desk=incident.desk, kind="incident_note", actor=by, now=now, body=body)


def assign_incident(
    tx: Connection, log: EventLog, incident: Incident, assignee: str, by: str, now: datetime
) -> None:
    """Who looks into it from now on. Raises IncidentClosed."""
    _refuse_closed(incident)
    tx.execute(update(incidents).where(incidents.c.id == incident.id).values(assignee=assignee))
    body = {"incident": incident.id, "assignee": assignee}
    log.append(tx, desk=incident.desk, kind="incident_assigned", actor=by, now=now, body=body)


def close_incident(
    tx: Connection, log: EventLog, incident: Incident, by: str, now: datetime
) -> None:
    """Two people have agreed; `by` names both. Raises IncidentClosed."""
    _refuse_closed(incident)
    tx.execute(
        update(incidents)
        .where(incidents.c.id == incident.id)
        .values(state=IncidentState.CLOSED, closed_by=by, closed_at=now)
    )
    body = {"incident": incident.id}
    log.append(tx, desk=incident.desk, kind="incident_closed", actor=by, now=now, body=body)


def publish_incident(
    tx: Connection, log: EventLog, incident: Incident, by: str, now: datetime
) -> None:
    """Two people have agreed that the report is put where everybody reads it."""
    tx.execute(update(incidents).where(incidents.c.id == incident.id).values(published_at=now))
    body = {"incident": incident.id}
    log.append(tx, desk=incident.desk, kind="incident_published", actor=by, now=now, body=body)


def _refuse_closed(incident: Incident) -> None:
    if IncidentState.CLOSED not in TRANSITIONS[incident.state]:
        raise IncidentClosed(f"incident {incident.id} is closed; open another one")


def read_incident(connection: Connection, id: str) -> Incident:
    """Raises NoSuchIncident."""
    found = find_incident(connection, id)
    if found is None:
        raise NoSuchIncident(f"there is no incident {id!r}")
    return found


def find_incident(connection: Connection, id: str) -> Incident | None:
    row = connection.execute(select(incidents).where(incidents.c.id == id)).first()
    return _incident(row) if row else None


def open_incidents(connection: Connection, desk: str) -> list[Incident]:
    """Oldest first."""
    rows = connection.execute(
        select(incidents)
        .where(incidents.c.desk == desk, incidents.c.state == spelled(IncidentState.OPEN.value))
        .order_by(incidents.c.opened_at)
    )
    return [_incident(row) for row in rows]


def latest_incidents(connection: Connection, desk: str, limit: int) -> list[Incident]:
    """Newest first."""
    rows = connection.execute(
        select(incidents)
        .where(incidents.c.desk == desk)
        .order_by(incidents.c.opened_at.desc())
        .limit(limit)
    )
    return [_incident(row) for row in rows]


def incidents_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[Incident]:
    """Those that were open at some time between these instants, oldest first."""
    rows = connection.execute(
        select(incidents)
        .where(
            incidents.c.desk == desk,
            incidents.c.opened_at <= until,
            or_(incidents.c.closed_at.is_(None), incidents.c.closed_at >= since),
        )
        .order_by(incidents.c.opened_at)
    )
    return [_incident(row) for row in rows]


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        row.id,
        row.desk,
        row.title,
        IncidentState(row.state),
        row.opened_by,
        row.opened_at,
        row.assignee,
        row.closed_by,
        row.closed_at,
        row.published_at,
    )
