"""What two people have approved, kept beside the files that may say otherwise.

A file that is stricter holds at once; one that is looser changes nothing until two people agree.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.approval import Roster, looser, roster_of, strictest, tighter
from store.control import desks
from store.escalation.file import Escalation
from store.events import EventLog
from store.schema import approved

PEOPLE = "people"
FIRST_START = "first start"


def roster(escalation: Escalation) -> Roster:
    """Who may do what, as the file has it."""
    workspace = escalation.workspace
    groups = workspace.group_roles if workspace else {}
    return Roster(escalation.people, groups, escalation.confirmations)


def in_force(connection: Connection, escalation: Escalation) -> Escalation:
    """The file as far as it is approved; the whole of it before anything was."""
    return allowed(read_roster(connection), escalation)


def allowed(known: Roster | None, escalation: Escalation) -> Escalation:
    """The file as far as `known` was approved."""
    if known is None:
        return escalation
    found = strictest(known, roster(escalation))
    workspace = escalation.workspace
    if workspace is not None:
        workspace = replace(workspace, group_roles=found.groups)
    return replace(
        escalation, people=found.people, workspace=workspace, confirmations=found.confirmations
    )


def unapproved(connection: Connection, escalation: Escalation) -> list[str]:
    """What the file gives and nobody approved, in words."""
    known = read_roster(connection)
    return looser(known, roster(escalation)) if known is not None else []


def follow_file(tx: Connection, log: EventLog, escalation: Escalation, now: datetime) -> list[str]:
    """Take over what the file takes away, on record; what it took away, in words.

    The first file of a store is its beginning: it is approved as it stands.
    """
    wanted, known = roster(escalation), read_roster(tx)
    if known is None:
        approve_roster(tx, log, wanted, FIRST_START, now)
        return []
    less = tighter(known, wanted)
    if less:
        keep_approved(tx, PEOPLE, strictest(known, wanted).body(), "escalation.yaml", now)
        _tell(tx, log, "roles_tightened", "escalation.yaml", {"says": less}, now)
    return less


def approve_roster(tx: Connection, log: EventLog, wanted: Roster, by: str, now: datetime) -> None:
    """Two people have agreed; `by` names both."""
    before = read_roster(tx)
    says = looser(before, wanted) if before is not None else []
    keep_approved(tx, PEOPLE, wanted.body(), by, now)
    _tell(tx, log, "roles_approved", by, {"says": says}, now)


def read_roster(connection: Connection) -> Roster | None:
    """What was approved last; None before the first start of this store."""
    body = read_approved(connection, PEOPLE)
    return roster_of(body) if body is not None else None


def read_approved(connection: Connection, what: str) -> dict[str, Any] | None:
    found = connection.scalar(select(approved.c.body).where(approved.c.what == what))
    return json.loads(found) if found is not None else None


def approved_by(connection: Connection, what: str) -> tuple[str, datetime] | None:
    query = select(approved.c.approved_by, approved.c.at).where(approved.c.what == what)
    found = connection.execute(query).first()
    return (found.approved_by, found.at) if found else None


def keep_approved(tx: Connection, what: str, body: dict[str, Any], by: str, now: datetime) -> None:
    """Put in force what two people agreed on, or what only tightens."""
    values = {"body": json.dumps(body, sort_keys=True), "approved_by": by, "at": now}
    tx.execute(
        insert(approved)
        .values(what=what, **values)
        .on_conflict_do_update(index_elements=["what"], set_=values)
    )


def _tell(
    tx: Connection, log: EventLog, kind: str, actor: str, body: dict[str, Any], now: datetime
) -> None:
    """Roles are of the whole home: every desk's record says it."""
    for desk in desks(tx):
        log.append(tx, desk=desk, kind=kind, actor=actor, now=now, body=body)
