"""What came of messages that were sent, or not: recorded, tried again, or told another way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select, update

from core.alerting.alert import Destination
from core.alerting.delivery import Next, Verdict, after_attempt, other_means, too_long
from core.alerting.effects import FIRING_KINDS
from core.alerting.events import Sent
from core.alerting.grouping import Together
from core.alerting.levels import Level
from core.oncall.contacts import Contact, Means
from store.alerting.arranged import read_arrangements
from store.alerting.facts import raise_alert
from store.alerting.messages import SENT, WAITING, Item, Job, end, item_of
from store.alerting.outbox import enqueue
from store.alerting.outbox_schema import outbox
from store.alerting.reached import arrived
from store.alerting.schema import alerts
from store.alerting.settlement import Settlement
from store.alerting.stopped import reachable
from store.columns import spelled
from store.events import EventLog

WORDING_FAILED = "wording_failed"
LOOK_UP_AFTER = timedelta(seconds=1)
_MOMENT = outbox.c.due.type
_OF_PROVIDER = (
    select(outbox, alerts.c.body)
    .join(alerts, alerts.c.id == outbox.c.alert_id)
    .where(
        outbox.c.provider_id == bindparam("id"),
        outbox.c.provider_id != spelled(""),
        outbox.c.outcome == SENT,
    )
)
_AGAIN = (
    update(outbox)
    .where(outbox.c.key == bindparam("of"))
    .values(due=bindparam("at"), unknown=bindparam("is_unknown"), sending_at=None)
)
_NEXT_DUE = select(func.min(outbox.c.due)).where(*WAITING)


def recover(tx: Connection, now: datetime) -> int:
    """What a process before this one was sending: nobody knows how that ended."""
    begun = outbox.c.sending_at.is_not(None)
    found = tx.execute(update(outbox).where(begun).values(sending_at=None, unknown=1, due=now))
    return found.rowcount


def next_message_due(connection: Connection) -> datetime | None:
    found: datetime | None = connection.scalar(_NEXT_DUE)
    return found


def let_wait(tx: Connection, job: Job, until: datetime, now: datetime) -> None:
    """Claimed, and not sent: a breaker spares its destination. It was no attempt.

    All else that waits for it waits with it; level 4 never does. What has waited too long goes another
    way as well.
    """
    begun = outbox.c.key.in_([item.key for item in job.items])
    tx.execute(update(outbox).where(begun).values(sending_at=None, attempts=outbox.c.attempts - 1))
    waits = (*WAITING, outbox.c.by == job.to.by.value, outbox.c.due < until)
    urgent = outbox.c.level == Level.EMERGENCY.value
    tx.execute(update(outbox).where(*waits, ~urgent).values(due=until))
    first = job.items[0]
    if too_long(first.notice.level, until - first.since):
        others, contact = _other_ways(tx, first), _contact(tx, job.to.person)
        by = other_means(first.notice, others.tried, contact)
        _tell_otherwise(tx, job, others, by, now)


def let_go(tx: Connection, by: Means, now: datetime) -> None:
    """Its destination works again: what waited for that need not any more."""
    waits = (*WAITING, outbox.c.by == by.value, outbox.c.due > now)
    tx.execute(update(outbox).where(*waits).values(due=now))


def leave_out(tx: Connection, job: Job, why: str, now: datetime) -> None:
    """Nobody is to hear it any more, or nobody ever could by this means."""
    end(tx, job.items, why, "", now)


def job_of_sent(connection: Connection, provider_id: str) -> Job | None:
    """The message that its provider knows by this id, as it was sent."""
    rows = connection.execute(_OF_PROVIDER, {"id": provider_id}).all()
    if not rows:
        return None
    items = tuple(item_of(row) for row in rows)
    first = items[0].notice
    to = Destination(first.person, first.by)
    begun_at = rows[0].ended_at
    return Job(rows[0].message, to, "", items, Together.ALONE, begun_at, unknown=False)


def record_sent(
    tx: Connection, log: EventLog, sent: Iterable[tuple[Job, str]], now: datetime
) -> None:
    """They arrived, each with its provider's id; their alerts know now who was told."""
    told: list[tuple[Item, Sent]] = []
    reached: dict[str, set[Destination]] = {}
    for job, provider_id in sent:
        end(tx, job.items, SENT, provider_id, now)
        news = Sent(job.to.person, job.to.by)
        told += [(item, news) for item in job.items if item.notice.kind in FIRING_KINDS]
        reached.setdefault(job.items[0].desk, set()).add(job.to)
    for desk, to in reached.items():
        arrived(tx, desk, to, now)
    settlement = Settlement(tx, log, now)
    settlement.look_at([item.alert.id for item, _ in told])
    for item, news in told:
        settlement.apply(item.alert.id, news)
    settlement.write()


def record_failed(
    tx: Connection, log: EventLog, job: Job, verdict: Verdict, provider_id: str, now: datetime
) -> None:
    """What becomes of it: given up, tried again, asked about, or told another way as well."""
    first = job.items[0]
    others = _other_ways(tx, first)
    contact = _contact(tx, job.to.person)
    since = first.since
    course = after_attempt(verdict, first.attempts, first.notice, others.tried, contact, since, now)
    if course.do is Next.DONE:
        record_sent(tx, log, [(job, provider_id)], now)
    elif course.do is Next.GIVE_UP:
        end(tx, job.items, f"given up: {verdict.reason}", provider_id, now)
    else:
        lookup = course.do is Next.LOOK_UP
        at = max(course.at, now + LOOK_UP_AFTER) if lookup else course.at
        rows = [{"of": i.key, "at": at, "is_unknown": int(lookup)} for i in job.items]
        tx.execute(_AGAIN, rows)
    _tell_otherwise(tx, job, others, course.fallback, now)
    if course.raises is not None and not others.hopeful:
        also = course.raises
        raise_alert(tx, first.desk, also.rule, also.level, also.text, now, symbol=also.symbol)


def tell_misworded(tx: Connection, job: Job, why: str, now: datetime) -> None:
    """What a message was to say could not be put into words; somebody has to mend that by day."""
    first = job.items[0]
    about = first.alert.identity
    text = f"the text about {about.rule} by {job.to.by}: {why}"
    raise_alert(tx, first.desk, WORDING_FAILED, Level.WARNING, text, now, symbol=about.rule)


@dataclass(frozen=True, slots=True)
class _OtherWays:
    """The same message by other means: which there were, and whether one reached its reader or may."""

    tried: tuple[Means, ...]
    hopeful: bool


def _tell_otherwise(
    tx: Connection, job: Job, others: _OtherWays, by: Means | None, now: datetime
) -> None:
    if by is not None and not others.hopeful:
        enqueue(tx, [(item.alert.identity, item.by(by)) for item in job.items], now)


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
