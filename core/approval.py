"""Who may do what, as two people approved it, against what a file says now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.people import Person, Role


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Where a kill does not wait for its second person: by default it always does."""

    flatten_on_timeout: bool = False
    """Nobody confirmed in time: it is carried out all the same, instead of staying HELD."""
    concurring: frozenset[str] = frozenset()
    """Machine rules that count as the second voice while they constrain the desk."""


ALWAYS_TWO = Confirmations()
"""What holds where nobody has agreed to anything else."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody by short name, what a Slack user group gives its members, and how a kill is confirmed."""

    people: Mapping[str, Person]
    groups: Mapping[str, frozenset[Role]]
    confirmations: Confirmations = ALWAYS_TWO

    def body(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "people": {
                person.name: [person.full_name, sorted(person.roles), person.slack]
                for person in sorted(self.people.values(), key=lambda person: person.name)
            },
            "groups": {group: sorted(roles) for group, roles in sorted(self.groups.items())},
            "confirmations": {
                "flatten_on_timeout": self.confirmations.flatten_on_timeout,
                "concurring": sorted(self.confirmations.concurring),
            },
        }


def roster_of(body: Mapping[str, Any]) -> Roster:
    """The roster that `body` holds. Raises KeyError, ValueError for another shape."""
    return Roster(
        {
            name: Person(name, full_name, frozenset(map(Role, roles)), slack)
            for name, (full_name, roles, slack) in body["people"].items()
        },
        {group: frozenset(map(Role, roles)) for group, roles in body["groups"].items()},
        Confirmations(
            bool(body["confirmations"]["flatten_on_timeout"]),
            frozenset(map(str, body["confirmations"]["concurring"])),
        ),
    )


def strictest(approved: Roster, wanted: Roster) -> Roster:
    """What both allow. A person counts by their approved account until two people approved another."""
    return Roster(
        {
            name: _both(approved.people[name], person)
            for name, person in wanted.people.items()
            if name in approved.people
        },
        {
            group: roles & approved.groups[group]
            for group, roles in wanted.groups.items()
            if roles & approved.groups.get(group, frozenset())
        },
        Confirmations(
            approved.confirmations.flatten_on_timeout and wanted.confirmations.flatten_on_timeout,
            approved.confirmations.concurring & wanted.confirmations.concurring,
        ),
    )


def _both(approved: Person, wanted: Person) -> Person:
    slack = approved.slack if wanted.slack is not None else None
    return replace(wanted, roles=approved.roles & wanted.roles, slack=slack)


def looser(approved: Roster, wanted: Roster) -> list[str]:
    """What `wanted` allows that was not approved, in words, one for each thing; nothing when nothing."""
    found = []
    for name, person in sorted(wanted.people.items()):
        before = approved.people.get(name)
        if before is None:
            account = f", as {person.slack} in Slack" if person.slack else ""
            found.append(f"{name} ({person.full_name}) is new: {_roles(person.roles)}{account}")
            continue
        if person.roles - before.roles:
            found.append(f"{name} also becomes {_roles(person.roles - before.roles)}")
        if person.slack not in (None, before.slack):
            found.append(f"{name} is {person.slack} in Slack, not {before.slack or 'nobody'}")
    for group, roles in sorted(wanted.groups.items()):
        more = roles - approved.groups.get(group, frozenset())
        if more:
            found.append(f"members of {group} also become {_roles(more)}")
    return [*found, *_waits_less(approved.confirmations, wanted.confirmations)]


def _waits_less(approved: Confirmations, wanted: Confirmations) -> list[str]:
    found = []
    if wanted.flatten_on_timeout and not approved.flatten_on_timeout:
        found.append("a kill that nobody confirms in time closes everything by itself")
    more = sorted(wanted.concurring - approved.concurring)
    if more:
        found.append(f"{', '.join(more)} counts as the second voice of a kill")
    return found


def tighter(approved: Roster, wanted: Roster) -> list[str]:
    """What was approved and `wanted` takes away, in words."""
    found = []
    for name, before in sorted(approved.people.items()):
        person = wanted.people.get(name)
        if person is None:
            found.append(f"{name} is gone")
            continue
        if before.roles - person.roles:
            found.append(f"{name} is no longer {_roles(before.roles - person.roles)}")
        if before.slack is not None and person.slack is None:
            found.append(f"{name} is nobody in Slack any more")
    for group, roles in sorted(approved.groups.items()):
        fewer = roles - wanted.groups.get(group, frozenset())
        if fewer:
            found.append(f"members of {group} are no longer {_roles(fewer)}")
    if _waits_less(wanted.confirmations, approved.confirmations):
        found.append("a kill waits for its second person again")
    return found


def _roles(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(roles))
