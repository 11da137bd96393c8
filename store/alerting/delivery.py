"""Taking messages out of the outbox: claimed before they are sent, and what came of each is recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, update

from core.alerting.alert import Alert, Destination, Why
from core.alerting.delivery import (
    LAST_WAYS,
    Next,
    Verdict,
    after_attempt,
    dropped,
    other_means,
    too_long,
)
from core.alerting.effects import FIRING_KINDS, NoticeKind, Notify
from core.alerting.events import Sent
from core.alerting.grouping import (
    FULL,
    GATHERED_WITHIN,
    MINUTE,
    PER_MINUTE,
    Gone,
    Pending,
    Together,
    pack,
)
from core.alerting.levels import Level
from core.oncall.contacts import Contact, Means
from store.alerting.arranged import Arrangements, read_arrangements
from store.alerting.facts import raise_alert
from store.alerting.kept import alert_of
from store.alerting.outbox import enqueue
from store.alerting.outbox_schema import outbox
from store.alerting.schema import alerts
from store.alerting.settlement import Settlement
from store.alerting.stopped import reachable
from store.events import EventLog

SENT = "sent"
LOOK_UP_AFTER = timedelta(seconds=1)
_MOMENT = outbox.c.due.type
_DUE = (
    select(outbox, alerts.c.body)
    .join(alerts, alerts.c.id == outbox.c.alert_id)
    .where(
        outbox.c.ended_at.is_(None),
        outbox.c.sending_at.is_(None),
        or_(
            outbox.c.due <= bindparam("now", type_=_MOMENT),
            and_(
                outbox.c.due <= bindparam("soon", type_=_MOMENT),
                outbox.c.attempts == 0,
                outbox.c.level < Level.CRITICAL.value,
            ),
        ),
    )
    .order_by(outbox.c.level.desc(), outbox.c.since)
    .limit(FULL)
)
_GONE = (
    select(outbox.c.person, outbox.c.by, outbox.c.ended_at, func.max(outbox.c.level).label("level"))
    .where(
        outbox.c.outcome == SENT,
        outbox.c.ended_at > bindparam("since", type_=_MOMENT),
        outbox.c.by.in_([means.value for means in PER_MINUTE]),
    )
    .group_by(outbox.c.message)
)
_OF_PROVIDER = (
    select(outbox, alerts.c.body)
    .join(alerts, alerts.c.id == outbox.c.alert_id)
    .where(outbox.c.provider_id == bindparam("id"), outbox.c.outcome == SENT)
)
_SENDING = (
    update(outbox)
    .where(outbox.c.key == bindparam("of"))
    .values(
        sending_at=bindparam("begun"),
        message=bindparam("as_message"),
        attempts=outbox.c.attempts + 1,
    )
)
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
_AGAIN = (
    update(outbox)
    .where(outbox.c.key == bindparam("of"))
    .values(due=bindparam("at"), unknown=bindparam("is_unknown"), sending_at=None)
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


def recover(tx: Connection, now: datetime) -> int:
    """What a process before this one was sending: nobody knows how that ended."""
    begun = outbox.c.sending_at.is_not(None)
    found = tx.execute(update(outbox).where(begun).values(sending_at=None, unknown=1, due=now))
    return found.rowcount


def anything_due(connection: Connection, now: datetime) -> bool:
    waiting = select(outbox.c.key).where(*_waiting(), outbox.c.due <= now).limit(1)
    return connection.execute(waiting).first() is not None


def next_message_due(connection: Connection) -> datetime | None:
    found: datetime | None = connection.scalar(select(func.min(outbox.c.due)).where(*_waiting()))
    return found


def claim(tx: Connection, now: datetime, slots: int, urgent_slots: int) -> list[Job]:
    """Messages to send now, the most urgent first; they are marked as being sent.

    Up to `slots` of them; more of level 4, which has `urgent_slots` beside them.
    """
    items, lost = _parted(_look(tx, now))
    known = read_arrangements(tx)
    items = _still_wanted(tx, items, now)
    jobs = [
        _lost_job(known, key, members) for key, members in lost if _still_wanted(tx, members, now)
    ]
    bundles = pack((_pending(item) for item in items), _gone(tx, now), now)
    by_key = {item.key: item for item in items}
    for bundle in bundles:
        members = tuple(by_key[one.notice.key] for one in bundle.members)
        if bundle.at > now:
            _postpone(tx, members, bundle.at)
        else:
            to = _address(known, bundle.to)
            jobs.append(Job(members[0].key, bundle.to, to, members, bundle.because, now, False))
    urgent = [job for job in jobs if job.level is Level.EMERGENCY]
    others = sorted(
        (job for job in jobs if job.level is not Level.EMERGENCY), key=lambda job: -job.level
    )
    jobs = urgent[: slots + urgent_slots]
    jobs += others[: max(0, slots - len(urgent))]
    rows = [
        {"of": item.key, "begun": now, "as_message": job.key} for job in jobs for item in job.items
    ]
    if rows:
        tx.execute(_SENDING, rows)
    return jobs


def let_wait(tx: Connection, job: Job, until: datetime, now: datetime) -> None:
    """Claimed, and not sent: a breaker spares its destination. It was no attempt.

    All else that waits for it waits with it; level 4 never does. What has waited too long goes another
    way as well.
    """
    begun = outbox.c.key.in_([item.key for item in job.items])
    tx.execute(update(outbox).where(begun).values(sending_at=None, attempts=outbox.c.attempts - 1))
    waits = (*_waiting(), outbox.c.by == job.to.by.value, outbox.c.due < until)
    urgent = outbox.c.level == Level.EMERGENCY.value
    tx.execute(update(outbox).where(*waits, ~urgent).values(due=until))
    first = job.items[0]
    if too_long(first.notice.level, until - first.since):
        others, contact = _other_ways(tx, first), _contact(tx, job.to.person)
        by = other_means(first.notice, others.tried, contact)
        _tell_otherwise(tx, job, others, by, now)


def let_go(tx: Connection, by: Means, now: datetime) -> None:
    """Its destination works again: what waited for that need not any more."""
    waits = (*_waiting(), outbox.c.by == by.value, outbox.c.due > now)
    tx.execute(update(outbox).where(*waits).values(due=now))


def leave_out(tx: Connection, job: Job, why: str, now: datetime) -> None:
    """Nobody is to hear it any more, or nobody ever could by this means."""
    _end(tx, job.items, why, "", now)


def job_of_sent(connection: Connection, provider_id: str) -> Job | None:
    """The message that its provider knows by this id, as it was sent."""
    rows = connection.execute(_OF_PROVIDER, {"id": provider_id}).all()
    if not rows:
        return None
    items = tuple(_item(row) for row in rows)
    first = items[0].notice
    to = Destination(first.person, first.by)
    begun_at = rows[0].ended_at
    return Job(rows[0].message, to, "", items, Together.ALONE, begun_at, unknown=False)


def record_sent(
    tx: Connection, log: EventLog, sent: Iterable[tuple[Job, str]], now: datetime
) -> None:
    """They arrived, each with its provider's id; their alerts know now who was told."""
    told: list[tuple[Item, Sent]] = []
    for job, provider_id in sent:
        _end(tx, job.items, SENT, provider_id, now)
        arrived = Sent(job.to.person, job.to.by)
        told += [(item, arrived) for item in job.items if item.notice.kind in FIRING_KINDS]
    settlement = Settlement(tx, log, now)
    settlement.look_at([item.alert.id for item, _ in told])
    for item, arrived in told:
        settlement.apply(item.alert.id, arrived)
    settlement.write()


