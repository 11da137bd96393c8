"""The pager put together on one home, and its listeners on loopback."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from sandbox.certificate import server_context
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.pager import pagerduty, webhook
from sandbox.pager.answering import Answering
from sandbox.pager.control import Control
from sandbox.pager.credentials import load_credentials, write_credentials
from sandbox.pager.gate import Gate
from sandbox.pager.hooks import load_hooks
from sandbox.pager.mail import Mailboxes
from sandbox.pager.ntfy import Ntfy
from sandbox.pager.outward import Outward
from sandbox.pager.pagerduty import PagerDuty
from sandbox.pager.pagerduty_hooks import IncidentHooks
from sandbox.pager.pages import Pages
from sandbox.pager.phones import Phones
from sandbox.pager.smtp import SmtpServer
from sandbox.pager.twilio import rest
from sandbox.pager.twilio.app import TwilioApp
from sandbox.pager.twilio.calls import Calls
from sandbox.pager.twilio.messages import Messages
from sandbox.pager.twilio.rest import TwilioRest
from sandbox.pager.webhook import Webhooks
from sandbox.requestlog import RequestLog
from sandbox.state import State

LOOPBACK = "127.0.0.1"
TICK_S = 0.1
BODY_BYTES_MAX = 1 << 20
ONE_CALL_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Settings:
    home: Path
    port: int
    smtp_port: int
    seed: int
    rate_limits: bool
    sms_url: str | None
    pagerduty_url: str | None
    owners: dict[str, str]
    """Whose a number, topic or mailbox is."""


class Pager:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = settings.home / "sandbox"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._state = State(self._folder / "pager.sqlite")
        self._remembered: dict[str, object] = {}
        self._recover_clock()
        self._known = load_credentials(self._folder)
        self._faults, self._log = Faults(settings.seed), RequestLog()
        self._pages = Pages(self._state, clock)
        self._phones = Phones(self._state)
        self._hooks = load_hooks(self._state)
        self._outward = Outward()
        self._settle()
        self._build()

    def _settle(self) -> None:
        """What the command line says holds; without it what the home remembers."""
        told = {"sms_url": self._settings.sms_url, "pagerduty_url": self._settings.pagerduty_url}
        self._hooks.change({name: url for name, url in told.items() if url is not None})
        for to, owner in self._settings.owners.items():
            phone = self._phones.at(to)
            phone.owner = owner
            self._phones.keep(phone)

    def _build(self) -> None:
        pages, known, limited = self._pages, self._known, self._settings.rate_limits
        app = TwilioApp(self._outward, known)
        self._messages = Messages(pages, self._phones, app, self._hooks, known)
        spacing = ONE_CALL_A_SECOND if limited else timedelta()
        self._calls = Calls(pages, self._phones, app, known, spacing)
        self._ntfy = Ntfy(pages, known, self._outward)
        hooks = IncidentHooks(self._hooks, self._outward, known.pagerduty_secret, self._clock)
        incidents = PagerDuty(pages, known, hooks, limited)
        providers = {
            rest.PREFIX: TwilioRest(pages, self._messages, self._calls, self._hooks, known).handle,
            pagerduty.PATH: incidents.handle,
            webhook.PREFIX: Webhooks(pages, known).handle,
            "": self._ntfy.handle,
        }
        self._gate = Gate(providers, self._faults, self._log, self._clock, self._done)
        answering = Answering(pages, self._calls, self._messages, self._ntfy, incidents)
        self._control = Control(
            pages, self._phones, answering, self._hooks, self._faults, self._log, self._done
        )
        tls = server_context(self._made("pager"))
        mailboxes = Mailboxes(pages)
        self._smtp = SmtpServer(mailboxes, known, tls, self._faults, self._log, self._clock)

    async def serve(self, stop: asyncio.Event, ready: Callable[[int, int], None]) -> None:
        """Until ``stop`` is set."""
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, self._settings.port, shutdown_timeout=1)
        await site.start()
        port: int = runner.addresses[-1][1]
        smtp_port = await self._smtp.start(LOOPBACK, self._settings.smtp_port)
        write_credentials(self._folder, self._known, port, smtp_port)
        ready(port, smtp_port)
        try:
            while not stop.is_set():
                self._done()
                await asyncio.sleep(TICK_S)
        finally:
            self._pages.tell()
            await self._smtp.close()
            await runner.cleanup()
            await self._outward.close()
            self._done()
            self._state.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/_sim/"):
            return await self._control.handle(request)
        return await self._gate.handle(request)

    def _done(self) -> None:
        """What is due happens, and everything is written down."""
        now = self._clock.now()
        self._messages.tick()
        self._calls.tick(now)
        self._ntfy.tick(now)
        offset_us = self._clock.offset // timedelta(microseconds=1)
        clock = {"manual": self._clock.manual, "offset_us": offset_us}
        for name, told in (("clock", clock), ("hooks", self._hooks.view())):
            if self._remembered.get(name) != told:
                self._remembered[name] = told
                self._state.put("memory", name, told)
        self._state.commit()

    def _made(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _recover_clock(self) -> None:
        memory = self._state.get("memory", "clock")
        if memory is not None and memory["manual"] == self._clock.manual:
            self._clock.offset = timedelta(microseconds=memory["offset_us"])
