"""Who may answer a request, until when, and what time alone does to it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import Act, Actor, Role, shell_actor
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
from tests.core.examples import ALICE, BOB, CARO, NOW, OPAL, SHELL, VERA, person, quick

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
    if action is Action.REVIEW:
        refusal = RequestRefusal.MUST_BE_REVIEWED
    assert answer_refusal(request(action), OBJECT, actor, NOW) is refusal


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("answer", [CONFIRM, OBJECT])
def test_a_request_can_be_answered_until_it_expires_and_no_longer(
    action: Action, answer: RequestState
) -> None:
    if (action, answer) == (Action.REVIEW, OBJECT):
        pytest.skip("nobody objects to a review")
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
    day = 24 * 60 * 60
    assert waits == {
        Action.KILL: 120,
        Action.REDUCE_ONLY: 300,
        Action.RESUME: 600,
        Action.ACCEPT: 600,
        Action.REVIEW: 10 * 365 * day,
        Action.ROLES: day,
        Action.LIMITS: day,
        Action.ALERTING: day,
        Action.PUBLISH: day,
        Action.CLOSE_INCIDENT: day,
    }


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (VERA, {Act.LOOK}),
        (OPAL, {Act.LOOK, Act.TIGHTEN, Act.ASK, Act.OBJECT, Act.NOTE}),
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


def test_only_what_loosens_has_to_be_carried_out_in_time_and_has_two_minutes_for_it() -> None:
    windows = {a: p.execution_s for a, p in POLICIES.items() if p.execution_s is not None}
    assert windows == {Action.RESUME: 120, Action.ACCEPT: 120, Action.LIMITS: 120}


def test_a_fresh_request_is_its_askers_word_and_waits() -> None:
    other_account = replace(ALICE, name="slack:U123")
    fresh = asked("r9", "main", Action.KILL, "drill", other_account, NOW)
    assert (fresh.requester, fresh.state, fresh.asked_at) == ("alice", RequestState.ASKED, NOW)
    assert fresh.open
    assert not any((fresh.decided_by, fresh.decided_at, fresh.execute_before))


def test_what_was_asked_from_a_shell_needs_a_person_to_agree() -> None:
    from_shell = asked("r1", "main", Action.KILL, "why", SHELL, NOW)
    assert answer_refusal(from_shell, CONFIRM, SHELL, NOW) is RequestRefusal.NOT_A_PERSON
    another_shell = shell_actor("somebody-else")
    assert answer_refusal(from_shell, CONFIRM, another_shell, NOW) is RequestRefusal.NOT_A_PERSON
    assert answer_refusal(from_shell, CONFIRM, BOB, NOW) is None


@pytest.mark.parametrize("actor", [ALICE, BOB, CARO, SHELL], ids=str)
def test_nobody_stops_a_tightening_that_two_have_agreed_on(actor: Actor) -> None:
    kill, reduce = request(Action.KILL, CONFIRM), request(Action.REDUCE_ONLY, CONFIRM)
    assert answer_refusal(kill, OBJECT, actor, NOW) is RequestRefusal.NOT_OBJECTABLE
    assert answer_refusal(reduce, OBJECT, actor, NOW) is RequestRefusal.ALREADY, "no kill is meant"


@pytest.mark.parametrize("action", [Action.KILL, Action.REDUCE_ONLY])
def test_a_confirmed_tightening_never_lapses_whatever_the_row_says(action: Action) -> None:
    agreed = replace(request(action, CONFIRM), execute_before=NOW)
    assert lapse(agreed, NOW + timedelta(days=365)) is None


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(ALICE, None), (OPAL, None), (SHELL, None), (VERA, RequestRefusal.NO_ROLE)],
    ids=str,
)
def test_a_resume_that_is_not_carried_out_yet_is_stopped_by_whoever_may_object(
    actor: Actor, refusal: RequestRefusal | None
) -> None:
    """The time to agree may be over by then; the time to stop it is not."""
    agreed = request(Action.RESUME, CONFIRM)
    assert answer_refusal(agreed, OBJECT, actor, agreed.expires_at + SECOND) is refusal


@pytest.mark.parametrize("answer", [CONFIRM, OBJECT])
@pytest.mark.parametrize("state", [state for state in RequestState if state not in (CONFIRM,)])
def test_only_a_waiting_request_takes_an_answer(state: RequestState, answer: RequestState) -> None:
    refusal = answer_refusal(request(Action.RESUME, state), answer, BOB, NOW)
    assert refusal is (None if state is RequestState.ASKED else RequestRefusal.ALREADY)


people_of_any_kind = st.builds(
    lambda name, roles: person(name, *roles),
    st.sampled_from(["alice", "bob", "caro"]),
    st.frozensets(st.sampled_from(Role)),
) | st.just(SHELL)
moments = st.integers(-1, 700).map(lambda s: NOW + timedelta(seconds=s))


@quick
@given(st.sampled_from(Action), st.sampled_from(RequestState), people_of_any_kind, moments)
def test_a_yes_counts_only_from_a_second_person_with_the_role_and_in_time(
    action: Action, state: RequestState, actor: Actor, now: datetime
) -> None:
    """Invariants 4 and 11, both ways round: taken if and only if every condition holds."""
    waiting = request(action, state)
    taken = answer_refusal(waiting, CONFIRM, actor, now) is None
    assert taken is (
        state is RequestState.ASKED
        and now < waiting.expires_at
        and actor.person is not None
        and actor.person.name != "alice"
        and bool(actor.person.roles & {Role.APPROVER, Role.COMMANDER})
    )


@quick
@given(st.sampled_from([Action.KILL, Action.REDUCE_ONLY]), st.integers(0, 10**9))
def test_what_tightens_never_lapses_once_it_is_agreed(action: Action, seconds: int) -> None:
    assert lapse(request(action, CONFIRM), NOW + timedelta(seconds=seconds)) is None


@quick
@given(st.integers(0, 700), st.sampled_from([RequestState.ASKED, CONFIRM]))
def test_time_ends_a_resume_at_the_very_second_and_only_its_own_window_counts(
    seconds: int, state: RequestState
) -> None:
    now = NOW + timedelta(seconds=seconds)
    if state is RequestState.ASKED:
        expected = RequestState.EXPIRED if seconds >= 600 else None
        assert lapse(request(Action.RESUME), now) is expected
    else:
        agreed = replace(request(Action.RESUME, CONFIRM), execute_before=NOW + 120 * SECOND)
        assert lapse(agreed, now) is (RequestState.FAILED if seconds >= 120 else None)


def test_what_has_lapsed_can_no_longer_be_agreed_to() -> None:
    """The two clocks are one: no moment at which a request has expired and still takes a yes."""
    for action in Action:
        waiting = request(action)
        for now in (waiting.expires_at - SECOND, waiting.expires_at, waiting.expires_at + SECOND):
            over = lapse(waiting, now) is RequestState.EXPIRED
            refused = answer_refusal(waiting, CONFIRM, BOB, now) is RequestRefusal.EXPIRED
            assert over is refused
