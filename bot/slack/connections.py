"""Two Socket Mode connections with a watchdog: one is always live, and neither can wedge for ever."""

import asyncio
import logging
import random
import statistics
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

log = logging.getLogger(__name__)

CONNECTIONS = 2
"""The client closes its old socket before it opens the new one: one alone leaves a gap at each refresh."""
PING_S = 2.5
WATCH_S = 0.5
TURN_S = 3.0
SHUT_S = 3.0
REBUILD_AFTER_S = 60.0
BACKOFF_MAX_S = 20.0
REMEMBERED = 20_000
ENVELOPE = "perps_envelope"
"""Where a payload carries the id of its envelope to the listeners."""


@dataclass(frozen=True, slots=True)
class Health:
    """What people may know about the connections. Latencies are from envelope to acknowledgement."""

    live: int
    wanted: int
    ack_ms_median: float | None
    ack_ms_worst: float | None
    repeats: int
    trouble: str | None

    @property
    def said(self) -> str:
        """For people: how many are live, or that Slack calls us."""
        if not self.wanted:
            return "called over HTTP"
        return f"{self.live} of {self.wanted} connections"


class Socket(SocketModeClient):
    """The SDK's client that asks for a new address with growing patience when Slack refuses."""

    def __init__(self, app_token: str, web_client: AsyncWebClient, turn: asyncio.Lock) -> None:
        super().__init__(app_token, web_client=web_client, ping_interval=PING_S)
        self._turn = turn
        self.refused = 0
        self.trouble: str | None = None

    async def issue_new_wss_url(self) -> str:
        if self.refused:
            most_s = min(BACKOFF_MAX_S, 0.5 * 2**self.refused)
            await asyncio.sleep(random.uniform(most_s / 2, most_s))
        try:
            url = await super().issue_new_wss_url()
        except SlackApiError as error:
            self.refused += 1
            self.trouble = f"Slack refuses a connection: {error.response.get('error')}"
            raise
        self.refused, self.trouble = 0, None
        return url

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """One after the other: Slack refreshes both at the same moment, and each has a gap of its own."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError:  # the other one does not come back: better both at once than none
            await super().connect_to_new_endpoint(force)
            return
        try:
            await super().connect_to_new_endpoint(force)
        finally:
            self._turn.release()

    async def disconnect(self) -> None:
        """A Slack that is gone answers no goodbye; the client would wait ten seconds for it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUT_S):
                await super().disconnect()  # type: ignore[no-untyped-call]

    async def reach(self) -> None:
        """Until it is connected; the SDK tries again by itself."""
        await self.connect()  # type: ignore[no-untyped-call]

    async def shut(self) -> None:
        await self.close()  # type: ignore[no-untyped-call]


class Connections:
    """Hands every envelope to the app once, whichever connection it came over, and however often."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        web_client: AsyncWebClient,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._web_client = web_client
        self._monotonic_ns = monotonic_ns
        self._turn = asyncio.Lock()
        self._sockets: list[Socket] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._down_s: dict[int, float] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._ack_ms: deque[float] = deque(maxlen=1000)
        self._repeats = 0
        self._live = 0

    async def serve(self) -> None:
        """Connect and keep connected until cancelled."""
        try:
            for at in range(CONNECTIONS):
                self._sockets.append(self._open(at))
            while True:
                await asyncio.sleep(WATCH_S)
                await self._watch()
        finally:
            await asyncio.gather(*(socket.shut() for socket in self._sockets))
            for task in self._opening:
                task.cancel()

    def health(self) -> Health:
        latencies = sorted(self._ack_ms)
        troubles = [socket.trouble for socket in self._sockets if socket.trouble]
        return Health(
            self._live,
            CONNECTIONS,
            statistics.median(latencies) if latencies else None,
            latencies[-1] if latencies else None,
            self._repeats,
            troubles[0] if troubles else None,
        )

    def _open(self, at: int) -> Socket:
        socket = Socket(self._app_token, self._web_client, self._turn)
        socket.socket_mode_request_listeners.append(self._handle)
        self._down_s[at] = 0.0
        task = asyncio.create_task(socket.reach())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return socket

    async def _watch(self) -> None:
        """A handshake that fails once makes the client retry a used address for ever: take it away."""
        live = 0
        for at, socket in enumerate(self._sockets):
            if await socket.is_connected():
                self._down_s[at] = 0.0
                live += 1
                continue
            socket.wss_uri = None
            self._down_s[at] += WATCH_S
            if self._down_s[at] > REBUILD_AFTER_S:
                log.warning("Slack connection %s is built anew", at + 1)
                await socket.shut()
                self._sockets[at] = self._open(at)
        if live != self._live:
            log.info("Slack connections: %s of %s", live, CONNECTIONS)
        self._live = live

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        began = self._monotonic_ns()
        if self._is_repeat(request):
            self._repeats += 1
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))
            return
        request.payload[ENVELOPE] = request.envelope_id
        response = await run_async_bolt_app(self._app, request)
        await send_async_response(client, request, response, 0.0)
        self._ack_ms.append((self._monotonic_ns() - began) / 1e6)

    def _is_repeat(self, request: SocketModeRequest) -> bool:
        """Slack delivers at least once: an envelope, or an event in a new envelope, may come again."""
        key = str(request.payload.get("event_id") or request.envelope_id)
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False
