"""Lives of a desk by chance, from a seed that is told, until one breaks a promise."""

from collections.abc import Callable
from typing import cast

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import get_state_machine_test

from tests.oracle.machine import DeskMachine

STEPS = 50
FRESH = 10
"""After so many, Hypothesis mostly varies what it has had; another seed is worth more."""


def live(lives: int, number: int, *, shrink: bool = False) -> None:
    """So many lives from this seed on. Raises the AssertionError of the first that goes wrong."""
    for batch in range(0, lives, FRESH):
        _some(min(FRESH, lives - batch), number + batch, shrink=shrink)


def _some(lives: int, number: int, *, shrink: bool) -> None:
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    budget = settings(
        max_examples=lives,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    test = cast(Callable[[], None], get_state_machine_test(DeskMachine, settings=budget))
    seed(number)(test)()
