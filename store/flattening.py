"""Flatten jobs and their legs as durable rows: a crash in the middle loses nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from core.flatten import JOB_TRANSITIONS, LEG_TRANSITIONS, Job, JobState, Leg, LegState
from store.events import EventLog
from store.ledger import held, read_positions
from store.schema import flatten_jobs, flatten_legs

_OPEN = select(flatten_jobs).where(
    flatten_jobs.c.desk == bindparam("desk"), flatten_jobs.c.ended_at.is_(None)
)


def ask_flatten(
    tx: Connection,
    log: EventLog,
    *,
    id: str,
    desk: str,
    reason: str,
    actor: str,
    now: datetime,
) -> Job:
    """Ask for a flatten of everything the desk holds. One at a time: an open job is returned."""
    running = open_job(tx, desk)
    if running:
        return running
    tx.execute(
        insert(flatten_jobs).values(
            id=id,
            desk=desk,
            state=JobState.ASKED,
            reason=reason,
            actor=actor,
            asked_at=now,
            outcome="",
        )
    )
    legs = [
        Leg(position.product_id, LegState.CANCELLING, position.contracts, 0)
        for position in held(read_positions(tx, desk))
    ]
    for leg in legs:
        add_leg(tx, id, leg, now)
    body = {"job": id, "reason": reason, "legs": {leg.product_id: leg.contracts for leg in legs}}
    log.append(tx, desk=desk, kind="flatten_asked", actor=actor, now=now, body=body)
    return Job(id, desk, JobState.ASKED, reason, actor, now, tuple(legs))


def add_leg(tx: Connection, job_id: str, leg: Leg, now: datetime) -> None:
    tx.execute(
        insert(flatten_legs).values(
            job_id=job_id,
            product_id=leg.product_id,
            state=leg.state,
            contracts=leg.contracts,
            attempt=leg.attempt,
            detail=leg.detail,
            updated_at=now,
        )
    )


def move_leg(tx: Connection, log: EventLog, job: Job, leg: Leg, to: Leg, now: datetime) -> None:
    """Advance one leg. Raises ValueError for a move its table does not have."""
    if to.state is not leg.state and to.state not in LEG_TRANSITIONS[leg.state]:
        raise ValueError(f"a leg that is {leg.state} cannot become {to.state}")
    changed = tx.execute(
        update(flatten_legs)
        .where(
            flatten_legs.c.job_id == job.id,
            flatten_legs.c.product_id == leg.product_id,
            flatten_legs.c.state == leg.state,
        )
        .values(state=to.state, attempt=to.attempt, detail=to.detail, updated_at=now)
    )
    if changed.rowcount != 1:
        raise ValueError(f"leg {leg.product_id} of {job.id} is not {leg.state} any more")
    if to.state is not leg.state:
        body = {"job": job.id, "product": leg.product_id, "state": to.state, "detail": to.detail}
        log.append(tx, desk=job.desk, kind="flatten_leg", actor="trader", now=now, body=body)


def move_job(
    tx: Connection, log: EventLog, job: Job, to: JobState, outcome: str, now: datetime
) -> None:
    """Take up or end a job. Raises ValueError for a move its table does not have."""
    if to not in JOB_TRANSITIONS[job.state]:
        raise ValueError(f"a flatten that is {job.state} cannot become {to}")
    when = {"taken_at": now} if to is JobState.RUNNING else {"ended_at": now}
    changed = tx.execute(
        update(flatten_jobs)
        .where(flatten_jobs.c.id == job.id, flatten_jobs.c.state == job.state)
        .values(state=to, outcome=outcome, **when)
    )
    if changed.rowcount != 1:
        raise ValueError(f"flatten {job.id} is not {job.state} any more")
    body = {"job": job.id, "state": to, "outcome": outcome}
    log.append(tx, desk=job.desk, kind="flatten", actor="trader", now=now, body=body)


def open_job(connection: Connection, desk: str) -> Job | None:
    """The flatten that is asked for or running."""
    row = connection.execute(_OPEN, {"desk": desk}).first()
    return _job(row, _legs(connection, row.id)) if row else None


def read_job(connection: Connection, job_id: str) -> Job | None:
    row = connection.execute(select(flatten_jobs).where(flatten_jobs.c.id == job_id)).first()
    return _job(row, _legs(connection, row.id)) if row else None


def latest_job(connection: Connection, desk: str) -> Job | None:
    row = connection.execute(
        select(flatten_jobs)
        .where(flatten_jobs.c.desk == desk)
        .order_by(flatten_jobs.c.asked_at.desc())
        .limit(1)
    ).first()
    return _job(row, _legs(connection, row.id)) if row else None


def _legs(connection: Connection, job_id: str) -> Iterable[Leg]:
    rows = connection.execute(
        select(flatten_legs)
        .where(flatten_legs.c.job_id == job_id)
        .order_by(flatten_legs.c.product_id)
    )
    return [
        Leg(row.product_id, LegState(row.state), row.contracts, row.attempt, row.detail)
        for row in rows
    ]


def _job(row: Row[Any], legs: Iterable[Leg]) -> Job:
    return Job(
        row.id,
        row.desk,
        JobState(row.state),
        row.reason,
        row.actor,
        row.asked_at,
        tuple(legs),
        row.outcome,
    )
