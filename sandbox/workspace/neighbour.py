"""Another server of the sandbox, whose control the page reaches through this one."""

from collections.abc import Awaitable
from typing import Any

from aiohttp import ClientError, ClientSession, web

from sandbox.loopback import json_reply


class Neighbour:
    """Everything below `prefix` is passed on to the control at `url`."""

    def __init__(self, name: str, url: str | None) -> None:
        self.name = name
        self._url = url
        self.prefix = f"/_ui/{name}"
        self._session: ClientSession | None = None

    @property
    def is_there(self) -> bool:
        return self._url is not None

    def serves(self, path: str) -> bool:
        return path.startswith(f"{self.prefix}/")

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(self.prefix)
        if self._url is None:
            return _refused(f"this workspace was started without --{self.name}-control", 404)
        if not path.startswith("/_sim/") or ".." in path:
            return _refused(f"only the {self.name}'s /_sim/ is passed on, not {path}", 404)
        if self._session is None:
            self._session = ClientSession(trust_env=False)
        body = await request.read()
        asked: Awaitable[Any] = self._session.request(
            request.method,
            self._url.rstrip("/") + path,
            params=dict(request.query),
            data=body or None,
        )
        try:
            reply = await asked
            content = await reply.read()
        except ClientError as error:
            return _refused(f"the {self.name} does not answer: {type(error).__name__}", 502)
        return web.Response(body=content, status=reply.status, content_type="application/json")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _refused(what: str, status: int) -> web.Response:
    return json_reply({"ok": False, "error": what}, status)
