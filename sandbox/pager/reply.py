"""What providers answer, and what they have read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy, MultiMapping

from sandbox.loopback import to_json


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a provider, read to its end."""

    method: str
    path: str
    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    body: bytes
    base: str
    """Of this server, as the client named it."""


def answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=to_json(body), status=status, headers=headers, content_type="application/json"
    )
