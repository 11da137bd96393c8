"""From what was typed to `Options`, or to the answer that says what was not understood."""

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from bot.answer import USAGE, Answer
from bot.commands.registry import COMMANDS, meant, unknown, wrong_usage
from bot.options import Options
from bot.scripts import as_command

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
NUMBER = re.compile(r"[0-9.]+")
BESIDE = ("people", "slack", "demo", "escalation", "preflight", "credentials")
"""Verbs that are about the home rather than about a desk: they are not in the registry."""
AS_WORDS = frozenset({"--today", "--from", "--to", "--date"})
"""Words of some commands that runbooks write with dashes."""
ORDER_ID = "--order-id"
ELSEWHERE = "escalation"
"""What follows this verb is understood by the alerts process's own tools."""


class _NotUnderstood(Exception):
    """argparse's complaint, kept from ending the process."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _NotUnderstood(message)


def parse(argv: Sequence[str]) -> Options | Answer:
    """The options, or the answer that tells what was not understood. --help prints and exits."""
    if argv and argv[0] == ELSEWHERE and "--kill-switch" not in argv:
        return Options(verb=ELSEWHERE, words=tuple(argv[1:]))
    try:
        found = _build().parse_intermixed_args(_watch_without_seconds(_plain(argv)))
    except _NotUnderstood as why:
        lines = ["Nothing was changed. See `perps-bot --help`."]
        return Answer(f"Not understood: {why}.", lines, code=USAGE)
    typed, limit = as_command(found.typed), found.limit
    words = [*typed[1:], str(limit)] if limit is not None else typed[1:]
    if found.preview:
        words = ["preview", *words]
    given = {name: value for name, value in vars(found).items() if name in _FIELDS}
    verb = meant(typed[0], words) if typed else None
    if found.preview and verb != "close":
        lines = ["Nothing was changed."]
        return Answer("--preview: only `close` can be tried out.", lines, code=USAGE)
    options = Options(verb=verb, words=tuple(words), **given)
    return _contradiction(options) or options


def _plain(argv: Sequence[str]) -> list[str]:
    """`--from=2026-03-01` and `--from 2026-03-01` mean `from 2026-03-01`; `--order-id X` means `X`."""
    words: list[str] = []
    for word in argv:
        name, equals, value = word.partition("=")
        if name in AS_WORDS:
            words += [name.removeprefix("--"), value] if equals else [name.removeprefix("--")]
        elif name == ORDER_ID:
            words += [value] if equals else []
        else:
            words.append(word)
    return words


def _watch_without_seconds(argv: Sequence[str]) -> list[str]:
    """`--watch status` means to watch status, not to watch every `status` seconds."""
    return [
        "--watch=0" if word == "--watch" and not NUMBER.fullmatch(after) else word
        for word, after in zip(argv, [*argv[1:], ""], strict=True)
    ]


def _contradiction(options: Options) -> Answer | None:
    """What cannot be meant together. Nothing is in the way of a kill switch: all words are its reason."""
    if options.kill_switch:
        return None
    if options.shutdown:
        return _meant_to_stop(options)
    if options.verb is None:
        return _meant_to_run(options)
    return _verb_makes_no_sense(options)


def _meant_to_stop(options: Options) -> Answer | None:
    if options.verb is None:
        return None
    lines = ["It takes no words: perps-bot --shutdown-graceful.", "Nothing was changed."]
    return Answer(f"--shutdown-graceful {options.said}: not understood.", lines, code=USAGE)


def _meant_to_run(options: Options) -> Answer | None:
    if options.profile is None and (options.dry_run or options.run_once):
        lines = ["Add --profile dev, canary or prod.", "Nothing was changed."]
        return Answer("These flags run a trader: which profile?", lines, code=USAGE)
    return None


def _verb_makes_no_sense(options: Options) -> Answer | None:
    verb = options.verb or ""
    if verb in BESIDE:
        return None
    if verb not in COMMANDS:
        return unknown(verb, BESIDE)
    if options.words and not COMMANDS[verb].takes_words:
        return wrong_usage(verb, f"it takes no words, not {' '.join(options.words)!r}")
    runs = options.profile or options.dry_run or options.run_once or options.reduce_only
    if runs and not options.tightens:
        lines = ["Leave those flags away, or leave the verb away.", "Nothing was changed."]
        return Answer(f"Run a trader, or {verb}? Not both at once.", lines, code=USAGE)
    return None


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not NUMBER.fullmatch(text) or text.count(".") > 1 or not least <= float(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
        return float(text)

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {least} to {most}")
        return int(text)

    return read


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise argparse.ArgumentTypeError("letters, digits, dot, dash and underscore, at most 40")
    return text


_FIELDS = frozenset(Options.__slots__) - {"verb", "words"}


def _build() -> argparse.ArgumentParser:
    verbs = "\n".join(f"  {found.usage:<22} {found.summary}" for found in COMMANDS.values())
    more = (
        "  people [check|apply|enroll NAME|code NAME]\n"
        "  slack run|check|manifest   the desk in Slack; README: Connect your Slack\n"
        "  escalation check|simulate RULE LEVEL|coverage|who   what escalation.yaml would do; --help\n"
        "  credentials test [KEY_FILE] --profile P   whether the exchange takes a key, and what it may\n"
        "  preflight --profile P  whether a desk may be started, and if not, why\n"
        "  demo                   an exchange, a Slack, a trader and a bot on this machine"
    )
    parser = _Parser(
        prog="perps-bot",
        description="Runs and stops a perpetual-futures desk.",
        epilog=f"commands:\n{verbs}\n{more}\n\nexit codes: 0 done, 1 failed, 2 not understood, 3 refused",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_asking(parser)
    _add_running(parser.add_argument_group("run a trader"))
    _add_stopping(parser.add_argument_group("stop it"))
    demo = parser.add_argument_group("demo")
    demo.add_argument("--port-base", type=_whole(1, 65_000), default=8970)
    demo.add_argument("--no-browser", action="store_true", help="do not open the page")
    return parser


def _add_asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("typed", nargs="*", metavar="COMMAND", help="a command and its words")
    parser.add_argument(
        "--home", type=Path, help="the desk's home (or PERPS_HOME; else var/demo or var/home)"
    )
    parser.add_argument("--desk", help="which desk; else the only one, or all when tightening")
    parser.add_argument("--json", action="store_true", help="the answer for machines")
    parser.add_argument(
        "--watch",
        dest="watch_s",
        nargs="?",
        type=_number(0, 3600),
        const=0.0,
        metavar="S",
        help="show anew every S seconds",
    )
    parser.add_argument("--limit", type=_whole(1, 10_000), metavar="N", help="so many of the last")
    parser.add_argument("--preview", action="store_true", help="close: only what it would come to")
    parser.add_argument("--as", dest="person", metavar="NAME", help="who you are, with --code")
    parser.add_argument("--code", help="your one-time code")
    parser.add_argument(
        "--id", type=_id, help="the command's id: repeating it changes nothing more"
    )


def _add_running(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--profile", choices=["dev", "canary", "prod"])
    group.add_argument("--dry-run", action="store_true", help="show orders, send none")
    group.add_argument("--run-once", action="store_true", help="one full cycle, then end")
    group.add_argument("--reduce-only", action="store_true", help="start, or put, in REDUCE_ONLY")


def _add_stopping(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--kill-switch", action="store_true", help="kill on one voice, and prove it")
    group.add_argument("--keep-positions", action="store_true", help="kill, but close nothing")
    group.add_argument(
        "--shutdown-graceful", dest="shutdown", action="store_true", help="drain and end"
    )
    group.add_argument(
        "--timeout-s", type=_number(0, 3600), default=60.0, help="how long to wait for proof"
    )
