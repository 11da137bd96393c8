"""Socket Mode: tickets, handshakes, up to ten links, and one live link for each envelope."""

import asyncio
import secrets
from datetime import datetime, timedelta
from functools import partial

from aiohttp import WSMsgType, web

from sandbox.clock import Clock, rfc3339
from sandbox.faults import HANDSHAKE_KINDS, Faults
from sandbox.loopback import BadInput, read_object
from sandbox.requestlog import Record, RequestLog
from sandbox.workspace.call import Json
from sandbox.workspace.delivery import Delivery
from sandbox.workspace.envelope import Envelope
from sandbox.workspace.link import Link
from sandbox.workspace.people import APP_ID
from sandbox.workspace.timetable import Timetable
from sandbox.workspace.watchers import Watchers

TICKET_LIVES = timedelta(seconds=30)
LINKS_MAX = 10
TICKETS_MAX = 1_000
PING_EVERY_S = 10
WARNED_BEFORE_S = 10
ONE_AFTER_THE_OTHER_S = 1
GONE_AFTER_S = 1
DEBUG_REFRESH_AFTER = timedelta(seconds=360)
LIVES_ABOUT_S = 18_060


class Sockets:
    def __init__(
        self,
        delivery: Delivery,
        faults: Faults,
        log: RequestLog,
        clock: Clock,
        timetable: Timetable,
        watchers: Watchers,
    ) -> None:
        self._delivery = delivery
        self._faults = faults
        self._log = log
        self._clock = clock
        self._timetable = timetable
        self._watchers = watchers
        self._tickets: dict[str, datetime] = {}
        self._links: list[Link] = []
        self._count = 0
        self._turn = 0

    @property
    def live(self) -> list[Link]:
        return [link for link in self._links if not link.leaving]

    def issue(self, base: str, debug_reconnects: bool) -> str:
        """An address that lets in one connection, for a while."""
        ticket = secrets.token_hex(16)
        if len(self._tickets) >= TICKETS_MAX:
            self._tickets.clear()
        self._tickets[ticket] = self._clock.now() + TICKET_LIVES
        address = f"{base.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"
        return f"{address}&debug_reconnects=true" if debug_reconnects else address

    def carry(self, envelope: Envelope) -> str | None:
        links = self.live
        if not links:
            return None
        self._turn += 1
        link = links[self._turn % len(links)]
        fault = link.deliver(envelope.kind, envelope.frame())
        if fault is not None and fault.kind == "duplicate":
            again = links[(self._turn + 1) % len(links)]
            again.deliver(envelope.kind, envelope.frame())
        return link.name

    async def handle(self, request: web.Request) -> web.StreamResponse:
        record = self._noted(request)
        # Slack's ticket is gone with the first attempt, whether that succeeds or not.
        ticket_until = self._tickets.pop(request.query.get("ticket", ""), None)
        if self._meets_fault():
            record.status = 503
            return web.Response(status=503, text="Service Unavailable")
        if ticket_until is None or ticket_until < self._clock.now():
            record.status = 408
            return web.Response(status=408, text="the ticket was used, is too old or never was")
        ws = web.WebSocketResponse(max_msg_size=1 << 20, compress=False)
        await ws.prepare(request)
        record.status = 101
        self._count += 1
        link = Link(f"c{self._count}", ws, request.transport, self._faults)
        await self._serve(link, ws, request)
        return ws

    def _meets_fault(self) -> bool:
        return any(
            self._faults.for_request("GET", path, kinds=HANDSHAKE_KINDS) is not None
            for path in ("/link/", "/link")
        )

    async def _serve(self, link: Link, ws: web.WebSocketResponse, request: web.Request) -> None:
        writer = asyncio.create_task(link.write())
        tasks = [writer]
        if len(self.live) >= LINKS_MAX:
            link.tell(_disconnect("too_many_websockets"))
            link.close(1000)
        else:
            self._links.append(link)
            link.tell(self._hello())
            tasks.append(asyncio.create_task(self._ping(link)))
            if request.query.get("debug_reconnects") == "true":
                self._refresh_soon(link)
        self._watchers.changed()
        try:
            await self._read(ws)
        finally:
            for task in tasks:
                task.cancel()
            if link in self._links:
                self._links.remove(link)
            self._watchers.changed()

    async def _read(self, ws: web.WebSocketResponse) -> None:
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                ack = read_object(message.data.encode())
            except BadInput:
                continue  # Slack, too, says nothing to frames that it cannot read.
            self._delivery.acknowledge(ack.get("envelope_id"), ack.get("payload"))

    def refresh(self, now: bool, reason: str) -> int:
        """How many links are told, one after the other; unless ``now``, they are warned first."""
        links = self.live
        loop = asyncio.get_running_loop()
        for place, link in enumerate(links):
            after_s = place * ONE_AFTER_THE_OTHER_S
            if not now:
                link.tell(_disconnect("warning"))
                after_s += WARNED_BEFORE_S
            if after_s:
                loop.call_later(after_s, self._dismiss, link, reason)
            else:
                self._dismiss(link, reason)
        return len(links)

    def strike(self) -> None:
        for link in self.live:
            link.strike()

    def wake(self) -> None:
        """Lets links whose fault was taken away read again."""
        for link in self._links:
            link.wake()

    def close_all(self) -> None:
        for link in self._links:
            link.close(1001)

    def _dismiss(self, link: Link, reason: str) -> None:
        if link.leaving or link not in self._links:
            return
        link.leaving = True
        link.tell(_disconnect(reason))
        asyncio.get_running_loop().call_later(GONE_AFTER_S, link.close, 1000)
        self._watchers.changed()

    def _refresh_soon(self, link: Link) -> None:
        """By the server's own clock."""
        at = self._clock.now() + DEBUG_REFRESH_AFTER
        warning = partial(link.tell, _disconnect("warning"))
        self._timetable.at(at - timedelta(seconds=WARNED_BEFORE_S), warning)
        self._timetable.at(at, partial(self._dismiss, link, "refresh_requested"))

    async def _ping(self, link: Link) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            link.ping()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.live),
            "debug_info": _debug_info() | {"started": rfc3339(self._clock.now())},
            "connection_info": {"app_id": APP_ID},
        }

    def _noted(self, request: web.Request) -> Record:
        return self._log.add(
            Record(
                self._clock.monotonic_ns(),
                self._clock.now(),
                request.method,
                request.path,
                "ticket=…",
                request.remote or "",
                {},
            )
        )


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}


def _debug_info() -> Json:
    return {
        "host": "applink-sandbox",
        "build_number": 1,
        "approximate_connection_time": LIVES_ABOUT_S,
    }
