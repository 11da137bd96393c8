"""`escalation check|simulate|coverage|who`: they know the home's store, and what it cannot send."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts.escalation.command import answer
from alerts.escalation.told import NOT_UNDERSTOOD, WELL, WRONG, Told
from core.alerting.levels import Level
from core.alerting.quieting import Match, Silence
from core.oncall.contacts import Means
from core.oncall.schedule import ANYBODY, Duty, Override
from store.alerting.agreed import follow_arrangements
from store.alerting.arranged import keep_arrangements
from store.alerting.oncall import add_overrides, add_silence
from store.alerting.usual import arrangements_of
from store.escalation.file import load_escalation
from store.store import Store, open_store
from tests.alerts.night import MIDNIGHT

HOUR = timedelta(hours=1)
FILE = """\
people:
  alice: {name: Alice, roles: [operator, approver], slack: U0ALICE01, contacts: {sms: "+15550100001"}}
  bob: {name: Bob, roles: [operator, approver], contacts: {push: bobs-topic}}
  carol: {name: Carol, roles: [operator], contacts: {voice: "+15550100003"}}
on_call:
  primary: {people: [alice]}
  backup: {people: [bob]}
  team_lead: {people: [carol, bob], every: day, begins: 2026-01-05, at: "09:00"}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """No store is in it."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "escalation.yaml").write_text(FILE)
    return home


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """Of a home on which alerts run: all means are set up but the phone calls."""
    store = open_store(home, MIDNIGHT)
    arranged = arrangements_of(load_escalation(home / "escalation.yaml"))
    running = arranged.by_means({Means.DM, Means.SMS, Means.PUSH, Means.CHANNEL})
    store.write(lambda tx: keep_arrangements(tx, running, MIDNIGHT))
    yield store
    store.close()


def ask(home: Path, words: str, at: datetime = MIDNIGHT) -> Told:
    told, _ = answer(words.split(), home, home, at)
    return told


def test_to_look_makes_no_store(home: Path) -> None:
    told = ask(home, "check")
    assert told.code == WELL
    assert "no alerts process has run on this home" in told.text(as_json=False)
    assert [one.name for one in home.iterdir()] == ["escalation.yaml"]


def test_who_is_on_call_and_what_wakes_them(home: Path) -> None:
    assert ask(home, "who --at 2026-03-02T08:59:59Z").lines[3] == (
        "team lead: bob by push (by rotation); carol from 2026-03-02 09:00 UTC"
    )
    assert ask(home, "who --at 2026-03-02T10:00+01:00").lines[3].startswith("team lead: carol")


def test_a_substitute_by_command_is_on_call(home: Path, store: Store) -> None:
    override = Override(
        Duty.PRIMARY, MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT, person="bob", instead_of=ANYBODY
    )
    store.write(
        lambda tx: add_overrides(tx, store.log, "c1", "main", [override], "alice", MIDNIGHT)
    )
    assert ask(home, "who").lines[1].startswith("primary: bob by push (by an override); alice from")
    assert (
        "0:00  bob: page by push (the alert was raised)" in ask(home, "simulate leverage 3").lines
    )
    later = ask(home, "simulate leverage 3 --at 2026-03-02T01:00Z")
    assert any(line.startswith("0:00  alice: page") for line in later.lines)


def test_a_silence_by_command_is_known(home: Path, store: Store) -> None:
    match = Match(rule="leverage")
    silence = Silence("s1", match, "alice", "known", MIDNIGHT, MIDNIGHT + HOUR)
    store.write(lambda tx: add_silence(tx, store.log, silence, "main", MIDNIGHT))
    told = ask(home, "simulate leverage 2 --for 10m")
    assert any("silenced" in line for line in told.lines), told.lines
    assert not any(" page by " in line for line in told.lines)
    assert any(" page by " in line for line in ask(home, "simulate leverage 3").lines)


def test_what_is_not_set_up_is_heard_by_nobody(home: Path, store: Store) -> None:
    checked = ask(home, "check").lines
    assert "note: carol has voice, and that is not set up here" in checked
    assert "note: level 3 Critical tells pagerduty, and that is not set up here" in checked
    assert any(one.startswith("note: team lead: nobody has this duty for a") for one in checked)
    simulated = ask(home, "simulate leverage 3").lines
    assert (
        "0:00  pagerduty: page by pagerduty (the alert was raised) - NOT SET UP, nobody hears it"
        in simulated
    )
    who = ask(home, "who --at 2026-03-02T12:00Z")
    assert (who.code, "NOTHING SET UP WOULD WAKE THEM" in who.lines[3]) == (WRONG, True)


def test_an_edit_that_is_not_in_force_is_noted(home: Path, store: Store) -> None:
    assert "not in force" not in ask(home, "check").text(as_json=False)
    (home / "escalation.yaml").write_text(FILE + "levels: {3: {hold: 5m}}\n")
    assert (
        "note: the file is not in force as it stands: it differs in levels"
        in ask(home, "check").lines
    )


def test_what_of_an_edit_would_wait_for_two_people_is_told_before(home: Path, store: Store) -> None:
    agreed = arrangements_of(load_escalation(home / "escalation.yaml"))
    store.write(lambda tx: follow_arrangements(tx, store.log, agreed, str, MIDNIGHT))
    assert ask(home, "check").facts["waits"] == []
    (home / "escalation.yaml").write_text(FILE + "levels: {3: {hold: 5h}, 2: {hold: 5m}}\n")
    says = "level 3 Critical: an acknowledgement stands for 18000 s, not 1800 s"
    assert ask(home, "check").facts["waits"] == [says]
    assert f"waits for two people: {says}" in ask(home, "check").lines


def test_an_unusable_file_is_told_line_by_line(home: Path) -> None:
    (home / "escalation.yaml").write_text(FILE.replace("primary", "primery"))
    for tool in ("check", "who", "coverage", "simulate leverage 3"):
        told = ask(home, tool)
        assert told.code == WRONG
        assert any(":6:3: on_call.primery: this key is not known here" in one for one in told.lines)
    facts = json.loads(ask(home, "check --json").text(as_json=True))
    assert (facts["usable"], facts["code"], len(facts["faults"])) == (False, WRONG, 2)


def test_an_acknowledgement_is_tried_out(home: Path) -> None:
    told = ask(home, "simulate leverage 3 --ack alice@130 --for 20m")
    assert told.lines[0] == (
        "leverage at level 3 Critical, raised 2026-03-02 00:00 UTC; alice acknowledges after 130 s:"
    )
    assert any(line.startswith("2:00  bob: page") for line in told.lines)
    assert any(line.startswith("2:10  alice: acked") for line in told.lines)
    assert not any("carol: page" in line for line in told.lines), "somebody has it"


def test_level_4_wants_an_answer_of_each(home: Path) -> None:
    told = ask(
        home, "simulate key_compromise 4 --ack alice@10s --ack bob@1m --ack carol@61 --for 3m"
    )
    pages = {line.split(": page")[0] for line in told.lines if line.startswith("1:00")}
    assert "1:00  carol" in pages
    assert "1:00  alice" not in pages, "she has answered"
    assert not any(line.startswith("2:00") for line in told.lines)
    assert told.facts["state"] == "acknowledged"


def test_a_level_that_the_rule_never_has_is_noted(home: Path) -> None:
    assert (
        "note: unknown_order is usually raised at level 3"
        in ask(home, "simulate unknown_order 4").lines
    )


def test_alerts_of_other_systems_are_simulated_too(home: Path) -> None:
    assert ask(home, "simulate alertmanager/DiskFull 2").code == WELL


def test_gaps_are_covered_by_nobody(home: Path) -> None:
    (home / "escalation.yaml").write_text(
        FILE.replace("begins: 2026-01-05", "begins: 2026-03-03").replace("[carol, bob]", "[carol]")
    )
    told = ask(home, "coverage --days 2")
    assert "team lead: NOBODY 33 h, carol 15 h" in told.lines
    assert any("team lead: nobody has this duty for a while" in line for line in told.lines)
    facts = told.facts
    assert facts["hours"]["team lead"] == {"NOBODY": 33, "carol": 15}


@pytest.mark.parametrize(
    "words", ["check", "who", "coverage --days 3", "simulate leverage 2 --ack alice@20m"]
)
def test_every_answer_is_there_for_machines(home: Path, words: str) -> None:
    told, as_json = answer([*words.split(), "--json"], home, home, MIDNIGHT)
    assert as_json
    assert json.loads(told.text(as_json=True))["code"] == WELL


@pytest.mark.parametrize(
    ("words", "saying"),
    [
        ("", "the following arguments are required: TOOL"),
        ("chekc", "invalid choice: 'chekc'"),
        ("simulate levrage 3", "There is no rule 'levrage'. Did you mean leverage?"),
        ("simulate leverage 5", "'5' is no level; they are 1, 2, 3 and 4"),
        ("simulate leverage", "the following arguments are required: LEVEL"),
        ("simulate leverage 3 --ack alicia@90", "'alicia' can be told. Did you mean alice?"),
        ("simulate leverage 3 --ack zoe@90", "can be told. There are alice, bob, carol."),
        ("simulate leverage 3 --ack alice", "'alice' is no acknowledgement; write alice@90"),
        ("simulate leverage 3 --ack alice@soon", "'soon' is no time; write 90, 90s, 15m or 2h"),
        ("simulate leverage 3 --at noon", "'noon' is no moment; write 2026-11-23T03:00Z"),
        ("coverage --days 0", "'0' is no number of days from 1 to 366"),
        ("who --rule x", "unrecognized arguments: --rule x"),
    ],
)
def test_what_is_not_understood_says_what_would_be(home: Path, words: str, saying: str) -> None:
    told = ask(home, words)
    assert told.code == NOT_UNDERSTOOD
    assert saying in told.lines[0]


def test_every_level_is_simulated_as_the_file_says(home: Path) -> None:
    for level in Level:
        told = ask(home, f"simulate leverage {level.value} --for 2h")
        assert told.code == WELL
        assert told.facts["lines"], level


def test_where_apprise_is_missing_it_is_said_how_to_get_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = "note: apprise is not installed: pip install 'perps-bot[apprise]'"
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert missing not in ask(home, "check").lines
    (home / "escalation.yaml").write_text(
        FILE.replace("bobs-topic}", "bobs-topic, apprise: BOBS_URL}")
    )
    assert missing in ask(home, "check").lines
