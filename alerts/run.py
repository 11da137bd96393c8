"""The alerts process: everything wired together, running until it is told to stop."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from alerts.adapters.environment import PUBLIC_URL, read_environment
from alerts.adapters.set_up import adapters, of_sandbox
from alerts.at_once import AtOnce
from alerts.auditing import EVERY_S, Auditing
from alerts.delivery.engine import Delivery
from alerts.digests import Digests, InSlack
from alerts.figures.machine import Machine, Places
from alerts.heartbeat_url import VARIABLE, call_outside
from alerts.intake.server import Access, Intake, serve_intake
from alerts.keeper import Keeper
from alerts.slack.board import Board
from alerts.slack.channels import Channels
from alerts.slack.client import web_client
from alerts.slack.posting import Posting
from alerts.slack.settings import slack_access
from alerts.waking import woken_within
from core.alerting.digest import DigestTime
from store.alerting.clock_back import follow_clock_back
from store.alerting.reaching import load_reaching
from store.alerting.usual import arrangements_of
from store.changes import Changes
from store.control import desks
from store.heartbeats import beat
from store.lock import SingleProcess
from store.logs import log_to
from store.people_file import PeopleFile
from store.sqlite import StoreFailed
from store.store import Store, Transaction
from store.wakeups import Listener

log = logging.getLogger(__name__)

LOOK_S = 0.05
"""How often the store is asked whether anything was committed: microseconds each time."""
TICK_S = 1.0
"""At least so often everything is looked at, whatever anybody says."""
BEAT_S = 1.0
CONNECTIONS = 32
"""To one host at a time."""
SETTLED_WITHIN = timedelta(seconds=10)
DIGEST_AT = DigestTime(ZoneInfo("UTC"), time(0, 5))
ANSWER_WITHIN = aiohttp.ClientTimeout(total=15, connect=5)


@dataclass(frozen=True, slots=True)
class Outside:
    """What only the composition root may take from the world."""

    clock: Callable[[], datetime]
    apart_s: Callable[[], float]
    """The machine's clock less one that nobody can set."""
    environment: Mapping[str, str]
    new_id: Callable[[], str]
    say: Callable[[str], None]


