"""The dialogue on one socket: subscribe, unsubscribe, and errors in between."""

import asyncio
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.clock import Clock
from sandbox.exchange.auth import Doorkeeper, Unauthorized
from sandbox.exchange.connection import Connection
from sandbox.exchange.gate import parsed, read_record
from sandbox.exchange.hub import Hub
from sandbox.faults import HANDSHAKE_KINDS, Faults
from sandbox.requestlog import Record, RequestLog

PRIVATE = frozenset({"user", "futures_balance_summary"})
PUBLIC = frozenset(
    {"heartbeats", "ticker", "ticker_batch", "level2", "market_trades", "candles", "status"}
)


class Sockets:
    def __init__(
        self,
        hub: Hub,
        doorkeeper: Doorkeeper,
        faults: Faults,
        log: RequestLog,
        clock: Clock,
        product_ids: frozenset[str],
    ) -> None:
        self._hub = hub
        self._doorkeeper = doorkeeper
        self._faults = faults
        self._log = log
        self._clock = clock
        self._product_ids = product_ids

    async def handle(self, request: web.Request) -> web.StreamResponse:
        record = await read_record(request, self._log, self._clock)
        if self._faults.for_request("GET", "/", kinds=HANDSHAKE_KINDS) is not None:
            record.status = 503
            return web.Response(text="Service Unavailable", status=503)
        ws = web.WebSocketResponse(max_msg_size=1 << 20)
        await ws.prepare(request)
        record.status = 101
        connection = Connection(ws, request.transport, self._clock, self._faults)
        self._hub.connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            await self._converse(ws, connection, record)
        finally:
            self._hub.connections.discard(connection)
            writer.cancel()
            connection.drop_outbox()
        return ws

    async def _converse(
        self, ws: web.WebSocketResponse, connection: Connection, record: Record
    ) -> None:
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                continue
            body = parsed(message.data.encode())
            self._note(record, body)
            if isinstance(body, dict) and body.get("type") in ("subscribe", "unsubscribe"):
                self._change(connection, body)
            else:
                connection.post_error()

    def _change(self, connection: Connection, body: dict[str, Any]) -> None:
        channel, products = str(body.get("channel")), body.get("product_ids") or []
        if not self._may(channel, body.get("jwt")) or not self._are_listed(products):
            connection.post_error()
            return
        if body["type"] == "unsubscribe":
            self._leave(connection, channel, products)
        else:
            self._hub.snapshot(connection, channel, products, self._clock.now())
            connection.channels.setdefault(channel, set()).update(products)
        self._hub.confirm(connection)

    def _leave(self, connection: Connection, channel: str, products: list[str]) -> None:
        left = connection.channels.get(channel, set()) - set(products)
        if left and products:
            connection.channels[channel] = left
        else:
            connection.channels.pop(channel, None)

    def _may(self, channel: str, token: Any) -> bool:
        """The venue gives one answer to unknown channels and bad tokens."""
        if channel not in PUBLIC | PRIVATE:
            return False
        if not token:
            return channel in PUBLIC
        try:
            self._doorkeeper.of_subscription(str(token), self._clock.token_now())
        except Unauthorized:
            return False
        return True

    def _are_listed(self, products: Any) -> bool:
        return isinstance(products, list) and self._product_ids.issuperset(map(str, products))

    def _note(self, record: Record, body: Any) -> None:
        shown = {**body, "jwt": "…"} if isinstance(body, dict) and "jwt" in body else body
        self._log.add(
            Record(
                self._clock.monotonic_ns(),
                self._clock.now(),
                "WS",
                "/",
                "",
                record.client,
                shown,
                101,
            )
        )
