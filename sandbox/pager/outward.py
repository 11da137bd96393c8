"""What the providers ask of the app: callbacks, documents, buttons. Nothing leaves this machine."""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.loopback import LOCAL_NAMES
from sandbox.pager.page import Json

TIMEOUT_S = 15
READ_BYTES = 65_536
SHOWN = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """What the app said; `status` is None when it said nothing, and `text` why."""

    url: str
    status: int | None
    text: str
    content_type: str = ""

    @property
    def went_well(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def view(self) -> Json:
        said = "text" if self.status is not None else "error"
        return {"url": self.url, "status": self.status, said: self.text[:SHOWN]}


class Outward:
    """Requests for one page go out one after the other; those for different pages do not wait."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None
        self._last: dict[str, asyncio.Task[None]] = {}

    def later(self, page_id: str, request: Coroutine[Any, Any, object]) -> None:
        before = self._last.get(page_id)
        task = asyncio.get_running_loop().create_task(_after(before, request))
        self._last[page_id] = task
        task.add_done_callback(lambda done: self._forget(page_id, done))

    async def ask(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Heard:
        """Never raises: a person is shown what came of it."""
        where = urlsplit(url)
        if where.scheme not in ("http", "https") or where.hostname not in LOCAL_NAMES:
            return Heard(url, None, "not an address of this machine; the sandbox asks no other")
        if self._session is None:
            timeout = ClientTimeout(total=TIMEOUT_S)
            self._session = ClientSession(trust_env=False, timeout=timeout)
        try:
            async with self._session.request(
                method, url, data=body or None, headers=headers, allow_redirects=False
            ) as reply:
                text = (await reply.content.read(READ_BYTES)).decode(errors="replace")
                return Heard(url, reply.status, text, reply.content_type)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            return Heard(url, None, f"{type(error).__name__}: {error}".rstrip(": "))

    async def close(self) -> None:
        """Whatever was under way is left: the app has to live with callbacks that never come."""
        tasks = list(self._last.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._session is not None:
            await self._session.close()

    def _forget(self, page_id: str, done: asyncio.Task[None]) -> None:
        if self._last.get(page_id) is done:
            del self._last[page_id]


async def _after(before: asyncio.Task[None] | None, request: Coroutine[Any, Any, object]) -> None:
    try:
        if before is not None:
            await asyncio.wait([before])
        await request
    finally:
        request.close()
