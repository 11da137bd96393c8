"""Reads a request's arguments as Slack does: query, form, JSON and multipart, merged."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from sandbox.clock import Clock
from sandbox.requestlog import Record, RequestLog
from sandbox.workspace.call import Json, SlackError

HIDDEN = "…"


class Unreadable(Exception):
    """The client went away half-way."""


async def read_args(request: web.Request) -> Json:
    """Raises SlackError for a body that is not what it says; Unreadable."""
    args: Json = dict(request.query)
    try:
        args |= await _body(request)
    except (ConnectionError, web.RequestPayloadError) as error:
        raise Unreadable from error
    return args


async def _body(request: web.Request) -> Json:
    if request.content_type.startswith("multipart/"):
        return await _multipart(request)
    raw = await request.read()
    if not raw:
        return {}
    if request.content_type == "application/json":
        return read_json(raw)
    return dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))


async def _multipart(request: web.Request) -> Json:
    try:
        return dict((await request.post()).items())
    except ValueError as error:
        raise SlackError("invalid_form_data") from error


def read_json(raw: bytes) -> Json:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SlackError("invalid_json") from error
    if not isinstance(told, dict):
        raise SlackError("json_not_object")
    return told


def noted(request: web.Request, args: Mapping[str, Any], log: RequestLog, clock: Clock) -> Record:
    """In the log, with the instant of the last byte, and without the token."""
    query = [(name, HIDDEN if name == "token" else value) for name, value in request.query.items()]
    body = {
        name: HIDDEN if name == "token" else value if _is_plain(value) else "<file>"
        for name, value in args.items()
    }
    return log.add(
        Record(
            monotonic_ns=clock.monotonic_ns(),
            at=clock.now(),
            method=request.method,
            path=request.path,
            query=urlencode(query),
            client="{}:{}".format(*request.transport.get_extra_info("peername"))
            if request.transport is not None
            else "",
            body=body,
        )
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)
