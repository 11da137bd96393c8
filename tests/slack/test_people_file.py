"""escalation.yaml while the bot runs: an edit counts at once, a broken one not at all."""

import os
from pathlib import Path

import pytest

from bot.beside import SHIPPED_PEOPLE
from core.people import Role
from store.escalation.places import PeopleUnusable
from store.people_file import PeopleFile

SHIPPED = SHIPPED_PEOPLE.read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "escalation.yaml"
    path.write_text(SHIPPED)
    return path


def edit(file: Path, old: str, new: str) -> None:
    """As an editor saves: a new file in its place."""
    text = file.read_text()
    assert old in text
    saved = file.with_suffix(".new")
    saved.write_text(text.replace(old, new, 1))
    os.replace(saved, file)


def test_an_edit_counts_at_once(file: Path) -> None:
    people = PeopleFile(file)
    assert people.read().people["bob"].slack == "U0BOB0001"

    edit(file, "U0BOB0001", "U0BOB0002")

    assert people.read().people["bob"].slack == "U0BOB0002"
    assert people.trouble is None


def test_an_edit_in_place_counts_as_well(file: Path) -> None:
    people = PeopleFile(file)

    file.write_text(SHIPPED.replace("roles: [viewer]", "roles: [viewer, operator]"))

    assert Role.OPERATOR in people.read().people["dave"].roles


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[viewer]", "[veiwer]", "did you mean 'viewer'?"),
        ("people:", "people: [", "escalation.yaml:"),
        ("U0BOB0001", "U0ALICE01", "is alice's Slack account already"),
        ("team: T0PERPS01", "taem: T0PERPS01", "did you mean 'team'?"),
        ("team: T0PERPS01", "team: perps", "team"),
    ],
)
def test_a_broken_edit_keeps_what_was_and_is_told_with_its_place(
    file: Path, old: str, new: str, says: str
) -> None:
    people = PeopleFile(file)
    before = people.read()

    edit(file, old, new)

    assert people.read() == before
    assert people.trouble is not None
    assert says in people.trouble
    assert f"{file}:" in people.trouble
    assert "What it said before stays in force." in people.trouble


def test_a_mended_edit_ends_the_trouble(file: Path) -> None:
    people = PeopleFile(file)
    edit(file, "[viewer]", "[veiwer]")
    people.read()

    edit(file, "[veiwer]", "[viewer, operator]")

    assert Role.OPERATOR in people.read().people["dave"].roles
    assert people.trouble is None


def test_a_file_that_is_gone_leaves_what_it_said(file: Path) -> None:
    people = PeopleFile(file)
    file.unlink()

    assert "alice" in people.read().people
    assert people.trouble is not None
    assert "cannot be read" in people.trouble

    file.write_text(SHIPPED)
    people.read()
    assert people.trouble is None


@pytest.mark.parametrize("text", ["", "people: {}", "people: 3", "\xff"])
def test_at_the_start_it_has_to_be_good(tmp_path: Path, text: str) -> None:
    file = tmp_path / "escalation.yaml"
    file.write_text(text, encoding="latin-1")

    with pytest.raises(PeopleUnusable):
        PeopleFile(file)


def test_a_start_with_a_broken_file_goes_on_with_the_last_usable_one(
    file: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.yaml"
    PeopleFile(file, kept=kept)
    assert kept.stat().st_mode & 0o077 == 0, "it has phone numbers"
    edit(file, "U0BOB0001", "U0BOB0002")
    PeopleFile(file, kept=kept)
    edit(file, "[viewer]", "[veiwer]")

    people = PeopleFile(file, kept=kept)

    assert people.read().people["bob"].slack == "U0BOB0002"
    assert people.trouble is not None
    assert f"{file}:" in people.trouble
    edit(file, "[veiwer]", "[viewer]")
    people.read()
    assert people.trouble is None


def test_a_copy_that_cannot_be_kept_stops_nothing(file: Path, tmp_path: Path) -> None:
    people = PeopleFile(file, kept=tmp_path / "no such directory" / "kept.yaml")
    assert "alice" in people.read().people
