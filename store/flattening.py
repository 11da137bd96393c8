"""Flatten jobs and their legs as durable rows, and the lease of whoever carries them on.

A crash in the middle loses nothing: the rows stay, and the kernel lets go of the lease.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from core.flatten import JOB_TRANSITIONS, LEG_TRANSITIONS, Cost, Job, JobState, Leg, LegState
from store.books_schema import flatten_jobs, flatten_legs
from store.events import EventLog
from store.home import Home
from store.ledger import held, read_positions
from store.lock import AlreadyRunning, SingleProcess, running_pid
from store.observations import read_mark

_OPEN = select(flatten_jobs).where(
    flatten_jobs.c.desk == bindparam("desk"), flatten_jobs.c.ended_at.is_(None)
)


class FlattenLease:
    """The right to send a desk's closes. One process has it at a time, loop or guard."""

    def __init__(self, home: Home, desk: str) -> None:
        self._path = home.single("flatten", desk)
        self._single = SingleProcess(self._path)
        self._mine = False

    def take(self) -> bool:
        """Whether this process may send closes now; it may until it lets go."""
        if not self._mine:
            try:
                self._single.acquire()
            except AlreadyRunning:
                return False
            self._mine = True
        return True

    def release(self) -> None:
        if self._mine:
            self._single.release()
            self._mine = False

    @property
    def holder(self) -> int | None:
        """The process that has it, or None while nobody does."""
        return running_pid(self._path)


def ask_flatten(
    tx: Connection,
    log: EventLog,
    *,
    id: str,
    desk: str,
    reason: str,
    actor: str,
    now: datetime,
    product_ids: tuple[str, ...] = (),
) -> Job:
    """Ask for a flatten of all that the desk holds, or of these. An open one is widened: one at a time."""
    running = open_job(tx, desk)
    if running:
        return _widened(tx, log, running, product_ids, actor, now)
    tx.execute(
        insert(flatten_jobs).values(
            id=id,
            desk=desk,
            state=JobState.ASKED,
            reason=reason,
            actor=actor,
            asked_at=now,
            outcome="",
            product_ids=" ".join(product_ids),
        )
    )
    job = Job(id, desk, JobState.ASKED, reason, actor, now, (), "", product_ids)
    legs = _add_legs_of_book(tx, job, now)
    body = {"job": id, "reason": reason, "legs": {leg.product_id: leg.contracts for leg in legs}}
    log.append(tx, desk=desk, kind="flatten_asked", actor=actor, now=now, body=body)
    return replace(job, legs=legs)


def _widened(
    tx: Connection,
    log: EventLog,
    running: Job,
    product_ids: tuple[str, ...],
    actor: str,
    now: datetime,
) -> Job:
    """A kill overtakes the close of one position; two closes become one job."""
    if all(map(running.means, product_ids)) and (product_ids or not running.product_ids):
        return running
    wider = tuple(sorted({*running.product_ids, *product_ids})) if product_ids else ()
    tx.execute(
        update(flatten_jobs)
        .where(flatten_jobs.c.id == running.id)
        .values(product_ids=" ".join(wider))
    )
    job = replace(running, product_ids=wider)
    legs = (*running.legs, *_add_legs_of_book(tx, job, now))
    body = {"job": job.id, "now_means": list(wider) or "everything"}
    log.append(tx, desk=job.desk, kind="flatten_widened", actor=actor, now=now, body=body)
    return replace(job, legs=legs)


def _add_legs_of_book(tx: Connection, job: Job, now: datetime) -> tuple[Leg, ...]:
    """A leg for each position of our books that is meant and has none."""
    known = {leg.product_id for leg in job.legs}
    legs = tuple(
        new_leg(tx, job.desk, position.product_id, position.contracts)
        for position in held(read_positions(tx, job.desk))
        if job.means(position.product_id) and position.product_id not in known
    )
    for leg in legs:
        add_leg(tx, job.id, leg, now)
    return legs


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
            mark_price=leg.mark_price,
        )
    )


def new_leg(connection: Connection, desk: str, product_id: str, contracts: int) -> Leg:
    """A position at the beginning of its way to flat, with the price it is worth now."""
    mark = read_mark(connection, desk, product_id)
    return Leg(
        product_id, LegState.CANCELLING, contracts, 0, mark_price=mark.price if mark else None
    )


def move_leg(
    tx: Connection,
    log: EventLog,
    job: Job,
    leg: Leg,
    to: Leg,
    now: datetime,
    by: str = "trader",
) -> None:
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
        log.append(tx, desk=job.desk, kind="flatten_leg", actor=by, now=now, body=body)


def move_job(
    tx: Connection,
    log: EventLog,
    job: Job,
    to: JobState,
    outcome: str,
    now: datetime,
    by: str = "trader",
    cost: Cost | None = None,
) -> None:
    """Take up or end a job, with what it cost in figures. ValueError for a move its table does not have."""
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
    body = {"job": job.id, "state": to, "outcome": outcome, **(cost.figures if cost else {})}
    log.append(tx, desk=job.desk, kind="flatten", actor=by, now=now, body=body)


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
        Leg(
            row.product_id,
            LegState(row.state),
            row.contracts,
            row.attempt,
            row.detail,
            row.mark_price,
        )
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
        tuple(row.product_ids.split()),
    )
