"""Live data by websocket: one supervised connection that trusts nothing it cannot check.

The SDK's own socket client loses subscriptions on reconnect, can end silently and does not verify
TLS. Here every connection is fresh, its sequence and heartbeats are watched, and whoever listens is
told to read again by REST whenever something may have been missed.
"""

import json
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.sync.connection import Connection

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
    """One websocket in a thread of its own. Start it once; it reconnects until it is stopped."""

    def __init__(
        self, target: FeedTarget, key: ApiKey, clock: Callable[[], datetime], sink: Sink
    ) -> None:
        self._target = target
        self._key = key
        self._clock = clock
        self._sink = sink
        self._stop = threading.Event()
        self._status = FeedStatus(target.name)
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"feed-{target.name}", daemon=True)

    @property
    def status(self) -> FeedStatus:
        return self._status

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the feed; returns when its thread is gone."""
        self._stop.set()
        if self._connection is not None:
            self._connection.close()
        self._thread.join(timeout=OPEN_TIMEOUT_S + SILENCE_S)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._one_connection()
            except (FeedBroken, PayloadUnusable, WebSocketException, OSError) as error:
                told = f"{type(error).__name__}: {error}"
                self._status = replace(self._status, connected=False, last_error=told)
                if self._stop.is_set():
                    return
                self._sink.missed(told)
            lasted = self._status.last_message_at is not None
            failures = 1 if lasted and failures >= len(BACKOFF_S) else failures + 1
            self._stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])

    def _one_connection(self) -> None:
        with connect(
            self._target.url,
            ssl=self._tls(),
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=1.0,
            max_size=_MESSAGE_MAX_BYTES,
        ) as connection:
            self._connection = connection
            self._subscribe(connection)
            self._status = replace(
                self._status,
                connected=True,
                connected_at=self._clock(),
                connections=self._status.connections + 1,
            )
            self._sink.missed("a fresh connection knows nothing of what came before it")
            reader = FrameReader(self._sink, self._clock)
            while not self._stop.is_set():
                try:
                    frame = connection.recv(timeout=SILENCE_S)
                except TimeoutError:
                    raise FeedBroken(f"no message for {SILENCE_S:.0f} s") from None
                reader.take(frame)
                self._status = replace(self._status, last_message_at=self._clock())

    def _subscribe(self, connection: Connection) -> None:
        for channel in ("heartbeats", *self._target.channels):
            frame: dict[str, Any] = {"type": "subscribe", "channel": channel}
            if channel != "heartbeats":
                frame["product_ids"] = list(self._target.product_ids)
            frame["jwt"] = self._key.token(self._clock())  # a token serves one message only
            connection.send(json.dumps(frame))

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
