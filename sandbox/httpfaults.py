"""What a fault does to a request on its way in, or to the reply on its way out, at any server."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from sandbox.faults import Fault
from sandbox.loopback import to_json

HALF_OPEN_S_MAX = 600
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def aborted(request: web.Request) -> web.Response:
    """The connection is cut; nobody reads the reply any more."""
    transport = request.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    return web.Response(status=499)


async def held_open(request: web.Request, args: Mapping[str, Any]) -> web.Response:
    """Never answered; cut in the end."""
    await asyncio.sleep(args.get("s", HALF_OPEN_S_MAX))
    return aborted(request)


async def after_effect(
    fault: Fault,
    reply: web.Response,
    request: web.Request,
    replaced: Callable[[Fault], web.Response],
) -> web.Response:
    """What a fault does to the reply of a request that had its effect; `replaced` is each server's own."""
    kind, args = fault.kind, fault.args
    if kind == "drop_after":
        return aborted(request)
    if kind == "latency" and args.get("where") != "request":
        await asyncio.sleep(args["ms"] / 1000)
    if kind == "null_fields" and isinstance(reply.body, bytes):
        body = json.loads(reply.body)
        set_nulls(body, args)
        reply.body = to_json(body)
    if kind in ("status", "html") and args.get("after"):
        return replaced(fault)
    return reply


def html_page(status: int, title: str, headers: Mapping[str, str]) -> web.Response:
    text = _HTML.format(title)
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def set_nulls(body: dict[str, Any], args: Mapping[str, Any]) -> None:
    """Names may be dotted to reach inner objects; ``remove`` leaves the fields out altogether."""
    for name in args["fields"]:
        *outer, last = name.split(".")
        inside: Any = body
        for part in outer:
            inside = inside.get(part) if isinstance(inside, dict) else None
        if isinstance(inside, dict) and last in inside:
            inside[last] = None
            if args.get("remove"):
                del inside[last]
