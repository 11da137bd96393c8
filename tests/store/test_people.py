"""escalation.yaml: who is who, read strictly, with the place of every mistake and what to write instead."""

from pathlib import Path

import pytest

from core.people import Act, Role
from store.escalation.file import find_people_file, load_people
from store.escalation.places import PeopleUnusable

GOOD = """\
people:
  alice:
    name: Alice Moreau
    roles: [operator, approver]
  bob:
    name: Bob Tanaka
    roles: [commander]
"""


def people_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "escalation.yaml"
    path.write_text(text)
    return path


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(PeopleUnusable) as refused:
        load_people(people_file(tmp_path, text))
    return str(refused.value)


def test_the_shipped_file_loads() -> None:
    people = load_people(Path(__file__).parents[2] / "escalation.yaml")
    assert sorted(people) == ["alice", "bob", "carol", "dave"]
    assert people["carol"].may(Act.BREAK_GLASS)
    assert not people["dave"].may(Act.TIGHTEN)


def test_everybody_is_read_with_name_and_roles(tmp_path: Path) -> None:
    people = load_people(people_file(tmp_path, GOOD))
    alice = people["alice"]
    assert (alice.name, alice.full_name) == ("alice", "Alice Moreau")
    assert alice.roles == {Role.OPERATOR, Role.APPROVER}


@pytest.mark.parametrize(
    ("wrong", "right", "place", "says"),
    [
        ("[operator, approvr]", "[operator, approver]", "4:23", "did you mean 'approver'"),
        ("[king]", "[commander]", "7:13", "roles are viewer, operator, approver, commander"),
        ("    nmae: Alice Moreau", "    name: Alice Moreau", "3:5", "known: name, roles"),
        ("peple:", "people:", "1:1", "known: people"),
        ("    name: ''", "    name: Bob Tanaka", "6:5", "at least 1 character"),
        pytest.param(
            *("  Bob:", "  bob:", "5:3", "pattern"),
        ),
        ("roles: []", "roles: [commander]", "7:5", "at least 1 item"),
        ("roles: commander", "roles: [commander]", "7:5", "valid frozenset"),
        ("roles: [commander", "roles: [commander]", "8:1", "expected"),
        ("\troles: [commander]", "    roles: [commander]", "7:1", "cannot start any token"),
    ],
)
def test_a_mistake_is_told_with_file_line_column_and_what_to_write(
    tmp_path: Path, wrong: str, right: str, place: str, says: str
) -> None:
    assert right in GOOD
    message = refusal(tmp_path, GOOD.replace(right, wrong))
    assert any(
        line.startswith(f"{tmp_path / 'escalation.yaml'}:{place}: ") and says in line
        for line in message.splitlines()
    ), message


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, GOOD.replace("operator", "oprator").replace("commander", "boss"))
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize("roles", ["[operator]", "[viewer]"])
def test_with_fewer_than_two_who_may_confirm_the_file_is_refused(
    tmp_path: Path, roles: str
) -> None:
    message = refusal(tmp_path, GOOD.replace("[commander]", roles))
    assert "at least 2 people" in message
    assert "approver or commander" in message


@pytest.mark.parametrize(
    "text", ["", "# nobody yet\n", "people:\n", "people: {}\n", "[]\n", "hello\n"]
)
def test_a_file_that_names_nobody_is_refused(tmp_path: Path, text: str) -> None:
    assert str(tmp_path) in refusal(tmp_path, text)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PeopleUnusable, match=r"escalation\.yaml: cannot be read"):
        load_people(tmp_path / "escalation.yaml")


def test_yaml_that_would_run_code_is_refused(tmp_path: Path) -> None:
    made = tmp_path / "made"
    evil = f"people: !!python/object/apply:os.mkdir ['{made}']\n"
    assert "could not determine a constructor" in refusal(tmp_path, evil)
    assert not made.exists()


def test_the_homes_own_file_goes_before_the_one_where_the_command_was_typed(
    tmp_path: Path,
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    assert find_people_file(home, here) == here / "escalation.yaml"
    (home / "escalation.yaml").touch()
    assert find_people_file(home, here) == home / "escalation.yaml"


def test_a_person_who_is_named_twice_is_refused(tmp_path: Path) -> None:
    twice = GOOD + "  alice:\n    name: Alice Moreau\n    roles: [commander]\n"
    assert "8:3" in refusal(tmp_path, twice)


@pytest.mark.parametrize("raw", [b"people: \xff\xfe\n", b"people: \x00\n"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "escalation.yaml"
    path.write_bytes(raw)
    with pytest.raises(PeopleUnusable, match="escalation"):
        load_people(path)
