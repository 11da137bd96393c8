"""What people decide about a desk, carried through page, barrier and commit: one function each.

Tightening is done when these return. Loosening is only recorded: the trading loop carries it out
after preflight and reconciliation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.approval import roster_of
from core.flatten import Job
from core.gate import Row
from core.limit_changes import Change
from core.modes import Mode
from core.people import Act, Actor
from core.requests import (
    OVERTAKEN,
    Action,
    Request,
    RequestRefusal,
    RequestState,
    answer_refusal,
    asked,
    lapse,
)
from store import commands
from store.approved import approve_roster, read_roster
from store.brake import Applied
from store.control import read_constraints, read_control, read_row, set_mode
from store.flattening import ask_flatten, read_job
from store.limit_changes import body_of, lower_limits, raise_limits
from store.reports.incidents import (
    close_incident,
    open_incident,
    publish_incident,
    read_incident,
)
from store.requests import (
    answer,
    ask,
    carried,
    find_request,
    finish,
    lapse_due,
    open_requests,
    read_request,
    unreviewed,
)
from store.sqlite import StoreFailed
from store.store import Store
from store.voices import readable, require
from store.wakeups import nudge


@dataclass(frozen=True, slots=True)
class Tightened:
    """What a tightening came to: how the desk stands, and the request that waits for a second person.

    `request` is None when the desk was at least as strict before, or when one voice was enough.
    """

    applied: Applied
    request: Request | None


def ask_kill(
    store: Store, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> Tightened | RequestRefusal:
    """Phase 1 of a kill: HELD at once on one voice, and a request for the second person.

    With a kill pending, another proved person's kill is its confirmation, and the same one's a reminder.
    """
    require(actor, Act.TIGHTEN)
    reason = readable(reason)
    pending = _pending(store, desk, Action.KILL, now)
    if pending and answer_refusal(pending, RequestState.CONFIRMED, actor, now) is None:
        return confirm(store, pending.id, actor, now)
    return _tighten_and_ask(store, desk, Mode.HELD, Action.KILL, actor, reason, id, now)


def ask_reduce_only(
    store: Store, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> Tightened:
    """REDUCE_ONLY at once on one voice; a second person's confirmation makes it the standing state."""
    require(actor, Act.TIGHTEN)
    return _tighten_and_ask(
        store, desk, Mode.REDUCE_ONLY, Action.REDUCE_ONLY, actor, readable(reason), id, now
    )


def kill_now(
    store: Store,
    desk: str,
    actor: Actor,
    reason: str,
    id: str,
    now: datetime,
    *,
    keep_positions: bool,
) -> Applied:
    """Break-glass: both phases on one voice. A person needs the role; a shell on the machine is enough."""
    require(actor, Act.BREAK_GLASS)
    reason = readable(reason)

    def change(tx: Connection) -> Row:
        body = {"reason": reason, "keep_positions": keep_positions}
        ran_before = _ran_before(tx, id, desk, "kill-switch", body, actor, now)
        if not ran_before:
            _stricter(store, tx, desk, Mode.KILLED, actor, reason, now)
            _waits_no_longer(store, tx, desk, now)
            if not keep_positions:
                ask_flatten(
                    tx, store.log, id=id, desk=desk, reason=reason, actor=actor.voice, now=now
                )
            _to_be_reviewed(store, tx, desk, actor, reason, id, now)
            _look_into(store, tx, desk, actor, reason, id, now)
        return read_row(tx, desk)

    return store.brake(desk).tighten(Mode.KILLED, change)


