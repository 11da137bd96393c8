"""Who may answer a request, until when, and what time alone does to it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.people import Act, Actor
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
from tests.core.examples import ALICE, BOB, CARO, NOW, OPAL, SHELL, VERA

CONFIRM, OBJECT = RequestState.CONFIRMED, RequestState.OBJECTED
SECOND = timedelta(seconds=1)


def request(action: Action, state: RequestState = RequestState.ASKED) -> Request:
    """Alice's."""
    return replace(asked("r1", "main", action, "why", ALICE, NOW), state=state)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (BOB, None),
        (CARO, None),
        (ALICE, RequestRefusal.OWN_REQUEST),
        (OPAL, RequestRefusal.NO_ROLE),
        (VERA, RequestRefusal.NO_ROLE),
        (SHELL, RequestRefusal.NOT_A_PERSON),
    ],
    ids=str,
)
def test_confirming_needs_another_person_with_the_role(
    action: Action, actor: Actor, refusal: RequestRefusal | None
) -> None:
    assert answer_refusal(request(action), CONFIRM, actor, NOW) is refusal


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (ALICE, None),
        (BOB, None),
        (OPAL, None),
        (SHELL, None),
        (VERA, RequestRefusal.NO_ROLE),
    ],
    ids=str,
)
def test_objecting_is_open_to_whoever_may_tighten_the_requester_too(
    action: Action, actor: Actor, refusal: RequestRefusal | None
) -> None:
    assert answer_refusal(request(action), OBJECT, actor, NOW) is refusal


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("answer", [CONFIRM, OBJECT])
def test_a_request_can_be_answered_until_it_expires_and_no_longer(
    action: Action, answer: RequestState
) -> None:
    waiting = request(action)
    last = NOW + timedelta(seconds=POLICIES[action].approval_s)
    assert answer_refusal(waiting, answer, BOB, last - SECOND) is None
    assert answer_refusal(waiting, answer, BOB, last) is RequestRefusal.EXPIRED


@pytest.mark.parametrize(
    "state", [state for state in RequestState if state not in (RequestState.ASKED, CONFIRM)]
)
def test_a_closed_request_stays_as_it_is_for_ever(state: RequestState) -> None:
    closed = replace(request(Action.RESUME, state), execute_before=NOW)
    assert lapse(closed, NOW + timedelta(days=365)) is None


def test_a_request_waits_as_long_as_its_policy_says() -> None:
    waits = {action: (request(action).expires_at - NOW).total_seconds() for action in Action}
    assert waits == {Action.KILL: 120, Action.REDUCE_ONLY: 300, Action.RESUME: 600}


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (VERA, {Act.LOOK}),
        (OPAL, {Act.LOOK, Act.TIGHTEN, Act.ASK, Act.OBJECT}),
        (BOB, set(Act) - {Act.BREAK_GLASS}),
        (CARO, set(Act)),
    ],
    ids=["viewer", "operator", "approver", "commander"],
)
def test_each_role_may_do_what_it_is_trusted_with_and_no_more(actor: Actor, may: set[Act]) -> None:
    assert actor.person is not None
    assert {act for act in Act if actor.person.may(act)} == may


def test_one_person_with_two_accounts_is_still_one_person() -> None:
    """Invariant 4: two distinct people, not accounts."""
    other_account = replace(ALICE, name="slack:U123")
    refusal = answer_refusal(request(Action.RESUME), CONFIRM, other_account, NOW)
    assert refusal is RequestRefusal.OWN_REQUEST