def record_failed(
    tx: Connection, log: EventLog, job: Job, verdict: Verdict, provider_id: str, now: datetime
) -> None:
    """What becomes of it: given up, tried again, asked about, or told another way as well."""
    first = job.items[0]
    others = _other_ways(tx, first)
    contact = _contact(tx, job.to.person)
    course = after_attempt(verdict, first.attempts, first.notice, others.tried, contact, now)
    if course.do is Next.DONE:
        record_sent(tx, log, [(job, provider_id)], now)
    elif course.do is Next.GIVE_UP:
        _end(tx, job.items, f"given up: {verdict.reason}", provider_id, now)
    else:
        lookup = course.do is Next.LOOK_UP
        at = max(course.at, now + LOOK_UP_AFTER) if lookup else course.at
        rows = [{"of": i.key, "at": at, "is_unknown": int(lookup)} for i in job.items]
        tx.execute(_AGAIN, rows)
    _tell_otherwise(tx, job, others, course.fallback, now)
    if course.raises is not None and not others.hopeful:
        also = course.raises
        raise_alert(tx, first.desk, also.rule, also.level, also.text, now)


@dataclass(frozen=True, slots=True)
class _OtherWays:
    """The same message by other means: which there were, and whether one reached its reader or may."""

    tried: tuple[Means, ...]
    hopeful: bool


