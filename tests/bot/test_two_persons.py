"""Looser, and closing everything, need two: what each attempt with less than two comes to."""

from collections.abc import Callable

import pytest

from core.modes import Mode
from core.people import shell_actor
from core.requests import Action, RequestState
from store.flattening import latest_job
from tests.bot.shell import ETH, Shell
from tests.bot.terminal import BTC

OPERATOR_ONLY = "  erin:\n    name: Erin Ito\n    roles: [operator]\n"


@pytest.fixture
def held(desk: Shell) -> Shell:
    """Held by somebody with a shell; request kill-1 waits for a second person."""
    assert desk.type("kill", "--id", "kill-1").code == 0
    return desk


def test_a_second_person_closes_everything(held: Shell) -> None:
    facts = held.answer("confirm", "kill-1", *held.proof_of("bob"))

    assert facts["code"] == 0
    assert facts["request"]["decided_by"] == "bob"
    assert facts["applied"]["mode"] == "KILLED"
    assert held.mode() is held.page().mode is Mode.KILLED
    job = held.read(lambda c: latest_job(c, "main"))
    assert job.actor == "bob"
    assert {leg.product_id: leg.contracts for leg in job.legs} == {BTC: 4, ETH: -30}


def test_what_was_confirmed_says_what_is_not_closed_yet_and_how_to_follow_it(held: Shell) -> None:
    text = held.type("confirm", "kill-1", *held.proof_of("bob")).text

    assert "main: KILLED: everything is being cancelled and closed" in text
    assert "confirmed by bob" in text
    assert "POSITIONS ARE STILL OPEN:" in text
    assert BTC in text
    assert ETH in text
    assert f"Follow it: perps-bot --home {held.home} status --watch" in text


def nobody(_shell: Shell) -> list[str]:
    return ["confirm", "kill-1"]


def without_a_code(_shell: Shell) -> list[str]:
    return ["confirm", "kill-1", "--as", "bob"]


def without_a_name(_shell: Shell) -> list[str]:
    return ["confirm", "kill-1", "--code", "123456"]


def with_a_wrong_code(shell: Shell) -> list[str]:
    shell.proof_of("bob")
    return ["confirm", "kill-1", "--as", "bob", "--code", "12345"]


def with_a_code_used_before(shell: Shell) -> list[str]:
    proof = shell.proof_of("bob")
    assert shell.type("status", *proof).code == 0
    return ["confirm", "kill-1", *proof]


def with_another_ones_code(shell: Shell) -> list[str]:
    shell.proof_of("bob")
    return ["confirm", "kill-1", "--as", "bob", *shell.proof_of("alice")[2:]]


def as_a_viewer(shell: Shell) -> list[str]:
    return ["confirm", "kill-1", *shell.proof_of("dave")]


def as_an_operator_who_is_no_approver(shell: Shell) -> list[str]:
    people = shell.home / "escalation.yaml"
    people.write_text(people.read_text().replace("people:\n", f"people:\n{OPERATOR_ONLY}"))
    return ["confirm", "kill-1", *shell.proof_of("erin")]


def an_unknown_request(shell: Shell) -> list[str]:
    return ["confirm", "kill-2", *shell.proof_of("bob")]


def a_request_that_was_objected_to(shell: Shell) -> list[str]:
    assert shell.type("object", "kill-1").code == 0
    return ["confirm", "kill-1", *shell.proof_of("bob")]


def a_request_of_yesterday(shell: Shell) -> list[str]:
    shell.asked_before("old-1", Action.KILL, shell_actor("nina"), 24 * 3600)
    return ["confirm", "old-1", *shell.proof_of("bob")]


def a_resume_by_a_shell(_shell: Shell) -> list[str]:
    return ["resume"]


