"""Time that never runs backwards: the machine's clock is stepped, and timers go on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.steady import CATCHING_UP, SteadyClock

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


class Machine:
    """A machine's two clocks, moved by hand: the one that can be set, and the one that cannot."""

    def __init__(self) -> None:
        self.wall = START
        self.elapsed_s = 100.0
        self.steady = SteadyClock(lambda: self.wall, lambda: self.elapsed_s)

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.elapsed_s += seconds

    def is_set_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_an_honest_clock_is_told_as_it_is(machine: Machine) -> None:
    for _ in range(10):
        machine.passes(0.05)
        assert machine.steady() == machine.wall


def test_a_clock_set_back_by_an_hour_stops_no_timer(machine: Machine) -> None:
    machine.is_set_by(-3600)
    machine.passes(10)
    assert machine.steady() == START + timedelta(seconds=10 * CATCHING_UP)


def test_a_clock_set_forward_is_followed_at_once(machine: Machine) -> None:
    machine.is_set_by(3600)
    assert machine.steady() == START + timedelta(hours=1)


def test_a_clock_that_was_ahead_and_is_set_right_is_met_again(machine: Machine) -> None:
    machine.is_set_by(5)
    assert machine.steady() == START + timedelta(seconds=5)
    machine.is_set_by(-5)
    for _ in range(55):
        machine.passes(1)
        machine.steady()
    assert machine.steady() == machine.wall


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(-1e5, 1e5)), max_size=20))
def test_it_never_goes_back_nor_behind_the_machine(steps: list[tuple[float, float]]) -> None:
    machine = Machine()
    before = machine.steady()
    for seconds, set_by in steps:
        machine.passes(seconds)
        machine.is_set_by(set_by)
        now = machine.steady()
        assert now >= before
        assert now >= machine.wall
        before = now
