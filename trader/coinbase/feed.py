"""Live data by websocket: one supervised connection that trusts nothing it cannot check.

The SDK's own socket client loses subscriptions on reconnect, can end silently and does not verify
TLS. Here every connection is fresh, its sequence and heartbeats are watched, and whoever listens is
told to read again by REST whenever something may have been missed.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from core.products import Mark
from trader.coinbase import parse
from trader.coinbase.parse import PayloadUnusable
from trader.coinbase.signing import ApiKey

SILENCE_S = 5.0
"""Heartbeats come every second; so many missed ones mean the connection is dead."""
OPEN_TIMEOUT_S = 5.0
BACKOFF_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_MESSAGE_MAX_BYTES = 10 * 1024 * 1024


class FeedBroken(Exception):
    """This connection can no longer be believed; a new one is made."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How one feed fares, for showing."""

    name: str
    connected: bool = False
    connected_at: datetime | None = None
    last_message_at: datetime | None = None
    connections: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class FeedTarget:
    """Where a feed connects and what it asks for."""

    name: str
    url: str
    ca_file: Path | None
    channels: Sequence[str]
    product_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sink:
    """What a feed tells: marks as they come, and hints that orders changed or something was missed."""

    mark: Callable[[Mark], None]
    orders_changed: Callable[[], None]
    missed: Callable[[str], None]


class Feed:
    """One websocket on an event loop in a thread of its own; it reconnects until it is stopped.

    Not the library's threaded client: that uses one TLS session from two threads, which can hang.
    """

    def __init__(
        self,
        target: FeedTarget,
        key: ApiKey,
        clock: Callable[[], datetime],
        token_clock: Callable[[], datetime],
        sink: Sink,
    ) -> None:
        """`token_clock` is the exchange's time as far as it is known; marks are stamped by ours."""
        self._target = target
        self._key = key
        self._clock = clock
        self._token_clock = token_clock
        self._sink = sink
        self._status = FeedStatus(target.name)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"feed-{target.name}", daemon=True)

    @property
    def status(self) -> FeedStatus:
        return self._status

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the feed; returns when its thread is gone."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=OPEN_TIMEOUT_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._until_stopped())

    async def _until_stopped(self) -> None:
        connecting = asyncio.create_task(self._connect_for_ever())
        await self._stop.wait()
        connecting.cancel()

    async def _connect_for_ever(self) -> None:
        failures = 0
        while True:
            before = self._status.connections
            try:
                await self._one_connection()
            except (FeedBroken, PayloadUnusable, WebSocketException, OSError) as error:
                told = f"{type(error).__name__}: {error}"
                self._status = replace(self._status, connected=False, last_error=told)
                self._sink.missed(told)
            failures = 0 if self._status.connections > before else failures + 1
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])

    async def _one_connection(self) -> None:
        """Read one connection until it breaks. Raises why it can no longer be believed."""
        async with connect(
            self._target.url,
            ssl=self._tls(),
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=1.0,
            max_size=_MESSAGE_MAX_BYTES,
        ) as connection:
            try:
                await self._listen(connection)
            finally:
                # A dead peer answers no goodbye: waiting for one would keep the next connection off.
                connection.transport.abort()

    async def _listen(self, connection: ClientConnection) -> None:
        await self._subscribe(connection)
        self._status = replace(
            self._status,
            connected=True,
            connected_at=self._clock(),
            connections=self._status.connections + 1,
        )
        self._sink.missed("a fresh connection knows nothing of what came before it")
        reader = FrameReader(self._sink, self._clock)
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    frame = await connection.recv()
            except TimeoutError:
                raise FeedBroken(f"no message for {SILENCE_S:.0f} s") from None
            reader.take(frame)
            self._status = replace(self._status, last_message_at=self._clock())

    async def _subscribe(self, connection: ClientConnection) -> None:
        for channel in ("heartbeats", *self._target.channels):
            frame: dict[str, Any] = {"type": "subscribe", "channel": channel}
            if channel != "heartbeats":
                frame["product_ids"] = list(self._target.product_ids)
            frame["jwt"] = self._key.token(self._token_clock())  # a token serves one message only
            await connection.send(json.dumps(frame))

    def _tls(self) -> ssl.SSLContext | None:
        if not self._target.url.startswith("wss:"):
            return None
        ca_file = None if self._target.ca_file is None else str(self._target.ca_file)
        return ssl.create_default_context(cafile=ca_file)


class FrameReader:
    """Reads the frames of one connection in order. Raises FeedBroken when one is missing."""

    def __init__(self, sink: Sink, clock: Callable[[], datetime]) -> None:
        self._sink = sink
        self._clock = clock
        self._next = 0

    def take(self, raw: str | bytes) -> None:
        """Check and hand on one frame. Raises FeedBroken or PayloadUnusable."""
        try:
            frame = json.loads(raw)
        except ValueError as bad:
            raise PayloadUnusable("a frame is not JSON") from bad
        if not isinstance(frame, dict):
            raise PayloadUnusable("a frame is not an object")
        if frame.get("type") == "error":
            raise FeedBroken(f"the exchange says: {frame.get('message')}")
        if not self._in_sequence(frame):
            return
        channel = frame.get("channel")
        if channel == "ticker":
            for event in parse.items(frame, "events"):
                self._tickers(event)
        elif channel == "user":
            self._sink.orders_changed()

    def _in_sequence(self, frame: dict[str, Any]) -> bool:
        """Numbers grow by one per connection. A repeat is dropped; a gap ends the connection."""
        number = frame.get("sequence_num")
        if not isinstance(number, int):
            raise PayloadUnusable("a frame has no sequence number")
        if number < self._next:
            return False
        if number > self._next:
            raise FeedBroken(f"frames {self._next} to {number - 1} are missing")
        self._next += 1
        return True

    def _tickers(self, event: dict[str, Any] | Any) -> None:
        for ticker in parse.items(event, "tickers"):
            mark = parse.mark_of_ticker(ticker, self._clock())
            if mark is not None:
                self._sink.mark(mark)
