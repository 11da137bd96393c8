"""What every sandbox server's control shares: who may call it, and how it answers."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost"})


class BadInput(ValueError):
    """Control input that cannot be understood; the text says what, why and what is allowed."""


def is_local(headers: Mapping[str, str]) -> bool:
    """False for a foreign Host or Origin: a web page must not steer the sandbox."""
    if _name(headers.get("Host", "")) not in LOCAL_NAMES:
        return False
    origin = headers.get("Origin")
    return origin is None or _name(origin.partition("://")[2]) in LOCAL_NAMES


def to_json(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def json_reply(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=to_json(body), status=status, content_type="application/json")


def read_object(raw: bytes) -> dict[str, Any]:
    """Raises BadInput."""
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise BadInput(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadInput("the body must be a JSON object")
    return body


def read_number(value: Any, name: str, low: float, high: float) -> float:
    """Raises BadInput."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(f"{name} {value!r} must be a number from {low:g} to {high:g}")
    return value


def _name(host: str) -> str:
    return host.partition("/")[0].rpartition(":")[0] or host.partition("/")[0]
