"""The desk's channel: each request's card, posted once, edited in place, its steps in the thread."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.answer import Answer
from bot.perform import TROUBLE
from bot.slack.due import Due, Ought
from bot.slack.message import Message
from bot.slack.posting import NotNow, Place, Posting, Refused
from bot.slack.shown import answer_message
from bot.slack.threads import Threads

log = logging.getLogger(__name__)

IDLE_S = 1.0
LIVE_S = 0.25
"""How often the store is looked at: idle, and while a card is not over."""
FIGURES_EVERY = timedelta(seconds=10)
"""Figures that only move are shown anew so often; Slack takes fifty edits a minute."""
EDITS_APART = timedelta(seconds=1.2)
ANNOUNCEMENTS = 100
REFUSED_FOR = timedelta(seconds=15)


@dataclass(slots=True)
class _Shown:
    """What this process last put on one card."""

    urgent: str
    at: datetime


@dataclass(slots=True)
class Outbox:
    """How posting goes, for people: what waits, since when, and why."""

    waiting: int = 0
    since: datetime | None = None
    trouble: str | None = None


class Board:
    """The only one who posts in the desk's channel. `wake` says that something may have changed."""

    def __init__(
        self,
        ought: Ought,
        posting: Posting,
        threads: Threads,
        clock: Callable[[], datetime],
    ) -> None:
        self._ought = ought
        self._posting = posting
        self._threads = threads
        self._clock = clock
        self._changed = asyncio.Event()
        self._shown: dict[str, _Shown] = {}
        self._not_before: datetime | None = None
        self._later: dict[str, datetime] = {}
        """Cards that Slack refuses, and when to offer them again."""
        self.channel: str | None = None
        """The desk channel's id, once it is known."""
        self.outbox = Outbox()
        self._announcements: deque[tuple[str, str, Message]] = deque(maxlen=ANNOUNCEMENTS)

    def wake(self) -> None:
        self._changed.set()

    def announce(self, key: str, desk: str, answer: Answer) -> None:
        """Tell the channel what somebody did that has no card; it is on record whatever becomes of this."""
        self._announcements.append((key, desk, answer_message(answer)))
        self.wake()

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            try:
                wait_s = await self.tick()
            except TROUBLE as why:
                log.warning("the cards wait for the store: %s: %s", type(why).__name__, why)
                wait_s = IDLE_S
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()

    async def tick(self) -> float:
        """Bring every card up to date; seconds until it should be looked at again."""
        now = self._clock()
        due = await self._threads.short(self._ought.cards, now)
        if self.channel is None:
            self._waits(due, now, "the desk's channel is not known yet")
            return IDLE_S
        if self._not_before is not None and now < self._not_before:
            return (self._not_before - now).total_seconds()
        refused: list[str] = []
        try:
            for card in due:
                if now >= self._later.get(card.key, now):
                    refused += await self._show_or_skip(card, self.channel, now)
            await self._tell(self.channel)
        except NotNow as why:
            log.warning("the desk's channel waits: %s", why)
            self._waits(due, now, str(why))
            self._not_before = now + timedelta(seconds=why.again_s)
            return why.again_s
        self._waits([c for c in due if c.key in self._later], now, next(iter(refused), None))
        return LIVE_S if due else IDLE_S

    async def _show_or_skip(self, due: Due, channel: str, now: datetime) -> list[str]:
        """Why Slack refuses this card, if it does: the others do not wait for it."""
        try:
            await self._show(due, channel, now)
        except Refused as why:
            log.warning("%s: %s", due.key, why)
            self._later[due.key] = now + REFUSED_FOR
            return [str(why)]
        self._later.pop(due.key, None)
        return []

    async def _reply(self, due: Due, channel: str, ts: str) -> None:
        if due.step is None:
            return
        key, said = due.step
        thread = Place(channel, ts, broadcast=said.loud)
        await self._posting.put(key, due.desk, thread, said.message, final=True)

    async def _tell(self, channel: str) -> None:
        while self._announcements:
            key, desk, message = self._announcements[0]
            try:
                await self._posting.put(key, desk, Place(channel), message, final=True)
            except Refused as why:  # it is on record; nobody waits for it
                log.warning("%s is not announced: %s", key, why)
            self._announcements.popleft()

    def _waits(self, due: Sequence[Due], now: datetime, trouble: str | None) -> None:
        self.outbox.waiting = len(due) + len(self._announcements)
        self.outbox.since = (self.outbox.since or now) if self.outbox.waiting else None
        self.outbox.trouble = trouble

    async def _show(self, due: Due, channel: str, now: datetime) -> None:
        last = self._shown.get(due.key)
        if last is not None and not due.over:
            moved = last.urgent != due.urgent
            if now - last.at < (EDITS_APART if moved else FIGURES_EVERY):
                return
        put, place = self._posting.put, Place(channel)
        try:
            ts = await put(due.key, due.desk, place, due.message)
        except Refused as why:
            if why.ts is None:
                raise
            await self._reply(due, channel, why.ts)  # it cannot be edited; its thread goes on
            if not due.over:
                raise
            await self._posting.finish(due.key, why.ts)
            return
        await self._reply(due, channel, ts)
        if due.over:  # only now, so that a step that could not be posted is tried again
            await put(due.key, due.desk, place, due.message, final=True)
            self._shown.pop(due.key, None)
        else:
            self._shown[due.key] = _Shown(due.urgent, now)
