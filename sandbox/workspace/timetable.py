"""What is due at an instant of the server's own clock: retries, scheduled messages."""

import heapq
from collections.abc import Callable
from datetime import datetime


class Timetable:
    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, instant: datetime, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (instant, self._count, act))

    def run_until(self, now: datetime) -> None:
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
