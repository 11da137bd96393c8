"""One Socket Mode connection: frames on their way out, and the faults they meet."""

import asyncio

from aiohttp import web

from sandbox.faults import Fault, Faults
from sandbox.loopback import to_json
from sandbox.workspace.call import Json

ABORT = 1006
OUTBOX_MAX = 20_000
STICKY = frozenset({"close", "silence", "half_open"})
STRAYED = frozenset({"gap", "auth_error", "null_fields"})
HELD_BACK_S = 1.0
GIVEN_UP_AFTER_S = 20
"""When the server, too, takes a half-open connection for dead."""


class Link:
    def __init__(
        self,
        name: str,
        ws: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        faults: Faults,
    ) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.name = name
        self._ws = ws
        self._transport = transport
        self._faults = faults
        self._outbox: asyncio.Queue[str | bytes | int] = asyncio.Queue(OUTBOX_MAX)
        self._muted_by: int | None = None
        self._half_open_by: int | None = None
        self._held_back: str | None = None
        self.leaving = False
        """It was told to go: nothing new is sent over it."""

    def tell(self, frame: Json) -> None:
        """A frame about the connection itself."""
        if not self._is_silent():
            self._put(to_json(frame).decode())

    def deliver(self, kind: str, frame: Json) -> Fault | None:
        """The fault that the envelope met, if any; a silent link swallows it."""
        if self._is_silent():
            return None
        fault = self._faults.for_frame(kind)
        if fault is not None and self._stick(fault):
            return fault
        if fault is not None and fault.kind in STRAYED:
            return fault
        text = to_json(frame).decode()
        if fault is not None and fault.kind == "reorder" and self._held_back is None:
            self._held_back = text
            asyncio.get_running_loop().call_later(HELD_BACK_S, self._release)
            return fault
        self._put(text)
        self._release()
        return fault

    def ping(self) -> None:
        if not self._is_silent():
            self._put(b"ping from the sandbox")

    def strike(self) -> None:
        """Lets a fault that ends or mutes a connection act now, not with the next frame."""
        fault = self._faults.for_frame("", STICKY)
        if fault is not None:
            self._stick(fault)

    def wake(self) -> None:
        """After faults were taken away: what held this link back may be gone."""
        self._is_silent()

    def close(self, code: int) -> None:
        self.leaving = True
        if self._outbox.qsize() < OUTBOX_MAX:
            self._outbox.put_nowait(code)

    async def write(self) -> None:
        """Sends what was put, until the connection ends."""
        while not self._ws.closed:
            item = await self._outbox.get()
            if isinstance(item, int):
                await self._end(item)
                return
            try:
                await (self._ws.send_str(item) if isinstance(item, str) else self._ws.ping(item))
            except ConnectionError:
                return

    async def _end(self, code: int) -> None:
        if code == ABORT:
            self._transport.abort()
        else:
            await self._ws.close(code=code, message=b"")

    def _release(self) -> None:
        held, self._held_back = self._held_back, None
        if held is not None:
            self._put(held)

    def _is_silent(self) -> bool:
        if self._half_open_by is not None:
            if self._faults.holds(self._half_open_by):
                return True
            self._half_open_by = None
            self._transport.resume_reading()
        return self._muted_by is not None and self._faults.holds(self._muted_by)

    def _stick(self, fault: Fault) -> bool:
        if fault.kind == "silence":
            self._muted_by = fault.id
        elif fault.kind == "half_open":
            # Pings are not even read, as from a machine that lost its power.
            self._half_open_by = fault.id
            self._transport.pause_reading()
            given_up = fault.args.get("s", GIVEN_UP_AFTER_S)
            asyncio.get_running_loop().call_later(given_up, self._give_up)
        elif fault.kind == "close":
            self.close(int(fault.args.get("code", 1000)))
        return fault.kind in STICKY

    def _give_up(self) -> None:
        if self._is_silent() and self._half_open_by is not None:
            self.leaving = True
            self._transport.abort()

    def _put(self, item: str | bytes) -> None:
        if self._outbox.qsize() >= OUTBOX_MAX - 1:
            # A client that does not read is cut off rather than remembered for ever.
            self.leaving = True
            self._transport.abort()
            return
        self._outbox.put_nowait(item)
