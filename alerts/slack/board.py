"""Brings Slack to what the store says: each alert's message, and below it what happened since."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.slack.blocks import Message
from alerts.slack.posting import NotNow, Place, Posting, Refused
from alerts.slack.storm import Budget, Shown, storm_message
from alerts.slack.words import Seen, alert_message, thread_message
from alerts.waking import woken_within
from core.alerting.alert import Alert
from core.alerting.checklist import in_order
from store.alerting.alerts import Line, acts_of, history, note_shown, unshown, without_message
from store.alerting.checklists import open_positions, ticked
from store.alerting.posts import last_told
from store.control import read_constraints, read_row
from store.slack_posts import read_post
from store.sqlite import StoreFailed
from store.store import Store, Transaction

log = logging.getLogger(__name__)

AT_ONCE = 50
STORM_LASTS = timedelta(minutes=10)
IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An alert's message, the lines that its thread does not tell yet, and whether it stands already."""

    message: Message
    lines: list[Line]
    posted: bool


class Board:
    """The only one who posts alerts. `wake` says that something may have changed."""

    def __init__(
        self,
        store: Store,
        posting: Posting,
        clock: Callable[[], datetime],
        channel: Callable[[], Awaitable[str]],
        command: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._posting = posting
        self._budget = Budget()
        self._storm: datetime | None = None
        self._channel = channel
        self._command = command
        self._changed = asyncio.Event()

    def wake(self) -> None:
        self._changed.set()

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            try:
                waits = await self.show()
            except NotNow as why:
                log.warning("alerts wait for Slack: %s", why)
                await asyncio.sleep(why.again_s)
                continue
            except StoreFailed as why:
                log.warning("alerts wait for the store: %s: %s", type(why).__name__, why)
                await asyncio.sleep(IDLE_S)
                continue
            if not waits:
                await woken_within(self._changed, IDLE_S)

    async def show(self) -> bool:
        """Show the most urgent of what is to be shown; whether there was anything. Raises NotNow."""
        alerts = await asyncio.to_thread(self._store.read, lambda c: unshown(c, AT_ONCE))
        if not alerts:
            return False
        channel = await self._channel()
        counted: list[Alert] = []
        for alert in alerts:
            drawn = await asyncio.to_thread(self._store.read, lambda c, a=alert: self._draw(c, a))
            if drawn.posted or self._ought_to_be_told(alert):
                if not drawn.posted and self._budget.ask(alert, self._clock()) is Shown.COUNTED:
                    counted.append(alert)
                    continue
                await self._show(alert, drawn, channel)
            await self._noted([alert])
        await self._noted(counted)
        await self._show_storm({alert.identity.desk for alert in counted}, channel)
        return True

    def _ought_to_be_told(self, alert: Alert) -> bool:
        """What is kept quiet, or was over before anybody heard of it, gets no message."""
        return alert.open and not (alert.withheld and alert.turn == 0)

    async def _show(self, alert: Alert, drawn: "_Drawn", channel: str) -> None:
        desk = alert.identity.desk
        try:
            ts = await self._posting.put(f"alert:{alert.id}", desk, Place(channel), drawn.message)
            told = thread_message(drawn.lines)
            if told is not None:
                key = f"alert:{alert.id}/{drawn.lines[0].seq}"
                place = Place(channel, thread_ts=ts)
                await self._posting.put(key, desk, place, told, shown=str(drawn.lines[-1].seq))
        except Refused as why:
            log.warning("alert %s is not shown: %s", alert.id, why)

    async def _show_storm(self, desks: set[str], channel: str) -> None:
        """One message for as long as the storm lasts, edited while it grows."""
        now = self._clock()
        for desk in desks:
            if self._storm is None or now - self._storm >= STORM_LASTS:
                self._storm = now
            key = f"storm:{desk}:{self._storm:%Y%m%dT%H%M%S}"
            counts = await asyncio.to_thread(
                self._store.read, lambda c, d=desk: without_message(c, d)
            )
            message = storm_message(desk, counts, self._command)
            await self._posting.put(key, desk, Place(channel), message)

    async def _noted(self, shown: list[Alert]) -> None:
        await asyncio.to_thread(self._store.write, lambda tx: note_shown(tx, shown))

    def _draw(self, c: Transaction, alert: Alert) -> "_Drawn":
        desk = alert.identity.desk
        seen = Seen(
            alert,
            read_row(c, desk).mode,
            open_positions(c, desk, self._clock()),
            acts_of(c, alert.id),
            ticked(c, alert.id),
            self._command,
            in_order(read_constraints(c, desk)),
        )
        lines = history(c, alert.id, last_told(c, alert.id))
        return _Drawn(alert_message(seen), lines, read_post(c, f"alert:{alert.id}") is not None)
