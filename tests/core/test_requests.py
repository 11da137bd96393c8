"""Two people: who may agree, who may object, and what time alone does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.people import Act, Actor, Person, Role, approvers, shell_actor
from core.requests import (
    POLICIES,
    Action,
    Request,
    RequestRefusal,
    RequestState,
    answer_refusal,
    asked,
    lapse,
)

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
YES, NO = RequestState.CONFIRMED, RequestState.OBJECTED


def somebody(name: str, *roles: Role) -> Actor:
    return Actor(name, Person(name, name, frozenset(roles)))


ALICE = somebody("alice", Role.OPERATOR, Role.APPROVER)
BOB = somebody("bob", Role.APPROVER)
OLIVE = somebody("olive", Role.OPERATOR)
DAVE = somebody("dave", Role.VIEWER)
SHELL = shell_actor("root")


def request(action: Action = Action.KILL, by: Actor = ALICE) -> Request:
    return asked("r1", "main", action, "why", by, NOW)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize(
    ("answer", "who", "refusal"),
    [
        (YES, BOB, None),
        (YES, ALICE, RequestRefusal.OWN_REQUEST),
        (YES, OLIVE, RequestRefusal.NO_ROLE),
        (YES, DAVE, RequestRefusal.NO_ROLE),
        (YES, SHELL, RequestRefusal.NOT_A_PERSON),
        (NO, ALICE, None),
        (NO, BOB, None),
        (NO, OLIVE, None),
        (NO, SHELL, None),
        (NO, DAVE, RequestRefusal.NO_ROLE),
    ],
)
def test_who_may_answer(
    action: Action, answer: RequestState, who: Actor, refusal: RequestRefusal | None
) -> None:
    if (action, answer) == (Action.REVIEW, NO):
        refusal = RequestRefusal.MUST_BE_REVIEWED  # whoever says so
    assert answer_refusal(request(action), answer, who, NOW) is refusal


@pytest.mark.parametrize("action", list(Action))
def test_an_answer_after_the_end_of_its_time_is_refused(action: Action) -> None:
    late = NOW + timedelta(seconds=POLICIES[action].approval_s)
    assert answer_refusal(request(action), YES, BOB, late) is RequestRefusal.EXPIRED
    just_in_time = late - timedelta(microseconds=1)
    assert answer_refusal(request(action), YES, BOB, just_in_time) is None


@pytest.mark.parametrize(
    "state",
    [RequestState.OBJECTED, RequestState.EXPIRED, RequestState.EXECUTED, RequestState.FAILED],
)
@pytest.mark.parametrize("answer", [YES, NO])
def test_a_closed_request_takes_no_answer(state: RequestState, answer: RequestState) -> None:
    closed = replace(request(), state=state)
    assert answer_refusal(closed, answer, BOB, NOW) is RequestRefusal.ALREADY


def test_nothing_is_approved_twice() -> None:
    confirmed = replace(request(), state=YES)
    assert answer_refusal(confirmed, YES, BOB, NOW) is RequestRefusal.ALREADY


def test_a_confirmed_kill_cannot_be_stopped_but_a_confirmed_resume_can() -> None:
    kill = replace(request(Action.KILL), state=YES)
    resume = replace(request(Action.RESUME), state=YES)
    assert answer_refusal(kill, NO, BOB, NOW) is RequestRefusal.NOT_OBJECTABLE
    assert answer_refusal(resume, NO, BOB, NOW) is None


@pytest.mark.parametrize("action", list(Action))
def test_time_alone_expires_what_nobody_confirms(action: Action) -> None:
    due = NOW + timedelta(seconds=POLICIES[action].approval_s)
    assert lapse(request(action), due - timedelta(seconds=1)) is None
    assert lapse(request(action), due) is RequestState.EXPIRED


def test_a_confirmed_resume_fails_when_it_is_not_carried_out_in_time() -> None:
    until = NOW + timedelta(seconds=120)
    confirmed = replace(request(Action.RESUME), state=YES, execute_before=until)
    assert lapse(confirmed, until - timedelta(seconds=1)) is None
    assert lapse(confirmed, until) is RequestState.FAILED
    assert lapse(replace(confirmed, state=RequestState.EXECUTED), until) is None


def test_a_confirmed_kill_is_carried_out_however_long_it_takes() -> None:
    confirmed = replace(request(Action.KILL), state=YES)
    assert lapse(confirmed, NOW + timedelta(days=1)) is None


def test_only_what_loosens_has_an_execution_window() -> None:
    loosening = {action for action in Action if POLICIES[action].loosens}
    assert loosening == {Action.RESUME, Action.ACCEPT, Action.LIMITS}


@pytest.mark.parametrize("act", list(Act))
def test_a_person_without_roles_may_nothing(act: Act) -> None:
    assert not Person("x", "x", frozenset()).may(act)


def test_a_viewer_looks_and_no_more() -> None:
    assert {act for act in Act if DAVE.person and DAVE.person.may(act)} == {Act.LOOK}


def test_approvers_are_those_who_may_confirm() -> None:
    people = [actor.person for actor in (ALICE, BOB, OLIVE, DAVE) if actor.person]
    assert [person.name for person in approvers(people)] == ["alice", "bob"]
