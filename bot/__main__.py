"""`perps-bot`: the desk's commands in a terminal. The composition root of everything people type."""

import getpass
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.answer import FAILED
from bot.front import run
from bot.outside import Outside
from core.steady import SteadyClock

INTERRUPTED = 130

clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The clock of everything that people type."""


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 not understood, 3 refused."""
    typed = sys.argv[1:] if argv is None else list(argv)
    outside = Outside(
        clock=clock,
        monotonic_ns=time.monotonic_ns,
        environment=os.environ,
        login=login(),
        here=Path.cwd(),
        new_id=lambda verb: f"{verb.split('-')[0]}-{secrets.token_hex(3)}",
        become=become,
        out=sys.stdout,
        progress=sys.stderr if "--json" in typed else sys.stdout,
    )
    try:
        return run(typed, outside)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output, like `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def login() -> str:
    """The shell's login; its number where the machine has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def become(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    os.execve(arguments[0], list(arguments), dict(environment))


if __name__ == "__main__":
    sys.exit(main())
