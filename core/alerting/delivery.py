"""What becomes of one message: how an answer is read, when to try again, when to go another way."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from core.alerting.alert import Alert, AlertState, Why
from core.alerting.effects import FIRING_KINDS, Effect, NoticeKind, Notify, RaiseAlso
from core.alerting.levels import Level
from core.oncall.contacts import Contact, Means

RETRY_AFTER_MAX_S = 3600
BACKOFF_S = (1, 2, 5, 10, 30, 60, 120, 300)
PATIENCE_S: dict[Level, int] = {
    Level.WARNING: 900,
    Level.INTERVENTION: 60,
    Level.CRITICAL: 5,
    Level.EMERGENCY: 0,
}
"""Whoever has to wait longer than this for a means is told by another one as well."""


LAST_WAYS = (Means.CHANNEL, Means.LOCAL)
DELIVERY_FAILED = "delivery_failed"


class Ruling(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    RETRY = "not taken; try again"
    PERMANENT = "refused for good"
    UNKNOWN = "may have been taken; ask the provider before sending again"


class Failure(StrEnum):
    """An attempt that brought no whole answer."""

    NO_CONNECTION = "no connection: name, route or TLS"
    TIMEOUT = "no answer in time"
    CUT_OFF = "the answer broke off"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said, or how it failed to. `error` is its own word for what is wrong."""

    status: int | None = None
    error: str = ""
    retry_after: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an attempt ended, and for a retry how long the provider wants to be left alone."""

    ruling: Ruling
    reason: str
    wait_s: int | None = None


PASSING_ERRORS = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error"})
"""Errors in the body of a 2xx that pass by themselves. All others need somebody to change something."""

PASSING_STATUS = frozenset({408, 425, 429})


def verdict(answer: Answer, now: datetime) -> Verdict:
    """How to read an answer. Never sent merely because nothing went wrong."""
    if answer.failure is Failure.NO_CONNECTION:
        return Verdict(Ruling.RETRY, answer.failure)
    if answer.failure is not None or answer.status is None:
        return Verdict(Ruling.UNKNOWN, answer.failure or "no status")
    said = answer.error or f"status {answer.status}"
    passing = answer.status in PASSING_STATUS or answer.status >= 500
    if passing or answer.error in PASSING_ERRORS:
        return Verdict(Ruling.RETRY, said, retry_after_s(answer.retry_after, now))
    if 200 <= answer.status < 300 and not answer.error:
        return Verdict(Ruling.SENT, said)
    return Verdict(Ruling.PERMANENT, said)


def retry_after_s(header: str | None, now: datetime) -> int | None:
    """Seconds that a Retry-After header asks for, at most an hour; None when it says nothing usable."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return min(int(header), RETRY_AFTER_MAX_S)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return min(max(0, -((now - at) // timedelta(seconds=1))), RETRY_AFTER_MAX_S)


class Next(StrEnum):
    """What to do with a message after an attempt."""

    DONE = "done"
    TRY_AGAIN = "try again by the same means"
    LOOK_UP = "ask the provider whether it has it, then decide"
    GIVE_UP = "this means is of no use"


@dataclass(frozen=True, slots=True)
class Course:
    """What to do after an attempt and when; by which other means at once; what to raise about it."""

    do: Next
    at: datetime
    fallback: Means | None = None
    raises: RaiseAlso | None = None


def after_attempt(
    ruling: Verdict,
    attempt: int,
    notice: Notify,
    tried: Iterable[Means],
    contact: Contact | None,
    since: datetime,
    now: datetime,
) -> Course:
    """The course after the attempt of this number, 0 the first. A failed receipt is a failed attempt.

    `since` is when the message was due at first: patience counts from there, not from each attempt.
    Nothing that wants somebody is given up before the file on the machine has it.
    """
    if ruling.ruling is Ruling.SENT:
        return Course(Next.DONE, now)
    other = other_means(notice, tried, contact)
    if ruling.ruling is Ruling.UNKNOWN:
        if notice.level is Level.WARNING:
            return Course(Next.DONE, now)  # rather once too few than twice
        return Course(Next.LOOK_UP, now, other if notice.level >= Level.CRITICAL else None)
    wait_s = ruling.wait_s if ruling.wait_s is not None else _backoff_s(attempt)
    at = now + timedelta(seconds=wait_s)
    if ruling.ruling is Ruling.PERMANENT and notice.by is not Means.LOCAL:
        return Course(Next.GIVE_UP, now, other, _failed(notice, other, ruling.reason))
    return Course(Next.TRY_AGAIN, at, other if too_long(notice.level, at - since) else None)


def too_long(level: Level, waits: timedelta) -> bool:
    """Whether a message that was not even tried is told another way as well."""
    return waits > timedelta(seconds=PATIENCE_S[level])


