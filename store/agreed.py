"""What a second person's yes brings about by itself, in the transaction that takes it."""

from datetime import datetime

from sqlalchemy import Connection

from core.approval import roster_of
from core.requests import Action, Request
from store.approved import approve_roster
from store.limit_changes import raise_limits
from store.reports.incidents import close_incident, publish_incident, read_incident
from store.store import Store


def done_at_once(store: Store, tx: Connection, request: Request, now: datetime) -> str | None:
    """What a second person's yes alone brings about; None where the trading loop has to."""
    by = f"{request.requester} and {request.decided_by}"
    match request.action:
        case Action.REDUCE_ONLY:
            return "REDUCE_ONLY is the standing mode"
        case Action.REVIEW:
            return f"reviewed by {request.decided_by}: the desk may be resumed"
        case Action.ROLES:
            approve_roster(tx, store.log, roster_of(request.body["roster"]), by, now)
            return "the roles are in force"
        case Action.LIMITS:
            return raise_limits(tx, store.log, request.desk, request.body, by, now)
        case Action.PUBLISH:
            incident = read_incident(tx, request.body["incident"])
            publish_incident(tx, store.log, incident, by, now)
            return f"the report of {incident.id} is published"
        case Action.CLOSE_INCIDENT:
            incident = read_incident(tx, request.body["incident"])
            close_incident(tx, store.log, incident, by, now)
            return f"{incident.id} is closed"
    return None
