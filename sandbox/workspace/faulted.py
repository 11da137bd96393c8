"""What faults do to the calls of this workspace, in Slack's words."""

import asyncio
from typing import Any

from aiohttp import web

from sandbox.faults import Fault
from sandbox.httpfaults import aborted, after_effect, held_open, html_page
from sandbox.loopback import to_json
from sandbox.workspace.call import Json


def reply_with(
    body: Json, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=to_json(body),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def too_many(wait_s: int) -> web.Response:
    headers = {"Retry-After": str(wait_s)}
    return reply_with({"ok": False, "error": "ratelimited"}, 429, headers)


async def before(fault: Fault, request: web.Request) -> web.Response | None:
    """The reply of a fault that strikes before the call has any effect."""
    kind, args = fault.kind, fault.args
    if kind == "drop_before":
        return aborted(request)
    if kind == "half_open":
        return await held_open(request, args)
    if kind == "auth_error":
        return reply_with({"ok": False, "error": args.get("error", "invalid_auth")})
    if kind == "latency" and args.get("where") == "request":
        await asyncio.sleep(args["ms"] / 1000)
    if kind in ("status", "html") and not args.get("after"):
        return _replaced(fault)
    return None


async def after(fault: Fault, reply: web.Response, request: web.Request) -> web.Response:
    """What a fault does to the reply of a call that had its effect."""
    return await after_effect(fault, reply, request, _replaced)


def _replaced(fault: Fault) -> web.Response:
    args = fault.args
    code = int(args.get("code", 200))
    if fault.kind == "html":
        return html_page(code, "Slack is having trouble", {})
    if code == 429:
        return too_many(int(args.get("retry_after", 1)))
    body: Any = args.get("body", {"ok": False, "error": "internal_error"})
    if isinstance(body, str):
        return web.Response(text=body, status=code)
    return reply_with(body, code)
