"""Which Slack account is which person: a pure rule with named refusals. Whoever is not named is nobody."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from core.people import NEEDS, Act, Person, Role
from store.escalation.file import Escalation


class Stranger(Enum):
    """Why an account is not listened to."""

    NO_WORKSPACE = "escalation.yaml names no Slack workspace"
    FOREIGN_TEAM = "the account belongs to another workspace"
    BOT = "bots are not listened to"
    DEACTIVATED = "the account is deactivated"
    GUEST = "guests are not listened to"
    NOT_NAMED = "escalation.yaml names nobody with this account"
    SLACK_SILENT = "Slack does not say who this is, and only Slack knows"


@dataclass(frozen=True, slots=True)
class Member:
    """An account as Slack last described it, and the user groups (id and handle) it belongs to."""

    id: str
    team: str
    full_name: str
    bot: bool
    deactivated: bool
    guest: bool
    stranger: bool
    groups: frozenset[str] = frozenset()


def admit(member: Member, team_said: str, escalation: Escalation) -> Person | Stranger:
    """The person behind an account, or why not. `team_said`: the team that the click or command names."""
    refused = _refused(member, team_said, escalation)
    if refused is not None:
        return refused
    given = roles_by_group(member.groups, escalation)
    for person in escalation.people.values():
        if person.slack == member.id:
            return Person(person.name, person.full_name, person.roles | given, person.slack)
    if given:
        return Person(member.id, member.full_name, given, member.id)
    return Stranger.NOT_NAMED


def roles_by_group(groups: Collection[str], escalation: Escalation) -> frozenset[Role]:
    """Roles that the desk gives to members of these user groups."""
    if escalation.workspace is None:
        return frozenset()
    named = escalation.workspace.group_roles
    return frozenset(role for name, roles in named.items() if name in groups for role in roles)


def groups_that(act: Act, escalation: Escalation) -> list[str]:
    """User groups whose members may do this."""
    named = escalation.workspace.group_roles if escalation.workspace else {}
    return sorted(name for name, roles in named.items() if roles & NEEDS[act])


def _refused(member: Member, team_said: str, escalation: Escalation) -> Stranger | None:
    if escalation.workspace is None:
        return Stranger.NO_WORKSPACE
    ours = escalation.workspace.team
    if member.stranger or (member.team or team_said) != ours or team_said not in ("", ours):
        return Stranger.FOREIGN_TEAM
    if member.bot:
        return Stranger.BOT
    if member.deactivated:
        return Stranger.DEACTIVATED
    return Stranger.GUEST if member.guest else None
