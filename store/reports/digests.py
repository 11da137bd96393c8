"""What was decided about each day's digest: one post for each desk and day, or a record of why not."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.sqlite import insert

from core.alerting.digest import DigestTime, Posting, digests
from store.events import EventLog, first_event_at, latest
from store.reports import schema


@dataclass(frozen=True, slots=True)
class Unposted:
    """A digest that is decided on and does not stand in its channel yet."""

    desk: str
    day: date
    posting: Posting

    @property
    def key(self) -> str:
        return f"digest:{self.desk}:{self.day}"


def decide(tx: Connection, log: EventLog, desk: str, when: DigestTime, now: datetime) -> int:
    """Decide on every day that is due; how many were new. Another process may decide at the same time."""
    last = tx.scalar(
        select(schema.digests.c.day)
        .where(schema.digests.c.desk == desk)
        .order_by(schema.digests.c.day.desc())
        .limit(1)
    )
    begun_at = first_event_at(tx, desk)
    if begun_at is None:
        return 0
    new = 0
    for found in digests(desk, when, begun_at, date.fromisoformat(last) if last else None, now):
        row = {"desk": desk, "day": found.day.isoformat(), "posting": found.posting.name}
        done = tx.execute(
            insert(schema.digests).values(**row, decided_at=now).on_conflict_do_nothing()
        )
        if done.rowcount != 1:
            continue
        new += 1
        if found.posting is Posting.SKIP_OLD:
            body = {"day": row["day"], "why": found.posting.value}
            log.append(tx, desk=desk, kind="digest_skipped", actor="alerts", now=now, body=body)
    return new


def unposted(connection: Connection) -> list[Unposted]:
    """Oldest first."""
    rows = connection.execute(
        select(schema.digests)
        .where(
            schema.digests.c.posted_at.is_(None),
            schema.digests.c.posting != Posting.SKIP_OLD.name,
        )
        .order_by(schema.digests.c.day)
    )
    return [Unposted(row.desk, date.fromisoformat(row.day), Posting[row.posting]) for row in rows]


def posted(tx: Connection, log: EventLog, digest: Unposted, now: datetime) -> None:
    """It stands in its channel."""
    _ended(tx, log, digest, "digest_posted", {}, now)


def kept(tx: Connection, log: EventLog, digest: Unposted, why: str, now: datetime) -> None:
    """It is drawn and lies in the home; nobody will post it."""
    _ended(tx, log, digest, "digest_kept", {"why": why}, now)


def _ended(
    tx: Connection,
    log: EventLog,
    digest: Unposted,
    kind: str,
    told: dict[str, str],
    now: datetime,
) -> None:
    day = digest.day.isoformat()
    tx.execute(
        update(schema.digests)
        .where(schema.digests.c.desk == digest.desk, schema.digests.c.day == day)
        .values(posted_at=now)
    )
    body = {"day": day, **told}
    log.append(tx, desk=digest.desk, kind=kind, actor="alerts", now=now, body=body)


def head_of_record(connection: Connection, desk: str) -> str:
    """The newest event's number and seal: whoever keeps it can prove later that nothing was changed."""
    newest = latest(connection, desk, 1)
    return f"event {newest[0].seq}, seal {newest[0].mac[:16]}" if newest else "no event yet"
