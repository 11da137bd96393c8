"""The bot's process: everything wired together, running until it is told to stop."""

import asyncio
import logging
import os
import secrets
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.outside import Outside
from bot.perform import TROUBLE
from bot.slack.alerts_silence import AlertsSilence
from bot.slack.approved_people import ApprovedPeople
from bot.slack.board import Board
from bot.slack.connections import Connections, Health
from bot.slack.conversation import Conversation
from bot.slack.directory import Directory
from bot.slack.due import Ought
from bot.slack.home_tab import HomeTab
from bot.slack.http_mode import PATH, serve_http
from bot.slack.listeners import Listeners
from bot.slack.monitored import serve_monitors
from bot.slack.posting import Posting
from bot.slack.replies import NO_ANSWER
from bot.slack.settings import SlackSettings
from bot.slack.threads import Threads
from bot.slack.workspace import find_channel, who_we_are
from bot.words import count
from store.control import desks
from store.heartbeats import STOPPED, beat
from store.lock import SingleProcess
from store.logs import log_to
from store.monitor.server import MonitorServer
from store.people_file import PeopleFile
from store.store import Store, Transaction

log = logging.getLogger(__name__)

ANSWER_WITHIN = aiohttp.ClientTimeout(total=15, connect=5)
BEAT_S = 1.0
SILENCE_S = 5.0
FOLLOW_S = 0.25
PEOPLE_S = 60.0
HOME_S = 1.0
CHANNEL_S = 15.0
LOOK_BACK = timedelta(hours=1)
"""What came and went so long before the start still gets its card."""
RATE_LIMIT_RETRIES = 2
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Bot:
    """Built whole before anything runs. A lost reply is never answered by sending again."""

    def __init__(
        self,
        store: Store,
        people: ApprovedPeople,
        settings: SlackSettings,
        session: aiohttp.ClientSession,
        us: AuthorizeResult,
        outside: Outside,
    ) -> None:
        self._store = store
        self._people = people
        self._settings = settings
        self._outside = outside
        self._threads = Threads()
        self._settled = ""
        """The name that the desk's channel had when it was last looked up."""
        self._slack = web_client(settings, session, retries=RATE_LIMIT_RETRIES)
        self.directory = Directory(self._slack, people.read)
        self.board = self._new_board(session)
        self._alerts_silence = AlertsSilence(store, self.board.announce, outside.clock())
        self._home = self._new_home_tab()
        self._app = _app(settings, session, us)
        self._conversation = self._new_conversation()
        Listeners(
            self._conversation,
            self.board,
            self._home,
            self.directory,
            self._slack,
            us.bot_user_id or "",
            _trouble_id,
        ).register(self._app, settings.command)
        self._connections: Connections | None = None
        if settings.mode == "socket":
            assert settings.app_token is not None, "the settings were checked"
            opening = web_client(settings, session, retries=0)
            ticks = outside.monotonic_ns
            self._connections = Connections(self._app, settings.app_token, opening, ticks)

    def _new_board(self, session: aiohttp.ClientSession) -> Board:
        clock = self._outside.clock
        slack = web_client(self._settings, session, retries=0)  # the board waits by itself
        ought = Ought(
            self._store,
            self._people,
            self._outside.monotonic_ns,
            self._settings.command,
            clock() - LOOK_BACK,
        )
        posting = Posting(slack, self._store, clock, self._threads)
        return Board(ought, posting, self._threads, clock)

    def _new_conversation(self) -> Conversation:
        return Conversation(
            self._store,
            self.directory,
            self._threads,
            self._outside.clock,
            self._outside.monotonic_ns,
            self._settings.command,
            self._people.refresh,
            self.board.announce,
            lambda: channel_said(self._desk_channel()),
        )

    def _desk_channel(self) -> str:
        workspace = self._people.read().workspace
        return workspace.desk_channel if workspace else ""

    def _new_home_tab(self) -> HomeTab:
        return HomeTab(
            self._store,
            self.directory,
            self._slack,
            self._threads,
            self._outside.clock,
            self._outside.monotonic_ns,
            self._people,
            self.board.outbox,
            self.health,
        )

    def health(self) -> Health:
        """Over HTTP there are no connections of ours to count."""
        if self._connections is None:
            return Health(0, 0, None, None, 0, None)
        return self._connections.health()

    async def run(self) -> None:
        """Until cancelled."""
        async with AsyncExitStack() as ending:
            ending.callback(self._threads.close)
            ending.push_async_callback(self._conversation.settle)
            ending.push_async_callback(self._say, STOPPED)
            if self._connections is None:
                runner = await serve_http(self._app, self._settings.http_port)
                ending.push_async_callback(runner.cleanup)
            port = self._settings.metrics_port
            if port is not None:
                ending.callback(self._serve_monitors(port).close)
            async with asyncio.TaskGroup() as running:
                if self._connections is not None:
                    running.create_task(self._connections.serve())
                running.create_task(_every(PEOPLE_S, self.directory.refresh))
                running.create_task(_every(FOLLOW_S, self._follow_people))
                running.create_task(_every(CHANNEL_S, self._settle_channel))
                running.create_task(self.board.serve())
                running.create_task(_every(HOME_S, self._home.tick))
                running.create_task(_every(BEAT_S, self._beat))
                running.create_task(_every(SILENCE_S, self._watch_alerts))

    def _serve_monitors(self, port: int) -> MonitorServer:
        """Raises PortTaken."""
        return serve_monitors(
            self._store, self._settings.metrics_host, port, self._outside, self.health
        )

    async def _settle_channel(self) -> None:
        name = self._desk_channel()
        if self.board.channel is not None and name == self._settled:
            return
        self.board.channel, self._settled = await find_channel(self._slack, name), name
        if self.board.channel is None:
            log.warning("there is no channel %s: cards wait", name)
        self.board.wake()

    async def _follow_people(self) -> None:
        """What two people approved a moment ago, and what the file asks for now."""
        if await self._threads.short(self._people.follow, self._outside.clock()):
            await self.directory.refresh()  # other user groups may count now

    async def _beat(self) -> None:
        """A sign of life on every desk, with how the connections are."""
        health = self.health()
        detail = f"slack, {health.said}"
        if health.trouble:
            detail += f", {health.trouble}"
        if self.board.outbox.waiting:
            detail += f", {count(self.board.outbox.waiting, 'message')} waiting"
        await self._say(detail)

    async def _watch_alerts(self) -> None:
        await self._threads.short(self._alerts_silence.look, self._outside.clock())

    async def _say(self, detail: str) -> None:
        now = self._outside.clock()

        def transaction(tx: Transaction) -> None:
            for desk in desks(tx):
                beat(tx, desk, "bot", os.getpid(), detail, now)

        await self._threads.short(self._store.write, transaction)


