"""What people decide about a desk, carried through page, barrier and commit: one function each.

Tightening is done when these return. Loosening is only recorded: the trading loop carries it out
after preflight and reconciliation.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.gate import Row
from core.modes import Mode
from core.people import Act, Actor
from core.requests import (
    Action,
    Request,
    RequestRefusal,
    RequestState,
    answer_refusal,
    asked,
    lapse,
)
from store import commands
from store.agreed import done_at_once
from store.brake import Applied
from store.control import read_control, read_row
from store.flattening import ask_flatten
from store.kills import (
    carry_out_kill,
    look_into,
    overtake_kill,
    second_voice,
    stricter,
    to_be_reviewed,
    with_a_rules_voice,
)
from store.requests import answer, ask, find_request, finish, lapse_due, open_requests, read_request
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
        ran_before = commands.ran_before(tx, id, desk, "kill-switch", body, actor, now)
        if not ran_before:
            stricter(store, tx, desk, Mode.KILLED, actor, reason, now)
            overtake_kill(store, tx, desk, now)
            if not keep_positions:
                ask_flatten(
                    tx, store.log, id=id, desk=desk, reason=reason, actor=actor.voice, now=now
                )
            to_be_reviewed(store, tx, desk, actor, reason, id, now)
            look_into(store, tx, desk, actor, reason, id, now)
        return read_row(tx, desk)

    return store.brake(desk).tighten(Mode.KILLED, change)


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
        carry_out_kill(store, tx, request, actor, now)
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
        outcome = done_at_once(store, tx, answered, now)
        if outcome is None:
            return answered  # the trading loop carries it out
        return finish(tx, store.log, answered, RequestState.EXECUTED, outcome, now)

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
        ran_before = commands.ran_before(tx, id, desk, action, body, actor, now)
        if ran_before:
            made.extend(filter(None, [find_request(tx, id)]))
            return read_row(tx, desk)
        lapse_due(tx, store.log, desk, now)
        stricter(store, tx, desk, mode, actor, reason, now)
        pending = [r for r in open_requests(tx, desk) if r.action is action]
        if pending:
            made.append(second_voice(store, tx, pending[0], actor, now))
        elif read_control(tx, desk).mode is mode:
            fresh = ask(tx, store.log, asked(id, desk, action, reason, actor, now))
            made.append(with_a_rules_voice(store, tx, fresh, now))
            if action is Action.KILL:
                look_into(store, tx, desk, actor, reason, id, now)
        return read_row(tx, desk)

    applied = store.brake(desk).tighten(mode, change)
    if not applied.recorded:
        return Tightened(applied, None)
    return Tightened(applied, made[0] if made else None)


def _pending(store: Store, desk: str, action: Action, now: datetime) -> Request | None:
    """The request that still waits; None as well when the store cannot be read: the brake goes on."""
    try:
        found = store.read(lambda connection: open_requests(connection, desk))
    except StoreFailed:
        return None
    return next((r for r in found if r.action is action and lapse(r, now) is None), None)