def other_means(notice: Notify, tried: Iterable[Means], contact: Contact | None) -> Means | None:
    """The person's own other means, then the channel, then the file on the machine."""
    if notice.kind not in FIRING_KINDS and notice.kind is not NoticeKind.COUNTDOWN:
        return None  # only what wants somebody is worth a second way
    own = contact.means if contact is not None else ()
    not_again = {*tried, notice.by}
    return next((means for means in (*own, *LAST_WAYS) if means not in not_again), None)


def _failed(notice: Notify, other: Means | None, reason: str) -> RaiseAlso | None:
    """A person who has no means left that works is an alert of its own, for others to hear."""
    if notice.level < Level.INTERVENTION or (other is not None and other not in LAST_WAYS):
        return None
    whom = notice.person or "the desk"
    text = f"{whom} could not be told of {notice.alert_id} by {notice.by}: {reason}"
    return RaiseAlso(DELIVERY_FAILED, Level.INTERVENTION, text, failed_by(notice.person, notice.by))


def failed_by(person: str, by: Means) -> str:
    """What an alert about messages that do not arrive is about: one person and one means."""
    return f"{person or 'desk'} {by}"


def _backoff_s(attempt: int) -> int:
    return BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]


class Dropped(StrEnum):
    """Why a message in the outbox is not sent any more."""

    RESOLVED = "the alert is resolved"
    OLDER_GENERATION = "the alert has moved on since it was written"
    TOOK_CHARGE = "this person has taken charge"
    OTHER_LEASE = "another process holds the lease now"


def dropped(notice: Notify, alert: Alert, *, lease: int, lease_held: int) -> Dropped | None:
    """Why this message is not sent, or None. Asked in the claim, and once more just before the call."""
    if lease != lease_held:
        return Dropped.OTHER_LEASE
    if notice.kind is NoticeKind.ACTED:
        return None
    if alert.state is AlertState.RESOLVED and notice.kind is not NoticeKind.RESOLVED:
        return Dropped.RESOLVED
    handed_to = alert.owner == notice.person and notice.why is Why.HANDED_OVER
    if notice.kind in FIRING_KINDS and notice.person in alert.in_charge and not handed_to:
        return Dropped.TOOK_CHARGE
    if notice.generation < alert.generation:
        return Dropped.OLDER_GENERATION
    return None


def by_memory(effects: Iterable[Effect]) -> tuple[Notify, ...]:
    """The messages to send although the store cannot keep them; each says that it is not on record."""
    return tuple(replace(one, unrecorded=True) for one in effects if isinstance(one, Notify))


@dataclass(frozen=True, slots=True)
class Breaker:
    """Spares a destination that keeps failing: one probe at a time until one gets through.

    `asked`: it asked itself to be left alone until then, and nothing that happens meanwhile shortens that.
    """

    failures: int = 0
    open_until: datetime | None = None
    probing: bool = False
    asked: bool = False


TRIP_AFTER = 5
PROBE_EVERY_S = 1
PROBE_EVERY_MAX_S = 30
SLOWER_AFTER = 20
"""So many probes in vain make the interval a second longer."""
PROBE_LASTS = timedelta(seconds=25)
"""Longer than an attempt can take."""


class Held(StrEnum):
    """Why an attempt is not made yet."""

    BREAKER = "this destination keeps failing; it is probed at intervals"


def held(breaker: Breaker, level: Level, now: datetime) -> Held | None:
    """Why this attempt waits, or None. Level 4 never waits: its message is the probe."""
    if breaker.open_until is None or now >= breaker.open_until or level is Level.EMERGENCY:
        return None
    return Held.BREAKER


def noted(breaker: Breaker, ruling: Ruling, now: datetime, wait_s: int | None = None) -> Breaker:
    """The breaker after an attempt. What is refused for good says that the destination works.

    `wait_s` is how long the provider asked to be left alone: that holds for every message to it.
    """
    spared_until = breaker.open_until if held(breaker, Level.WARNING, now) else None
    failures = breaker.failures + 1
    if wait_s:
        until = now + timedelta(seconds=wait_s)
        longest = max(until, spared_until) if spared_until and breaker.asked else until
        return Breaker(failures, longest, asked=True)
    if spared_until and breaker.asked:
        return breaker
    if ruling in (Ruling.SENT, Ruling.PERMANENT):
        return Breaker()
    if spared_until and not breaker.probing:
        return breaker  # it was under way when the breaker tripped: no news
    if failures < TRIP_AFTER:
        return Breaker(failures)
    slower_s = (failures - TRIP_AFTER) // SLOWER_AFTER
    wait_s = min(PROBE_EVERY_S + slower_s, PROBE_EVERY_MAX_S)
    return Breaker(failures, now + timedelta(seconds=wait_s))


def probed(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker once an attempt is let through: tripped, it holds all others until that one has ended."""
    if breaker.open_until is None or (breaker.asked and now < breaker.open_until):
        return breaker
    return replace(breaker, open_until=now + PROBE_LASTS, probing=True, asked=False)
