"""How fast the exchange answers our calls, and how many of them fail, over the last minute."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
CALLS_MAX = 4_000
"""More than the exchange allows within a minute."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the last minute's calls. None where there were none."""

    calls: int
    failed: int
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class _Call:
    ended_at: datetime
    took: timedelta
    failed: bool


class Timing:
    """Any thread may time its calls here."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._calls: deque[_Call] = deque(maxlen=CALLS_MAX)
        self._lock = threading.Lock()

    @contextmanager
    def timed(self, is_trouble: Callable[[Exception], bool]) -> Iterator[None]:
        """Around one call. `is_trouble` tells which of its exceptions mean that it failed."""
        began, failed = self._clock(), False
        try:
            yield
        except Exception as error:
            failed = is_trouble(error)
            raise
        finally:
            ended = self._clock()
            with self._lock:
                self._calls.append(_Call(ended, ended - began, failed))

    def pace(self) -> Pace:
        since = self._clock() - WINDOW
        with self._lock:
            while self._calls and self._calls[0].ended_at < since:
                self._calls.popleft()
            recent = list(self._calls)
        took = sorted(call.took for call in recent)
        p95 = took[(len(took) * 95 - 1) // 100] if took else None
        return Pace(
            len(recent),
            sum(call.failed for call in recent),
            None if p95 is None else round(p95 / timedelta(milliseconds=1)),
        )
