"""Each count of the score is proved: a bug planted in a real trader must come to light there."""

import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture.desk import RealDesk
from tests.torture.rounds import one_round
from tests.torture.sabotage import SABOTAGES
from tests.torture.score import Score, count_duplicates, count_forbidden

ROUNDS_TO_FIND = 3
LATE_S = 3
"""A strategy that trades on does so at the next bar."""


def unnoticed(root: Path, say: Callable[[str], object]) -> list[str]:
    """The planted bugs that the score did not show."""
    return [
        name for name in sorted(SABOTAGES) if not _noticed(root / name.replace(" ", "-"), name, say)
    ]


def _noticed(root: Path, name: str, say: Callable[[str], object]) -> bool:
    sabotage, score = SABOTAGES[name], Score()
    desk = RealDesk(root, "tests.torture.faulty", sabotage=name)
    try:
        for number in range(ROUNDS_TO_FIND):
            say(f"\rplanted: {name:<28}")
            _round(desk, sabotage.disturbed_by, sabotage.then, number, score)
            if getattr(score, sabotage.counted_as):
                return True
        return False
    finally:
        desk.calm()
        desk.close()


def _round(desk: RealDesk, disturbed_by: str, then: str, number: int, score: Score) -> None:
    """A desk with a bug may not get through; what was counted until then counts."""
    try:
        one_round(desk, disturbed_by, random.Random(number), score, then)
    except AssertionError as error:
        score.found(str(error))
    ended = time.monotonic_ns()
    desk.becomes(lambda: bool(desk.order_requests(ended)), LATE_S)
    count_forbidden(desk, disturbed_by, (ended, ended), score)
    count_duplicates(desk, score)
