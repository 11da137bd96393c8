"""Roles: what a file takes away holds at once, what it gives waits for two people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.approval import Roster, looser, roster_of, strictest, tighter
from core.people import Person, Role

NAMES = ("alice", "bob", "carol")
OPERATOR, APPROVER, COMMANDER = Role.OPERATOR, Role.APPROVER, Role.COMMANDER


def person(name: str, *roles: Role, slack: str | None = None) -> Person:
    return Person(name, name.title(), frozenset(roles), slack)


def roster(*people: Person, **groups: Role) -> Roster:
    return Roster({p.name: p for p in people}, {g: frozenset({r}) for g, r in groups.items()})


ALICE = person("alice", OPERATOR, slack="U1")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (roster(ALICE), []),
        (roster(), []),
        (roster(person("alice", OPERATOR)), []),
        (roster(person("alice", OPERATOR, APPROVER, slack="U1")), ["alice also becomes approver"]),
        (roster(person("alice", OPERATOR, slack="U2")), ["alice is U2 in Slack, not U1"]),
        (
            roster(ALICE, person("bob", COMMANDER, slack="U3")),
            ["bob (Bob) is new: commander, as U3 in Slack"],
        ),
        (roster(ALICE, traders=APPROVER), ["members of traders also become approver"]),
    ],
)
def test_what_a_file_gives_is_named(wanted: Roster, says: list[str]) -> None:
    assert looser(roster(ALICE), wanted) == says
    assert looser(roster(ALICE), strictest(roster(ALICE), wanted)) == []


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (roster(ALICE), []),
        (roster(), ["alice is gone"]),
        (roster(person("alice", slack="U1")), ["alice is no longer operator"]),
        (roster(person("alice", OPERATOR)), ["alice is nobody in Slack any more"]),
    ],
)
def test_what_a_file_takes_away_is_named(wanted: Roster, says: list[str]) -> None:
    assert tighter(roster(ALICE), wanted) == says


def test_a_new_name_for_the_same_person_is_neither() -> None:
    renamed = roster(Person("alice", "Alice M.", ALICE.roles, ALICE.slack))
    assert looser(roster(ALICE), renamed) == tighter(roster(ALICE), renamed) == []
    assert strictest(roster(ALICE), renamed).people["alice"].full_name == "Alice M."


PEOPLE = st.builds(
    Person,
    st.sampled_from(NAMES),
    st.just("Somebody"),
    st.frozensets(st.sampled_from(Role)),
    st.none() | st.sampled_from(["U1", "U2"]),
)
ROSTERS = st.builds(
    lambda people, groups: Roster({p.name: p for p in people}, groups),
    st.lists(PEOPLE, max_size=4),
    st.dictionaries(
        st.sampled_from(["g", "h"]), st.frozensets(st.sampled_from(Role), min_size=1), max_size=2
    ),
)


def power(found: Roster) -> set[tuple[str, ...]]:
    """Every single thing that somebody may do by it."""
    by_name = {(p.name, role) for p in found.people.values() for role in p.roles}
    accounts = {
        (p.name, p.slack, role) for p in found.people.values() if p.slack for role in p.roles
    }
    groups = {(group, role) for group, roles in found.groups.items() for role in roles}
    return {*by_name, *accounts, *groups}


@given(ROSTERS, ROSTERS)
def test_what_is_in_force_allows_nothing_that_was_not_approved(
    approved: Roster, wanted: Roster
) -> None:
    assert power(strictest(approved, wanted)) <= power(approved)


@given(ROSTERS, ROSTERS)
def test_a_file_that_gives_nothing_is_in_force_as_it_stands(
    approved: Roster, wanted: Roster
) -> None:
    if not looser(approved, wanted):
        assert power(strictest(approved, wanted)) == power(wanted)


@given(ROSTERS)
def test_a_roster_survives_being_kept(found: Roster) -> None:
    assert roster_of(found.body()) == found
