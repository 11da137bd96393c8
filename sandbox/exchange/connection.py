"""One socket of a client: its subscriptions, its numbered frames, and faults on their way out."""

import asyncio
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.exchange.call import Json
from sandbox.faults import Fault, Faults
from sandbox.httpfaults import set_nulls

OUTBOX_MAX = 20_000
SUBSCRIBE_WITHIN = timedelta(seconds=5)
ABORT = 1006
DRAIN_S_MAX = 2
STICKY = frozenset({"close", "silence", "half_open"})
AUTH_FAILURE: Json = {"type": "error", "message": "authentication failure"}


class Connection:
    def __init__(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        clock: Clock,
        faults: Faults,
    ) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._ws = ws
        self._transport = transport
        self._clock = clock
        self._faults = faults
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue(OUTBOX_MAX)
        self._sequence = 0
        self._held_back: str | None = None
        self._silenced: dict[int, str] = {}
        self._half_open_by: int | None = None
        self._closing = False
        self.deadline = clock.now() + SUBSCRIBE_WITHIN
        self.heartbeats = 0
        self.channels: dict[str, set[str]] = {}

    def wants(self, channel: str, product_id: str) -> bool:
        """An empty list of products stands for all of them."""
        products = self.channels.get(channel)
        return products is not None and (not products or product_id in products)

    def post(self, channel: str, events: list[Json]) -> None:
        if self._is_silent(channel):
            return
        fault = self._faults.for_frame(channel)
        if fault is not None and self._stick(fault):
            return
        frame = {
            "channel": channel,
            "client_id": "",
            "timestamp": nanoseconds(self._clock.now()),
            "sequence_num": self._sequence,
            "events": events,
        }
        self._sequence += 1
        if fault is None:
            self._put(to_text(frame))
        else:
            self._put_faulty(frame, fault)

    def post_error(self) -> None:
        """Error frames have no channel and no number."""
        self._put(to_text(AUTH_FAILURE))

    def strike(self) -> None:
        """Lets a fault that ends or mutes a connection act now, not with the next frame."""
        for channel in list(self.channels) or [""]:
            fault = self._faults.for_frame(channel, STICKY)
            if fault is not None:
                self._stick(fault)
                return

    def close(self, code: int) -> None:
        self._put(code)
        self._closing = True

    async def write(self) -> None:
        """Sends what was put, until the connection ends."""
        while not await self._sent(await self._outbox.get()):
            pass
        self.drop_outbox()

    async def _sent(self, item: str | int) -> bool:
        """Whether it was the last."""
        try:
            if isinstance(item, int):
                await self._end(item)
                return True
            await self._ws.send_str(item)
            return False
        except ConnectionError:
            return True
        finally:
            self._outbox.task_done()

    async def drained(self) -> None:
        if not self._ws.closed:
            await self._outbox.join()

    def drop_outbox(self) -> None:
        """Nobody will send these any more, so nobody may wait for them."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
            self._outbox.task_done()
        self._closing = True

    def _is_silent(self, channel: str) -> bool:
        if self._closing or self._plays_dead():
            return True
        return any(
            muted in ("", channel) and self._faults.holds(fault_id)
            for fault_id, muted in self._silenced.items()
        )

    def _plays_dead(self) -> bool:
        if self._half_open_by is None:
            return False
        if self._faults.holds(self._half_open_by):
            return True
        self._half_open_by = None
        self._transport.resume_reading()
        return False

    def _stick(self, fault: Fault) -> bool:
        if fault.kind == "silence":
            self._silenced[fault.id] = fault.match.get("channel", "")
        elif fault.kind == "half_open":
            # Pings are not even read, as from a machine that lost its power.
            self._half_open_by = fault.id
            self._transport.pause_reading()
        elif fault.kind == "close":
            self.close(int(fault.args.get("code", 1000)))
        return fault.kind in STICKY

    def _put_faulty(self, frame: Json, fault: Fault) -> None:
        if fault.kind == "gap":
            return
        if fault.kind == "auth_error":
            self.post_error()
            return
        if fault.kind == "null_fields":
            set_nulls(frame, fault.args)
        text = to_text(frame)
        if fault.kind == "reorder" and self._held_back is None:
            self._held_back = text
            return
        self._put(text)
        if fault.kind == "duplicate":
            self._put(text)

    def _put(self, item: str | int) -> None:
        if self._closing:
            return
        if self._outbox.qsize() >= OUTBOX_MAX - 2:
            # A client that does not read is cut off rather than remembered for ever.
            self.drop_outbox()
            self._outbox.put_nowait(ABORT)
            return
        self._outbox.put_nowait(item)
        if self._held_back is not None:
            self._outbox.put_nowait(self._held_back)
            self._held_back = None

    async def _end(self, code: int) -> None:
        if code == ABORT:
            self._transport.abort()
            return
        await self._ws.close(code=code, message=b"")


def to_text(frame: Any) -> str:
    return json.dumps(frame, separators=(",", ":"))


def nanoseconds(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S.%f}000Z"


async def all_drained(connections: Iterable[Connection]) -> None:
    """Waits a while only: a client that does not read must not hold up the clock."""
    waits = [asyncio.create_task(connection.drained()) for connection in connections]
    if waits:
        _, late = await asyncio.wait(waits, timeout=DRAIN_S_MAX)
        for wait in late:
            wait.cancel()
