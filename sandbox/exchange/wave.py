"""Where a market stands at a step, as a pure function of seed and step number.

Waves of many periods, each about as high as a random walk would get in that time, are added up:
it looks like a walk with mild trends, yet any instant, past or future, is there without the way.
"""

from itertools import pairwise

STEPS_PER_SECOND = 4
STEP_US = 1_000_000 // STEPS_PER_SECOND
ONE = 1_000_000_000
_MASK = (1 << 64) - 1
_SECONDS_AND_HEIGHT_PPB: tuple[tuple[int, int], ...] = (
    (1, 40_000),
    (5, 150_000),
    (30, 500_000),
    (150, 1_400_000),
    (900, 3_500_000),
    (3_600, 6_000_000),
    (21_600, 10_000_000),
    (86_400, 15_000_000),
    (604_800, 35_000_000),
    (2_592_000, 70_000_000),
)
assert all(a[0] < b[0] for a, b in pairwise(_SECONDS_AND_HEIGHT_PPB))


def mixed(number: int) -> int:
    """A 64-bit hash of an integer (splitmix64)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


class Wave:
    """Remembers the cell of each period, because steps mostly come in order."""

    def __init__(self, seed: int) -> None:
        self._periods = [
            (seconds * STEPS_PER_SECOND, height, mixed(seed * 1_000 + seconds))
            for seconds, height in _SECONDS_AND_HEIGHT_PPB
        ]
        self._seed = seed
        self._cells = [(-1, 0, 0)] * len(self._periods)

    def twin(self) -> "Wave":
        """The same wave with a memory of its own, for looking far away from the present."""
        return Wave(self._seed)

    def at(self, step: int) -> int:
        """The factor on the start price, in parts per billion."""
        total = ONE
        for index, (period, height, salt) in enumerate(self._periods):
            cell, into = divmod(step, period)
            held, low, high = self._cells[index]
            if held != cell:
                low = mixed(salt + cell) % (2 * height + 1) - height
                high = mixed(salt + cell + 1) % (2 * height + 1) - height
                self._cells[index] = (cell, low, high)
            total += low + (high - low) * into // period
        return total
