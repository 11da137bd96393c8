"""The append-only event log of each desk, chained, written in the transaction it records."""

import json
import secrets
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from core import chain
from store.columns import to_us
from store.home import write_once
from store.schema import events

# Built once: making a statement anew costs more than running it, and every change appends.
_LAST = (
    select(events.c.seq, events.c.mac)
    .where(events.c.desk == bindparam("desk"))
    .order_by(events.c.seq.desc())
    .limit(1)
)
_APPEND = insert(events)


def event_key(secrets_dir: Path) -> bytes:
    """The desk's event key, made on first use (0600)."""
    path = secrets_dir / "event.key"
    if not path.exists():
        write_once(path, secrets.token_bytes(KEY_BYTES))
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KeyDamaged(f"{path} has {len(key)} bytes instead of {KEY_BYTES}; restore it")
    return key


KEY_BYTES = 32


class KeyDamaged(Exception):
    """The key of the record is not what it was: events signed with another one prove nothing."""


class EventLog:
    """Appends to and reads the chained log. Holds the key and nothing else."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def append(
        self,
        tx: Connection,
        *,
        desk: str,
        kind: str,
        actor: str,
        now: datetime,
        body: Mapping[str, Any],
    ) -> int:
        """Add one event to the desk's chain; its sequence number. Part of the caller's transaction."""
        last = tx.execute(_LAST, {"desk": desk}).first()
        seq, previous = (last.seq + 1, last.mac) if last else (1, chain.GENESIS)
        text = chain.canonical(body)
        mac = chain.mac(self._key, previous, desk, seq, to_us(now), kind, actor, text)
        row = {"desk": desk, "seq": seq, "at": now, "kind": kind, "actor": actor, "body": text}
        tx.execute(_APPEND, row | {"mac": mac})
        return seq

    def verify(self, connection: Connection, desk: str) -> tuple[int, chain.Broken | None]:
        """How many events the desk has, and where its chain breaks, if it does."""
        count = connection.scalar(
            select(func.count()).select_from(events).where(events.c.desk == desk)
        )
        return count or 0, chain.verify(self._key, _stored(connection, desk))


def _stored(connection: Connection, desk: str) -> Iterator[chain.StoredEvent]:
    rows = connection.execute(
        select(events).where(events.c.desk == desk).order_by(events.c.seq)
    ).yield_per(1000)
    for row in rows:
        yield chain.StoredEvent(
            row.desk, row.seq, to_us(row.at), row.kind, row.actor, row.body, row.mac
        )


def latest(connection: Connection, desk: str, limit: int) -> list[chain.Event]:
    """The newest events of a desk, oldest of them first."""
    rows = connection.execute(
        select(events).where(events.c.desk == desk).order_by(events.c.seq.desc()).limit(limit)
    ).all()
    return [event_of(row) for row in reversed(rows)]


def events_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[chain.Event]:
    """Both ends included, in the order of the record."""
    rows = connection.execute(
        select(events)
        .where(events.c.desk == desk, events.c.at >= since, events.c.at <= until)
        .order_by(events.c.seq)
    )
    return [event_of(row) for row in rows]


def events_after(connection: Connection, desk: str, seq: int, limit: int) -> list[chain.Event]:
    """What came after an event, in the order of the record."""
    rows = connection.execute(
        select(events)
        .where(events.c.desk == desk, events.c.seq > seq)
        .order_by(events.c.seq)
        .limit(limit)
    )
    return [event_of(row) for row in rows]


def first_event_at(connection: Connection, desk: str) -> datetime | None:
    """When the desk's record begins."""
    first = select(events.c.at).where(events.c.desk == desk, events.c.seq == 1)
    return connection.scalar(first)


def events_of_kinds(
    connection: Connection, desk: str, kinds: Collection[str], since: datetime
) -> list[chain.Event]:
    """Of these kinds, since then, in the order of the record."""
    rows = connection.execute(
        select(events)
        .where(events.c.desk == desk, events.c.at >= since, events.c.kind.in_(kinds))
        .order_by(events.c.at, events.c.seq)
    )
    return [event_of(row) for row in rows]


def last_of_kinds(
    connection: Connection, desk: str, kinds: Collection[str], before: datetime
) -> chain.Event | None:
    """The latest of these kinds that is older."""
    row = connection.execute(
        select(events)
        .where(events.c.desk == desk, events.c.at < before, events.c.kind.in_(kinds))
        .order_by(events.c.at.desc(), events.c.seq.desc())
        .limit(1)
    ).first()
    return event_of(row) if row else None


def event_of(row: Row[Any]) -> chain.Event:
    return chain.Event(
        row.desk, row.seq, row.at, row.kind, row.actor, json.loads(row.body), row.mac
    )
