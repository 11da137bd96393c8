"""Our messages in Slack as rows: claimed before they are sent, so that none is posted twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, literal, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from store.books_schema import flatten_jobs
from store.columns import spelled
from store.schema import requests, slack_posts


@dataclass(frozen=True, slots=True)
class Post:
    """`ts` is None until Slack's reply was read; `shown` is the digest of what stands there."""

    key: str
    desk: str
    channel: str
    ts: str | None
    shown: str
    final: bool
    claimed_at: datetime


def claim(tx: Connection, key: str, desk: str, channel: str, now: datetime) -> bool:
    """Announce that a message is about to be sent. False: somebody announced it before."""
    row = {"key": key, "desk": desk, "channel": channel, "shown": "", "final": 0}
    inserted = tx.execute(
        insert(slack_posts).values(**row, claimed_at=now).on_conflict_do_nothing()
    )
    return inserted.rowcount == 1


def placed(tx: Connection, key: str, ts: str, shown: str, *, final: bool) -> None:
    """It stands in Slack, or was edited there."""
    values = {"ts": ts, "shown": shown, "final": int(final)}
    tx.execute(update(slack_posts).where(slack_posts.c.key == key).values(**values))


def lost(tx: Connection, key: str, now: datetime) -> None:
    """Somebody deleted it in Slack: it is to be posted anew."""
    values = {"ts": None, "shown": "", "claimed_at": now}
    tx.execute(update(slack_posts).where(slack_posts.c.key == key).values(**values))


def read_post(connection: Connection, key: str) -> Post | None:
    row = connection.execute(select(slack_posts).where(slack_posts.c.key == key)).first()
    return _post(row) if row else None


def jobs_without_final_post(
    connection: Connection, desk: str, prefix: str, since: datetime
) -> list[str]:
    """Flattens that no request asked for: those since a moment without a card, and unfinished cards."""
    key = literal(prefix) + flatten_jobs.c.id
    rows = connection.execute(
        select(flatten_jobs.c.id)
        .outerjoin(requests, requests.c.id == flatten_jobs.c.id)
        .outerjoin(slack_posts, slack_posts.c.key == key)
        .where(
            flatten_jobs.c.desk == desk,
            requests.c.id.is_(None),
            or_(
                and_(slack_posts.c.key.is_(None), flatten_jobs.c.asked_at >= since),
                slack_posts.c.final == spelled(0),
            ),
        )
        .order_by(flatten_jobs.c.asked_at)
    )
    return [row.id for row in rows]


def _post(row: Row[Any]) -> Post:
    return Post(row.key, row.desk, row.channel, row.ts, row.shown, bool(row.final), row.claimed_at)
