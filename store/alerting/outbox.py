"""Messages put where they wait to be sent, in the transaction of what they tell of."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from core.alerting.alert import Identity
from core.alerting.effects import Notify
from core.alerting.grouping import GATHERED_WITHIN
from core.alerting.levels import Level
from store.alerting.outbox_schema import outbox

_GROUPED_BY = ("person", "by", "rule")
_GROUP = itemgetter(*_GROUPED_BY)
_GATHERING = (
    select(outbox.c.due)
    .where(
        *(outbox.c[name] == bindparam(name) for name in _GROUPED_BY),
        outbox.c.ended_at.is_(None),
        outbox.c.due > bindparam("now", type_=outbox.c.due.type),
        outbox.c.due <= bindparam("soon", type_=outbox.c.due.type),
        outbox.c.attempts == 0,
        outbox.c.level < Level.CRITICAL.value,
    )
    .limit(1)
)
_ADD = insert(outbox).on_conflict_do_nothing(index_elements=["key"])
WITHDRAWN = "withdrawn: the alert has moved on"


def enqueue(tx: Connection, told: Iterable[tuple[Identity, Notify]], now: datetime) -> None:
    """What is told of these alerts. Each key once, however often it is made."""
    rows = [_row(about, one, now) for about, one in told]
    _join_gathering(tx, rows, now)
    if rows:
        tx.execute(_ADD, rows)


def _join_gathering(tx: Connection, rows: list[dict[str, Any]], now: datetime) -> None:
    """Warnings of a storm wait with those of their rule that wait for the rest of it already.

    Each of them would be due at once, and looked at with all the others only to be put off as well.
    """
    joining = [row for row in rows if row["level"] < Level.CRITICAL and row["due"] == now]
    for group, count in Counter(map(_GROUP, joining)).items():
        if count > 1:
            moments = {"now": now, "soon": now + GATHERED_WITHIN}
            until = tx.scalar(_GATHERING, dict(zip(_GROUPED_BY, group, strict=True)) | moments)
            for row in joining:
                if until is not None and _GROUP(row) == group:
                    row["due"] = until


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
