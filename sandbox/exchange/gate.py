"""The way of a REST request: read, logged, faulted, authorised, limited, handled, answered."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.exchange.auth import Doorkeeper, Unauthorized
from sandbox.exchange.call import ApiError, Call, Json, forbidden, invalid, not_found
from sandbox.exchange.keys import Key
from sandbox.exchange.lies import Lies
from sandbox.exchange.ratelimit import RateLimit
from sandbox.exchange.routes import PUBLIC, Route, Routes
from sandbox.faults import REPLY_KINDS, Fault, Faults
from sandbox.httpfaults import aborted, after_effect, held_open, html_page
from sandbox.loopback import to_json
from sandbox.requestlog import Record, RequestLog


class Gate:
    def __init__(
        self,
        routes: Routes,
        doorkeeper: Doorkeeper,
        rate_limit: RateLimit,
        faults: Faults,
        log: RequestLog,
        clock: Clock,
        latency_ms: int,
    ) -> None:
        self._routes = routes
        self._doorkeeper = doorkeeper
        self._rate_limit = rate_limit
        self._faults = faults
        self._log = log
        self._clock = clock
        self._latency_s = latency_ms / 1000
        self._lies = Lies()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        record = await read_record(request, self._log, self._clock)
        body = record.body if isinstance(record.body, dict) else {}
        fault = self._faults.for_request(
            record.method, record.path, _product_ids(request, record.path, body), REPLY_KINDS
        )
        reply = None if fault is None else await self._before(fault, request)
        if reply is None:
            reply = self._lies.told(fault, record, lambda: self._answer(request, record, body))
            if self._latency_s:
                await asyncio.sleep(self._latency_s)
            if fault is not None:
                reply = await _after(fault, reply, request)
        if request.transport is not None and not request.transport.is_closing():
            record.status = reply.status
        return reply

    async def _before(self, fault: Fault, request: web.Request) -> web.Response | None:
        """The reply of a fault that strikes before the request has any effect."""
        kind, args = fault.kind, fault.args
        if kind == "drop_before":
            return aborted(request)
        if kind == "half_open":
            return await held_open(request, args)
        if kind == "auth_error":
            return unauthorized()
        if kind == "latency" and args.get("where") == "request":
            await asyncio.sleep(args["ms"] / 1000)
        if kind in ("status", "html") and not args.get("after"):
            return _replaced(fault)
        return None

    def _answer(self, request: web.Request, record: Record, body: Json) -> web.Response:
        found = self._routes.find(record.method, record.path)
        if found is None:
            return _error(not_found(f"no endpoint {record.method} {record.path}"))
        route, path_args = found
        try:
            key = self._key(request, record, route)
        except Unauthorized:
            return unauthorized()
        holder = record.client.partition(":")[0] if key is None else key.name
        grant = self._rate_limit.ask(holder, self._clock.now())
        if not grant.allowed:
            return html_page(429, "429 Too Many Requests", grant.headers())
        call = Call(path_args, request.query, body, key, record.monotonic_ns)
        reply = self._handled(route, call, record)
        reply.headers.update(grant.headers())
        return reply

    def _handled(self, route: Route, call: Call, record: Record) -> web.Response:
        try:
            if call.key is not None and route.permission not in call.key.permissions:
                raise forbidden()
            if not isinstance(record.body, dict) and record.body not in ("", None):
                raise invalid("the body must be a JSON object")
            return web.Response(body=to_json(route.handler(call)), content_type="application/json")
        except ApiError as error:
            return _error(error)

    def _key(self, request: web.Request, record: Record, route: Route) -> Key | None:
        if route.permission == PUBLIC:
            return None
        return self._doorkeeper.of_request(
            request.headers.get("Authorization"),
            record.method,
            request.host,
            record.path,
            self._clock.token_now(),
        )


async def read_record(request: web.Request, log: RequestLog, clock: Clock) -> Record:
    """Logged with the instant of the last byte; also when the client went away half-way."""
    raw, broken = b"", False
    try:
        raw = await request.read()
    except (ConnectionError, web.RequestPayloadError):
        broken = True
    return log.add(
        Record(
            monotonic_ns=clock.monotonic_ns(),
            at=clock.now(),
            method=request.method,
            path=request.path,
            query=request.query_string,
            client=_client(request),
            body="<cancelled>" if broken else parsed(raw),
        )
    )


def _client(request: web.Request) -> str:
    """Empty where it has gone away already."""
    transport = request.transport
    address = transport.get_extra_info("peername") if transport is not None else None
    return "{}:{}".format(*address) if address else ""


def parsed(raw: bytes) -> Any:
    """JSON if it is, text otherwise."""
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def unauthorized() -> web.Response:
    return web.Response(text="Unauthorized", status=401)


async def _after(fault: Fault, reply: web.Response, request: web.Request) -> web.Response:
    """What a fault does to the reply of a request that had its effect."""
    return await after_effect(fault, reply, request, _replaced)


def _replaced(fault: Fault) -> web.Response:
    code = int(fault.args.get("code", 200))
    if fault.kind == "html":
        return html_page(code, "Just a moment", {})
    body = fault.args.get("body", {"error": "INTERNAL", "message": "internal error"})
    if isinstance(body, str):
        return web.Response(text=body, status=code)
    return web.Response(body=to_json(body), status=code, content_type="application/json")


def _error(error: ApiError) -> web.Response:
    return web.Response(
        body=to_json(error.body), status=error.status, content_type="application/json"
    )


def _product_ids(request: web.Request, path: str, body: Mapping[str, Any]) -> frozenset[str]:
    named = {*path.split("/"), *request.query.getall("product_ids", ())}
    named.add(request.query.get("product_id", ""))
    named.add(str(body.get("product_id", "")))
    return frozenset(named)
