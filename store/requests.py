"""Two-person requests as durable rows: asked, answered by compare-and-set, carried out or lapsed."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, literal, select, update

from core.people import Actor
from core.requests import (
    NOBODY,
    OPEN_STATES,
    POLICIES,
    TRANSITIONS,
    Action,
    Request,
    RequestRefusal,
    RequestState,
    answer_refusal,
    lapse,
)
from core.sight import drift, sight_of
from store.abuse import count_refused
from store.columns import one_of, spelled
from store.events import EventLog
from store.limit_changes import limits_drift
from store.schema import requests, slack_posts
from store.sights import read_sight


class NoSuchRequest(Exception):
    """No request has this id; `requests` lists those that are open."""


def ask(tx: Connection, log: EventLog, request: Request) -> Request:
    """Record a fresh request."""
    tx.execute(
        insert(requests).values(
            id=request.id,
            desk=request.desk,
            action=request.action,
            state=request.state,
            reason=request.reason,
            requester=request.requester,
            asked_at=request.asked_at,
            expires_at=request.expires_at,
            outcome="",
            body=json.dumps(dict(request.body), sort_keys=True),
            seen=json.dumps(dict(request.seen), sort_keys=True),
        )
    )
    _log(tx, log, request, request.requester, request.asked_at)
    return request


def answer(
    tx: Connection,
    log: EventLog,
    request_id: str,
    wanted: RequestState,
    actor: Actor,
    now: datetime,
) -> Request | RequestRefusal:
    """Confirm or object. A refusal is itself on record, and changes nothing.

    But for one: where the desk has drifted from what the card shows, the card shows it anew.
    """
    request = read_request(tx, request_id)
    refused = answer_refusal(request, wanted, actor, now)
    agrees = refused is None and wanted is RequestState.CONFIRMED
    drifted = drifted_since(tx, request, now) if agrees else []
    if drifted:
        refused = RequestRefusal.DRIFTED
        _see_anew(tx, request, now)
    if refused:
        body: dict[str, Any] = {"request": request.id, "wanted": wanted, "refused": refused.name}
        body |= {"drifted": drifted} if drifted else {}
        log.append(
            tx, desk=request.desk, kind="answer_refused", actor=actor.voice, now=now, body=body
        )
        count_refused(tx, log, [request.desk], "answer_refused", actor.voice, body, now)
        return refused
    if wanted is RequestState.CONFIRMED and request.requester in NOBODY:
        return _stood_behind(tx, log, request, actor, now)
    window_s = POLICIES[request.action].execution_s
    confirmed = wanted is RequestState.CONFIRMED and window_s is not None
    answered = replace(
        request,
        state=wanted,
        decided_by=actor.voice,
        decided_at=now,
        execute_before=now + timedelta(seconds=window_s or 0) if confirmed else None,
    )
    return _move(tx, log, request, answered, actor.voice, now)


def drifted_since(tx: Connection, request: Request, now: datetime) -> list[str]:
    """What is no longer as the request's card shows it, in words."""
    found = drift(sight_of(request.seen), read_sight(tx, request.desk, now)) if request.seen else []
    if request.action is Action.LIMITS:
        found += limits_drift(tx, request.desk, request.body)
    return found


def _see_anew(tx: Connection, request: Request, now: datetime) -> None:
    seen = json.dumps(read_sight(tx, request.desk, now).body(), sort_keys=True)
    tx.execute(update(requests).where(requests.c.id == request.id).values(seen=seen))


def _stood_behind(
    tx: Connection, log: EventLog, request: Request, actor: Actor, now: datetime
) -> Request:
    """What a file asked for has one person's word now; the second one's is still missing."""
    expires_at = now + timedelta(seconds=POLICIES[request.action].approval_s)
    asked_by = replace(request, requester=actor.voice, expires_at=expires_at)
    tx.execute(
        update(requests)
        .where(requests.c.id == request.id, requests.c.requester == request.requester)
        .values(requester=actor.voice, expires_at=expires_at)
    )
    _log(tx, log, asked_by, actor.voice, now)
    return asked_by


def carried(tx: Connection, log: EventLog, request: Request, by: str, now: datetime) -> Request:
    """A kill whose second voice is no person's: a rule's, or a policy's whose time has come."""
    agreed = replace(request, state=RequestState.CONFIRMED, decided_by=by, decided_at=now)
    return _move(tx, log, request, agreed, by, now)


def finish(
    tx: Connection,
    log: EventLog,
    request: Request,
    state: RequestState,
    outcome: str,
    now: datetime,
) -> Request:
    """Record what carrying it out came to."""
    return _move(tx, log, request, replace(request, state=state, outcome=outcome), "desk", now)


