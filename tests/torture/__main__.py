"""`make torture ROUNDS=1000`: torture of real processes; prints the table, exits 1 on a violation."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.torture.desk import RealDesk
from tests.torture.rounds import DISTURBANCES, Score, count_duplicates, one_round


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, score = random.Random(options.seed), Score()
    with tempfile.TemporaryDirectory(prefix="torture-") as root:
        desk = RealDesk(Path(root))
        try:
            for number in range(options.rounds):
                name = chance.choice(sorted(DISTURBANCES))
                one_round(desk, name, chance, score)
                sys.stderr.write(f"\rround {number + 1} of {options.rounds}: {name:<20}")
            count_duplicates(desk, score)
        finally:
            desk.close()
    sys.stdout.write(f"\n{score.table()}\n")
    for detail in score.details:
        sys.stdout.write(f"{detail}\n")
    return 1 if score.violations else 0


if __name__ == "__main__":
    sys.exit(main())
