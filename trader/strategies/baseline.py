"""The baseline: long while the fast moving average is above the slow one, short while below."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Wish:
    """The direction a strategy wants (+1, 0, −1), and why in words."""

    direction: int
    because: str


@dataclass(frozen=True, slots=True)
class MovingAverages:
    """Simple moving averages over the last `fast` and `slow` bars."""

    fast: int
    slow: int

    def wish(self, closes: Sequence[Decimal]) -> Wish:
        """What to hold, given bar closes oldest first."""
        if len(closes) < self.slow:
            return Wish(0, f"{len(closes)} of {self.slow} bars seen")
        fast = sum(closes[-self.fast :], Decimal(0)) / self.fast
        slow = sum(closes[-self.slow :], Decimal(0)) / self.slow
        if fast == slow:
            return Wish(0, "the averages are equal")
        direction = 1 if fast > slow else -1
        word = "above" if direction > 0 else "below"
        return Wish(direction, f"{self.fast}-bar average {word} the {self.slow}-bar one")
