"""A provider's far side: keeps what it was asked, answers what it is told to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from alerts.delivery.adapter import Adapter, Letter, Part, Sending, answered
from core.alerting.levels import Level
from tests.alerts.night import MIDNIGHT

LETTER = Letter(
    key="k7m2q:3:page:alice:sms",
    to="+15550100",
    person="alice",
    alert_ids=("k7m2q",),
    parts=(
        Part(
            "k7m2q",
            "main/daily_loss",
            Level.CRITICAL,
            False,
            "main level 3 Critical: daily_loss",
            "$1,020 of $1,000 (the alert was raised)",
        ),
    ),
    rule="main/daily_loss",
    level=Level.CRITICAL,
    closes=False,
    title="main level 3 Critical: daily_loss",
    text="$1,020 of $1,000 (the alert was raised)\nReply ACK k7m2q",
    buttons="k7m2q|3|1|main",
    answerable=True,
    begun_at=MIDNIGHT,
)


@dataclass(slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Service:
    """Every request gets the same answer."""

    status: int = 200
    json: Any = None
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    drops: bool = False
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                await request.read(),
            )
        )
        if self.drops and request.transport is not None:
            request.transport.abort()
        if self.json is not None:
            return web.json_response(self.json, status=self.status, headers=self.headers)
        return web.Response(status=self.status, text=self.text, headers=self.headers)


Make = Callable[[aiohttp.ClientSession, str], Adapter]


async def _with(service: Service, make: Make, work: Callable[[Adapter], Awaitable[Any]]) -> Any:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with aiohttp.ClientSession() as session:
            return await work(make(session, f"http://{host}:{port}"))
    finally:
        await runner.cleanup()


async def sent(service: Service, make: Make, letter: Letter = LETTER) -> Sending:
    found: Sending = await _with(service, make, lambda adapter: answered(adapter.send(letter)))
    return found


async def looked_up(service: Service, make: Make, letter: Letter = LETTER) -> bool | None:
    found: bool | None = await _with(service, make, lambda adapter: adapter.look_up(letter))
    return found
