"""The threads in which the bot's event loop does what waits: the store is not asked on the loop itself."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LOOKING = 3
SHORT = 2
TIGHTENING = 2


class Threads:
    """Three lanes, so that neither two hundred looks nor our own bookkeeping make a kill wait."""

    def __init__(self) -> None:
        self._looking = ThreadPoolExecutor(LOOKING, "look")
        self._short = ThreadPoolExecutor(SHORT, "short")
        self._tightening = ThreadPoolExecutor(TIGHTENING, "tighten")

    async def look(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A command that only looks, or asks."""
        return await _in(self._looking, lambda: work(*args, **kwargs))

    async def short(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The bot's own bookkeeping."""
        return await _in(self._short, lambda: work(*args, **kwargs))

    async def tighten(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Kill, reduce-only, and a second person's word."""
        return await _in(self._tightening, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Waits for what is under way."""
        for lane in (self._looking, self._short, self._tightening):
            lane.shutdown()


async def _in(lane: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(lane, work)
