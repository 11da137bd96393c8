"""Messages of the outbox as they are sent: its rows, and one message about some of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from core.alerting.alert import Alert, Destination, Why
from core.alerting.delivery import LAST_WAYS
from core.alerting.effects import NoticeKind, Notify
from core.alerting.grouping import Together
from core.alerting.levels import Level
from core.oncall.contacts import Means
from store.alerting.kept import alert_of
from store.alerting.outbox_schema import outbox

SENT = "sent"
"""The outcome of a message that its provider took."""
WAITING = (outbox.c.ended_at.is_(None), outbox.c.sending_at.is_(None))
_ENDED = (
    update(outbox)
    .where(outbox.c.key == bindparam("of"))
    .values(
        ended_at=bindparam("at"),
        outcome=bindparam("what"),
        sending_at=None,
        provider_id=bindparam("id"),
    )
)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the outbox, with the alert it tells of."""

    notice: Notify
    desk: str
    alert: Alert
    since: datetime
    attempts: int

    @property
    def key(self) -> str:
        return self.notice.key

    def by(self, means: Means) -> Notify:
        """The same message by another means; under its own key, so that nobody is told twice by one."""
        person = "" if means in LAST_WAYS else self.notice.person
        begun = ":".join(self.key.split(":")[:3])
        key = f"{begun}:{person or '-'}:{means.name.lower()}"
        return replace(self.notice, key=key, by=means, person=person)


@dataclass(frozen=True, slots=True)
class Job:
    """One message to send, about all `items`. `unknown`: ask first whether it is there already.

    `address` is where its reader is reached, empty for a place, None where they have none any more.
    """

    key: str
    to: Destination
    address: str | None
    items: tuple[Item, ...]
    together: Together
    begun_at: datetime
    unknown: bool

    @property
    def level(self) -> Level:
        return max(item.notice.level for item in self.items)


def parted(job: Job, most: int) -> tuple[list[Job], list[Job]]:
    """The same message about at most so many of its alerts, and about the others; each may be nothing."""
    first, rest = job.items[:most], job.items[most:]
    return (
        [replace(job, items=first)] if first else [],
        [replace(job, items=rest)] if rest else [],
    )


def item_of(row: Row[Any]) -> Item:
    """Of a row of the outbox with its alert's body."""
    notice = Notify(
        row.key,
        row.alert_id,
        row.generation,
        row.person,
        Means(row.by),
        NoticeKind(row.kind),
        Why(row.why),
        Level(row.level),
        row.late_s,
    )
    return Item(notice, row.desk, alert_of(row.body), row.since, row.attempts)


def end(tx: Connection, items: Iterable[Item], what: str, provider_id: str, now: datetime) -> None:
    """Nothing more is done about them."""
    rows = [{"of": i.key, "at": now, "what": what, "id": provider_id} for i in items]
    if rows:
        tx.execute(_ENDED, rows)
