"""escalation.yaml: what is wrong in it is told with file, line, column and what to write instead."""

from pathlib import Path

import pytest

from bot.beside import SHIPPED_PEOPLE
from core.people import Act, Role
from store.escalation.file import find_people_file, load_escalation, load_people
from store.escalation.places import PeopleUnusable
from store.escalation.slack import Workspace

GOOD = """\
people:
  alice:
    name: Alice
    roles: [operator, approver]
  bob:
    name: Bob
    roles: [approver]
"""


SLACK = """\
slack:
  team: T0PERPS01
  channels: {desk: perps-desk}
  groups: {perps-approvers: [approver]}
"""
WITH_SLACK = GOOD.replace("name: Alice", "name: Alice\n    slack: U0ALICE01") + SLACK


def test_the_shipped_file_is_good() -> None:
    people = load_people(SHIPPED_PEOPLE)

    assert {name: person.roles for name, person in people.items()} == {
        "alice": {Role.OPERATOR, Role.APPROVER},
        "bob": {Role.OPERATOR, Role.APPROVER},
        "carol": {Role.APPROVER, Role.COMMANDER},
        "dave": {Role.VIEWER},
    }
    assert [name for name, person in people.items() if person.may(Act.BREAK_GLASS)] == ["carol"]


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("people:", "peeple:", ":1:1: peeple: this key is not known here; did you mean 'people'?"),
        (
            "    name: Bob",
            "    nmae: Bob",
            ":6:5: people.bob.nmae: this key is not known here; did you mean 'name'?",
        ),
        (
            "[approver]",
            "[aprover]",
            ":7:13: people.bob.roles.0: 'aprover' is no role; did you mean",
        ),
        ("[approver]", "approver", ":7:5: people.bob.roles"),
        ("[approver]", "[]", ":7:5: people.bob.roles"),
        ("name: Bob", "name: ''", ":6:5: people.bob.name"),
        ("name: Bob", "name: [", "1: "),
        ("  bob:", "  Bob!:", ": people.Bob!"),
        ("  bob:", "  alice:", ":5:3: 'alice' stands twice"),
        ("[approver]", "[viewer]", "at least 2 people need the role approver"),
        ("name: Bob", "name: !!python/object:os.system x", "could not determine a constructor"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, change: str, to: str, says: str
) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(GOOD.replace(change, to))

    with pytest.raises(PeopleUnusable) as why:
        load_people(file)

    assert str(why.value).startswith(str(file))
    assert says in str(why.value)


def test_the_desks_slack_is_read(tmp_path: Path) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(WITH_SLACK)

    found = load_escalation(file)

    assert {name: person.slack for name, person in found.people.items()} == {
        "alice": "U0ALICE01",
        "bob": None,
    }
    assert found.workspace == Workspace(
        "T0PERPS01", "perps-desk", {"perps-approvers": frozenset({Role.APPROVER})}
    )


def test_a_file_without_slack_is_a_desk_without_slack(tmp_path: Path) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(GOOD)
    assert load_escalation(file).workspace is None


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        (
            "name: Bob",
            "name: Bob\n    slack: U0ALICE01",
            ":8:5: people.bob.slack: U0ALICE01 is alice's Slack account already",
        ),
        ("U0ALICE01", "alice", ":4:5: people.alice.slack"),
        ("T0PERPS01", "perps", ":10:3: slack.team"),
        ("perps-desk", "Perps Desk", ":11:14: slack.channels.desk"),
        ("desk:", "desc:", "slack.channels.desc: this key is not known here; did you mean 'desk'?"),
        ("groups:", "group:", "slack.group: this key is not known here; did you mean 'groups'?"),
        (
            "{perps-approvers: [approver]}",
            "{perps-approvers: [aprover]}",
            "did you mean 'approver'",
        ),
    ],
)
def test_what_is_wrong_with_the_slack_is_told_with_its_place(
    tmp_path: Path, change: str, to: str, says: str
) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(WITH_SLACK.replace(change, to))

    with pytest.raises(PeopleUnusable) as why:
        load_escalation(file)

    assert says in str(why.value)


@pytest.mark.parametrize("text", ["", "[]", "people: 7", "just words", "people:\n  alice: 7\n"])
def test_what_is_no_list_of_people_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(text)
    with pytest.raises(PeopleUnusable):
        load_people(file)


@pytest.mark.parametrize("content", [b"\xff\xfe people", b"people: \x00"])
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_bytes(content)
    with pytest.raises(PeopleUnusable):
        load_people(file)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(PeopleUnusable, match="cannot be read"):
        load_people(tmp_path / "escalation.yaml")


def test_the_homes_own_file_goes_first(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert find_people_file(home, tmp_path) == tmp_path / "escalation.yaml"
    (home / "escalation.yaml").write_text(GOOD)
    assert find_people_file(home, tmp_path) == home / "escalation.yaml"
