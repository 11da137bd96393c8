"""The guard alone, as real processes: a loop that is stopped, keeps dying, or holds the interpreter."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.modes import Mode
from tests.torture.desk import RealDesk
from tests.torture.score import Score, count_duplicates
from tests.torture.wedging import WEDGE

pytestmark = pytest.mark.long


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RealDesk]:
    started = RealDesk(tmp_path, getattr(request, "param", "trader"))
    yield started
    started.close()


def trading(desk: RealDesk) -> None:
    desk.until(lambda: desk.armed() and desk.entry_rests() and bool(desk.positions()), 90)


def verify_flat(desk: RealDesk) -> None:
    assert desk.positions_there() == {}
    assert desk.mode() is Mode.KILLED
    score = Score()
    count_duplicates(desk, score)
    assert score.duplicates == 0


def test_a_stopped_loop_is_ended_and_the_guard_brings_the_desk_to_flat(desk: RealDesk) -> None:
    trading(desk)
    request, _acknowledged = desk.kill()
    desk.signal_loop(signal.SIGSTOP)
    stopped = desk.loop_pid()
    desk.confirm(request)

    desk.until(lambda: desk.flatten_ended(request), 20)

    # Stopped inside the gate or a transaction it is ended by the brake, and the next loop may be first.
    assert desk.loop_pid() != stopped
    verify_flat(desk)
    desk.until(desk.armed, 30)


def test_a_loop_that_dies_whenever_it_starts_does_not_keep_the_desk_from_flat(
    desk: RealDesk,
) -> None:
    trading(desk)
    request, _acknowledged = desk.kill()
    over = threading.Event()

    def keep_killing() -> None:
        while not over.wait(0.005):
            desk.signal_loop(signal.SIGKILL)

    killer = threading.Thread(target=keep_killing)
    killer.start()
    try:
        desk.confirm(request)
        desk.until(lambda: desk.flatten_ended(request), 30)
    finally:
        over.set()
        killer.join()

    assert "guard" in desk.flattened_by(request)
    verify_flat(desk)


@pytest.mark.parametrize("desk", ["tests.torture.wedging"], indirect=True)
def test_a_loop_that_holds_the_interpreter_is_noticed_and_the_guard_flattens(
    desk: RealDesk,
) -> None:
    trading(desk)
    (desk.home / WEDGE).touch()
    desk.until(lambda: not desk.armed(), 2)
    request, _acknowledged = desk.kill()
    desk.confirm(request)

    desk.until(lambda: desk.flatten_ended(request), 20)

    assert desk.flattened_by(request) == {"guard"}
    verify_flat(desk)
