"""Everybody who looks at the page: each gets what their member may see, as it changes."""

import asyncio
from collections.abc import Callable

from sandbox.loopback import to_json
from sandbox.workspace.call import Json

BACKLOG_MAX = 5_000


class Watcher:
    """One page. A page that does not read is sent away and fetches the state anew."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.frames: asyncio.Queue[str | None] = asyncio.Queue(BACKLOG_MAX + 1)
        self.overrun = False

    def put(self, frame: Json) -> None:
        if self.overrun:
            return
        self.overrun = self.frames.qsize() >= BACKLOG_MAX
        self.frames.put_nowait(None if self.overrun else to_json(frame).decode())


class Watchers:
    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    def add(self, user_id: str) -> Watcher:
        watcher = Watcher(user_id)
        self._watchers.add(watcher)
        return watcher

    def remove(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    def tell(self, frame: Callable[[], Json], readers: Callable[[str], bool] | None = None) -> None:
        """The frame is built only when somebody looks; ``readers`` says whose page gets it."""
        watching = [
            watcher for watcher in self._watchers if readers is None or readers(watcher.user_id)
        ]
        if watching:
            built = frame()
            for watcher in watching:
                watcher.put(built)

    def changed(self) -> None:
        """Something that the page knows as its state."""
        self.tell(lambda: {"kind": "state"})

    def dismiss(self) -> None:
        """The server ends: every page connects again by itself."""
        for watcher in self._watchers:
            if not watcher.overrun:
                watcher.overrun = True
                watcher.frames.put_nowait(None)