class Alerts:
    """Built whole before anything runs."""

    def __init__(
        self,
        store: Store,
        people: PeopleFile,
        outside: Outside,
        session: aiohttp.ClientSession,
        listener: Listener,
    ) -> None:
        self._store = store
        self._outside = outside
        self._listener = listener
        self._changes = Changes(store.home.database)
        self._nudged = asyncio.Event()
        self._people = people
        self._session = session
        self._settled_at: datetime | None = None
        self._board: Board | None = None
        self._digest_place: InSlack | None = None
        self._environment = read_environment({**of_sandbox(store.home.root), **outside.environment})
        access = slack_access(outside.environment, store.home.root)
        slack = web_client(access, session) if access is not None else None
        if slack is not None:
            self._connect_slack(slack)
        clock, say = outside.clock, outside.say
        self._digests = Digests(store, self._digest_place, self._digest_at, clock)
        means = adapters(self._environment, session, slack, store, clock, say)
        self._delivery = Delivery(store, means, clock, self._nudged.set)
        self._keeper = Keeper(
            store,
            lambda: arrangements_of(people.read()).by_means(means),
            outside.new_id,
            lambda: people.trouble,
            Machine(Places(store.home.root, store.home.logs, outside.apart_s)),
            self._send_soon,
        )
        self._loop = asyncio.get_running_loop()

    def _connect_slack(self, slack: AsyncWebClient) -> None:
        clock, channels = self._outside.clock, Channels(slack)

        async def alerts_channel() -> str:
            workspace = self._people.read().workspace
            return await channels.id_of(workspace.alerts_channel if workspace else "")

        async def pnl_channel() -> str:
            workspace = self._people.read().workspace
            return await channels.id_of(workspace.pnl_channel if workspace else "")

        posting = Posting(slack, self._store, clock)
        command = self._outside.environment.get("PERPS_SLACK_COMMAND", "/perps")
        self._board = Board(self._store, posting, clock, alerts_channel, command)
        self._digest_place = InSlack(slack, posting, pnl_channel)

    def _digest_at(self) -> DigestTime:
        return self._people.read().alerts.digest or DIGEST_AT

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listener.fileno(), self._hint)
        await asyncio.to_thread(self._store.write, self._follow_clock)
        await self._delivery.recover()
        runner = await self._serve_http()
        try:
            async with asyncio.TaskGroup() as running:
                running.create_task(self._keep())
                running.create_task(self._delivery.run())
                running.create_task(self._beats())
                running.create_task(self._audits())
                if self._board is not None:
                    running.create_task(self._board.serve())
                url = self._outside.environment.get(VARIABLE)
                if url:
                    running.create_task(call_outside(self._session, url, self._works))
                running.create_task(self._digests.run())
        finally:
            loop.remove_reader(self._listener.fileno())
            self._changes.close()
            if runner is not None:
                await runner.cleanup()

    def _follow_clock(self, tx: Transaction) -> None:
        now = self._outside.clock()
        by = follow_clock_back(tx, self._store.log, os.getpid(), now)
        if by is not None:
            log.warning("the clock was set back by %s: what waits was moved along", by)

    async def _serve_http(self) -> web.AppRunner | None:
        """Only where a port is named."""
        environment = self._environment
        port = environment.get("PERPS_ALERTS_PORT")
        if port is None:
            return None
        access = Access(
            environment.get("PERPS_ALERTS_TOKEN"),
            environment.get("TWILIO_AUTH_TOKEN"),
            environment.get("PAGERDUTY_WEBHOOK_SECRET"),
            environment.get(PUBLIC_URL),
        )
        intake = Intake(
            self._store,
            access,
            self._outside.clock,
            AtOnce(self._keeper, self._delivery, self._nudged.set),
            self._nudged.set,
            lambda: self._settled_at,
            self._works,
        )
        return await serve_intake(intake, int(port))

    async def _keep(self) -> None:
        due: datetime | None = None
        looked_at = self._outside.clock()
        while True:
            now = self._outside.clock()
            idle = (now - looked_at).total_seconds()
            is_due = due is not None and due <= now
            if self._nudged.is_set() or is_due or idle >= TICK_S or self._changes.any():
                self._nudged.clear()
                looked_at = now
                due = await self._tick(now)
                if self._board is not None:
                    self._board.wake()
            await woken_within(self._nudged, LOOK_S)

    async def _tick(self, now: datetime) -> datetime | None:
        try:
            due = await asyncio.to_thread(self._keeper.tick, now)
        except StoreFailed as why:  # whatever it was about is in the store still
            log.warning("NOT SETTLED: %s: %s", type(why).__name__, why)
            return None
        self._settled_at = now
        return due

    def _send_soon(self) -> None:
        """A storm takes many commits; each may have put out something urgent."""
        self._loop.call_soon_threadsafe(self._delivery.wake)

    def _works(self) -> bool:
        """Whether everything was settled a moment ago."""
        now = self._outside.clock()
        return self._settled_at is not None and now - self._settled_at < SETTLED_WITHIN

    async def _beats(self) -> None:
        """A sign of life on every desk."""

        def transaction(tx: Transaction) -> None:
            for desk in desks(tx):
                beat(tx, desk, "alerts", os.getpid(), "keeps alerts", self._outside.clock())

        while True:
            try:
                await asyncio.to_thread(self._store.write, transaction)
            except StoreFailed as why:
                log.warning("no heartbeat: %s: %s", type(why).__name__, why)
            await asyncio.sleep(BEAT_S)

    async def _audits(self) -> None:
        auditing = Auditing(self._store)
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await asyncio.to_thread(auditing.look, self._outside.clock())
            except StoreFailed as why:
                log.warning("no self-check: %s: %s", type(why).__name__, why)
            self._nudged.set()

    def _hint(self) -> None:
        self._listener.wait(0)
        self._nudged.set()


async def serve(store: Store, people_file: Path, outside: Outside) -> None:
    """Run until SIGTERM or SIGINT. Raises AlreadyRunning, PeopleUnusable, SetUpWrong."""
    people = PeopleFile(
        people_file, lambda path: load_reaching(path, outside.clock()), store.home.kept_people
    )
    single = SingleProcess(store.home.alerts_single)
    single.acquire()
    listener = Listener(store.home.alerts_socket)
    log_to(store.home.logs, outside.environment.get("LOG_LEVEL", "INFO"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        for desk in store.read(desks):
            store.brake(desk)  # warm: the first hold is in a hurry
        few = aiohttp.TCPConnector(limit_per_host=CONNECTIONS)
        async with aiohttp.ClientSession(timeout=ANSWER_WITHIN, connector=few) as session:
            running = asyncio.ensure_future(Alerts(store, people, outside, session, listener).run())
            outside.say("ready alerts")
            await _until(stop, running)
    finally:
        listener.close()
        single.release()


async def _until(stop: asyncio.Event, work: "asyncio.Future[None]") -> None:
    """Run until the work fails or somebody says stop."""
    stopping = asyncio.ensure_future(stop.wait())
    waited: tuple[asyncio.Future[Any], ...] = (work, stopping)
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not work.done():
        work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
