"""The one clock of a sandbox server: a source of instants plus an offset that only control moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MANUAL_START = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)


class Clock:
    """Aware UTC instants; ``source`` is the wall clock or, for a hand-moved clock, a fixed instant."""

    def __init__(
        self,
        source: Callable[[], datetime],
        monotonic_ns: Callable[[], int],
        manual: bool = False,
        tokens: Callable[[], datetime] | None = None,
    ) -> None:
        self._source = source
        self.monotonic_ns = monotonic_ns
        self.manual = manual
        self.offset = timedelta()
        self.token_now = tokens or self.now
        """When tokens are judged: clients sign with their own clock, which control cannot move."""

    def now(self) -> datetime:
        return self._source() + self.offset

    def advance(self, seconds: float) -> datetime:
        self.offset += timedelta(seconds=seconds)
        return self.now()

    def not_before(self, instant: datetime) -> None:
        """A second run must not live in the past of the first one."""
        if self.now() < instant:
            self.offset += instant - self.now()


def rfc3339(instant: datetime) -> str:
    return instant.isoformat().removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """Raises ValueError for anything but an instant with a zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return instant.astimezone(UTC)
