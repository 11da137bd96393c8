"""Time that never runs backwards, whatever is done to the machine's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

CATCHING_UP = 0.9
"""How fast our time goes on, of the real rate, while the machine's clock is behind it."""


class SteadyClock:
    """The machine's clock, but for a step back: then time goes on, a little slower, until they meet.

    A step back would keep every timer of a process from running out. A step forward is followed at once.
    """

    def __init__(self, wall: Callable[[], datetime], elapsed_s: Callable[[], float]) -> None:
        """`elapsed_s` counts the seconds of a clock that nobody can set."""
        self._wall = wall
        self._elapsed_s = elapsed_s
        self._lock = Lock()
        self._now = wall()
        self._at_s = elapsed_s()

    def __call__(self) -> datetime:
        """Aware UTC; any thread may ask."""
        with self._lock:
            elapsed_s = self._elapsed_s()
            went_on = timedelta(seconds=(elapsed_s - self._at_s) * CATCHING_UP)
            self._now, self._at_s = max(self._wall(), self._now + went_on), elapsed_s
            return self._now
