"""The short form of the torture: real processes, one round for each of the worst disturbances."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.desk import RealDesk
from tests.torture.rounds import one_round
from tests.torture.score import Score, count_duplicates

ROUNDS = (
    ("stopped inside the gate", "nothing"),
    ("killed when the bytes have left", "wake-ups lost"),
    ("guard killed", "nothing"),
    ("replies lost", "closes fail"),
)
"""What becomes of a stopped or dying loop at the confirmation is in test_guard_acts."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RealDesk]:
    started = RealDesk(tmp_path, "tests.torture.faulty")
    yield started
    started.close()


def test_no_order_leaks_and_every_kill_ends_flat_whatever_dies(desk: RealDesk) -> None:
    chance, score = random.Random(2), Score()
    for name, then in ROUNDS:
        one_round(desk, name, chance, score, then)
    count_duplicates(desk, score)

    assert score.violations == 0, f"{score.table()}\n" + "\n".join(score.details)
    assert score.orders > 0
