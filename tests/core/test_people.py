"""Roles: what each is trusted with, denied by default, and whose word an actor's word is."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import NEEDS, Act, Actor, Person, Role, approvers, shell_actor
from tests.core.examples import ALICE, BOB, CARO, OPAL, VERA, quick

MAY = {
    Role.VIEWER: {Act.LOOK},
    Role.OPERATOR: {Act.LOOK, Act.TIGHTEN, Act.ASK, Act.OBJECT, Act.NOTE},
    Role.APPROVER: {Act.LOOK, Act.TIGHTEN, Act.ASK, Act.OBJECT, Act.NOTE, Act.CONFIRM},
    Role.COMMANDER: set(Act),
}
"""Written out by role, where the rules are written by act: whoever changes one has to mean it."""

ALL_SETS = [frozenset(some) for n in range(len(Role) + 1) for some in combinations(Role, n)]


def with_roles(roles: frozenset[Role]) -> Person:
    return Person("p", "P", roles)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("act", Act)
def test_a_role_alone_allows_exactly_what_it_is_trusted_with(role: Role, act: Act) -> None:
    assert with_roles(frozenset({role})).may(act) is (act in MAY[role])


@pytest.mark.parametrize("act", Act)
def test_who_has_no_role_may_nothing(act: Act) -> None:
    assert not with_roles(frozenset()).may(act)


def test_every_act_names_the_roles_that_may_do_it() -> None:
    assert set(NEEDS) == set(Act)
    assert all(NEEDS.values()), "an act without roles could be done by nobody at all"


def test_roles_add_up_and_never_take_anything_away() -> None:
    for roles in ALL_SETS:
        allowed = {act for act in Act if with_roles(roles).may(act)}
        assert allowed == set().union(*(MAY[role] for role in roles))


def test_every_loosening_needs_a_role_that_looking_does_not() -> None:
    for act in (Act.ASK, Act.CONFIRM, Act.BREAK_GLASS):
        assert Role.VIEWER not in NEEDS[act]
    assert NEEDS[Act.CONFIRM] < NEEDS[Act.ASK], "fewer may agree to a loosening than may ask for it"


@quick
@given(account=st.text(min_size=1), other=st.text(min_size=1))
def test_a_persons_word_is_the_same_from_whichever_account(account: str, other: str) -> None:
    """Invariant 4: persons, not accounts."""
    alice = with_roles(frozenset({Role.APPROVER}))
    assert Actor(account, alice).voice == Actor(other, alice).voice == alice.name
    assert str(Actor(account, alice)) == alice.name


@pytest.mark.parametrize("user", ["root", "deploy", "alice"])
def test_a_shell_is_nobody_in_particular_and_says_so(user: str) -> None:
    shell = shell_actor(user)
    assert shell.person is None
    assert shell.voice == str(shell) == f"shell:{user}"


def test_a_shell_whose_user_is_called_like_a_person_is_not_that_person() -> None:
    assert shell_actor("alice").voice != ALICE.voice


def test_approvers_are_found_by_what_they_may_and_stay_in_their_order() -> None:
    people = [actor.person for actor in (CARO, VERA, BOB, OPAL, ALICE) if actor.person]
    assert [person.name for person in approvers(people)] == ["caro", "bob", "alice"]
