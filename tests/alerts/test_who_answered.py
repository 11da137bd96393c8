"""Whose an answer is: links that are ours, and names as PagerDuty has them."""

import pytest

from alerts.answer_links import answer_links, same
from alerts.intake.phones import person_called
from core.approval import Roster
from core.people import Person, Role

PEOPLE = {
    name: Person(name, full_name, frozenset({Role.OPERATOR}))
    for name, full_name in {
        "alice": "Alice Moreau",
        "bob": "Bob Tanaka",
        "sam": "Sam Lee",
        "sam2": "Sam Lee",
    }.items()
}


@pytest.mark.parametrize(
    ("agent", "person"),
    [
        ("Alice Moreau", "alice"),
        (" ALICE moreau ", "alice"),
        ("Bob", "bob"),
        ("Sam Lee", "Sam Lee (PagerDuty)"),
        ("Eve", "Eve (PagerDuty)"),
        ("", " (PagerDuty)"),
    ],
)
def test_a_name_in_pagerduty_is_a_person_where_it_is_one_persons(agent: str, person: str) -> None:
    assert person_called(agent, Roster(PEOPLE, {})) == person


def test_before_the_desks_people_are_known_it_is_a_name() -> None:
    assert person_called("bob", None) == "bob (PagerDuty)"


def test_a_link_is_for_one_alert_one_person_and_one_home() -> None:
    ours = answer_links("https://desk.example", b"ours")
    others = answer_links("https://desk.example", b"theirs")
    assert ours is not None and others is not None
    signature = ours.to_acknowledge("k7m2q", "alice").rsplit("sig=", 1)[1]
    assert ours.made_by_us("k7m2q", "alice", signature)
    assert not ours.made_by_us("k7m2q", "bob", signature)
    assert not ours.made_by_us("k7m2r", "alice", signature)
    assert not others.made_by_us("k7m2q", "alice", signature)


@pytest.mark.parametrize("given", ["", "t0q", "t0p ", "\u00fc", "\udcff", "\ud800"])
def test_what_is_not_the_same_is_wrong_whatever_its_characters(given: str) -> None:
    assert same("t0p", "t0p") and not same("t0p", given)
