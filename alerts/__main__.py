"""The alerts process's composition root: `python -m alerts run`, and `escalation` to look at its file."""

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from alerts.adapters.environment import SetUpWrong
from alerts.escalation.command import answer
from alerts.run import Outside, serve
from core.steady import SteadyClock
from store.escalation.file import find_people_file
from store.escalation.places import PeopleUnusable
from store.home import HomeRefused
from store.lock import AlreadyRunning
from store.sqlite import UnsafeSQLite
from store.store import open_store

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that are told apart when spoken or typed on a phone."""
ID_LENGTH = 5
REFUSED = 2

clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The alerts process's clock."""


def main(argv: Sequence[str] | None = None) -> int:
    """0 when told to stop, 2 when it refused to start."""
    words = sys.argv[1:] if argv is None else argv
    try:
        if words and words[0] == "escalation":
            told, as_json = answer(words[1:], _usual_home(), Path.cwd(), clock())
            sys.stdout.write(told.text(as_json=as_json) + "\n")
            return told.code
        options = _parser().parse_args(words)
        store = open_store(options.home, clock())
        try:
            people_file = find_people_file(store.home.root, Path.cwd())
            asyncio.run(
                serve(store, people_file, Outside(clock, _apart_s, os.environ, _new_id, _say))
            )
        finally:
            store.close()
    except AlreadyRunning as other:
        _say(f"refused: alerts of this home run already (process {other}).")
        return REFUSED
    except (PeopleUnusable, HomeRefused, SetUpWrong, UnsafeSQLite) as why:
        _say(f"refused: {why}")
        return REFUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alerts", description=__doc__)
    parser.add_argument("part", choices=["run"], help="or escalation: see escalation --help")
    parser.add_argument("--home", type=Path, default=_usual_home())
    return parser


def _usual_home() -> Path:
    return Path(os.environ.get("PERPS_HOME", "var/home"))


def _apart_s() -> float:
    return time.time() - time.monotonic()  # noqa: TID251 (composition root)


def _new_id() -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(ID_LENGTH))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
