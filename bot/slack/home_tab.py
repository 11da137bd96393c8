"""The App Home: a live dashboard for each person who has it open, with the brake on top."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.answer import Answer
from bot.perform import TROUBLE
from bot.picture import read_picture
from bot.slack.admission import Stranger
from bot.slack.approved_people import ApprovedPeople
from bot.slack.board import Outbox
from bot.slack.connections import Health
from bot.slack.dashboard import Around, dashboard
from bot.slack.directory import Directory, Trust
from bot.slack.message import Block, section
from bot.slack.mrkdwn import escape
from bot.slack.replies import NO_ANSWER
from bot.slack.threads import Threads
from core.people import Person
from store.control import desks, read_row
from store.store import Store

log = logging.getLogger(__name__)

OPEN_FOR = timedelta(minutes=10)
"""Slack does not say when the tab is closed: it is kept live for so long after it was opened."""
EVERY = timedelta(seconds=15)
BLOCKS_MAX = 100


@dataclass(slots=True)
class _Open:
    team: str
    since: datetime
    shown_at: datetime
    modes: str


class HomeTab:
    """Publishes; `tick` keeps it live, at once when a mode has changed."""

    SAYS: ClassVar[dict[str, str]] = {
        "home_kill": "kill from the Home tab",
        "home_reduce_only": "reduce-only from the Home tab",
        "home_resume": "resume from the Home tab",
        "home_refresh": "",
    }
    """What each button says, as if it had been typed."""
    ACTIONS: ClassVar = re.compile("^home_")

    def __init__(
        self,
        store: Store,
        directory: Directory,
        slack: AsyncWebClient,
        threads: Threads,
        clock: Callable[[], datetime],
        monotonic_ns: Callable[[], int],
        people: ApprovedPeople,
        outbox: Outbox,
        connections: Callable[[], Health],
    ) -> None:
        self._store = store
        self._directory = directory
        self._slack = slack
        self._threads = threads
        self._clock = clock
        self._monotonic_ns = monotonic_ns
        self._people = people
        self._outbox = outbox
        self._connections = connections
        self._open: dict[str, _Open] = {}

    async def opened(self, account: str, team: str, answer: Answer | None = None) -> None:
        """Show it to whoever opened it; strangers learn only that they are not listened to."""
        now = self._clock()
        person = await self._directory.person(account, team, Trust.LAST_KNOWN)
        if isinstance(person, Stranger):
            await self._publish(account, [section(f"⛔ {escape(person.value)}.")])
            return
        blocks, modes = await self._threads.look(self._view, person, now, answer)
        if await self._publish(account, blocks):
            self._open[account] = _Open(team, now, now, modes)

    async def tick(self) -> None:
        """Publish anew where it is open: every few seconds, and at once when a mode has changed."""
        now = self._clock()
        self._open = {a: seen for a, seen in self._open.items() if now - seen.since < OPEN_FOR}
        if not self._open:
            return
        modes = await self._threads.look(self._modes)
        for account, seen in list(self._open.items()):
            if now - seen.shown_at < EVERY and seen.modes == modes:
                continue
            since = seen.since
            await self.opened(account, seen.team)
            self._open[account].since = since

    def _modes(self) -> str:
        found = self._store.read(lambda c: [(desk, read_row(c, desk).epoch) for desk in desks(c)])
        return str(found)

    def _view(
        self, person: Person, now: datetime, answer: Answer | None
    ) -> tuple[list[Block], str]:
        around = Around(self._connections(), self._outbox, self._people.trouble)
        try:
            known = self._store.read(desks)
            now_ns = self._monotonic_ns()
            pictures = [read_picture(self._store, desk, now, now_ns) for desk in known]
        except TROUBLE as why:
            text = (
                f"🔴 *The store cannot be read:* {escape(str(why))}\n`kill` still holds the desk."
            )
            return [section(text)], ""
        return dashboard(person, pictures, around, answer, now)[:BLOCKS_MAX], self._modes()

    async def _publish(self, account: str, blocks: list[Block]) -> bool:
        try:
            await self._slack.views_publish(
                user_id=account, view={"type": "home", "blocks": blocks}
            )
        except NO_ANSWER as error:
            log.warning("the Home tab of %s: %s", account, error)
            return False
        return True
