"""What the last look could not explain, for people to see, and what became of it once two accepted it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from core.reconcile import Discrepancy, What
from store.books_schema import discrepancies, reconciliations
from store.events import EventLog


@dataclass(frozen=True, slots=True)
class Open:
    """A discrepancy that nobody has accepted, and since when it is there."""

    discrepancy: Discrepancy
    since: datetime


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What the last good look came to. `since`: how long it has been clean, or has not."""

    looked_at: datetime
    clean: bool
    since: datetime
    open: tuple[Open, ...]


def read_open(connection: Connection, desk: str) -> list[Open]:
    """What is not explained, oldest first."""
    rows = connection.execute(
        select(discrepancies)
        .where(discrepancies.c.desk == desk)
        .order_by(discrepancies.c.since, discrepancies.c.id)
    )
    return [Open(_discrepancy(row), row.since) for row in rows]


def read_reconciliation(connection: Connection, desk: str) -> Reconciliation | None:
    """None before the first good look."""
    row = connection.execute(select(reconciliations).where(reconciliations.c.desk == desk)).first()
    if row is None:
        return None
    found = tuple(read_open(connection, desk))
    return Reconciliation(row.looked_at, bool(row.clean), row.since, found)


def read_looked_at(connection: Connection, desk: str) -> datetime | None:
    """When the last good look was begun, in whichever start of the trader."""
    query = select(reconciliations.c.looked_at).where(reconciliations.c.desk == desk)
    return connection.scalar(query)


def write_reconciliation(
    tx: Connection,
    log: EventLog,
    desk: str,
    found: Iterable[Discrepancy],
    looked_at: datetime,
    now: datetime,
) -> tuple[Discrepancy, ...]:
    """Record what one look found; everything that is open now. What comes and goes is an event.

    Executions are seen by one look only, so they stay open until they are accepted.
    """
    before = {one.discrepancy.id: one.discrepancy for one in read_open(tx, desk)}
    seen = {one.id: one for one in found}
    for id, gone in before.items():
        if id not in seen and gone.what is not What.FILL:
            remove(tx, desk, id)
            _tell(tx, log, desk, "discrepancy_gone", gone, now)
    for id, one in seen.items():
        _keep(tx, desk, one, now, known=id in before)
        if id not in before:
            _tell(tx, log, desk, "discrepancy", one, now)
    still = [one for id, one in before.items() if id not in seen and one.what is What.FILL]
    left = (*still, *seen.values())
    _write_state(tx, desk, looked_at, clean=not left, now=now)
    return left


def remove(tx: Connection, desk: str, id: str) -> None:
    tx.execute(delete(discrepancies).where(discrepancies.c.desk == desk, discrepancies.c.id == id))


def _keep(tx: Connection, desk: str, one: Discrepancy, now: datetime, *, known: bool) -> None:
    values = {
        "says": one.says,
        "explanation": one.explanation,
        "figures": json.dumps(dict(one.figures), sort_keys=True),
    }
    if known:
        tx.execute(
            update(discrepancies)
            .where(discrepancies.c.desk == desk, discrepancies.c.id == one.id)
            .values(**values)
        )
        return
    tx.execute(
        insert(discrepancies).values(
            desk=desk, id=one.id, what=one.what, product_id=one.product_id, since=now, **values
        )
    )


def _write_state(
    tx: Connection, desk: str, looked_at: datetime, *, clean: bool, now: datetime
) -> None:
    query = select(reconciliations.c.clean, reconciliations.c.since)
    before = tx.execute(query.where(reconciliations.c.desk == desk)).first()
    since = before.since if before and bool(before.clean) is clean else now
    values = {"looked_at": looked_at, "clean": int(clean), "since": since}
    tx.execute(
        upsert(reconciliations)
        .values(desk=desk, **values)
        .on_conflict_do_update(index_elements=["desk"], set_=values)
    )


def _tell(
    tx: Connection, log: EventLog, desk: str, kind: str, one: Discrepancy, now: datetime
) -> None:
    body = {"id": one.id, "says": one.says, "explanation": one.explanation}
    log.append(tx, desk=desk, kind=kind, actor="trader", now=now, body=body)


def _discrepancy(row: Row[Any]) -> Discrepancy:
    return Discrepancy(
        id=row.id,
        what=What(row.what),
        says=row.says,
        explanation=row.explanation,
        figures=json.loads(row.figures),
        product_id=row.product_id,
    )