def lapse_due(tx: Connection, log: EventLog, desk: str, now: datetime) -> list[Request]:
    """Expire what waited too long for its second person or for its execution."""
    lapsed = []
    for request in open_requests(tx, desk):
        state = lapse(request, now)
        if state is not None:
            outcome = (
                "nobody confirmed in time"
                if state is RequestState.EXPIRED
                else "it was not carried out in time; ask again"
            )
            lapsed.append(finish(tx, log, request, state, outcome, now))
            if request.action is Action.KILL and state is RequestState.EXPIRED:
                _unconfirmed(tx, log, request, now)
    return lapsed


def _unconfirmed(tx: Connection, log: EventLog, request: Request, now: datetime) -> None:
    """The desk stays HELD with its positions open, and nobody has answered: somebody must be called."""
    body = {"request": request.id, "requester": request.requester, "reason": request.reason}
    log.append(tx, desk=request.desk, kind="kill_unconfirmed", actor="desk", now=now, body=body)


def read_request(connection: Connection, request_id: str) -> Request:
    """Raises NoSuchRequest."""
    found = find_request(connection, request_id)
    if found is None:
        raise NoSuchRequest(request_id)
    return found


def find_request(connection: Connection, request_id: str) -> Request | None:
    row = connection.execute(select(requests).where(requests.c.id == request_id)).first()
    return _request(row) if row else None


def open_requests(connection: Connection, desk: str) -> list[Request]:
    """Asked or confirmed and not carried out yet, oldest first."""
    rows = connection.execute(_WAITING, {"desk": desk})
    return [_request(row) for row in rows]


def unreviewed(connection: Connection, desk: str) -> Request | None:
    """The kill on one voice that nobody else has reviewed."""
    found = [r for r in open_requests(connection, desk) if r.action is Action.REVIEW]
    return found[0] if found else None


def latest_requests(connection: Connection, desk: str, limit: int) -> list[Request]:
    rows = connection.execute(
        select(requests)
        .where(requests.c.desk == desk)
        .order_by(requests.c.asked_at.desc())
        .limit(limit)
    )
    return [_request(row) for row in rows]


def requests_without_final_post(
    connection: Connection, desk: str, prefix: str, since: datetime
) -> list[Request]:
    """Asked since a moment, or posted and not finished, oldest first; `prefix` and id make a post's key."""
    key = literal(prefix) + requests.c.id
    never = (
        select(requests)
        .outerjoin(slack_posts, slack_posts.c.key == key)
        .where(requests.c.desk == desk, requests.c.asked_at >= since, slack_posts.c.key.is_(None))
    )
    unfinished = (
        select(requests)
        .join(slack_posts, slack_posts.c.key == key)
        .where(slack_posts.c.desk == desk, slack_posts.c.final == spelled(0))
    )
    found = [*connection.execute(never), *connection.execute(unfinished)]
    return sorted((_request(row) for row in found), key=lambda request: request.asked_at)


_WAITING = (
    select(requests)
    .where(requests.c.desk == bindparam("desk"), one_of(requests.c.state, OPEN_STATES))
    .order_by(requests.c.asked_at)
)


def _move(
    tx: Connection, log: EventLog, before: Request, after: Request, actor: str, now: datetime
) -> Request:
    """Compare-and-set: of two who answer at once, one finds the row changed."""
    if after.state not in TRANSITIONS[before.state]:
        raise ValueError(f"a request that is {before.state} cannot become {after.state}")
    changed = tx.execute(
        update(requests)
        .where(requests.c.id == before.id, requests.c.state == before.state)
        .values(
            state=after.state,
            decided_by=after.decided_by,
            decided_at=after.decided_at,
            execute_before=after.execute_before,
            outcome=after.outcome,
        )
    )
    if changed.rowcount != 1:
        raise ValueError(f"request {before.id} is not {before.state} any more")
    _log(tx, log, after, actor, now)
    return after


def _log(tx: Connection, log: EventLog, request: Request, actor: str, now: datetime) -> None:
    body: dict[str, Any] = {
        "request": request.id,
        "action": request.action,
        "state": request.state,
        "requester": request.requester,
        "decided_by": request.decided_by,
        "reason": request.reason,
        "outcome": request.outcome,
    }
    if request.body and request.state is RequestState.ASKED:
        body["body"] = dict(request.body)
    log.append(tx, desk=request.desk, kind="request", actor=actor, now=now, body=body)


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        desk=row.desk,
        action=Action(row.action),
        state=RequestState(row.state),
        reason=row.reason,
        requester=row.requester,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        execute_before=row.execute_before,
        outcome=row.outcome,
        body=json.loads(row.body),
        seen=json.loads(row.seen),
    )
