"""Refused attempts: a few are mistakes; many in a row are somebody trying what they may not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

ATTEMPTS = 5
WITHIN = timedelta(minutes=10)

WRONG_CODES_FREE = 2
"""Whoever mistypes their code, or types it too late, is not kept waiting at once."""
LOCK_FIRST = timedelta(seconds=15)
LOCK_LONGEST = timedelta(minutes=15)

ATTEMPT_KINDS = frozenset(
    {
        "act_refused",
        "answer_refused",
        "ask_refused",
        "click_refused",
        "code_refused",
        "stranger_refused",
    }
)
INNOCENT = frozenset(
    {"ALREADY", "DRIFTED", "EXPIRED", "NOT_ENROLLED", "NOT_OBJECTABLE", "REVIEW_FIRST"}
)
"""Refusals that anybody meets who may do what they ask, and only comes too late or too early."""


@dataclass(frozen=True, slots=True)
class Tally:
    """One voice's refused attempts since the first that still counts; `told` once it was reported."""

    attempts: int
    since: datetime
    told: bool = False


def is_attempt(kind: str, body: Mapping[str, Any]) -> bool:
    """Whether an event is of somebody who tried what they may not."""
    return kind in ATTEMPT_KINDS and body.get("refused") not in INNOCENT


def counted(before: Tally | None, now: datetime) -> Tally:
    """The tally after one more refused attempt."""
    if before is None or now - before.since > WITHIN:
        return Tally(1, now)
    return replace(before, attempts=before.attempts + 1)


def is_abuse(tally: Tally) -> bool:
    """Whether it has to be told now; it is told once for each row of attempts."""
    return tally.attempts >= ATTEMPTS and not tally.told


def locked_for(wrong_codes: int) -> timedelta:
    """How long no code of a person is looked at after so many wrong ones in a row: it doubles."""
    beyond = wrong_codes - WRONG_CODES_FREE
    if beyond <= 0:
        return timedelta(0)
    doubled = min(beyond - 1, 10)  # far beyond the longest; 2 ** 10_000 would be no time at all
    return min(LOCK_LONGEST, LOCK_FIRST * (1 << doubled))
