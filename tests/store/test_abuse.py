"""Refused attempts in a row are counted by voice, told once, and remembered by the store."""

from datetime import timedelta

from core.abuse import ATTEMPTS, WITHIN
from core.people import Actor
from core.requests import RequestRefusal
from store.abuse import read_tally
from store.asking import ask_resume
from store.decisions import ask_kill, confirm
from store.events import latest
from store.store import Store
from tests.store.conftest import Reopen
from tests.store.desk import ALICE, DESK, NOW, OLIVE, SHELL


def ask(store: Store, actor: Actor, times: int, seconds: float = 0) -> None:
    for n in range(times):
        now = NOW + timedelta(seconds=seconds)
        assert ask_resume(store, DESK, actor, "go on", f"resume-{n}", now) is (
            RequestRefusal.NOT_A_PERSON
        )


def suspected(store: Store) -> list[dict[str, object]]:
    found = store.read(lambda c: latest(c, DESK, 100))
    return [dict(event.body) for event in found if event.kind == "abuse_suspected"]


def test_attempts_in_a_row_are_told_once(store: Store) -> None:
    ask(store, SHELL, ATTEMPTS - 1)
    assert suspected(store) == []
    ask(store, SHELL, 3)
    [told] = suspected(store)
    assert told["voice"] == SHELL.voice
    assert "ask_refused NOT_A_PERSON" in str(told["what"])


def test_they_are_told_again_after_a_while(store: Store) -> None:
    ask(store, SHELL, ATTEMPTS)
    ask(store, SHELL, ATTEMPTS, seconds=WITHIN.total_seconds() + 1)
    assert len(suspected(store)) == 2


def test_a_restart_does_not_forget_them(store: Store, reopen: Reopen) -> None:
    ask(store, SHELL, ATTEMPTS - 1)
    store.close()
    again = reopen()
    ask(again, SHELL, 1)
    assert len(suspected(again)) == 1


def test_each_voice_is_counted_by_itself(store: Store) -> None:
    ask(store, SHELL, ATTEMPTS - 1)
    ask(store, Actor("shell:eve"), ATTEMPTS - 1)
    assert suspected(store) == []


def test_whoever_keeps_confirming_their_own_request_is_suspected(store: Store) -> None:
    ask_resume(store, DESK, ALICE, "go on", "resume-1", NOW)
    for _ in range(ATTEMPTS):
        assert confirm(store, "resume-1", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    [told] = suspected(store)
    assert told["voice"] == "alice"


def test_whoever_comes_too_late_is_not(store: Store) -> None:
    ask_resume(store, DESK, ALICE, "go on", "resume-1", NOW)
    for _ in range(ATTEMPTS):
        late = NOW + timedelta(hours=1)
        assert confirm(store, "resume-1", ALICE, late) is RequestRefusal.EXPIRED
    assert suspected(store) == []


def test_a_suspected_voice_still_tightens(store: Store) -> None:
    ask_resume(store, DESK, ALICE, "go on", "resume-1", NOW)
    for _ in range(ATTEMPTS):
        confirm(store, "resume-1", OLIVE, NOW)
    assert store.read(lambda c: read_tally(c, "olive")) is not None
    assert not isinstance(ask_kill(store, DESK, OLIVE, "odd", "kill-1", NOW), RequestRefusal)