@pytest.mark.parametrize(
    ("attempt", "why", "what_to_do"),
    [
        (nobody, "confirm needs a person", "--as NAME --code CODE"),
        (without_a_code, "--as bob needs their one-time code", "Add --code CODE"),
        (without_a_name, "a code needs a name", "Add --as NAME"),
        (with_a_wrong_code, "the code is wrong or too old", "wait for the next one"),
        (with_a_code_used_before, "the code was used before", "wait for the next one"),
        (with_another_ones_code, "the code is wrong or too old", "wait for the next one"),
        (as_a_viewer, "dave's roles: viewer", "role does not allow it"),
        (as_an_operator_who_is_no_approver, "erin's roles: operator", "role does not allow it"),
        (an_unknown_request, "there is no request 'kill-2'", "`requests` lists"),
        (a_request_that_was_objected_to, "the request is closed already", "requests"),
        (a_request_of_yesterday, "the request has expired", "types their command again"),
        (a_resume_by_a_shell, "resume needs a person", "--as NAME --code CODE"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_refusal_says_why_and_what_to_do_and_changes_nothing(
    held: Shell, attempt: Callable[[Shell], list[str]], why: str, what_to_do: str
) -> None:
    words = attempt(held)
    before = (held.control(), {r.id: r.state for r in held.requests()})

    typed = held.type(*words)

    assert typed.code == 3
    assert why in typed.text
    assert what_to_do in typed.text
    assert "Nothing was changed." in typed.text
    assert (held.control(), {r.id: r.state for r in held.requests()}) == before
    assert held.page().mode is Mode.HELD
    assert held.read(lambda c: latest_job(c, "main")) is None


def test_nobody_confirms_what_they_asked_for_themselves(desk: Shell) -> None:
    desk.type("kill", "--id", "kill-1", *desk.proof_of("alice"))

    typed = desk.type("confirm", "kill-1", *desk.proof_of("alice"))

    assert typed.code == 3
    assert "nobody confirms their own request; another person has to" in typed.text
    assert desk.mode() is Mode.HELD
    assert desk.events()[-1].kind == "answer_refused"
    assert desk.events()[-1].body["refused"] == "OWN_REQUEST"


def test_nothing_is_confirmed_twice(held: Shell) -> None:
    assert held.type("confirm", "kill-1", *held.proof_of("bob")).code == 0

    typed = held.type("confirm", "kill-1", *held.proof_of("carol"))

    assert typed.code == 3
    assert "the request is closed already" in typed.text
    assert held.requests()[0].decided_by == "bob"


@pytest.mark.parametrize(
    ("attempt", "refused"),
    [(with_a_wrong_code, "WRONG"), (with_a_code_used_before, "USED")],
    ids=["wrong", "used"],
)
def test_a_refused_code_is_on_record_without_the_code(
    held: Shell, attempt: Callable[[Shell], list[str]], refused: str
) -> None:
    words = attempt(held)

    held.type(*words)

    event = held.events()[-1]
    assert event.kind == "code_refused"
    assert dict(event.body) == {"claimed": "bob", "refused": refused}
    assert event.actor.startswith("shell:")


@pytest.mark.parametrize("attempt", [as_a_viewer, as_an_operator_who_is_no_approver])
def test_a_refused_role_is_told_who_may(held: Shell, attempt: Callable[[Shell], list[str]]) -> None:
    assert "approver" in held.type(*attempt(held)).text


@pytest.mark.parametrize("attempt", [as_a_viewer, a_resume_by_a_shell])
def test_an_attempt_by_who_may_not_is_on_record(
    held: Shell, attempt: Callable[[Shell], list[str]]
) -> None:
    words = attempt(held)
    before = len(held.events())

    assert held.type(*words).code == 3

    assert len(held.events()) > before


def test_a_resume_with_several_desks_asks_for_which(desk: Shell) -> None:
    desk.begin("second", mode=Mode.HELD)

    typed = desk.type("resume", *desk.proof_of("alice"))

    assert typed.code == 3
    assert "resume: for which desk?" in typed.text
    assert "main, second" in typed.text
    assert "--desk NAME" in typed.text
    assert desk.requests("main") == desk.requests("second") == []


def test_the_question_for_which_desk_does_not_use_up_the_code(desk: Shell) -> None:
    desk.begin("second", mode=Mode.HELD)
    proof = desk.proof_of("alice")
    assert desk.type("resume", *proof).code == 3

    assert desk.type("resume", "--desk", "second", *proof).code == 0


def test_a_resume_of_two_people_is_left_to_the_trader(held: Shell) -> None:
    id = held.answer("resume", *held.proof_of("alice"))["request"]["id"]
    assert held.mode() is Mode.HELD
    assert held.type("confirm", id, *held.proof_of("alice")).code == 3

    facts = held.answer("confirm", id, *held.proof_of("bob"))

    assert facts["code"] == 0
    assert facts["request"]["execute_before"] is not None
    assert held.mode() is held.page().mode is Mode.HELD, "preflight and a clean look come first"
    state = next(r.state for r in held.requests() if r.id == id)
    assert state is RequestState.CONFIRMED
    assert "resume is being carried out" in held.type("status").text


def test_a_confirmed_resume_does_not_follow_a_kill_that_came_after_it(desk: Shell) -> None:
    desk.type("reduce-only")
    id = desk.answer("resume", *desk.proof_of("alice"))["request"]["id"]
    desk.type("confirm", id, *desk.proof_of("bob"))

    typed = desk.type("kill")

    assert typed.code == 0
    assert desk.mode() is desk.page().mode is Mode.HELD
