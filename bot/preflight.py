"""`preflight`: asks trader, alerts and Slack, each by its own program, whether a desk may be started."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer import FAILED, OK, REFUSED, USAGE, Answer, Table
from bot.slack.settings import of_sandbox
from bot.words import count

WITHIN_S = 60
ONLY_HERE = "dev"
"""The profile that needs no Slack."""


@dataclass(frozen=True, slots=True)
class Check:
    """`part` is the program that made it."""

    part: str
    name: str
    good: bool
    says: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a program printed and how it ended."""

    code: int
    out: str
    complaint: str


def preflight(home: Path, profile: str | None, desk: str, environment: Mapping[str, str]) -> Answer:
    """Nothing can be sent to the exchange by it. A home that is not there yet is made."""
    if profile is None:
        lines = ["Add --profile dev, canary or prod.", "Nothing was asked and nothing was changed."]
        return Answer("preflight: of which profile?", lines, code=USAGE)
    sandbox = of_sandbox(home) if profile == ONLY_HERE else {}
    here = {**sandbox, **environment, "PERPS_HOME": str(home), "PERPS_DESK": desk}

    def ask(*words: str) -> Told:
        return _run([sys.executable, "-m", *words], here)

    at = f"--home={home}"
    checks = [
        *_of("trader", ask("trader", "preflight", at, f"--profile={profile}", "--json"), _trader),
        *_of("alerts", ask("alerts", "escalation", "check", "--json"), _alerts),
        *_slack(profile, ask("bot", "slack", "check", at, "--json")),
    ]
    wrong = [check for check in checks if not check.good]
    said = f"{desk}, profile {profile}"
    title = (
        f"{said}: READY" if not wrong else f"{said}: NOT READY: {count(len(wrong), 'thing')} wrong"
    )
    rows = [["ok" if c.good else "WRONG", c.part, c.name, c.says] for c in checks]
    facts = {
        "ready": not wrong,
        "checks": [{"part": c.part, "name": c.name, "ok": c.good, "says": c.says} for c in checks],
    }
    table = Table("", ["", "asked", "what", "how"], rows)
    return Answer(title, [], [table], facts, FAILED if wrong else OK)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Told:
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Told(FAILED, "", f"no answer within {WITHIN_S} s")
    return Told(done.returncode, done.stdout, done.stderr)


def _of(part: str, told: Told, read: Callable[[Any, int], Iterator[Check]]) -> list[Check]:
    """Its checks; where it made none, what it complained of is one."""
    try:
        return list(read(json.loads(told.out), told.code))
    except (ValueError, KeyError, TypeError):
        said = (told.complaint or told.out).strip().splitlines()
        return [Check(part, "start", False, "; ".join(said[-3:]) or "it said nothing")]


def _trader(found: Any, _code: int) -> Iterator[Check]:
    for one in found:
        yield Check("trader", one["name"], bool(one["ok"]), str(one["says"]))


def _alerts(found: Any, code: int) -> Iterator[Check]:
    """People, levels, and who would be told by what."""
    if not found["usable"]:
        said = found["faults"]
    else:
        said = [*found["findings"], *found["waits"]] if code else found["notes"]
    says = "; ".join(map(str, said)) or f"usable; it names {', '.join(found['people'])}"
    yield Check("alerts", "escalation.yaml", code == OK, says)


def _slack(profile: str, told: Told) -> list[Check]:
    """Where it is not set up, only a desk without real money is ready."""

    def read(found: Any, code: int) -> Iterator[Check]:
        if code == REFUSED:
            yield Check("slack", "tokens", profile == ONLY_HERE, str(found["title"]))
            return
        for name, says in found["checks"].items():
            yield Check("slack", name, name not in found["wrong"], str(says))

    return _of("slack", told, read)
