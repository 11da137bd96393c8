"""Who is at the terminal: anyone with a shell, or a person who has proved it with a one-time code."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.answer import REFUSED, Answer
from core.people import Actor, Person, shell_actor
from store.codes import AlreadyEnrolled, CodeRefusal, enroll, is_enrolled, present_code, use_code
from store.store import Store


@dataclass(frozen=True, slots=True)
class Claim:
    """What was typed: a name, a code, or neither; and the login of the shell."""

    login: str
    name: str | None
    code: str | None


def prove(
    store: Store, people: dict[str, Person], claim: Claim, desks: list[str], now: datetime
) -> Actor | Answer:
    """The actor, or why the claim proves nobody. A refused code is on record."""
    if claim.name is None and claim.code is None:
        return shell_actor(claim.login)
    if claim.name is None:
        return _refused("a code needs a name", "add --as NAME")
    person = people.get(claim.name)
    if person is None:
        known = ", ".join(sorted(people))
        return _refused(f"nobody is called {claim.name!r}", f"people: {known}")
    if claim.code is None:
        return _refused(f"--as {claim.name} needs their one-time code", "add --code CODE")
    code = claim.code
    refused = store.write(lambda tx: use_code(tx, store.home.secrets, person.name, code, now))
    if refused is None:
        return Actor(person.name, person)
    for desk in desks:
        _record(store, desk, claim, refused, now)
    return _refused(refused.value, f"the code was given for {claim.name}")


def _record(store: Store, desk: str, claim: Claim, refused: CodeRefusal, now: datetime) -> None:
    body = {"claimed": claim.name, "refused": refused.name}
    actor = f"shell:{claim.login}"
    store.write(
        lambda tx: store.log.append(
            tx, desk=desk, kind="code_refused", actor=actor, now=now, body=body
        )
    )


def _refused(why: str, what: str) -> Answer:
    lines = [f"{what[0].upper()}{what[1:]}.", "Nothing was changed."]
    return Answer(f"Refused: {why}.", lines, code=REFUSED)


def enroll_person(store: Store, people: dict[str, Person], name: str) -> Answer:
    """Give a person one-time codes; the URI goes into their phone once."""
    if name not in people:
        return _refused(f"nobody is called {name!r}", f"people: {', '.join(sorted(people))}")
    try:
        uri = enroll(store.home.secrets, name)
    except AlreadyEnrolled as known:
        return _refused(f"{name} has codes already", f"if the phone is lost, remove {known} first")
    lines = [
        "Scan this as a QR code, or paste it into an authenticator. It is shown only now.",
        uri,
    ]
    return Answer(f"{name} is enrolled", lines, [], {"uri": uri})


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
