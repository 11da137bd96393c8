"""The workspace put together on one home, and its listener on loopback."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import web

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.loopback import is_local, json_reply
from sandbox.requestlog import RequestLog
from sandbox.state import State
from sandbox.workspace.acting import Acting
from sandbox.workspace.answers import Answers
from sandbox.workspace.api.chat import Chat
from sandbox.workspace.api.conversations import Conversations
from sandbox.workspace.api.files import FILE_BYTES_MAX, Files
from sandbox.workspace.api.marks import Bookmarks, Pins, Reactions
from sandbox.workspace.api.people import UserGroups, Users
from sandbox.workspace.api.platform import Platform
from sandbox.workspace.api.views import Views
from sandbox.workspace.control import Control
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.events import Events
from sandbox.workspace.forms import Forms
from sandbox.workspace.gate import PREFIX, Gate
from sandbox.workspace.hooks import Hooks
from sandbox.workspace.http_mode import HttpMode
from sandbox.workspace.methods import Families, build_methods
from sandbox.workspace.modals import Modals
from sandbox.workspace.outlets import Outlets
from sandbox.workspace.payloads import Payloads
from sandbox.workspace.people import APP_ID
from sandbox.workspace.people_control import PeopleControl
from sandbox.workspace.people_page import PeoplePage
from sandbox.workspace.posts import Posts
from sandbox.workspace.ratelimit import RateLimits
from sandbox.workspace.scopes import Scopes
from sandbox.workspace.sockets import Sockets
from sandbox.workspace.team import Team
from sandbox.workspace.timetable import Timetable
from sandbox.workspace.tokens import load_tokens, write_tokens
from sandbox.workspace.way import Way

LOOPBACK = "127.0.0.1"
TICK_S = 0.1
FOREIGN = {"ok": False, "error": "only this machine's own Host and Origin are answered"}


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path
    port: int
    seed: int
    rate_limits: bool
    exchange_control: str | None
    pager_control: str | None
    http_url: str | None


class Workspace:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        folder = settings.home / "sandbox"
        uploads = folder / "slack" / "files"
        uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = State(folder / "workspace.sqlite")
        self._recover_clock()
        self._tokens = load_tokens(folder / "slack", APP_ID)
        self._timetable = Timetable()
        self._faults, self._log = Faults(settings.seed), RequestLog()
        self._team = Team(self._state, clock, uploads)
        self._delivery = Delivery(clock, self._timetable, self._team.watchers)
        self._sockets = Sockets(
            self._delivery, self._faults, self._log, clock, self._timetable, self._team.watchers
        )
        new_http = partial(HttpMode, self._delivery, clock, self._tokens.signing_secret)
        self._way = Way(self._delivery, self._sockets, new_http)
        self._build()

    def _build(self) -> None:
        team, clock = self._team, self._clock
        events = Events(team, self._delivery)
        posts, hooks, modals, scopes = Posts(team, events), Hooks(clock), Modals(team), Scopes()
        answers, payloads = Answers(team, posts, hooks), Payloads(team, hooks)
        acting = Acting(team, self._delivery, payloads, posts, answers)
        forms = Forms(team, modals, self._delivery, payloads, hooks, events, acting)
        reactions, files = Reactions(team, events), Files(team, posts, events)
        made = Families(
            Platform(self._sockets, self._tokens.app_token),
            Chat(team, posts, scopes, self._timetable, self._state),
            Conversations(team, events),
            Users(team, scopes),
            UserGroups(team, events),
            Views(team, modals, hooks),
            files,
            reactions,
            Pins(team),
            Bookmarks(team),
        )
        limits = RateLimits(self._settings.rate_limits, self._passed_s)
        methods = build_methods(made)
        self._gate = Gate(
            methods, self._tokens, scopes, limits, self._faults, self._log, clock, team
        )
        people = PeopleControl(team, acting, forms, posts, reactions, events)
        self._control = Control(
            team,
            people,
            self._delivery,
            self._sockets,
            self._way,
            events,
            scopes,
            self._gate,
            self._faults,
            self._log,
            self._timetable,
            self._save_clock,
        )
        self._outlets = Outlets(
            team, answers, files, self._tokens.bot_token, self._faults, self._log
        )
        neighbours = {
            "exchange": self._settings.exchange_control,
            "pager": self._settings.pager_control,
        }
        self._page = PeoplePage(team, modals, self._sockets, neighbours)

    async def serve(self, stop: asyncio.Event, ready: Callable[[int], None]) -> None:
        """Until ``stop`` is set."""
        app = web.Application(client_max_size=FILE_BYTES_MAX + (1 << 20))
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, self._settings.port, shutdown_timeout=1)
        await site.start()
        port: int = runner.addresses[-1][1]
        self._team.base = f"http://{LOOPBACK}:{port}"
        write_tokens(self._settings.home / "sandbox" / "slack", self._tokens, port)
        if self._settings.http_url is not None:
            await self._way.use_http(self._settings.http_url, verify=False)
        ready(port)
        try:
            await self._live(stop)
        finally:
            self._sockets.close_all()
            self._team.watchers.dismiss()
            await self._way.close()
            await self._page.close()
            await runner.cleanup()
            self._save_clock()
            self._state.close()

    async def _live(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._timetable.run_until(self._clock.now())
            self._team.commit()
            await asyncio.sleep(TICK_S)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith(PREFIX):
            return await self._gate.handle(request)
        if not is_local(request.headers):
            return json_reply(FOREIGN, 403)
        if path.startswith("/_sim/"):
            return await self._control.handle(request)
        if path.startswith("/link"):
            return await self._sockets.handle(request)
        if self._outlets.serves(path):
            return await self._outlets.handle(request)
        return await self._page.handle(request)

    def _passed_s(self) -> float:
        """For rate limits, which go on when the clock stands still."""
        return self._clock.monotonic_ns() / 1e9 + self._clock.offset.total_seconds()

    def _recover_clock(self) -> None:
        memory = self._state.get("memory", "clock")
        if memory is not None and memory["manual"] == self._clock.manual:
            self._clock.offset = timedelta(microseconds=memory["offset_us"])

    def _save_clock(self) -> None:
        offset_us = self._clock.offset // timedelta(microseconds=1)
        self._state.put("memory", "clock", {"manual": self._clock.manual, "offset_us": offset_us})
        self._state.commit()
