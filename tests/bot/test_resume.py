"""Looser needs two: a resume is asked, agreed to, and only then carried out by the trader."""

from core.modes import Mode, Rule
from core.requests import RequestState
from store.control import constrain
from tests.bot.terminal import Terminal


def test_a_resume_changes_nothing_until_another_person_agrees(trading: Terminal) -> None:
    trading.type("reduce-only")

    asked = trading.type("resume", "all", "clear", *trading.proof_of("alice"))

    assert asked.code == 0
    assert "main: resume asked" in asked.text
    assert "The desk stays REDUCE_ONLY until another person agrees" in asked.text
    assert trading.mode() is Mode.REDUCE_ONLY

    own = trading.type("confirm", "resume-2", *trading.proof_of("alice"))
    assert own.code == 3

    agreed = trading.type("confirm", "resume-2", *trading.proof_of("bob"))
    assert agreed.code == 0
    assert "the trader runs preflight and reconciles, then resumes" in agreed.text
    assert "in 2 min, it fails and can be asked again" in agreed.text
    request = next(r for r in trading.requests() if r.id == "resume-2")
    assert request.state is RequestState.CONFIRMED
    assert trading.mode() is Mode.REDUCE_ONLY, "only the trader carries it out"


def test_a_resume_says_which_latches_it_would_release(trading: Terminal) -> None:
    trading.write(
        lambda store, tx: constrain(
            tx, store.log, "main", Rule.DAILY_LOSS, reason="$1,204.00 lost", now=trading.now
        )
    )

    typed = trading.type("resume", *trading.proof_of("alice"))

    assert "It would also release daily_loss: $1,204.00 lost" in typed.text


def test_anyone_may_object_to_a_resume_even_once_it_is_agreed(trading: Terminal) -> None:
    trading.type("kill")
    trading.type("resume", *trading.proof_of("alice"))
    trading.type("confirm", "resume-2", *trading.proof_of("bob"))

    typed = trading.type("object", "resume-2")

    assert typed.code == 0
    assert "main: resume is objected to" in typed.text
    assert trading.mode() is Mode.HELD


def test_a_resume_lapses(trading: Terminal) -> None:
    trading.type("kill")
    trading.type("resume", *trading.proof_of("alice"))
    trading.later(601)

    typed = trading.type("confirm", "resume-2", *trading.proof_of("bob"))

    assert typed.code == 3
    assert "the request has expired" in typed.text
    trading.type("status")
    states = {request.id: request.state for request in trading.requests()}
    assert states["resume-2"] is RequestState.EXPIRED


def test_a_desk_that_is_active_needs_no_resume(trading: Terminal) -> None:
    typed = trading.type("resume", *trading.proof_of("alice"))

    assert typed.code == 0
    assert "main: ACTIVE already" in typed.text
    assert trading.requests() == []


def test_repeating_a_resume_with_its_id_asks_nothing_more(trading: Terminal) -> None:
    trading.type("kill")
    trading.type("resume", "--id", "r-1", *trading.proof_of("alice"))
    trading.type("object", "r-1")

    typed = trading.type("resume", "--id", "r-1", *trading.proof_of("alice"))

    assert typed.code == 0
    assert "this command ran before" in typed.text
    assert [r.id for r in trading.requests() if r.action == "resume"] == ["r-1"]
