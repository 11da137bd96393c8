"""Which messages go out together: groups, what a storm collapses to, and what overtakes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from core.alerting.alert import Alert, Destination, Identity
from core.alerting.effects import NoticeKind, Notify
from core.alerting.levels import Level
from core.oncall.contacts import Means

MINUTE = timedelta(minutes=1)
GATHERED_WITHIN = timedelta(seconds=0.5)
FULL = 2_500
"""So many alerts share one message at most; the next message has the rest."""

PER_MINUTE: dict[Means, int] = {
    Means.VOICE: 2,
    Means.SMS: 5,
    Means.PUSH: 10,
    Means.DM: 10,
    Means.CHANNEL: 10,
    Means.EMAIL: 5,
    Means.APPRISE: 5,
    Means.PAGERDUTY: 20,
}
"""So many messages a minute to one destination say more than a larger number would. Webhooks and files
have no such number: a machine reads them all."""

Group = tuple[str, str]


def group_of(identity: Identity) -> Group:
    """Alerts of one desk and rule are one group, whatever their symbols and levels."""
    return identity.desk, identity.rule


def flushed_with(alerts: Iterable[Alert], now: datetime) -> list[str]:
    """Ids of those still waiting for a group of which another one is told, or due, now.

    So one that is critical, which never waits, takes the waiting ones of its rule along.
    """
    known = list(alerts)
    going = {group_of(one.identity) for one in known if _goes(one, now)}
    return [
        one.id
        for one in known
        if _waits(one) and not _goes(one, now) and group_of(one.identity) in going
    ]


class Together(StrEnum):
    """Why messages share one, or do not."""

    ALONE = "it stands alone"
    GROUPED = "the same desk and rule, or all that a shift takes over"
    COLLAPSED = "too many in a minute; counted and listed, none dropped"
    EMERGENCY = "level 4 is never bundled and never waits"


@dataclass(frozen=True, slots=True)
class Pending:
    """A message in the outbox, what it is about, and since when it waits."""

    notice: Notify
    identity: Identity
    since: datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """A message that left: whereto, when, and the highest level it told of."""

    to: Destination
    at: datetime
    level: Level


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is sent as one message, not before `at`."""

    to: Destination
    members: tuple[Pending, ...]
    because: Together
    at: datetime

    @property
    def level(self) -> Level:
        return max(member.notice.level for member in self.members)


def send_order(pending: Pending) -> tuple[int, datetime, str]:
    """The highest level first, then the oldest."""
    return -pending.notice.level, pending.since, pending.notice.key


def pack(
    waiting: Iterable[Pending],
    gone: Collection[Gone],
    now: datetime,
    per_minute: Mapping[Means, int] = PER_MINUTE,
) -> list[Bundle]:
    """Everything that waits, as the messages to send, most urgent first. Nothing is left out."""
    bundles: list[Bundle] = []
    by_destination = sorted(waiting, key=lambda one: (_to(one), send_order(one)))
    for to, members in groupby(by_destination, key=_to):
        urgent, rest = _parted(members)
        bundles += [Bundle(to, (one,), Together.EMERGENCY, now) for one in urgent]
        together = _grouped(to, rest, now)
        if to.by in per_minute:
            recent = [one for one in gone if one.to == to and now - one.at < MINUTE]
            together = _within_budget(to, together, recent, per_minute[to.by], now)
        bundles += together
    return sorted(bundles, key=lambda one: min(send_order(member) for member in one.members))


def _within_budget(
    to: Destination, bundles: list[Bundle], recent: list[Gone], limit: int, now: datetime
) -> list[Bundle]:
    """What fits the minute, the first of each level in any case, and one that counts all the rest."""
    room = limit - len(recent)
    if len(bundles) <= room:
        return bundles
    told = {one.level for one in recent}
    first: dict[Level, Bundle] = {}
    for one in bundles:
        if one.level not in told:
            first.setdefault(one.level, one)
    others = [one for one in bundles if first.get(one.level) is not one]
    fitting = max(0, room - len(first) - 1)
    rest = [member for one in others[fitting:] for member in one.members]
    free_at = now if room > 0 or not recent else min(one.at for one in recent) + MINUTE
    collapsed = [Bundle(to, tuple(rest), Together.COLLAPSED, free_at)] if rest else []
    return [*first.values(), *others[:fitting], *collapsed]


def _grouped(to: Destination, members: list[Pending], now: datetime) -> list[Bundle]:
    groups: dict[tuple[Group, NoticeKind], list[Pending]] = {}
    for one in members:
        inherited = one.notice.kind is NoticeKind.INHERITED  # a shift hears of all it takes over
        group = ("", "") if inherited else group_of(one.identity)
        groups.setdefault((group, one.notice.kind), []).append(one)
    return [
        Bundle(
            to,
            tuple(group),
            Together.GROUPED if len(group) > 1 else Together.ALONE,
            _complete_at(group, now),
        )
        for group in groups.values()
    ]


def _complete_at(group: list[Pending], now: datetime) -> datetime:
    """While warnings of one group still come in, the message waits for them, but not for long.

    A group that has no more room is sent.
    """
    if max(one.notice.level for one in group) >= Level.CRITICAL or not 1 < len(group) < FULL:
        return now
    return max(now, min(one.since for one in group) + GATHERED_WITHIN)


def _parted(members: Iterable[Pending]) -> tuple[list[Pending], list[Pending]]:
    urgent: list[Pending] = []
    rest: list[Pending] = []
    for one in members:
        (urgent if one.notice.level is Level.EMERGENCY else rest).append(one)
    return urgent, rest


def _to(pending: Pending) -> Destination:
    return Destination(pending.notice.person, pending.notice.by)


def _waits(alert: Alert) -> bool:
    return alert.turn == 0 and alert.timers.step is not None and not alert.withheld


def _goes(alert: Alert, now: datetime) -> bool:
    """Told at this instant, or about to be."""
    if _waits(alert) and alert.timers.step is not None:
        return alert.timers.step <= now
    return alert.paged_at == now
