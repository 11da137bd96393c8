"""What is only wrong when sections are laid side by side: names without a person, an address with two."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.oncall.contacts import Means
from core.people import Person, approvers
from store.escalation.fields import near
from store.escalation.on_call import OnCallSection
from store.escalation.people import PersonSection
from store.escalation.places import PeopleUnusable, refused
from store.escalation.quiet import SilenceSection

APPROVERS_MIN = 2


def refuse_too_few(path: Path, people: Iterable[Person]) -> None:
    if len(approvers(people)) < APPROVERS_MIN:
        raise PeopleUnusable(
            f"{path}: at least {APPROVERS_MIN} people need the role approver or commander: "
            "nobody confirms their own request"
        )


def refuse_shared(path: Path, tree: Any, people: Mapping[str, PersonSection]) -> None:
    """One Slack account for two people would let one person be both voices; one phone answers for one."""
    owners: dict[tuple[Means, str], str] = {}
    for name, person in people.items():
        for by, to in person.addresses().items():
            owner = owners.setdefault((_account(by), to), name)
            if owner == name:
                continue
            if by is Means.DM:
                why = f"{to} is {owner}'s Slack account already; each person has their own"
                raise refused(path, tree, ("people", name, "slack"), why)
            keys = ("people", name, "contacts", _KEYS[by])
            raise refused(path, tree, keys, f"{to} is {owner}'s already; each person has their own")


_KEYS = {Means.PUSH: "push", Means.SMS: "sms", Means.VOICE: "voice", Means.EMAIL: "email"} | {
    Means.APPRISE: "apprise"
}


def _account(by: Means) -> Means:
    """A number is one phone, whether it rings or shows a text."""
    return Means.SMS if by is Means.VOICE else by


def refuse_unknown_on_call(
    path: Path, tree: Any, on_call: OnCallSection, people: Mapping[str, PersonSection]
) -> None:
    """Whoever is on call has to be somebody, and has to be reachable."""
    for keys, name in on_call.names():
        where = ("on_call", *keys)
        if name not in people:
            raise refused(path, tree, where, _nobody(name, people))
        if not people[name].addresses():
            why = f"{name} cannot be told anything; give them `slack` or `contacts`"
            raise refused(path, tree, where, why)


def refuse_unknown_owner(
    path: Path,
    tree: Any,
    silences: Iterable[SilenceSection],
    people: Mapping[str, PersonSection],
) -> None:
    for number, silence in enumerate(silences):
        if silence.owner not in people:
            keys = ("silences", number, "owner")
            raise refused(path, tree, keys, _nobody(silence.owner, people))


def _nobody(name: str, people: Iterable[str]) -> str:
    return f"nobody is called {name!r}; {near(name, people)}`people` has them".removesuffix("; ")
