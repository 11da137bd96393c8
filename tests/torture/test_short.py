"""The short form of the torture: real processes, one round for each of the worst disturbances."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.torture.desk import RealDesk
from tests.torture.rounds import Score, count_duplicates, one_round


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RealDesk]:
    started = RealDesk(tmp_path)
    yield started
    started.close()


def test_no_order_leaks_and_every_kill_ends_flat_whatever_dies(desk: RealDesk) -> None:
    chance, score = random.Random(2), Score()
    for name in ("loop killed", "loop stopped", "guard killed", "replies lost"):
        one_round(desk, name, chance, score)
    count_duplicates(desk, score)

    assert score.violations == 0, f"{score.table()}\n" + "\n".join(score.details)
    assert score.orders > 0
