"""Ids and timestamps in Slack's shapes; none is given twice, not even by a second run."""

from datetime import UTC, datetime, timedelta

from sandbox.clock import Clock
from sandbox.state import State

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 7
_SPACE = len(_DIGITS) ** _LENGTH
_STRIDE = 27_182_818_283
"""Prime to 36, so that multiplying by it scatters the count and still repeats no id."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ids:
    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._given = int(state.get("memory", "ids") or 0)
        self._last_us = int(state.get("memory", "last_us") or 0)
        clock.not_before(_EPOCH + timedelta(microseconds=self._last_us))

    def new(self, prefix: str) -> str:
        self._given += 1
        self._state.put("memory", "ids", self._given)
        left, text = self._given * _STRIDE % _SPACE, ""
        for _ in range(_LENGTH):
            left, digit = divmod(left, len(_DIGITS))
            text = _DIGITS[digit] + text
        return f"{prefix}0{text}"

    def ts(self) -> str:
        """Later than every one before, with six decimals."""
        now_us = (self._clock.now() - _EPOCH) // timedelta(microseconds=1)
        self._last_us = max(now_us, self._last_us + 1)
        self._state.put("memory", "last_us", self._last_us)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"
