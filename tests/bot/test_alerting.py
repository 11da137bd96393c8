"""Alerts at the terminal: seen, explained, taken charge of, kept quiet; and who is on call."""

from itertools import count

import pytest

from alerts.figures.machine import Machine, Places
from alerts.keeper import Keeper
from bot.answer import OK, REFUSED, USAGE
from core.alerting.alert import AlertState
from core.alerting.levels import Level
from store.alerting.alerts import read_alert
from store.alerting.facts import raise_alert
from store.alerting.usual import arrangements_of
from store.escalation.file import load_escalation
from tests.bot.shell import Shell

NUMBERED = count(1)


def tick(desk: Shell) -> None:
    """What the alerts process would do now."""
    store = desk._kept_store()
    arranged = arrangements_of(load_escalation(desk.home / "escalation.yaml"))
    machine = Machine(Places(store.home.root, store.home.logs, lambda: 0.0))
    keeper = Keeper(store, lambda: arranged, lambda: f"x{next(NUMBERED)}", lambda: None, machine)
    keeper.tick(desk.now)


def raised(desk: Shell, rule: str = "position_drift", level: Level = Level.CRITICAL) -> str:
    """The new alert's id."""
    tick(desk)
    desk.write(lambda _s, tx: raise_alert(tx, "main", rule, level, "3 here, 5 there", desk.now))
    tick(desk)
    alerts = desk.answer("alerts")["alerts"]
    return str(next(alert["id"] for alert in alerts if alert["rule"] == rule))


def state(desk: Shell, id: str) -> AlertState:
    found: AlertState = desk.read(lambda c: read_alert(c, id)).state
    return found


def test_an_open_alert_is_listed_and_in_the_status(desk: Shell) -> None:
    id = raised(desk)
    listed = desk.type("alerts")
    assert id in listed.text
    assert "3 here, 5 there" in listed.text
    status = desk.type("status").text
    assert f"1 open alert: {id} level 3 Critical" in status
    assert "on call: primary " in status


def test_taking_charge_needs_a_person_and_then_counts(desk: Shell) -> None:
    id = raised(desk)
    nobody = desk.type("ack", id)
    assert (nobody.code, state(desk, id)) == (REFUSED, AlertState.FIRING)
    taken = desk.type("ack", id, *desk.proof_of("bob"))
    assert taken.code == OK
    assert "you have it" in taken.text
    assert state(desk, id) is AlertState.ACKNOWLEDGED
    assert "acknowledged first by bob" in desk.type("alert", "why", id).text


def test_a_level_that_rose_since_it_was_seen_is_not_acknowledged(desk: Shell) -> None:
    id = raised(desk)
    typed = desk.type("ack", id, "2", *desk.proof_of("bob"))
    assert (typed.code, state(desk, id)) == (REFUSED, AlertState.FIRING)
    assert "its level rose" in typed.text


def test_why_says_who_was_told(desk: Shell) -> None:
    typed = desk.type("alert", "why", raised(desk))
    assert "page alice by" in typed.text or "page bob by" in typed.text


def test_escalate_and_resolve(desk: Shell) -> None:
    id = raised(desk)
    assert desk.type("escalate", id).code == OK
    assert desk.type("resolve", id, *desk.proof_of("alice")).code == OK
    assert state(desk, id) is AlertState.RESOLVED
    again = desk.type("resolve", id, *desk.proof_of("alice"))
    assert (again.code, "already" in again.text) == (REFUSED, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ack", "nosuch", "--as", "bob"], REFUSED),
        (["ack", "x", "9"], USAGE),
        (["snooze", "x", "soon"], USAGE),
        (["silence", "no_such_rule", "1h", "why"], REFUSED),
        (["oncall", "override", "primary", "nobody", "4h"], REFUSED),
        (["oncall", "override", "cook", "alice", "4h"], USAGE),
        (["drill", "1"], USAGE),
        (["maintenance", "1h"], USAGE),
    ],
)
def test_what_makes_no_sense_changes_nothing(desk: Shell, words: list[str], code: int) -> None:
    raised(desk)
    proof = desk.proof_of("bob")
    typed = desk.type(*(word for word in words if word not in ("--as", "bob")), *proof)
    assert (typed.code, "Nothing was changed" in typed.text) == (code, True)


def test_a_silence_is_taken_shown_and_ended(desk: Shell) -> None:
    tick(desk)
    taken = desk.answer("silence", "read_failed", "1h", "moving", "house", *desk.proof_of("alice"))
    assert "moving house" in desk.type("silence").text
    ended = desk.type("silence", "end", taken["id"], *desk.proof_of("alice"))
    assert ended.code == OK
    assert "Nothing is kept quiet" in desk.type("silence").text


def test_what_the_file_keeps_quiet_is_shown_too(desk: Shell) -> None:
    file = desk.home / "escalation.yaml"
    file.write_text(
        "inhibitions: [{source: {rule: feed_down}, target: {rule: stale_mark}}]\n"
        "maintenance: [{name: restart, rule: process_silent,"
        " hours: {from: '06:00', until: '06:15', days: [sat]}}]\n" + file.read_text()
    )
    tick(desk)
    shown = desk.type("silence").text
    assert "stale_mark" in shown
    assert "while feed_down is open" in shown
    assert "each week, 06:00 to 06:15 UTC" in shown


def test_an_override_changes_who_is_on_call(desk: Shell) -> None:
    tick(desk)
    typed = desk.type("oncall", "override", "primary", "carol", "4h", *desk.proof_of("carol"))
    assert typed.code == OK
    assert "On call: carol" in desk.type("oncall").text


def test_a_drill_pages_and_says_so(desk: Shell) -> None:
    tick(desk)
    assert desk.type("drill", "2").code == OK
    tick(desk)
    assert "(drill)" in desk.type("alerts").text


def test_drills_are_shown_with_the_time_until_somebody_took_charge(desk: Shell) -> None:
    assert "0 drills" in desk.type("drills").text
    tick(desk)
    desk.type("drill", "2")
    tick(desk)
    [begun] = desk.type("drills", "--json").facts["drills"]
    assert (begun["level"], begun["taken_by"], begun["after_s"]) == (2, None, None)
    taken = desk.type("ack", begun["alert"], *desk.proof_of("bob"))
    assert taken.code == OK
    [drill] = desk.type("drills", "--json").facts["drills"]
    assert drill["taken_by"] == "bob"
    assert 0 <= drill["after_s"] < 60
    assert "1 drill, 1 taken charge of" in desk.type("drills").text
