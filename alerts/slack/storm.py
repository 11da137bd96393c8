"""A storm in the channel: what fits a minute gets its own message, all the rest is counted in one."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from alerts.slack.blocks import Message, context, foreign, header, section
from core.alerting.alert import Alert
from core.alerting.grouping import MINUTE, PER_MINUTE
from core.alerting.levels import Level
from core.oncall.contacts import Means
from store.alerting.alerts import Count

LINES_MAX = 20


class Shown(Enum):
    """Where an alert is told."""

    ALONE = "in a message of its own"
    COUNTED = "in the one that counts a storm"


@dataclass(frozen=True, slots=True)
class _Posted:
    at: datetime
    level: Level


class Budget:
    """How many new messages a minute the channel takes. Level 4 never waits, nor the first of a level."""

    def __init__(self) -> None:
        self._posted: deque[_Posted] = deque()

    def ask(self, alert: Alert, now: datetime) -> Shown:
        while self._posted and now - self._posted[0].at >= MINUTE:
            self._posted.popleft()
        first = all(one.level is not alert.peak for one in self._posted)
        room = len(self._posted) < PER_MINUTE[Means.CHANNEL]
        if not (room or first or alert.peak is Level.EMERGENCY):
            return Shown.COUNTED
        self._posted.append(_Posted(now, alert.peak))
        return Shown.ALONE


def storm_message(desk: str, counts: Sequence[Count], command: str) -> Message:
    """All that is open and has no message of its own, by level and rule."""
    total = sum(one.count for one in counts)
    head = f"🌩 {desk}: {total:,} more alerts, each of them kept and escalated"
    lines = [f"• {one.peak}: {one.count:,} × {foreign(one.rule)}" for one in counts[:LINES_MAX]]
    if len(counts) > LINES_MAX:
        lines.append(f"• and {len(counts) - LINES_MAX} rules more")
    small = f"`{command} alerts` lists them, the most urgent first"
    text = "\n".join(lines) or "All of them are resolved, or have their own message now."
    return Message(
        f"{foreign(head)}\n{text}\n{small}", [header(head), section(text), context(small)]
    )
