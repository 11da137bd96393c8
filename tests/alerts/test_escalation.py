"""What escalation.yaml says about alerts: read strictly, and shown as what would happen to whom."""

from datetime import datetime
from pathlib import Path

import pytest

from alerts.escalation.command import answer
from alerts.escalation.told import NOT_UNDERSTOOD, WELL, WRONG, Told
from bot.beside import SHIPPED_PEOPLE
from core.alerting.levels import Level
from core.alerting.policy import Tightening
from core.oncall.contacts import Means
from core.oncall.schedule import Duty, who
from store.alerting.reaching import load_reaching
from store.alerting.usual import arrangements_of
from store.escalation.file import load_escalation
from store.escalation.places import PeopleUnusable
from tests.alerts.night import MIDNIGHT

PEOPLE = """people:
  alice: {name: Alice, roles: [operator, approver], contacts: {sms: "+15550100001"}}
  bob: {name: Bob, roles: [operator, approver], contacts: {push: bobs-topic}}
"""
ON_CALL = (
    "on_call: {primary: {people: [alice]}, backup: {people: [bob]}, team_lead: {people: [bob]}}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A home's own: the home has no store yet."""
    return tmp_path / "escalation.yaml"


def asked(file: Path, words: str, at: datetime = MIDNIGHT) -> Told:
    told, _ = answer(words.split(), file.parent, file.parent, at)
    return told


def test_the_shipped_file_reaches_somebody_at_every_level(file: Path) -> None:
    file.write_text(SHIPPED_PEOPLE.read_text())
    assert asked(file, "check").code == WELL


def test_people_are_told_by_what_they_have(file: Path) -> None:
    file.write_text(PEOPLE + ON_CALL)
    found = arrangements_of(load_escalation(file))
    assert [(one.person, one.means) for one in found.contacts] == [
        ("alice", (Means.SMS,)),
        ("bob", (Means.PUSH,)),
    ]
    assert found.address("alice", Means.SMS) == "+15550100001"
    assert who(found.schedule, Duty.BACKUP, MIDNIGHT).people == ("bob",)


def test_a_level_that_would_wake_nobody_is_wrong(file: Path) -> None:
    file.write_text(
        "people:\n  a: {name: A, roles: [approver], slack: U0AAAAAA1}\n"
        "  b: {name: B, roles: [approver], slack: U0BBBBBB1}\n"
    )
    told = asked(file, "check")
    assert told.code == WRONG
    assert any("level 3 Critical" in line and "WRONG" in line for line in told.lines)


def test_a_level_may_be_done_otherwise(file: Path) -> None:
    levels = (
        "levels:\n  3:\n    steps:\n"
        "      - {at: 0s, tell: {primary: [sms]}}\n      - {at: 90s, tell: {backup: [push]}}\n"
        "    on_unacked: {after: 10m, action: reduce-only}\n"
    )
    file.write_text(PEOPLE + ON_CALL + levels)
    policy = arrangements_of(load_escalation(file)).policy.levels[Level.CRITICAL]
    assert [step.at_s for step in policy.steps] == [0, 90]
    assert policy.on_unacked is not None
    assert policy.on_unacked.action is Tightening.REDUCE_ONLY
    told = asked(file, "simulate daily_loss 3")
    assert any(line.startswith("1:30  bob: page by push") for line in told.lines)


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("on_call: {primary: {people: [alise]}}\n", "on_call.backup: Field required"),
        (ON_CALL.replace("[alice]", "[alise]"), "nobody is called 'alise'; did you mean 'alice'?"),
        (ON_CALL.replace("{primary", "{zone: Mars, primary"), "'Mars' is no time zone"),
        ("levels: {5: {}}\n", "5"),
        ("levels: {4: {snooze_max: 1h}}\n", "level 4 cannot be snoozed"),
        ("levels: {3: {hold: soon}}\n", "'soon' is no time; write 90s, 15m or 2h"),
        ("levels: {3: {steps: [{at: 5s, tell: {primary: [sms]}}]}}\n", "the first step is at 0s"),
        ("levels: {3: {steps: [{at: 0s, tell: {primry: [sms]}}]}}\n", "did you mean 'primary'?"),
        ("levels: {3: {on_unacked: {after: 5m, action: resume}}}\n", "there are reduce-only, hold"),
        ("digest: {zone: UTC, att: 1}\n", "did you mean 'at'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(file: Path, text: str, saying: str) -> None:
    file.write_text(PEOPLE + text)
    with pytest.raises(PeopleUnusable) as refused:
        load_escalation(file)
    assert saying in str(refused.value)
    assert str(refused.value).startswith(f"{file}:4:")


def test_coverage_counts_everybodys_hours(file: Path) -> None:
    file.write_text(PEOPLE + ON_CALL)
    told = asked(file, "coverage")
    assert "primary: alice 2160 h" in told.lines


def test_other_words_are_not_understood(file: Path) -> None:
    file.write_text(PEOPLE)
    assert asked(file, "guess").code == NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("sections", "taken"),
    [
        ("", True),
        (ON_CALL, True),
        ("levels: {3: {steps: [{at: 0s, tell: {services: [webhook]}}]}}\n", True),
        ("levels: {3: {steps: [{at: 0s, tell: {channel: [channel]}}]}}\n", False),
        ("levels: {4: {steps: [{at: 0s, tell: {channel: [channel]}}]}}\n", False),
        ("levels: {2: {steps: [{at: 0s, tell: {channel: [channel]}}]}}\n", True),
        (ON_CALL.replace("[alice]}", "[alice], begins: 2026-04-01}"), False),
        (ON_CALL.replace("[alice]}", "[alice], begins: 2026-03-01}"), True),
    ],
)
def test_a_level_three_or_four_that_tells_nobody_for_a_while_is_refused(
    file: Path, sections: str, taken: bool
) -> None:
    only_primary = "levels: {3: {steps: [{at: 0s, tell: {primary: [sms]}}]}}\n"
    file.write_text(PEOPLE + sections + (only_primary if "begins" in sections else ""))
    if taken:
        load_reaching(file, MIDNIGHT)
        return
    with pytest.raises(PeopleUnusable, match="tells a person or a paging service"):
        load_reaching(file, MIDNIGHT)
