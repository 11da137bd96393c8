"""Who is at the terminal: anyone with a shell, or a person who has proved it with a one-time code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.answer import REFUSED, USAGE, Answer
from bot.outside import Outside
from bot.record import on_record
from bot.words import lasting
from core.people import Actor, Person, shell_actor
from store.approved import follow_file, in_force, read_roster, unapproved
from store.codes import (
    AlreadyEnrolled,
    CodeRefusal,
    enroll,
    is_enrolled,
    locked_until,
    present_code,
    use_code,
)
from store.escalation.file import Escalation, load_escalation, load_people
from store.role_requests import request_roles
from store.store import Store, Transaction

NAME_SHOWN_MAX = 40


@dataclass(frozen=True, slots=True)
class Claim:
    """What was typed: a name, a code, or neither; and the login of the shell."""

    login: str
    name: str | None
    code: str | None
    needless: bool = False
    """What is asked for needs no proof: whoever cannot give it may leave it away."""


def prove(
    store: Store, people: Mapping[str, Person], claim: Claim, desks: Sequence[str], now: datetime
) -> Actor | Answer:
    """The actor, or why the claim proves nobody. A refused name or code is on record."""
    shell = shell_actor(claim.login)
    if claim.name is None and claim.code is None:
        return shell
    if claim.name is None:
        return _refused("a code needs a name", "add --as NAME")
    person = people.get(claim.name)
    if person is None:
        on_record(store, desks, "code_refused", shell, _claimed(claim, "NO_SUCH_PERSON"), now)
        known = ", ".join(sorted(people))
        return _refused(f"nobody is called {claim.name!r}", f"people: {known}")
    if claim.code is None:
        return _refused(f"--as {claim.name} needs their one-time code", "add --code CODE")
    code = claim.code
    refused = store.write(lambda tx: use_code(tx, store.home.secrets, person.name, code, now))
    if refused is None:
        return Actor(person.name, person)
    on_record(store, desks, "code_refused", shell, _claimed(claim, refused.name), now)
    says = refused.value.replace("NAME", person.name)
    if refused is CodeRefusal.LOCKED:
        says += _how_long(store.read(lambda c: locked_until(c, person.name)), now)
    return _refused(says, _without_proof(claim))


def _how_long(until: datetime | None, now: datetime) -> str:
    return f"; {lasting((until - now).total_seconds())} are left" if until is not None else ""


def _without_proof(claim: Claim) -> str:
    says = f"the code was given for {claim.name}"
    if claim.needless:
        says += "; anyone with a shell may do this: leave --as and --code away"
    return says


def _claimed(claim: Claim, refused: str) -> dict[str, Any]:
    return {"claimed": (claim.name or "")[:NAME_SHOWN_MAX], "refused": refused}


def _refused(why: str, what: str) -> Answer:
    lines = [f"{what[0].upper()}{what[1:]}.", "Nothing was changed."]
    return Answer(f"Refused: {why}.", lines, code=REFUSED)


def people_command(
    store: Store, people_file: Path, words: Sequence[str], desks: Sequence[str], outside: Outside
) -> Answer:
    """`people` in its four forms. It is about the home, not about a desk."""
    match tuple(words):
        case ("code", name):
            return demo_code(store, name, outside.clock())
        case ("enroll", name):
            people = load_people(people_file)
            return enroll_person(store, people, name, desks, outside)
        case ("apply",):
            _follow(store, load_escalation(people_file), outside)
            return _people_shown(store, people_file)
        case () | ("check",):
            return _people_shown(store, people_file)
    usage = (
        "Usage: people check | people apply (ask for what the file gives) | people enroll NAME | "
        "people code NAME (demo only)"
    )
    return Answer("people: not understood", [usage, "Nothing was changed."], code=USAGE)


def people_in_force(store: Store, people_file: Path, now: datetime) -> Mapping[str, Person]:
    """Who may do what: as the file says, as far as two people have approved it. Raises PeopleUnusable."""
    escalation = load_escalation(people_file)
    if store.read(read_roster) is None:
        store.write(lambda tx: follow_file(tx, store.log, escalation, now))
    return store.read(lambda c: in_force(c, escalation)).people


def _follow(store: Store, escalation: Escalation, outside: Outside) -> None:
    """What the file takes away is kept, and what it gives is asked for."""
    now = outside.clock()

    def transaction(tx: Transaction) -> None:
        follow_file(tx, store.log, escalation, now)
        request_roles(tx, store.log, escalation, outside.new_id("roles"), now)

    store.write(transaction)


def _people_shown(store: Store, people_file: Path) -> Answer:
    escalation = load_escalation(people_file)
    people = escalation.people
    waits = store.read(lambda c: unapproved(c, escalation))
    enrolled = {name: is_enrolled(store.home.secrets, name) for name in people}
    lines = [
        f"{person.name}: {person.full_name}; {', '.join(sorted(person.roles))}; "
        + ("has one-time codes" if enrolled[person.name] else "NO one-time codes yet")
        for person in people.values()
    ]
    if waits:
        lines += [
            "NOT IN FORCE before two people confirm it (`people apply` asks, `requests` shows):"
        ]
        lines += [f"  {what}" for what in waits]
    facts = {
        "waits": waits,
        "file": str(people_file),
        "people": {
            person.name: {"roles": sorted(person.roles), "enrolled": enrolled[person.name]}
            for person in people.values()
        },
    }
    return Answer(f"{len(people)} people in {people_file}", lines, [], facts)


def enroll_person(
    store: Store, people: Mapping[str, Person], name: str, desks: Sequence[str], outside: Outside
) -> Answer:
    """Give a person one-time codes, on record; the URI goes into their phone once."""
    if name not in people:
        return _refused(f"nobody is called {name!r}", f"people: {', '.join(sorted(people))}")
    try:
        uri = enroll(store.home.secrets, name)
    except AlreadyEnrolled as known:
        return _refused(f"{name} has codes already", f"if the phone is lost, remove {known} first")
    shell, body = shell_actor(outside.login), {"person": name}
    on_record(store, desks, "person_enrolled", shell, body, outside.clock())
    lines = [
        "Scan this as a QR code, or paste it into an authenticator. It is shown only now.",
        uri,
    ]
    return Answer(f"{name} is enrolled", lines, [], {"person": name, "uri": uri})


def demo_code(store: Store, name: str, now: datetime) -> Answer:
    """What the person's phone shows now; only where the exchange is the sandbox of this home."""
    if not is_demo(store.home.root):
        return _refused("this is no demo home", "on a real desk the code is on the person's phone")
    if not is_enrolled(store.home.secrets, name):
        return _refused(f"{name} has no codes", f"run: perps-bot people enroll {name}")
    code = present_code(store.home.secrets, name, now)
    return Answer(f"{name}'s code now: {code}", [], [], {"person": name, "code": code})


def is_demo(home: Path) -> bool:
    """A home that has an exchange of its own inside."""
    return (home / "sandbox" / "ca.pem").exists()
