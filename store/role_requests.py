"""What escalation.yaml gives and nobody approved becomes a request that two people have to answer."""

from datetime import datetime

from sqlalchemy import Connection

from core.approval import looser
from core.people import Actor
from core.requests import A_FILE, Action, Request, RequestState, asked
from store.approved import read_roster, roster
from store.control import desks
from store.escalation.file import Escalation
from store.events import EventLog
from store.requests import ask, finish, latest_requests

EARLIER = 100
"""So many requests are looked through for one that asked the same."""


def request_roles(
    tx: Connection, log: EventLog, escalation: Escalation, id: str, now: datetime
) -> Request | None:
    """Ask for what the file gives and nobody approved; None when that is nothing, or was asked already.

    What was objected to, or lapsed, is not asked again before the file says something else.
    """
    known, homes = read_roster(tx), desks(tx)
    says = looser(known, roster(escalation)) if known is not None else []
    if not says or not homes:
        return None
    body = {"roster": roster(escalation).body(), "says": says}
    desk = homes[0]
    earlier = [r for r in latest_requests(tx, desk, EARLIER) if r.action is Action.ROLES]
    if earlier and dict(earlier[0].body) == body and earlier[0].state is not RequestState.EXECUTED:
        return None
    for old in earlier:
        if old.state is RequestState.ASKED:
            finish(
                tx, log, old, RequestState.EXPIRED, "overtaken: the file says something else", now
            )
    nobody, why = Actor(A_FILE), "escalation.yaml was edited"
    return ask(tx, log, asked(id, desk, Action.ROLES, why, nobody, now, body))
