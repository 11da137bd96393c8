"""All pages of a home, the phones they ring at, and word to whoever waits for a change."""

import asyncio
import contextlib
from collections.abc import Iterator

from sandbox.clock import Clock, rfc3339
from sandbox.loopback import BadInput
from sandbox.pager.page import Json, Page, Provider, page_of
from sandbox.state import State

KEPT = 20_000
HISTORY_MAX = 50


class Pages:
    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self.clock = clock
        found = sorted(
            (page_of(view) for _, view in state.all("page")), key=lambda page: page.number
        )
        self._pages = {page.id: page for page in found}
        self._keyed = {_key(page): page for page in found}
        self._last = found[-1].number if found else 0
        self.version = 0
        self._changed = asyncio.Event()

    def add(self, page: Page) -> Page:
        """The oldest gives way when there are too many."""
        self._last += 1
        page.number = self._last
        self._pages[page.id] = self._keyed[_key(page)] = page
        self._note(page)
        if len(self._pages) > KEPT:
            oldest = self._pages.pop(next(iter(self._pages)))
            self._keyed.pop(_key(oldest), None)
            self._state.drop("page", oldest.id)
        return page

    def new(
        self, id: str, provider: Provider, to: str, text: str, state: str, dedup_key: str = ""
    ) -> Page:
        """Not among the pages yet: whoever makes it fills in the detail, and adds it."""
        at, ns = self.clock.now(), self.clock.monotonic_ns()
        return Page(id, provider, to, text, at, ns, state, dedup_key)

    def move(self, page: Page, state: str, **why: object) -> None:
        page.state = state
        self._note(page, **why)

    def change(self, page: Page) -> None:
        """Something other than its state."""
        self._keep(page)

    def find(self, id: object) -> Page:
        """Raises BadInput."""
        page = self._pages.get(str(id))
        if page is None:
            raise BadInput(f"no page {id!r}; GET /_sim/pages names them")
        return page

    def of(self, provider: Provider) -> Iterator[Page]:
        """The oldest first."""
        return (page for page in list(self._pages.values()) if page.provider is provider)

    def known(self, id: str) -> Page | None:
        return self._pages.get(id)

    def latest(self, provider: Provider, to: str, dedup_key: str) -> Page | None:
        """The last one of that key; None for a page without one."""
        return self._keyed.get((provider, to, dedup_key)) if dedup_key else None

    def listed(self, since_ns: int, with_replies: bool, limit: int) -> list[Json]:
        """The newest ``limit`` of them, the oldest first."""
        found = [
            page
            for page in self._pages.values()
            if page.monotonic_ns > since_ns and (with_replies or not page.is_reply)
        ]
        return [page.view() for page in found[-limit:]]

    async def wait(self, version: int, wait_s: float) -> None:
        """Until something has changed since ``version``, or time is up."""
        if version != self.version:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._changed.wait()

    def tell(self) -> None:
        """Whoever waits looks again."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def _note(self, page: Page, **why: object) -> None:
        page.history.append({"state": page.state, "at": rfc3339(self.clock.now()), **why})
        del page.history[:-HISTORY_MAX]
        self._keep(page)

    def _keep(self, page: Page) -> None:
        self._state.put("page", page.id, page.view())
        self.tell()


def _key(page: Page) -> tuple[Provider, str, str]:
    return page.provider, page.to, page.dedup_key
