"""What a kill changes in its transaction, whoever's voice it was that agreed."""

from datetime import datetime

from sqlalchemy import Connection

from core.gate import Row
from core.modes import Mode
from core.people import Actor
from core.requests import (
    OVERTAKEN,
    Action,
    Request,
    RequestState,
    answer_refusal,
    asked,
    lapse,
)
from store.approved import read_roster
from store.control import read_constraints, read_control, read_row, set_mode
from store.flattening import ask_flatten
from store.reports.incidents import open_incident
from store.requests import answer, ask, carried, finish, open_requests, unreviewed
from store.store import Store


def carry_out_kill(
    store: Store, tx: Connection, request: Request, actor: Actor, now: datetime
) -> None:
    stricter(store, tx, request.desk, Mode.KILLED, actor, request.reason, now)
    ask_flatten(
        tx,
        store.log,
        id=request.id,
        desk=request.desk,
        reason=request.reason,
        actor=actor.voice,
        now=now,
    )


def stricter(
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


def look_into(
    store: Store, tx: Connection, desk: str, actor: Actor, reason: str, id: str, now: datetime
) -> None:
    """A kill is an incident from its first second, so that its record begins with it."""
    title = f"kill: {reason}" if reason else "kill"
    open_incident(tx, store.log, id=f"inc-{id}", desk=desk, title=title, by=actor.voice, now=now)


def to_be_reviewed(
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


def overtake_kill(store: Store, tx: Connection, desk: str, now: datetime) -> None:
    """A kill that waited for its second person is overtaken by one that needed none."""
    for request in open_requests(tx, desk):
        if request.action is Action.KILL and request.state is RequestState.ASKED:
            finish(tx, store.log, request, RequestState.EXPIRED, OVERTAKEN, now)


def second_voice(
    store: Store, tx: Connection, pending: Request, actor: Actor, now: datetime
) -> Request:
    """Two people may kill at the same moment: the later one's voice is the confirmation."""
    wanted = RequestState.CONFIRMED
    if pending.action is not Action.KILL or answer_refusal(pending, wanted, actor, now):
        return pending
    answered = answer(tx, store.log, pending.id, wanted, actor, now)
    assert isinstance(answered, Request), "it was asked just now, in this transaction"
    carry_out_kill(store, tx, answered, actor, now)
    return answered


def with_a_rules_voice(store: Store, tx: Connection, request: Request, now: datetime) -> Request:
    """A measured danger is a second voice where two people have agreed that it is one."""
    known = read_roster(tx)
    if request.action is not Action.KILL or known is None:
        return request
    in_force = {str(c.rule) for c in read_constraints(tx, request.desk)}
    agreeing = sorted(in_force & known.confirmations.concurring)
    return _carry_out_without(store, tx, request, agreeing[0], now) if agreeing else request


def overdue_kills(connection: Connection, desk: str, now: datetime) -> list[Request]:
    """Kills that nobody confirmed in time, where two people agreed that they then are carried out."""
    waiting = [r for r in open_requests(connection, desk) if r.action is Action.KILL]
    overdue = [r for r in waiting if lapse(r, now) is RequestState.EXPIRED]
    known = read_roster(connection) if overdue else None
    return overdue if known is not None and known.confirmations.flatten_on_timeout else []


def flatten_unconfirmed(store: Store, desk: str, now: datetime) -> bool:
    """Carry out a kill that nobody confirmed in time, where two people have agreed to that."""
    if not store.read(lambda connection: overdue_kills(connection, desk, now)):
        return False

    def change(tx: Connection) -> Row:
        for request in overdue_kills(tx, desk, now):
            _carry_out_without(store, tx, request, "nobody in time", now)
        return read_row(tx, desk)

    store.brake(desk).tighten(Mode.KILLED, change)
    return True


def _carry_out_without(
    store: Store, tx: Connection, request: Request, by: str, now: datetime
) -> Request:
    agreed = carried(tx, store.log, request, f"machine:{by}", now)
    carry_out_kill(store, tx, agreed, Actor(f"machine:{by}"), now)
    return agreed
