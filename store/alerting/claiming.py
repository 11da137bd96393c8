"""Taking messages out of the outbox: what to send now, and marking it as being sent before it is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    update,
)

from core.alerting.alert import Destination
from core.alerting.delivery import dropped
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
from core.oncall.contacts import Means
from store.alerting.arranged import Arrangements, read_arrangements
from store.alerting.messages import SENT, WAITING, Item, Job, end, item_of
from store.alerting.outbox_schema import outbox
from store.alerting.schema import alerts
from store.columns import spelled

_MOMENT = outbox.c.due.type
_BUDGETED = frozenset(means.value for means in PER_MINUTE)


def _rows() -> Select[Any]:
    return (
        select(outbox, alerts.c.body)
        .join(alerts, alerts.c.id == outbox.c.alert_id)
        .where(*WAITING)
        .order_by(outbox.c.level.desc(), outbox.c.since)
    )


def _joining(*columns: Any) -> Select[Any]:
    """Those that may go with messages that are due: also what waits for the rest of its group."""
    soon = (
        outbox.c.due <= bindparam("soon", type_=_MOMENT),
        outbox.c.attempts == 0,
        outbox.c.level < Level.CRITICAL.value,
    )
    due = outbox.c.due <= bindparam("now", type_=_MOMENT)
    with_them = tuple_(*columns).in_(bindparam("those", expanding=True))
    return _rows().where(or_(due, soon[0] & soon[1] & soon[2]), with_them).limit(FULL)


_DUE = _rows().where(outbox.c.due <= bindparam("now", type_=_MOMENT)).limit(bindparam("most"))
_OF_PLACE = _joining(outbox.c.person, outbox.c.by)
_OF_RULE = _joining(outbox.c.person, outbox.c.by, outbox.c.rule)
_GONE = (
    select(
        outbox.c.message,
        outbox.c.person,
        outbox.c.by,
        outbox.c.ended_at,
        func.max(outbox.c.level).label("level"),
    )
    .where(
        outbox.c.outcome == spelled(SENT),
        outbox.c.ended_at > bindparam("since", type_=_MOMENT),
        outbox.c.by.in_(_BUDGETED),
    )
    .group_by(outbox.c.message)
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
_LATER = update(outbox).where(outbox.c.key == bindparam("of")).values(due=bindparam("at"))
_STILL = select(outbox.c.key).where(outbox.c.key.in_(bindparam("those", expanding=True)), *WAITING)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to do about what waits, as it stood when it was looked at."""

    jobs: tuple[Job, ...]
    """The most urgent first."""
    later: tuple[tuple[datetime, tuple[Item, ...]], ...]
    unwanted: tuple[tuple[str, Item], ...]
    """With the reason."""
    all_seen: bool
    """Whether there was nothing due beyond what was looked at."""

    @property
    def nothing(self) -> bool:
        return not (self.jobs or self.later or self.unwanted)


def look(c: Connection, now: datetime, most: int, ended: Sequence[Job] = ()) -> Outlook:
    """The messages that the `most` urgent rows are sent by, with all that goes with those.

    `ended` were sent a moment ago and may not be on record as that yet.
    """
    head = c.execute(_DUE, {"now": now, "most": most}).all()
    fresh, lost = _parted([*head, *_going_with(c, head, now)])
    known = read_arrangements(c)
    wanted, unwanted = _still_wanted(fresh)
    jobs: list[Job] = []
    later: list[tuple[datetime, tuple[Item, ...]]] = []
    for key, members in lost:
        still, others = _still_wanted(members)
        jobs += [_lost_job(known, key, still)] if still else []
        unwanted += others
    just = {job.key: Gone(job.to, now, job.level) for job in ended}
    gone = (just | _gone(c, wanted, now)).values()
    by_key = {item.key: item for item in wanted}
    for bundle in pack((_pending(item) for item in wanted), gone, now):
        items = tuple(by_key[one.notice.key] for one in bundle.members)
        if bundle.at > now:
            later.append((bundle.at, items))
        else:
            to = _address(known, bundle.to)
            jobs.append(Job(items[0].key, bundle.to, to, items, bundle.because, now, False))
    jobs.sort(key=lambda job: -job.level)
    return Outlook(tuple(jobs), tuple(later), tuple(unwanted), len(head) < most)