async def serve(store: Store, people_file: Path, settings: SlackSettings, outside: Outside) -> None:
    """Run until SIGTERM or SIGINT. Raises AlreadyRunning, PeopleUnusable, WrongWorkspace."""
    people = ApprovedPeople(PeopleFile(people_file), store, outside.new_id)
    single = SingleProcess(store.home.bot_single)
    single.acquire()
    log_to(store.home.logs, outside.environment.get("LOG_LEVEL", "INFO"))
    settle_environment(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with aiohttp.ClientSession(timeout=ANSWER_WITHIN) as session:
            await _until(stop, _run(store, people, settings, session, outside))
    finally:
        single.release()


async def _run(
    store: Store,
    people: ApprovedPeople,
    settings: SlackSettings,
    session: aiohttp.ClientSession,
    outside: Outside,
) -> None:
    workspace = people.read().workspace
    team = workspace.team if workspace else ""
    for desk in store.read(desks):
        store.brake(desk)  # warm: the first kill is in a hurry
    us = await who_we_are(web_client(settings, session, retries=2), team, settings.bot_token)
    where = settings.api_url if settings.mode == "socket" else f"port {settings.http_port}{PATH}"
    outside.say(f"ready bot {where}")
    await Bot(store, people, settings, session, us, outside).run()


async def _until(stop: asyncio.Event, running: Awaitable[None]) -> None:
    """Run until the work fails or somebody says stop."""
    work, stopping = asyncio.ensure_future(running), asyncio.ensure_future(stop.wait())
    await asyncio.wait([work, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not work.done():
        work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Again and again; what Slack or the store cannot do now is tried the next time."""
    while True:
        try:
            await work()
        except (*NO_ANSWER, *TROUBLE) as why:
            log.warning("%s: %s: %s", work.__name__, type(why).__name__, why)
        await asyncio.sleep(seconds)


def web_client(
    settings: SlackSettings, session: aiohttp.ClientSession, *, retries: int
) -> AsyncWebClient:
    """Only a rate limit is retried: the SDK's own choice would post twice when a reply is lost."""
    retrying = [AsyncRateLimitErrorRetryHandler(max_retry_count=retries)] if retries else []
    return AsyncWebClient(
        token=settings.bot_token,
        base_url=settings.api_url,
        session=session,
        retry_handlers=list(retrying),
        timeout=15,
    )


def _app(settings: SlackSettings, session: aiohttp.ClientSession, us: AuthorizeResult) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return us

    return AsyncApp(
        client=AsyncWebClient(base_url=settings.api_url, session=session, retry_handlers=[]),
        authorize=authorize,
        signing_secret=settings.signing_secret or "not used over sockets",
        request_verification_enabled=settings.mode == "http",
    )


def channel_said(named: str) -> str:
    """A channel as people know it; an id would tell them nothing."""
    return "the desk's channel" if named.isupper() else f"#{named}"


def settle_environment(settings: SlackSettings) -> None:
    """What the SDK would take from it by itself: the token, and a proxy even for loopback."""
    os.environ.pop("SLACK_BOT_TOKEN", None)
    if urlsplit(settings.api_url).hostname not in LOOPBACK:
        return
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ.pop(name, None)


def _trouble_id() -> str:
    return secrets.token_hex(4)
