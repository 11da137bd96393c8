"""`python -m tests.oracle --lives 1000`: many lives of a desk, then every bug planted in turn.

Seeds are told; a life that breaks a promise is made as short as it goes, and the run goes on.
"""

import argparse
import contextlib
import io
import sys
import traceback

import pytest

from tests.oracle.lives import FRESH, live
from tests.oracle.planted import PLANTS, Plant

LIVES_TO_FIND = 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--lives", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    broken = broken_promises(options.lives, options.seed)
    missed = unnoticed(options.seed)
    sys.stdout.write(
        f"{'lives of a desk':<46} {options.lives:>16}\n"
        f"{'lives that broke a promise':<46} {broken:>16}\n"
        f"{'bugs planted':<46} {len(PLANTS):>16}\n"
        f"{'of these not found':<46} {len(missed):>16}\n"
    )
    for name in missed:
        sys.stdout.write(f"not found in {LIVES_TO_FIND} lives: {name}\n")
    return 1 if broken or missed else 0


def broken_promises(lives: int, seed: int) -> int:
    """How many batches had a life that broke one; each is told with its seed."""
    broken = 0
    for number in range(seed, seed + lives, FRESH):
        try:
            live(FRESH, number, shrink=True)
        except AssertionError:
            broken += 1
            sys.stdout.write(f"seed {number}:\n{traceback.format_exc()}\n")
        sys.stderr.write(f"\rseed {number}, {broken} broken ")
    return broken


def unnoticed(seed: int) -> list[str]:
    """The planted bugs that the oracle did not see."""
    return [plant.__name__ for plant in PLANTS if not found(plant, seed)]


def found(plant: Plant, seed: int) -> bool:
    """Whether the oracle notices this bug."""
    silence = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(silence):
        plant(patch)
        try:
            with contextlib.redirect_stdout(silence):
                live(LIVES_TO_FIND, seed)
        except AssertionError:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
