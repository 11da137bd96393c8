"""What a message says: short for a phone, whole where there is room, always with how to answer."""

from collections.abc import Callable

from alerts.delivery.adapter import Letter, Part
from core.alerting.alert import Alert
from core.alerting.effects import FIRING_KINDS, NoticeKind
from core.alerting.wording import fit
from core.oncall.contacts import Means
from store.alerting.messages import Item, Job

LISTED_MAX = 20
HOW_TO_ANSWER: dict[Means, str] = {
    Means.SMS: "Reply ACK {id}",
    Means.VOICE: "Press 4 to take charge, 5 to escalate.",
    Means.PUSH: "",
    Means.EMAIL: "Acknowledge in Slack, or type: perps-bot ack {id}",
    Means.APPRISE: "Acknowledge in Slack, or type: perps-bot ack {id}",
}


def letter(job: Job, to: str) -> Letter:
    """One message for one alert, or for all that go together."""
    first = job.items[0]
    alert, by = first.alert, job.to.by
    wants_somebody = first.notice.kind in FIRING_KINDS
    title = _title(job)
    lines = [_line(item) for item in job.items[:LISTED_MAX]]
    if len(job.items) > LISTED_MAX:
        lines.append(f"and {len(job.items) - LISTED_MAX} more")
    answer = HOW_TO_ANSWER.get(by, "").format(id=alert.id) if wants_somebody else ""
    if by is Means.SMS and answer and len(job.items) > 1:
        answer += " for all of them"
    text = "\n".join(line for line in lines if line)
    whole = f"{title}. {text}" if by in (Means.SMS, Means.VOICE) else text
    buttons = f"{alert.id}|{alert.peak.value}|{alert.turn}|{alert.identity.desk}"
    return Letter(
        key=job.key,
        to=to,
        person=job.to.person,
        alert_ids=_ids(job),
        parts=_parts(job, _line),
        rule=str(alert.identity),
        level=job.level,
        closes=first.notice.kind is NoticeKind.RESOLVED,
        title=fit(title, Means.PUSH),
        text=fit(whole, by, answer),
        buttons=buttons if wants_somebody and len(job.items) == 1 else "",
        answerable=wants_somebody,
        begun_at=job.begun_at,
    )


def plain_letter(job: Job, to: str) -> Letter:
    """Facts that need no wording, for when that has failed."""
    first = job.items[0]
    alert = first.alert
    more = f" and {len(job.items) - 1} more" if len(job.items) > 1 else ""
    said = f"{alert.identity} {alert.id}: {first.notice.level}{more}"
    return Letter(
        key=job.key,
        to=to,
        person=job.to.person,
        alert_ids=_ids(job),
        parts=_parts(job, lambda item: str(item.alert.identity)),
        rule=str(alert.identity),
        level=job.level,
        closes=first.notice.kind is NoticeKind.RESOLVED,
        title=fit(said, Means.PUSH),
        text=fit(said, job.to.by),
        buttons="",
        answerable=first.notice.kind in FIRING_KINDS,
        begun_at=job.begun_at,
    )


def _ids(job: Job) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.alert.id for item in job.items))


def _parts(job: Job, says: Callable[[Item], str]) -> tuple[Part, ...]:
    """Each alert once, by the latest that is told of it: a storm is told with its ends in it."""
    if job.to.by is not Means.PAGERDUTY:
        return ()
    latest = {item.alert.id: item for item in sorted(job.items, key=lambda item: item.since)}
    return tuple(_part(latest[id], fit(says(latest[id]), job.to.by)) for id in _ids(job))


def _part(item: Item, text: str) -> Part:
    closes = item.notice.kind is NoticeKind.RESOLVED
    rule = str(item.alert.identity)
    return Part(item.alert.id, rule, item.notice.level, closes, _title_of(item), text)


def _title(job: Job) -> str:
    first = job.items[0]
    if len(job.items) == 1:
        return _title_of(first)
    alert = first.alert
    return f"{_drill(alert)}{alert.identity.desk}: {len(job.items)} alerts up to {job.level}"


def _title_of(item: Item) -> str:
    of = item.alert.identity
    what = " ".join(filter(None, [of.rule, of.symbol]))
    return f"{_drill(item.alert)}{of.desk} {item.notice.level}: {what}"


def _drill(alert: Alert) -> str:
    return "DRILL " if alert.drill else ""


def _line(item: Item) -> str:
    notice = item.notice
    late = f", late by {notice.late_s} s" if notice.late_s else ""
    return f"{_what(item.alert)} ({notice.why}{late})"


def _what(alert: Alert) -> str:
    return alert.text or " ".join(filter(None, [alert.identity.rule, alert.identity.symbol]))
