"""Which account is which person: everybody who is not named is refused by a name of its own."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.admission import Member, Stranger, admit, roles_by_group
from core.people import Act, Person, Role
from store.escalation.file import Escalation
from store.escalation.slack import Workspace
from tests.slack.seen import ALICE, BOB, CAROL, DAVE

OURS, THEIRS = "T0PERPS01", "T0OTHER01"
GROUPS = {
    "perps-approvers": frozenset({Role.APPROVER}),
    "S0TRADERS": frozenset({Role.OPERATOR}),
}


def desk(group_roles: Mapping[str, frozenset[Role]] | None = None) -> Escalation:
    people = {person.name: person for person in (ALICE, BOB, CAROL, DAVE)}
    return Escalation(people, Workspace(OURS, "perps-desk", group_roles or {}))


def member(
    id: str = "U0ALICE01", team: str = OURS, *, groups: frozenset[str] = frozenset()
) -> Member:
    return Member(
        id,
        team,
        "Alice M.",
        bot=False,
        deactivated=False,
        guest=False,
        stranger=False,
        groups=groups,
    )


def test_an_account_that_is_named_is_that_person() -> None:
    found = admit(member(), OURS, desk())

    assert isinstance(found, Person)
    assert (found.name, found.full_name, found.roles) == ("alice", ALICE.full_name, ALICE.roles)


@pytest.mark.parametrize(
    ("who", "team_said", "why"),
    [
        (member(team=THEIRS), OURS, Stranger.FOREIGN_TEAM),
        (member(), THEIRS, Stranger.FOREIGN_TEAM),
        (member(team=""), THEIRS, Stranger.FOREIGN_TEAM),
        (member(team=""), "", Stranger.FOREIGN_TEAM),
        (replace(member(), stranger=True), OURS, Stranger.FOREIGN_TEAM),
        (replace(member(), bot=True), OURS, Stranger.BOT),
        (replace(member(), deactivated=True), OURS, Stranger.DEACTIVATED),
        (replace(member(), guest=True), OURS, Stranger.GUEST),
        (member("U0NOBODY1"), OURS, Stranger.NOT_NAMED),
        (member("alice"), OURS, Stranger.NOT_NAMED),
        (member("u0alice01"), OURS, Stranger.NOT_NAMED),
    ],
)
def test_everybody_else_is_refused_by_name(who: Member, team_said: str, why: Stranger) -> None:
    assert admit(who, team_said, desk()) is why
    assert admit(replace(who, groups=frozenset(GROUPS)), team_said, desk()) is why


def test_no_role_of_a_group_opens_what_the_account_closes() -> None:
    trader = member("U0NEW0001", groups=frozenset(GROUPS))
    assert isinstance(admit(trader, OURS, desk(GROUPS)), Person)

    for closed in (
        replace(trader, stranger=True),
        replace(trader, bot=True),
        replace(trader, deactivated=True),
        replace(trader, guest=True),
    ):
        assert isinstance(admit(closed, OURS, desk(GROUPS)), Stranger)


def test_without_a_workspace_nobody_is_listened_to() -> None:
    assert admit(member(), OURS, replace(desk(), workspace=None)) is Stranger.NO_WORKSPACE


def test_the_team_need_not_be_said_twice() -> None:
    assert isinstance(admit(member(), "", desk()), Person)
    assert isinstance(admit(member(team=""), OURS, desk()), Person)


def test_a_group_gives_roles_to_members_who_are_not_named() -> None:
    found = admit(member("U0NEW0001", groups=frozenset({"perps-approvers"})), OURS, desk(GROUPS))

    assert isinstance(found, Person)
    assert found.name == "U0NEW0001"
    assert found.may(Act.CONFIRM)
    assert not found.may(Act.ASK) or Role.OPERATOR in found.roles or Role.APPROVER in found.roles


def test_a_group_adds_to_what_a_person_may_by_name_and_takes_nothing() -> None:
    found = admit(member("U0DAVE001", groups=frozenset({"S0TRADERS"})), OURS, desk(GROUPS))

    assert isinstance(found, Person)
    assert (found.name, found.roles) == ("dave", frozenset({Role.VIEWER, Role.OPERATOR}))


def test_a_group_is_meant_by_its_id_or_by_its_handle() -> None:
    assert roles_by_group({"S0TRADERS", "traders"}, desk(GROUPS)) == {Role.OPERATOR}
    assert roles_by_group({"perps-approvers"}, desk(GROUPS)) == {Role.APPROVER}
    assert roles_by_group({"oncall"}, desk(GROUPS)) == frozenset()
    assert roles_by_group({"perps-approvers"}, replace(desk(), workspace=None)) == frozenset()


@given(
    st.builds(
        Member,
        id=st.sampled_from(["U0ALICE01", "U0EVE0001", "", "*"]),
        team=st.sampled_from([OURS, THEIRS, ""]),
        full_name=st.just("x"),
        bot=st.booleans(),
        deactivated=st.booleans(),
        guest=st.booleans(),
        stranger=st.booleans(),
        groups=st.sets(st.sampled_from(["perps-approvers", "other"])).map(frozenset),
    ),
    st.sampled_from([OURS, THEIRS, ""]),
)
def test_only_whole_members_of_our_team_who_are_named_or_in_a_group_get_in(
    who: Member, team_said: str
) -> None:
    found = admit(who, team_said, desk(GROUPS))

    whole = not (who.bot or who.deactivated or who.guest or who.stranger)
    ours = OURS in (who.team, team_said) and THEIRS not in (who.team, team_said)
    known = who.id == "U0ALICE01" or "perps-approvers" in who.groups
    assert isinstance(found, Person) == (whole and ours and known)