def _look_into(
    store: Store, tx: Connection, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> None:
    """A kill is an incident from its first second, so that its record begins with it."""
    title = f"kill: {reason}" if reason else "kill"
    open_incident(tx, store.log, id=f"inc-{id}", desk=desk, title=title, by=actor.voice, now=now)


def _to_be_reviewed(
    store: Store,
    tx: Connection,
    desk: str,
    actor: Actor,
    reason: str,
    id: str,
    now: datetime,
) -> None:
    """One voice was enough to kill; nobody resumes before another person has looked into it."""
    if not unreviewed(tx, desk):
        made = asked(f"review-{id}", desk, Action.REVIEW, reason, actor, now, {"kill": id})
        ask(tx, store.log, made)


def lower(
    store: Store, desk: str, made: list[Change], actor: Actor, id: str, now: datetime
) -> bool:
    """Stricter limits at once, on one voice; False when the command with this id did so before."""
    require(actor, Act.TIGHTEN)

    def transaction(tx: Connection) -> bool:
        body = body_of(made, of_profile=False)
        if _ran_before(tx, id, desk, "limit", body, actor, now):
            return False
        lower_limits(tx, store.log, desk, made, actor.voice, now)
        return True

    lowered = store.write(transaction)
    nudge(store.home.socket("loop", desk))
    return lowered


def note(store: Store, desk: str, actor: Actor, text: str, id: str, now: datetime) -> bool:
    """Put a line on record; False when the command with this id did so before."""
    require(actor, Act.NOTE)
    body = {"text": readable(text), "id": id}

    def transaction(tx: Connection) -> bool:
        ran_before = _ran_before(tx, id, desk, "note", body, actor, now)
        if not ran_before:
            store.log.append(tx, desk=desk, kind="note", actor=actor.voice, now=now, body=body)
        return not ran_before

    return store.write(transaction)


def close_positions(
    store: Store,
    desk: str,
    actor: Actor,
    product_ids: tuple[str, ...],
    reason: str,
    id: str,
    now: datetime,
) -> Job:
    """Ask for these positions to be closed, on one voice: it only reduces. The mode stays as it is."""
    require(actor, Act.TIGHTEN)
    reason = readable(reason)

    def transaction(tx: Connection) -> Job:
        body = {"product_ids": list(product_ids), "reason": reason}
        ran_before = _ran_before(tx, id, desk, "close", body, actor, now)
        known = read_job(tx, id) if ran_before else None
        return known or ask_flatten(
            tx,
            store.log,
            id=id,
            desk=desk,
            reason=reason,
            actor=actor.voice,
            now=now,
            product_ids=product_ids,
        )

    job = store.write(transaction)
    nudge(store.home.socket("loop", desk))
    return job


def confirm(
    store: Store, request_id: str, actor: Actor, now: datetime
) -> Tightened | RequestRefusal:
    """A second person's yes. A kill is carried out at once; a resume is handed to the trading loop."""
    request = store.read(lambda connection: read_request(connection, request_id))
    wanted = RequestState.CONFIRMED
    if request.action is not Action.KILL or answer_refusal(request, wanted, actor, now) is not None:
        return _confirm_without_brake(store, request, actor, now)
    refusals: list[RequestRefusal] = []

    def change(tx: Connection) -> Row:
        answered = answer(tx, store.log, request_id, wanted, actor, now)
        if isinstance(answered, RequestRefusal):
            refusals.append(answered)
            return read_row(tx, request.desk)
        _carry_out_kill(store, tx, request, actor, now)
        return read_row(tx, request.desk)

    applied = store.brake(request.desk).tighten(Mode.KILLED, change)
    if refusals:
        return refusals[0]
    if not applied.recorded:
        return Tightened(applied, request)
    return Tightened(applied, store.read(lambda c: read_request(c, request_id)))


def _confirm_without_brake(
    store: Store, request: Request, actor: Actor, now: datetime
) -> Tightened | RequestRefusal:
    def transaction(tx: Connection) -> Request | RequestRefusal:
        answered = answer(tx, store.log, request.id, RequestState.CONFIRMED, actor, now)
        if isinstance(answered, RequestRefusal) or answered.state is not RequestState.CONFIRMED:
            return answered
        outcome = _done_at_once(store, tx, answered, now)
        if outcome is None:
            return answered  # the trading loop carries it out
        return finish(tx, store.log, answered, RequestState.EXECUTED, outcome, now)

    answered = store.write(transaction)
    if isinstance(answered, RequestRefusal):
        return answered
    nudge(store.home.socket("loop", request.desk))
    row = store.read(lambda connection: read_row(connection, request.desk))
    return Tightened(Applied(row.mode, row.epoch, True, False, 0), answered)


def _done_at_once(store: Store, tx: Connection, request: Request, now: datetime) -> str | None:
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


def object_to(
    store: Store, request_id: str, actor: Actor, now: datetime
) -> Request | RequestRefusal:
    """End a request. It never makes the desk looser: a HELD desk stays HELD."""
    return store.write(
        lambda tx: answer(tx, store.log, request_id, RequestState.OBJECTED, actor, now)
    )


def _tighten_and_ask(
    store: Store,
    desk: str,
    mode: Mode,
    action: Action,
    actor: Actor,
    reason: str,
    id: str,
    now: datetime,
) -> Tightened:
    made: list[Request] = []

    def change(tx: Connection) -> Row:
        body = {"reason": reason}
        ran_before = _ran_before(tx, id, desk, action, body, actor, now)
        if ran_before:
            made.extend(filter(None, [find_request(tx, id)]))
            return read_row(tx, desk)
        lapse_due(tx, store.log, desk, now)
        _stricter(store, tx, desk, mode, actor, reason, now)
        pending = [r for r in open_requests(tx, desk) if r.action is action]
        if pending:
            made.append(_second_voice(store, tx, pending[0], actor, now))
        elif read_control(tx, desk).mode is mode:
            fresh = ask(tx, store.log, asked(id, desk, action, reason, actor, now))
            made.append(_with_a_rules_voice(store, tx, fresh, now))
            if action is Action.KILL:
                _look_into(store, tx, desk, actor, reason, id, now)
        return read_row(tx, desk)

    applied = store.brake(desk).tighten(mode, change)
    if not applied.recorded:
        return Tightened(applied, None)
    return Tightened(applied, made[0] if made else None)


def _with_a_rules_voice(store: Store, tx: Connection, request: Request, now: datetime) -> Request:
    """A measured danger is a second voice where two people have agreed that it is one."""
    known = read_roster(tx)
    if request.action is not Action.KILL or known is None:
        return request
    in_force = {str(c.rule) for c in read_constraints(tx, request.desk)}
    agreeing = sorted(in_force & known.confirmations.concurring)
    return _carry_out_without(store, tx, request, agreeing[0], now) if agreeing else request


def flatten_unconfirmed(store: Store, desk: str, now: datetime) -> bool:
    """Carry out a kill that nobody confirmed in time, where two people have agreed to that."""

    def overdue(connection: Connection) -> list[Request]:
        known = read_roster(connection)
        if known is None or not known.confirmations.flatten_on_timeout:
            return []
        waiting = [r for r in open_requests(connection, desk) if r.action is Action.KILL]
        return [r for r in waiting if lapse(r, now) is RequestState.EXPIRED]

    if not store.read(overdue):
        return False

    def change(tx: Connection) -> Row:
        for request in overdue(tx):
            _carry_out_without(store, tx, request, "nobody in time", now)
        return read_row(tx, desk)

    store.brake(desk).tighten(Mode.KILLED, change)
    return True


def _carry_out_without(
    store: Store, tx: Connection, request: Request, by: str, now: datetime
) -> Request:
    agreed = carried(tx, store.log, request, f"machine:{by}", now)
    _carry_out_kill(store, tx, agreed, Actor(f"machine:{by}"), now)
    return agreed


def _ran_before(
    tx: Connection,
    id: str,
    desk: str,
    verb: str,
    body: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> bool:
    """Record a command that is carried out in this transaction; whether one with its id was before."""
    earlier = commands.record(
        tx,
        id=id,
        desk=desk,
        verb=verb,
        body=dict(body),
        actor=actor.voice,
        now=now,
        outcome="applied",
    )
    return earlier is not None


def _second_voice(
    store: Store, tx: Connection, pending: Request, actor: Actor, now: datetime
) -> Request:
    """Two people may kill at the same moment: the later one's voice is the confirmation."""
    wanted = RequestState.CONFIRMED
    if pending.action is not Action.KILL or answer_refusal(pending, wanted, actor, now):
        return pending
    answered = answer(tx, store.log, pending.id, wanted, actor, now)
    assert isinstance(answered, Request), "it was asked just now, in this transaction"
    _carry_out_kill(store, tx, answered, actor, now)
    return answered


def _carry_out_kill(
    store: Store, tx: Connection, request: Request, actor: Actor, now: datetime
) -> None:
    _stricter(store, tx, request.desk, Mode.KILLED, actor, request.reason, now)
    ask_flatten(
        tx,
        store.log,
        id=request.id,
        desk=request.desk,
        reason=request.reason,
        actor=actor.voice,
        now=now,
    )


def _waits_no_longer(store: Store, tx: Connection, desk: str, now: datetime) -> None:
    """A kill that waited for its second person is overtaken by one that needed none."""
    for request in open_requests(tx, desk):
        if request.action is Action.KILL and request.state is RequestState.ASKED:
            finish(tx, store.log, request, RequestState.EXPIRED, OVERTAKEN, now)


def _stricter(
    store: Store,
    tx: Connection,
    desk: str,
    mode: Mode,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    if read_control(tx, desk).mode < mode:
        set_mode(tx, store.log, desk, mode, reason=reason, actor=actor.voice, now=now)


def _pending(store: Store, desk: str, action: Action, now: datetime) -> Request | None:
    """The request that still waits; None as well when the store cannot be read: the brake goes on."""
    try:
        found = store.read(lambda connection: open_requests(connection, desk))
    except StoreFailed:
        return None
    return next((r for r in found if r.action is action and lapse(r, now) is None), None)
