"""What people decide about a desk, carried through page, barrier and commit: one function each.

Tightening is done when these return. Loosening is only recorded: the trading loop carries it out
after preflight and reconciliation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.flatten import Job
from core.gate import Row
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
from store.brake import Applied
from store.control import read_control, read_row, set_mode
from store.flattening import ask_flatten, read_job
from store.requests import (
    answer,
    ask,
    find_request,
    finish,
    lapse_due,
    open_requests,
    read_request,
)
from store.sqlite import StoreFailed
from store.store import Store
from store.wakeups import nudge


class NotAllowed(Exception):
    """The person's roles do not allow this; the message says which would."""


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
    _require(actor, Act.TIGHTEN)
    reason = _readable(reason)
    pending = _pending(store, desk, Action.KILL, now)
    if pending and answer_refusal(pending, RequestState.CONFIRMED, actor, now) is None:
        return confirm(store, pending.id, actor, now)
    return _tighten_and_ask(store, desk, Mode.HELD, Action.KILL, actor, reason, id, now)


def ask_reduce_only(
    store: Store, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> Tightened:
    """REDUCE_ONLY at once on one voice; a second person's confirmation makes it the standing state."""
    _require(actor, Act.TIGHTEN)
    return _tighten_and_ask(
        store, desk, Mode.REDUCE_ONLY, Action.REDUCE_ONLY, actor, _readable(reason), id, now
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
    _require(actor, Act.BREAK_GLASS)
    reason = _readable(reason)

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
        return read_row(tx, desk)

    return store.brake(desk).tighten(Mode.KILLED, change)


def ask_resume(
    store: Store, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> Request | RequestRefusal:
    """Record that a person wants the desk ACTIVE again. Nothing changes until another agrees."""
    if actor.person is None:
        refused = RequestRefusal.NOT_A_PERSON
        body = {"action": Action.RESUME, "refused": refused.name}
        store.write(
            lambda tx: store.log.append(
                tx, desk=desk, kind="ask_refused", actor=actor.voice, now=now, body=body
            )
        )
        return refused
    _require(actor, Act.ASK)
    reason = _readable(reason)

    def transaction(tx: Connection) -> Request:
        lapse_due(tx, store.log, desk, now)
        pending = [r for r in open_requests(tx, desk) if r.action is Action.RESUME]
        earlier = pending[0] if pending else find_request(tx, id)
        if earlier is not None:
            return earlier
        return ask(tx, store.log, asked(id, desk, Action.RESUME, reason, actor, now))

    return store.write(transaction)


def note(store: Store, desk: str, actor: Actor, text: str, id: str, now: datetime) -> bool:
    """Put a line on record; False when the command with this id did so before."""
    _require(actor, Act.NOTE)
    body = {"text": _readable(text), "id": id}

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
    _require(actor, Act.TIGHTEN)
    reason = _readable(reason)

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
        if isinstance(answered, Request) and answered.action is Action.REDUCE_ONLY:
            outcome = "REDUCE_ONLY is the standing mode"
            return finish(tx, store.log, answered, RequestState.EXECUTED, outcome, now)
        return answered

    answered = store.write(transaction)
    if isinstance(answered, RequestRefusal):
        return answered
    nudge(store.home.socket("loop", request.desk))
    row = store.read(lambda connection: read_row(connection, request.desk))
    return Tightened(Applied(row.mode, row.epoch, True, False, 0), answered)


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
            made.append(ask(tx, store.log, asked(id, desk, action, reason, actor, now)))
        return read_row(tx, desk)

    applied = store.brake(desk).tighten(mode, change)
    if not applied.recorded:
        return Tightened(applied, None)
    return Tightened(applied, made[0] if made else None)


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


def _readable(reason: str) -> str:
    """A reason as it can be kept: what a broken terminal sends must not keep a brake from working."""
    return reason.encode("utf-8", "replace").decode("utf-8")


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


def _require(actor: Actor, act: Act) -> None:
    if actor.person is not None and not actor.person.may(act):
        raise NotAllowed(f"{actor.voice} may not {act}; roles: {_roles(actor)}")


def _roles(actor: Actor) -> str:
    return ", ".join(sorted(actor.person.roles)) if actor.person else "none"