def _tell_otherwise(
    tx: Connection, job: Job, others: _OtherWays, by: Means | None, now: datetime
) -> None:
    if by is not None and not others.hopeful:
        for item in job.items:
            enqueue(tx, item.desk, [item.by(by)], now)


def _other_ways(tx: Connection, item: Item) -> _OtherWays:
    begun = ":".join(item.key.split(":")[:3])
    to = item.notice.person or "-"
    rows = tx.execute(
        select(outbox.c.by, outbox.c.ended_at, outbox.c.outcome).where(
            outbox.c.alert_id == item.alert.id,
            outbox.c.key.startswith(f"{begun}:{to}:", autoescape=True),
            outbox.c.key != item.key,
        )
    ).all()
    hopeful = any(row.ended_at is None or row.outcome == SENT for row in rows)
    return _OtherWays(tuple(Means(row.by) for row in rows), hopeful)


def _contact(tx: Connection, person: str) -> Contact | None:
    known = reachable(tx, read_arrangements(tx))
    return next((one for one in known if one.person == person), None)


def _waiting() -> tuple[Any, ...]:
    return outbox.c.ended_at.is_(None), outbox.c.sending_at.is_(None)


def _look(tx: Connection, now: datetime) -> list[Row[Any]]:
    """What is due, and what waits for the rest of its group: that may go with those that are due."""
    return list(tx.execute(_DUE, {"now": now, "soon": now + GATHERED_WITHIN}))


def _parted(rows: Iterable[Row[Any]]) -> tuple[list[Item], list[tuple[str, list[Item]]]]:
    """Those to send, and messages of which nobody knows whether they were sent."""
    fresh: list[Row[Any]] = []
    lost: list[Row[Any]] = []
    for row in rows:
        (lost if row.unknown else fresh).append(row)
    lost.sort(key=lambda row: row.message)
    grouped = groupby(lost, key=lambda row: str(row.message))
    return [_item(row) for row in fresh], [(key, [_item(r) for r in rows]) for key, rows in grouped]


def _lost_job(known: Arrangements, key: str, members: Sequence[Item]) -> Job:
    notice = members[0].notice
    to = Destination(notice.person, notice.by)
    address = _address(known, to)
    return Job(key, to, address, tuple(members), Together.ALONE, members[0].since, True)


def _address(known: Arrangements, to: Destination) -> str | None:
    return known.address(to.person, to.by) if to.person else ""


def _still_wanted(tx: Connection, items: Iterable[Item], now: datetime) -> list[Item]:
    kept = []
    for item in items:
        why = dropped(item.notice, item.alert, lease=0, lease_held=0)
        if why is None:
            kept.append(item)
        else:
            _end(tx, [item], why.value, "", now)
    return kept


def _gone(tx: Connection, now: datetime) -> list[Gone]:
    rows = tx.execute(_GONE, {"since": now - MINUTE})
    return [
        Gone(Destination(row.person, Means(row.by)), row.ended_at, Level(row.level)) for row in rows
    ]


def _pending(item: Item) -> Pending:
    return Pending(item.notice, item.alert.identity, item.since)


def _postpone(tx: Connection, items: Iterable[Item], until: datetime) -> None:
    tx.execute(
        update(outbox).where(outbox.c.key.in_([item.key for item in items])).values(due=until)
    )


def _end(tx: Connection, items: Iterable[Item], what: str, provider_id: str, now: datetime) -> None:
    tx.execute(_ENDED, [{"of": i.key, "at": now, "what": what, "id": provider_id} for i in items])


def _item(row: Row[Any]) -> Item:
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
