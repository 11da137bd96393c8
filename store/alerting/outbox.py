"""Messages put where they wait to be sent, in the transaction of what they tell of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from core.alerting.alert import Identity
from core.alerting.effects import Notify
from core.alerting.levels import Level
from store.alerting.outbox_schema import outbox

_ADD = insert(outbox).on_conflict_do_nothing(index_elements=["key"])
WITHDRAWN = "withdrawn: the alert has moved on"


def enqueue(tx: Connection, told: Iterable[tuple[Identity, Notify]], now: datetime) -> None:
    """What is told of these alerts. Each key once, however often it is made."""
    rows = [_row(about, one, now) for about, one in told]
    if rows:
        tx.execute(_ADD, rows)


def withdraw(tx: Connection, alert_id: str, before: int, now: datetime) -> None:
    """What older generations of an alert wanted to say is not said any more. What is being sent is."""
    waiting = (
        outbox.c.alert_id == alert_id,
        outbox.c.generation < before,
        outbox.c.ended_at.is_(None),
        outbox.c.sending_at.is_(None),
    )
    tx.execute(update(outbox).where(*waiting).values(ended_at=now, outcome=WITHDRAWN))


@dataclass(frozen=True, slots=True)
class Depth:
    """Of one level: how many messages wait or are being sent, and since when the oldest does."""

    level: Level
    waiting: int
    since: datetime


def depths(connection: Connection) -> list[Depth]:
    """Of the levels that have any."""
    rows = connection.execute(
        select(
            outbox.c.level, func.count().label("waiting"), func.min(outbox.c.since).label("since")
        )
        .where(outbox.c.ended_at.is_(None))
        .group_by(outbox.c.level)
        .order_by(outbox.c.level)
    )
    return [Depth(Level(row.level), row.waiting, row.since) for row in rows]


def _row(about: Identity, one: Notify, now: datetime) -> dict[str, Any]:
    return {
        "key": one.key,
        "desk": about.desk,
        "rule": about.rule,
        "alert_id": one.alert_id,
        "generation": one.generation,
        "person": one.person,
        "by": one.by.value,
        "kind": one.kind.value,
        "why": one.why.value,
        "level": one.level.value,
        "late_s": one.late_s,
        "since": one.held_until or now,
        "due": one.held_until or now,
        "attempts": 0,
        "message": "",
        "unknown": 0,
        "provider_id": "",
        "outcome": "",
    }
