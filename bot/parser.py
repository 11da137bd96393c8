"""What may be typed after `perps-bot`: a verb with its words, and options that may stand anywhere."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from bot.answer import USAGE, Answer
from bot.commands.registry import COMMANDS


class _NotUnderstood(Exception):
    """argparse's complaint, kept from ending the process."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _NotUnderstood(message)


def parse(argv: Sequence[str]) -> argparse.Namespace | Answer:
    """The options, or the answer that tells what was not understood. --help prints and exits."""
    parser = _build()
    try:
        options = parser.parse_intermixed_args(list(argv))
    except _NotUnderstood as why:
        lines = ["Nothing was changed. See `perps-bot --help`."]
        return Answer(f"Not understood: {why}.", lines, code=USAGE)
    options.verb = options.typed[0] if options.typed else None
    options.words = options.typed[1:]
    needs_profile = options.dry_run or options.run_once or options.reduce_only
    if needs_profile and not options.profile:
        lines = ["Add --profile dev, canary or prod.", "Nothing was changed."]
        return Answer("These flags run a trader: which profile?", lines, code=USAGE)
    return options


def _build() -> argparse.ArgumentParser:
    verbs = "\n".join(f"  {found.usage:<22} {found.summary}" for found in COMMANDS.values())
    more = (
        "  people [check|enroll NAME|code NAME]\n"
        "  demo                   an exchange and a trader on this machine, with a live view"
    )
    parser = _Parser(
        prog="perps-bot",
        description="Runs and stops a perpetual-futures desk.",
        epilog=f"commands:\n{verbs}\n{more}\n\nexit codes: 0 done, 1 failed, 2 not understood, 3 refused",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("typed", nargs="*", metavar="COMMAND", help="a command and its words")
    parser.add_argument("--home", help="the desk's home (or PERPS_HOME; else var/demo or var/home)")
    parser.add_argument("--desk", help="which desk; else the only one, or all when tightening")
    parser.add_argument("--json", action="store_true", help="the answer for machines")
    parser.add_argument(
        "--watch", nargs="?", type=float, const=0.0, metavar="S", help="show anew every S seconds"
    )
    parser.add_argument("--as", dest="person", metavar="NAME", help="who you are, with --code")
    parser.add_argument("--code", help="your one-time code")
    parser.add_argument("--id", help="the command's id: repeating it changes nothing more")
    running = parser.add_argument_group("run a trader")
    running.add_argument("--profile", choices=["dev", "canary", "prod"])
    running.add_argument("--dry-run", action="store_true", help="show orders, send none")
    running.add_argument("--run-once", action="store_true", help="one full cycle, then end")
    running.add_argument("--reduce-only", action="store_true", help="start, or put, in REDUCE_ONLY")
    stopping = parser.add_argument_group("stop it")
    stopping.add_argument(
        "--kill-switch", action="store_true", help="kill on one voice, and prove it"
    )
    stopping.add_argument("--keep-positions", action="store_true", help="kill, but close nothing")
    stopping.add_argument("--shutdown-graceful", action="store_true", help="drain and end")
    stopping.add_argument(
        "--timeout-s", type=float, default=60.0, help="how long to wait for proof"
    )
    demo = parser.add_argument_group("demo")
    demo.add_argument("--port-base", type=int, default=8970)
    demo.add_argument("--no-browser", action="store_true", help="accepted: there is no page yet")
    return parser
