"""What one person asks for and nothing comes of before another agrees: each is a row."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.limit_changes import Change
from core.people import Act, Actor
from core.reconcile import Discrepancy
from core.requests import (
    SIGHTED,
    Action,
    Request,
    RequestRefusal,
    asked,
)
from store.abuse import count_refused
from store.limit_changes import body_of
from store.requests import (
    ask,
    find_request,
    lapse_due,
    open_requests,
    unreviewed,
)
from store.sights import read_sight
from store.store import Store
from store.voices import readable, require


def ask_resume(
    store: Store, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> Request | RequestRefusal:
    """Record that a person wants the desk ACTIVE again. Nothing changes until another agrees."""
    return _ask_two(store, desk, Action.RESUME, actor, reason, id, now, {})


def ask_raise(
    store: Store, desk: str, made: list[Change], actor: Actor, reason: str, id: str, now: datetime
) -> Request | RequestRefusal:
    """Record that a person wants looser limits. They stay as they are until another agrees."""
    body = body_of(made, of_profile=False)
    return _ask_two(store, desk, Action.LIMITS, actor, reason, id, now, body)


def ask_accept(
    store: Store,
    desk: str,
    actor: Actor,
    found: Iterable[Discrepancy],
    reason: str,
    id: str,
    now: datetime,
) -> Request | RequestRefusal:
    """Record that a person takes these differences for true. Nothing is booked until another agrees."""
    seen = list(found)
    body = {
        "figures": {one.id: dict(one.figures) for one in seen},
        "says": {one.id: one.says for one in seen},
    }
    return _ask_two(store, desk, Action.ACCEPT, actor, reason, id, now, body)


def ask_about_incident(
    store: Store,
    desk: str,
    action: Action,
    incident_id: str,
    actor: Actor,
    id: str,
    now: datetime,
) -> Request | RequestRefusal:
    """Record that a person wants an incident's report published, or the incident closed."""
    body = {"incident": incident_id}
    return _ask_two(store, desk, action, actor, f"incident {incident_id}", id, now, body)


def _ask_two(
    store: Store,
    desk: str,
    action: Action,
    actor: Actor,
    reason: str,
    id: str,
    now: datetime,
    body: Mapping[str, Any],
) -> Request | RequestRefusal:
    if actor.person is None:
        refused = RequestRefusal.NOT_A_PERSON
        told = {"action": action, "refused": refused.name}

        def refuse(tx: Connection) -> None:
            kind, voice = "ask_refused", actor.voice
            store.log.append(tx, desk=desk, kind=kind, actor=voice, now=now, body=told)
            count_refused(tx, store.log, [desk], kind, voice, told, now)

        store.write(refuse)
        return refused
    require(actor, Act.ASK)
    reason = readable(reason)

    def transaction(tx: Connection) -> Request | RequestRefusal:
        lapse_due(tx, store.log, desk, now)
        if action is Action.RESUME and unreviewed(tx, desk):
            return RequestRefusal.REVIEW_FIRST
        pending = [
            r for r in open_requests(tx, desk) if (r.action, dict(r.body)) == (action, dict(body))
        ]
        earlier = pending[0] if pending else find_request(tx, id)
        if earlier is not None:
            return earlier
        seen = read_sight(tx, desk, now).body() if action in SIGHTED else {}
        return ask(tx, store.log, asked(id, desk, action, reason, actor, now, body, seen))

    return store.write(transaction)