def claim(tx: Connection, seen: Outlook, now: datetime, slots: int, urgent_slots: int) -> list[Job]:
    """Messages to send now, the most urgent first; they are marked as being sent.

    Up to `slots` of them; more of level 4, which has `urgent_slots` beside them. What was withdrawn
    since the look is not among them.
    """
    for why, item in seen.unwanted:
        end(tx, [item], why, "", now)
    for until, items in seen.later:
        postpone(tx, items, until)
    urgent = [job for job in seen.jobs if job.level is Level.EMERGENCY]
    others = [job for job in seen.jobs if job.level is not Level.EMERGENCY]
    begun = [*urgent[: slots + urgent_slots], *others[: max(0, slots - len(urgent))]]
    begun = _still_waiting(tx, begun)
    rows = [
        {"of": item.key, "begun": now, "as_message": job.key} for job in begun for item in job.items
    ]
    if rows:
        tx.execute(_SENDING, rows)
    return begun


def postpone(tx: Connection, items: Iterable[Item], until: datetime) -> None:
    rows = [{"of": item.key, "at": until} for item in items]
    tx.execute(_LATER, rows)


def _going_with(c: Connection, head: Sequence[Row[Any]], now: datetime) -> Iterator[Row[Any]]:
    """All that may share a message with these, beside them."""
    found = {row.key for row in head}
    places = {(row.person, row.by) for row in head if row.by in _BUDGETED}
    rules = {(row.person, row.by, row.rule) for row in head if row.by not in _BUDGETED}
    moments = {"now": now, "soon": now + GATHERED_WITHIN}
    for statement, those in ((_OF_PLACE, places), (_OF_RULE, rules)):
        if those:
            rows = c.execute(statement, moments | {"those": sorted(those)})
            yield from (row for row in rows if row.key not in found)


def _still_waiting(tx: Connection, jobs: Sequence[Job]) -> list[Job]:
    """Without what was withdrawn, or claimed, since the look."""
    keys = [item.key for job in jobs for item in job.items]
    waiting = set(tx.scalars(_STILL, {"those": keys})) if keys else set()
    if len(waiting) == len(keys):
        return list(jobs)
    left = ((job, tuple(i for i in job.items if i.key in waiting)) for job in jobs)
    return [replace(job, items=items) for job, items in left if items]


def _parted(rows: Iterable[Row[Any]]) -> tuple[list[Item], list[tuple[str, list[Item]]]]:
    """Those to send, and messages of which nobody knows whether they were sent."""
    fresh: list[Row[Any]] = []
    lost: list[Row[Any]] = []
    for row in rows:
        (lost if row.unknown else fresh).append(row)
    lost.sort(key=lambda row: row.message)
    grouped = groupby(lost, key=lambda row: str(row.message))
    return [item_of(row) for row in fresh], [(key, [item_of(r) for r in rs]) for key, rs in grouped]


def _lost_job(known: Arrangements, key: str, members: Sequence[Item]) -> Job:
    notice = members[0].notice
    to = Destination(notice.person, notice.by)
    address = _address(known, to)
    return Job(key, to, address, tuple(members), Together.ALONE, members[0].since, True)


def _address(known: Arrangements, to: Destination) -> str | None:
    return known.address(to.person, to.by) if to.person else ""


def _still_wanted(items: Iterable[Item]) -> tuple[list[Item], list[tuple[str, Item]]]:
    kept: list[Item] = []
    unwanted: list[tuple[str, Item]] = []
    for item in items:
        why = dropped(item.notice, item.alert, lease=0, lease_held=0)
        if why is None:
            kept.append(item)
        else:
            unwanted.append((why.value, item))
    return kept, unwanted


def _gone(c: Connection, wanted: Iterable[Item], now: datetime) -> dict[str, Gone]:
    """What went a moment ago to places that want few messages, by message."""
    if not any(item.notice.by in PER_MINUTE for item in wanted):
        return {}
    return {
        row.message: Gone(Destination(row.person, Means(row.by)), row.ended_at, Level(row.level))
        for row in c.execute(_GONE, {"since": now - MINUTE})
    }


def _pending(item: Item) -> Pending:
    return Pending(item.notice, item.alert.identity, item.since)
