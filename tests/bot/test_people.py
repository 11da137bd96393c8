"""`perps-bot people`: who answers for the desk, and their one-time codes."""

import pytest

from core.modes import Mode
from core.requests import Action
from tests.bot.shell import Shell

PAIR = "people:\n  ann: {name: Ann, roles: [approver]}\n  ben: {name: Ben, roles: [approver]}\n"


@pytest.mark.parametrize("words", [[], ["check"]], ids=["bare", "check"])
def test_everybody_is_listed_with_roles_and_whether_they_have_codes(
    desk: Shell, words: list[str]
) -> None:
    assert desk.type("people", "enroll", "bob").code == 0

    typed = desk.type("people", *words)
    facts = desk.answer("people", *words)

    assert typed.code == 0
    assert f"4 people in {desk.home / 'escalation.yaml'}" in typed.text
    assert "bob: Bob Tanaka; approver, operator; has one-time codes" in typed.text
    assert "carol: Carol Okafor; approver, commander; NO one-time codes yet" in typed.text
    assert facts["people"]["bob"] == {"roles": ["approver", "operator"], "enrolled": True}
    assert facts["people"]["dave"] == {"roles": ["viewer"], "enrolled": False}


def test_a_fault_in_the_file_is_told_with_its_place_and_what_to_write(desk: Shell) -> None:
    (desk.home / "escalation.yaml").write_text(
        PAIR.replace("[approver]}\n  ben", "[aprover]}\n  ben")
    )

    typed = desk.type("people", "check")

    assert typed.code == 3
    assert "escalation.yaml:2:" in typed.text
    assert "did you mean 'approver'?" in typed.text


def test_a_desk_of_which_nobody_could_confirm_is_refused(desk: Shell) -> None:
    (desk.home / "escalation.yaml").write_text(
        PAIR.replace("ben: {name: Ben, roles: [approver]}", "")
    )

    typed = desk.type("people", "check")

    assert typed.code == 3
    assert "nobody confirms their own request" in typed.text


def test_without_a_file_it_says_where_it_looked_and_the_brake_works(desk: Shell) -> None:
    (desk.home / "escalation.yaml").unlink()

    typed = desk.type("people")

    assert typed.code == 3
    assert f"{desk.home.parent / 'escalation.yaml'}: cannot be read" in typed.text
    assert desk.type("kill").code == 0
    assert desk.mode() is Mode.HELD


def test_a_new_code_works_at_once_and_enrolling_is_on_record_at_every_desk(desk: Shell) -> None:
    desk.begin("second")

    facts = desk.answer("people", "enroll", "bob")

    assert facts["uri"].startswith("otpauth://totp/perps-bot:bob?secret=")
    for name in ("main", "second"):
        event = desk.events(name)[-1]
        assert (event.kind, dict(event.body)) == ("person_enrolled", {"person": "bob"})
    desk.type("kill", "--desk=main", "--id=k-1")
    assert desk.type("confirm", "k-1", "--desk=main", *desk.proof_of("bob")).code == 0


def test_enrolling_twice_is_refused_and_the_first_codes_stay(desk: Shell) -> None:
    secret = desk.home / "secrets" / "totp-bob"
    desk.type("people", "enroll", "bob")
    first = secret.read_text()

    typed = desk.type("people", "enroll", "bob")

    assert typed.code == 3
    assert "bob has codes already" in typed.text
    assert f"remove {secret} first" in typed.text
    assert "otpauth" not in typed.text
    assert secret.read_text() == first


@pytest.mark.parametrize("name", ["mallory", "BOB", "../bob", ""])
def test_nobody_else_is_enrolled(desk: Shell, name: str) -> None:
    typed = desk.type("people", "enroll", name)

    assert typed.code == 3
    assert f"nobody is called {name!r}" in typed.text
    assert "alice, bob, carol, dave" in typed.text
    assert list(desk.home.rglob("totp-*")) == []


def test_a_code_is_shown_on_no_real_desk(desk: Shell) -> None:
    proof = desk.proof_of("bob")

    typed = desk.type("people", "code", "bob")

    assert typed.code == 3
    assert "this is no demo home" in typed.text
    assert "on the person's phone" in typed.text
    assert proof[-1] not in typed.text


@pytest.mark.parametrize("words", [["enroll"], ["code"], ["enroll", "a", "b"], ["chek"]])
def test_what_is_not_understood_is_told_every_form(desk: Shell, words: list[str]) -> None:
    typed = desk.type("people", *words)

    assert typed.code == 2
    assert "Usage: people check | people apply" in typed.text
    assert "people enroll NAME | people code NAME" in typed.text
    assert "Nothing was changed." in typed.text


def claim(desk: Shell) -> None:
    """The first claim of a home takes its file as it stands."""
    assert desk.type("note", "here", *desk.proof_of("carol")).code == 0


def test_what_an_edit_gives_waits_for_two_people_in_the_terminal_too(desk: Shell) -> None:
    people = desk.home / "escalation.yaml"
    claim(desk)
    people.write_text(people.read_text().replace("roles: [viewer]", "roles: [viewer, approver]"))

    shown = desk.type("people", "check").text
    assert "NOT IN FORCE before two people confirm it" in shown
    assert "dave also becomes approver" in shown
    assert not [r for r in desk.requests() if r.action is Action.ROLES]

    desk.type("people", "apply")
    [asked] = [r for r in desk.requests() if r.action is Action.ROLES]
    desk.type("people", "apply")
    assert len([r for r in desk.requests() if r.action is Action.ROLES]) == 1

    shown = desk.type("requests").text
    assert "  - dave also becomes approver\n  waits for two people until" in shown
    first = desk.type("confirm", asked.id, *desk.proof_of("alice"))
    assert "one of two has agreed" in first.text
    assert "  waits for a second person until" in desk.type("requests").text
    assert "their own request" in desk.type("confirm", asked.id, *desk.proof_of("alice")).text
    second = desk.type("confirm", asked.id, *desk.proof_of("bob"))
    assert "the roles are in force" in second.text
    assert "NOT IN FORCE" not in desk.type("people", "check").text


def test_what_an_edit_takes_away_counts_at_once_in_the_terminal(desk: Shell) -> None:
    people = desk.home / "escalation.yaml"
    claim(desk)
    people.write_text(people.read_text().replace("[operator, approver]", "[operator]", 1))
    desk.type("kill", "--id", "kill-1")
    assert "role does not allow" in desk.type("confirm", "kill-1", *desk.proof_of("alice")).text
