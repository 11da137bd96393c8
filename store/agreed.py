"""What comes into force once two people have agreed, in one transaction."""

from datetime import datetime

from sqlalchemy import Connection

from core.approval import roster_of
from core.requests import Action, Request, RequestState
from store.alerting.agreed import approve_arrangements
from store.approved import approve_roster
from store.events import EventLog
from store.limit_changes import raise_limits
from store.reports.incidents import close_incident, publish_incident, read_incident
from store.requests import finish
from store.store import Store


def raise_agreed(tx: Connection, log: EventLog, request: Request, now: datetime) -> Request:
    """The limits that two people agreed on, in force. The trader has run preflight and looked before."""
    outcome = raise_limits(tx, log, request.desk, request.body, _both(request), now)
    return finish(tx, log, request, RequestState.EXECUTED, outcome, now)


def _both(request: Request) -> str:
    return f"{request.requester} and {request.decided_by}"


def done_at_once(store: Store, tx: Connection, request: Request, now: datetime) -> str | None:
    """What a second person's yes alone brings about; None where the trading loop has to."""
    by = _both(request)
    match request.action:
        case Action.REDUCE_ONLY:
            return "REDUCE_ONLY is the standing mode"
        case Action.REVIEW:
            return f"reviewed by {request.decided_by}: the desk may be resumed"
        case Action.ROLES:
            approve_roster(tx, store.log, roster_of(request.body["roster"]), by, now)
            return "the roles are in force"
        case Action.ALERTING:
            return approve_arrangements(tx, store.log, request.body, by, now)
        case Action.PUBLISH:
            incident = read_incident(tx, request.body["incident"])
            publish_incident(tx, store.log, incident, by, now)
            return f"the report of {incident.id} is published"
        case Action.CLOSE_INCIDENT:
            incident = read_incident(tx, request.body["incident"])
            close_incident(tx, store.log, incident, by, now)
            return f"{incident.id} is closed"
    return None
