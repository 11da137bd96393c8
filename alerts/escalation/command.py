"""`escalation check|simulate|coverage|who`: understood, carried out, and told."""

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from alerts.escalation.checked import tell_checked, tell_unusable
from alerts.escalation.duties import tell_coverage, tell_who
from alerts.escalation.known import known
from alerts.escalation.simulated import Wanted, tell_simulated
from alerts.escalation.told import NOT_UNDERSTOOD, Told
from core.alerting.levels import Level
from core.alerting.reach import DAYS
from store.escalation.file import find_people_file
from store.escalation.places import PeopleUnusable

SAYS = "What escalation.yaml would do: to whom, by what means, at which second."
CODES = "exit codes: 0 well, 1 something is wrong with the file or with who is reached, 2 not understood"
_SPAN = re.compile(r"(\d{1,6})(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
DAYS_MAX = 366


class _NotUnderstood(Exception):
    """argparse's complaint, kept from ending the process."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _NotUnderstood(message)


def answer(words: Sequence[str], home: Path, start: Path, now: datetime) -> tuple[Told, bool]:
    """What was asked, and whether machines asked. --help prints and exits."""
    try:
        asked = _parser(home).parse_args(words)
    except _NotUnderstood as why:
        lines = [f"Not understood: {why}.", "See `perps-bot escalation --help`."]
        return Told(lines, {"refused": str(why)}, NOT_UNDERSTOOD), "--json" in words
    people_file = find_people_file(asked.home, start)
    try:
        return _tell(asked, people_file, now), asked.json
    except PeopleUnusable as why:
        return tell_unusable(people_file, why), asked.json


def _tell(asked: argparse.Namespace, people_file: Path, now: datetime) -> Told:
    at: datetime = getattr(asked, "at", None) or now
    seen = known(people_file, asked.home, at, now)
    match asked.tool:
        case "check":
            return tell_checked(seen, now)
        case "coverage":
            return tell_coverage(seen, now, asked.days)
        case "who":
            return tell_who(seen, at)
        case _:
            wanted = Wanted(asked.rule, asked.level, at, asked.for_s, tuple(asked.ack))
            return tell_simulated(seen, wanted)


def _parser(home: Path) -> argparse.ArgumentParser:
    shared = _Parser(add_help=False)
    shared.add_argument("--json", action="store_true", help="the answer for machines")
    shared.add_argument("--home", type=Path, default=home, help="the desk's home")
    parser = _Parser("perps-bot escalation", description=SAYS, epilog=CODES, allow_abbrev=False)
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")

    def tool(name: str, says: str) -> argparse.ArgumentParser:
        return tools.add_parser(
            name, help=says, description=says, epilog=CODES, parents=[shared], allow_abbrev=False
        )

    tool("check", "whether the file can be used, and whom each level reaches for 90 days")
    _add_simulate(tool("simulate", "whom an alert tells, by what means, at which second"))
    coverage = tool("coverage", "how the coming days are shared out, and their gaps")
    coverage.add_argument("--days", type=_days, default=DAYS, help="how far ahead, 90 if not said")
    _add_at(tool("who", "who is on call, and what would wake them"))
    return parser


def _add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="such as daily_loss")
    parser.add_argument("level", metavar="LEVEL", type=_level, help="1 to 4")
    parser.add_argument(
        "--ack",
        metavar="PERSON@SECONDS",
        type=_ack,
        action="append",
        default=[],
        help="somebody acknowledges so long after it was raised; as often as wanted",
    )
    parser.add_argument(
        "--for", dest="for_s", metavar="TIME", type=_seconds, default=3600, help="1h if not said"
    )
    _add_at(parser)


def _add_at(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", metavar="TIME", type=_moment, help="2026-11-23T03:00Z; now if not")


def _refusing(what: str) -> Callable[[str], argparse.ArgumentTypeError]:
    return lambda text: argparse.ArgumentTypeError(f"{text!r} is {what}")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as bad:
        raise _refusing("no moment; write 2026-11-23T03:00Z")(text) from bad
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _level(text: str) -> Level:
    if text not in {"1", "2", "3", "4"}:
        raise _refusing("no level; they are 1, 2, 3 and 4")(text)
    return Level(int(text))


def _seconds(text: str) -> int:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise _refusing("no time; write 90, 90s, 15m or 2h")(text)
    return int(found[1]) * _SECONDS[found[2] or "s"]


def _ack(text: str) -> tuple[str, int]:
    name, separator, at = text.partition("@")
    if not separator or not name:
        raise _refusing("no acknowledgement; write alice@90")(text)
    return name, _seconds(at)


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= DAYS_MAX:
        raise _refusing(f"no number of days from 1 to {DAYS_MAX}")(text)
    return int(text)
