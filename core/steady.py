"""Time that never runs backwards, whatever is done to the machine's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta

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
        self._last = wall(), elapsed_s()

    def __call__(self) -> datetime:
        """Aware UTC. Any thread may ask; those that ask at once may be told in either order."""
        said, at_s = self._last
        elapsed_s = self._elapsed_s()
        went_on = timedelta(seconds=(elapsed_s - at_s) * CATCHING_UP)
        now = max(self._wall(), said + went_on)
        self._last = now, elapsed_s
        return now
