"""Incidents in the terminal: opened, noted, assigned, reported on; every wrong word changes nothing."""

from pathlib import Path

import pytest

from tests.bot.terminal import Terminal


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    terminal.begin()
    return terminal


def test_from_its_opening_to_its_report(desk: Terminal) -> None:
    opened = desk.type("incident", "open", "fills", "without", "orders")
    assert opened.code == 0
    assert "fills without orders" in opened.text
    assert desk.type("incident", "note", "seen", "on", "the", "phone").code == 0
    assert "bob looks into" in desk.type("incident", "assign", "bob").text

    shown = desk.type("incidents")
    assert "1 open" in shown.text
    assert "bob looks into it" in shown.text

    report = desk.type("incident", "report", "--json").facts
    text = Path(report["files"][0]).read_text()
    assert "seen on the phone" in text
    assert "Looked into by: bob" in text


def test_a_second_one_is_noted_in_the_first(desk: Terminal) -> None:
    desk.type("incident", "open", "first")
    said = desk.type("incident", "open", "second")
    assert "an incident is open already" in said.text
    assert desk.type("incidents", "--json").facts["incidents"][0]["title"] == "first"


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        ((), "what about it?", 2),
        (("explode",), "'explode' is none of them", 2),
        (("open",), "what happened?", 2),
        (("note",), "what should be noted?", 2),
        (("assign", "bob", "carol"), "to whom?", 2),
        (("note", "too", "early"), "no incident is open", 3),
        (("assign", "bob"), "no incident is open", 3),
        (("report",), "there has been no incident", 3),
        (("report", "inc-9"), "there is no incident 'inc-9'", 3),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    desk: Terminal, words: tuple[str, ...], says: str, code: int
) -> None:
    before = len(desk.events())
    said = desk.type("incident", *words)
    assert (said.code, says in said.text) == (code, True), said.text
    assert "Nothing was changed." in said.text
    assert len(desk.events()) == before
