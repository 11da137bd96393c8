"""The way of a request to a provider: read, logged, faulted, answered in that provider's words."""

import asyncio
import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.http_exceptions import PayloadEncodingError

from sandbox.clock import Clock
from sandbox.faults import REPLY_KINDS, Fault, Faults
from sandbox.httpfaults import aborted, after_effect, held_open, html_page
from sandbox.loopback import to_json
from sandbox.pager import ntfy, pagerduty, webhook
from sandbox.pager.ntfy_reading import Wrong
from sandbox.pager.page import Json
from sandbox.pager.reply import Asked, answer
from sandbox.pager.twilio import errors as twilio
from sandbox.pager.twilio import rest
from sandbox.requestlog import Record, RequestLog

HIDDEN = "…"
SECRETS = ("routing_key", "auth")
TEXT_MAX = 20_000
Handler = Callable[[Asked], web.Response]


class Gate:
    """`providers` by what their addresses begin with; the empty beginning comes last."""

    def __init__(
        self,
        providers: Mapping[str, Handler],
        faults: Faults,
        log: RequestLog,
        clock: Clock,
        done: Callable[[], None],
    ) -> None:
        self._providers = providers
        self._faults = faults
        self._log = log
        self._clock = clock
        self._done = done

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            raw = await request.read()
        except (ConnectionError, web.RequestPayloadError, PayloadEncodingError):
            return web.Response(status=499)
        record = self._noted(request, raw)
        reply = await self._faulted(request, raw)
        if request.transport is not None and not request.transport.is_closing():
            record.status = reply.status
        return reply

    async def _faulted(self, request: web.Request, raw: bytes) -> web.Response:
        fault = self._faults.for_request(request.method, request.path, kinds=REPLY_KINDS)
        if fault is not None:
            struck = await _before(fault, request)
            if struck is not None:
                return struck
        base = f"http://{request.headers.get('Host', '')}"
        asked = Asked(request.method, request.path, request.query, request.headers, raw, base)
        reply = self._handler(request.path)(asked)
        self._done()
        if fault is None:
            return reply
        return await after_effect(
            fault, reply, request, lambda struck: _replaced(struck, request.path)
        )

    def _handler(self, path: str) -> Handler:
        return next(
            handler for prefix, handler in self._providers.items() if path.startswith(prefix)
        )

    def _noted(self, request: web.Request, raw: bytes) -> Record:
        where = request.transport
        client = "{}:{}".format(*where.get_extra_info("peername")) if where is not None else ""
        return self._log.add(
            Record(
                self._clock.monotonic_ns(),
                self._clock.now(),
                request.method,
                request.path,
                request.query_string,
                client,
                _shown(request, raw),
            )
        )


async def _before(fault: Fault, request: web.Request) -> web.Response | None:
    """The reply of a fault that strikes before the request has any effect."""
    kind, args = fault.kind, fault.args
    if kind == "drop_before":
        return aborted(request)
    if kind == "half_open":
        return await held_open(request, args)
    if kind == "auth_error":
        return _refusal(request.path, 401)
    if kind == "latency" and args.get("where") == "request":
        await asyncio.sleep(args["ms"] / 1000)
    if kind in ("status", "html") and not args.get("after"):
        return _replaced(fault, request.path)
    return None


def _replaced(fault: Fault, path: str) -> web.Response:
    args = fault.args
    code = int(args.get("code", 200))
    retry = {"Retry-After": str(args["retry_after"])} if "retry_after" in args else {}
    if fault.kind == "html":
        return html_page(code, "The service is not available", retry)
    if "body" in args:
        body = args["body"]
        if isinstance(body, str):
            return web.Response(text=body, status=code, headers=retry)
        return answer(code, body, retry)
    reply = _refusal(path, code)
    reply.headers.update(retry)
    return reply


def _refusal(path: str, code: int) -> web.Response:
    """As the provider at that address says it."""
    if path.startswith(rest.PREFIX):
        known = {401: twilio.UNAUTHENTICATED, 429: twilio.TOO_MANY}
        other = twilio.TwilioError(20500, "An internal server error has occurred", code)
        return twilio.refused(known.get(code, other))
    if path.startswith(pagerduty.PATH):
        return pagerduty.throttled() if code == 429 else _plain(code, "Internal Server Error")
    if path.startswith(webhook.PREFIX):
        return answer(code, {"ok": False, "error": f"status {code}, as it was ordered"})
    known_here = {401: ntfy.UNAUTHORIZED, 429: ntfy.TOO_MANY}
    other_here = Wrong(code * 100 + 1, code, "internal server error")
    return ntfy.refused(known_here.get(code, other_here))


def _plain(code: int, message: str) -> web.Response:
    return answer(code, {"status": message, "message": message, "errors": []})


def _shown(request: web.Request, raw: bytes) -> Json | str:
    """The body as it is logged: fields where there are some, and no secrets."""
    text = raw[:TEXT_MAX].decode(errors="replace")
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return text
    if not isinstance(told, dict) or len(to_json(told)) > TEXT_MAX:
        return text
    return {name: HIDDEN if name in SECRETS else value for name, value in told.items()}
