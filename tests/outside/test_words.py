"""What is typed wrong is answered with what to do, changes nothing, and says so by its exit code."""

from pathlib import Path

import pytest

from tests.outside.demo import Demo, perps_bot

DONE, NOT_UNDERSTOOD, REFUSED = 0, 2, 3
LOOKING = (
    "status", "positions", "orders", "fills", "pnl", "help", "health", "alerts", "oncall", "drills",
    "incidents", "limits", "requests", "reconcile", "silence", "maintenance", "events",
)  # fmt: skip
WRONG = (
    "kil", "orders -3", "fills many", "close", "confirm", "ack", "cancel-order", "accept", "note",
    "drill 9", "report daily 2026-13-45", "incident open", "alert why", "limits lower", "--desk",
    "--profile nobody", "status now", "snooze one 5y", "events none", "escalation who --at noon",
)  # fmt: skip
REFUSALS = (
    "close NOPE", "confirm nothing-1", "cancel-order nothing", "accept nothing", "alert why nothing",
    "limits lower nothing 1", "limits lower max_leverage many", "incident report nothing",
    "status --desk nowhere", "kill --desk nowhere", "resume", "ack one", "silence feed_down 5m x",
    "silence feed_down 5m x --as bob --code 000000", "people code nobody",
)  # fmt: skip


def test_a_typing_error_is_told_what_was_probably_meant() -> None:
    typed = perps_bot("kil", "it", "looks", "wrong")
    assert typed.code == NOT_UNDERSTOOD
    assert "Did you mean `kill`?" in typed.said
    assert "Nothing was changed." in typed.said


def test_a_home_without_a_desk_says_how_to_begin(tmp_path: Path) -> None:
    typed = perps_bot("status", f"--home={tmp_path}")
    assert typed.code != DONE
    assert "There is no desk in" in typed.said
    assert "make demo" in typed.said


@pytest.mark.long
def test_who_only_looks_changes_nothing_and_is_answered(demo: Demo) -> None:
    epoch = demo.status()["epoch"]
    for words in LOOKING:
        assert demo.type(words).code == DONE, words
    assert demo.status()["epoch"] == epoch


@pytest.mark.long
def test_what_cannot_be_understood_is_refused_with_its_use(demo: Demo) -> None:
    before = demo.status()["epoch"]
    for words in WRONG:
        typed = demo.type(*words.split())
        assert typed.code == NOT_UNDERSTOOD, (words, typed)
        assert "Traceback" not in typed.said, words
    assert demo.status()["epoch"] == before


@pytest.mark.long
def test_what_cannot_be_done_says_that_nothing_was_changed(demo: Demo) -> None:
    demo.type("reduce-only", "so", "that", "a", "resume", "has", "something", "to", "do")
    before = demo.status()["epoch"]
    for words in REFUSALS:
        typed = demo.type(*words.split())
        assert typed.code == REFUSED, (words, typed)
        assert "Nothing was changed." in typed.said, words
    assert demo.status()["epoch"] == before


@pytest.mark.long
def test_nobody_looks_into_an_incident_who_is_not_known(demo: Demo) -> None:
    demo.type("incident", "open", "something", "odd")
    typed = demo.type("incident", "assign", "zed")
    assert typed.code == REFUSED
    assert "Nothing was changed." in typed.said
