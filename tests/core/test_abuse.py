"""When refused attempts are more than mistakes, and how long wrong codes make the next one wait."""

from datetime import UTC, datetime, timedelta

import pytest

from core.abuse import (
    ATTEMPTS,
    INNOCENT,
    LOCK_LONGEST,
    WITHIN,
    WRONG_CODES_FREE,
    Tally,
    counted,
    is_abuse,
    is_attempt,
    locked_for,
)
from core.requests import RequestRefusal
from store.codes import CodeRefusal

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def after(attempts: int) -> Tally:
    tally = None
    for _ in range(attempts):
        tally = counted(tally, NOW)
    assert tally is not None
    return tally


def test_a_few_refusals_are_mistakes() -> None:
    assert not is_abuse(after(ATTEMPTS - 1))
    assert is_abuse(after(ATTEMPTS))


def test_what_was_told_is_not_told_again() -> None:
    told = Tally(ATTEMPTS, NOW, told=True)
    assert not is_abuse(counted(told, NOW + WITHIN))


def test_after_a_while_counting_begins_anew() -> None:
    told = Tally(ATTEMPTS, NOW, told=True)
    assert counted(told, NOW + WITHIN + timedelta(microseconds=1)).attempts == 1
    assert counted(told, NOW + WITHIN).attempts == ATTEMPTS + 1


@pytest.mark.parametrize(
    ("kind", "refused", "attempt"),
    [
        ("answer_refused", "OWN_REQUEST", True),
        ("answer_refused", "NO_ROLE", True),
        ("answer_refused", "EXPIRED", False),
        ("answer_refused", "DRIFTED", False),
        ("code_refused", "WRONG", True),
        ("code_refused", "NOT_ENROLLED", False),
        ("click_refused", "", True),
        ("order_refused", "NO_ROLE", False),
    ],
)
def test_only_what_nobody_may_is_an_attempt(kind: str, refused: str, attempt: bool) -> None:
    assert is_attempt(kind, {"refused": refused}) is attempt


def test_what_is_innocent_exists() -> None:
    known = {*RequestRefusal.__members__, *CodeRefusal.__members__}
    assert known >= INNOCENT


def test_wrong_codes_make_the_next_wait_longer_each_time_and_not_for_ever() -> None:
    assert locked_for(WRONG_CODES_FREE) == timedelta(0)
    waits = [locked_for(WRONG_CODES_FREE + n) for n in range(1, 8)]
    assert [wait.total_seconds() for wait in waits] == [15, 30, 60, 120, 240, 480, 900]
    assert locked_for(10_000) == LOCK_LONGEST
