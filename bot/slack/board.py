"""The desk's channel: each request's card, posted once, edited in place, its steps in the thread."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.commands.looking import lapsed_away
from bot.perform import TROUBLE
from bot.picture import read_picture
from bot.slack.card import CARD, card
from bot.slack.card_words import Seen
from bot.slack.people_file import PeopleFile
from bot.slack.posting import NotNow, Place, Posting
from bot.slack.steps import step
from bot.slack.threads import Threads
from store.control import desks
from store.flattening import read_job
from store.lock import running_pid
from store.outcomes import cancelled_since, closed_by
from store.requests import requests_without_final_post
from store.store import Store

log = logging.getLogger(__name__)

IDLE_S = 1.0
LIVE_S = 0.25
"""How often the store is looked at: idle, and while a card is not over."""
FIGURES_EVERY = timedelta(seconds=10)
"""Figures that only move are shown anew so often; Slack takes fifty edits a minute."""
EDITS_APART = timedelta(seconds=1.2)
LOOK_BACK = timedelta(hours=1)
"""Requests that came and went so long before the start still get their card."""


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
        store: Store,
        posting: Posting,
        people: PeopleFile,
        threads: Threads,
        clock: Callable[[], datetime],
        monotonic_ns: Callable[[], int],
        command: str,
    ) -> None:
        self._store = store
        self._posting = posting
        self._people = people
        self._threads = threads
        self._clock = clock
        self._monotonic_ns = monotonic_ns
        self._command = command
        self._since = clock() - LOOK_BACK
        self._changed = asyncio.Event()
        self._shown: dict[str, _Shown] = {}
        self._not_before: datetime | None = None
        self.channel: str | None = None
        """The desk channel's id, once it is known."""
        self.outbox = Outbox()

    def wake(self) -> None:
        self._changed.set()

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            try:
                wait_s = await self.tick()
            except TROUBLE as why:
                log.warning("the cards wait for the store: %s: %s", type(why).__name__, why)
                wait_s = IDLE_S
            try:
                await asyncio.wait_for(self._changed.wait(), wait_s)
            except TimeoutError:
                continue

    async def tick(self) -> float:
        """Bring every card up to date; seconds until it should be looked at again."""
        now = self._clock()
        due = await self._threads.short(self._due, now)
        if not due or self.channel is None:
            self._waits(due, now, None if due == [] else "the desk's channel is not known yet")
            return IDLE_S
        if self._not_before is not None and now < self._not_before:
            return (self._not_before - now).total_seconds()
        for seen in due:
            try:
                await self._show(seen, now)
            except NotNow as why:
                log.warning("card %s: %s", seen.request.id, why)
                self._waits(due, now, str(why))
                self._not_before = now + timedelta(seconds=why.again_s)
                return why.again_s
        self._waits([], now, None)
        return LIVE_S

    def _waits(self, due: Sequence[Seen], now: datetime, trouble: str | None) -> None:
        self.outbox.waiting = len(due)
        self.outbox.since = (self.outbox.since or now) if due else None
        self.outbox.trouble = trouble

    async def _show(self, seen: Seen, now: datetime) -> None:
        assert self.channel is not None, "tick asked for it"
        request, last = seen.request, self._shown.get(seen.request.id)
        if last is not None and not seen.over:
            moved = last.urgent != seen.urgent
            if now - last.at < (EDITS_APART if moved else FIGURES_EVERY):
                return
        put = partial(self._posting.put, desk=request.desk)
        ts = await put(f"{CARD}{request.id}", place=Place(self.channel), message=card(seen))
        said = step(seen)
        if said is not None:
            thread = Place(self.channel, ts, broadcast=said.loud)
            await put(
                f"{request.id}/{request.state}", place=thread, message=said.message, final=True
            )
        if seen.over:
            await put(
                f"{CARD}{request.id}", place=Place(self.channel), message=card(seen), final=True
            )
        self._shown[request.id] = _Shown(seen.urgent, now)

    def _due(self, now: datetime) -> list[Seen]:
        """Requests that need a card, and those whose card is not finished."""
        return [
            seen
            for desk in self._store.read(desks)
            for seen in self._of_desk(desk, now, self._monotonic_ns())
        ]

    def _of_desk(self, desk: str, now: datetime, now_ns: int) -> list[Seen]:
        lapsed_away(self._store, desk, now)

        requests = self._store.read(
            lambda c: requests_without_final_post(c, desk, CARD, self._since)
        )
        if not requests:
            return []
        picture = read_picture(self._store, desk, now, now_ns)
        people = tuple(self._people.read().people.values())
        runs = running_pid(self._store.home.single("loop", desk)) is not None
        return [
            self._store.read(
                lambda c, request=request: Seen(  # type: ignore[misc]
                    request=request,
                    picture=picture,
                    job=read_job(c, request.id),
                    closed=closed_by(c, request.id),
                    cancelled=cancelled_since(c, desk, request.asked_at),
                    people=people,
                    trader_runs=runs,
                    command=self._command,
                )
            )
            for request in requests
        ]
