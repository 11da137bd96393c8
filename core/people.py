"""Who may do what: persons with roles, and the roles that each act needs. Deny by default."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is trusted with."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    COMMANDER = "commander"


class Act(StrEnum):
    """What somebody wants to do."""

    LOOK = "look"
    TIGHTEN = "tighten"
    ASK = "ask for a loosening"
    CONFIRM = "confirm a request"
    OBJECT = "object to a request"
    NOTE = "put a note on record"
    BREAK_GLASS = "kill on one voice"


NEEDS: dict[Act, frozenset[Role]] = {
    Act.LOOK: frozenset(Role),
    Act.TIGHTEN: frozenset({Role.OPERATOR, Role.APPROVER, Role.COMMANDER}),
    Act.ASK: frozenset({Role.OPERATOR, Role.APPROVER, Role.COMMANDER}),
    Act.CONFIRM: frozenset({Role.APPROVER, Role.COMMANDER}),
    Act.OBJECT: frozenset({Role.OPERATOR, Role.APPROVER, Role.COMMANDER}),
    Act.NOTE: frozenset({Role.OPERATOR, Role.APPROVER, Role.COMMANDER}),
    Act.BREAK_GLASS: frozenset({Role.COMMANDER}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One human being. `name` is the key in escalation.yaml, `slack` their account there."""

    name: str
    full_name: str
    roles: frozenset[Role]
    slack: str | None = None

    def may(self, act: Act) -> bool:
        return bool(self.roles & NEEDS[act])


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted. A person who has proved it, or whoever has a shell on the machine."""

    name: str
    person: Person | None = None

    @property
    def voice(self) -> str:
        """Whose word it is: a person's, however many accounts they have, else the shell's."""
        return self.person.name if self.person is not None else self.name

    def __str__(self) -> str:
        return self.voice


def shell_actor(user: str) -> Actor:
    """Anybody with a shell on the desk's machine: may look and tighten, and nothing else."""
    return Actor(f"shell:{user}")


def approvers(people: Iterable[Person]) -> list[Person]:
    return [person for person in people if person.may(Act.CONFIRM)]
