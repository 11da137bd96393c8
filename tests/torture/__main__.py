"""`make torture ROUNDS=1000`: torture of real processes; prints the table, exits 1 on a violation.

Rounds on a trading desk, stores wrecked under it, lives of a desk against the oracle, and then a bug
planted for each thing that is judged. Every part goes on after a finding and tells its seed.
"""

import argparse
import random
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from store.store import open_store
from tests.oracle.__main__ import broken_promises
from tests.oracle.__main__ import unnoticed as unnoticed_by_the_oracle
from tests.race.test_no_leak import nothing_leaks, wall
from tests.sandbox.exchange_process import ExchangeProcess
from tests.torture.proved import unnoticed
from tests.torture.rounds import Rounds
from tests.torture.score import Score
from tests.torture.wrecks import EVERY_WRECK

LIVES_PER_ROUND = 2
KILLS_PER_ROUND = 10
KILLS_AT_ONCE = 300
"""More, and the exchange's log of requests is full."""
WRECKS_EVERY = 100
"""So many rounds to each store that is wrecked in every way."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    say = sys.stderr.write
    with tempfile.TemporaryDirectory(prefix="torture-") as root:
        score = Rounds(Path(root), options.seed, say).run(options.rounds)
        for number in range(0, options.rounds, WRECKS_EVERY):
            wreck_stores(Path(root) / f"wrecks{number}", options.seed + number, score, say)
        sys.stdout.write(f"\n{score.table()}\n")
        for detail in score.details:
            sys.stdout.write(f"{detail}\n")
        sys.stdout.flush()
        leaked = race(Path(root) / "race", options.rounds * KILLS_PER_ROUND, say)
        missed = unnoticed(Path(root) / "planted", say)
    broken = broken_promises(options.rounds * LIVES_PER_ROUND, options.seed)
    missed += unnoticed_by_the_oracle(options.seed)
    sys.stdout.write(f"{'races of senders against kills that leaked':<46} {leaked:>16}\n")
    sys.stdout.write(
        f"{'lives of a desk against the oracle':<46} {options.rounds * LIVES_PER_ROUND:>16}\n"
    )
    sys.stdout.write(f"{'lives that broke a promise':<46} {broken:>16}\n")
    sys.stdout.write(f"{'planted bugs that nothing noticed':<46} {len(missed):>16}\n")
    for name in missed:
        sys.stdout.write(f"not noticed: {name}\n")
    return 1 if score.violations or leaked or broken or missed else 0


def race(root: Path, kills: int, say: Callable[[str], object]) -> int:
    """The race of `tests/race` again and again; how many of them leaked."""
    leaked = 0
    for number in range(0, kills, KILLS_AT_ONCE):
        say(f"\rrace: {number} kills of {kills:<30}")
        process = ExchangeProcess(root / str(number), "--no-rate-limits", "--cash", "1e12")
        store = open_store(root / f"home{number}", wall())
        try:
            nothing_leaks(store, process, min(KILLS_AT_ONCE, kills - number))
        except AssertionError as error:
            leaked += 1
            sys.stdout.write(f"race: {error}\n")
        finally:
            store.close()
            process.stop()
    return leaked


def wreck_stores(root: Path, seed: int, score: Score, say: Callable[[str], object]) -> None:
    for name, wreck in EVERY_WRECK.items():
        say(f"\rseed {seed}: {name:<40}")
        try:
            wreck(root / name.replace(" ", "-"), random.Random(seed), score)
        except Exception:  # noqa: BLE001 (whatever it was, it is told, and the night goes on)
            score.unfinished += 1
            score.found(f"{name}, seed {seed}:\n{traceback.format_exc()}")


if __name__ == "__main__":
    sys.exit(main())
