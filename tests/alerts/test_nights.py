"""The policy of each level as it is lived through, on a clock that is moved by hand."""

from dataclasses import replace
from datetime import timedelta

from core.alerting.alert import AlertState
from core.alerting.defaults import CRITICAL
from core.alerting.effects import Said
from core.alerting.events import Acked, Escalated, HandedOver, Resolved, Snoozed
from core.alerting.levels import Level
from core.alerting.policy import Step
from core.modes import Mode, Rule
from core.requests import Action
from store.alerting.alerts import acts_of
from store.control import constrain, release, set_mode
from store.events import latest
from store.reports.incidents import open_incidents
from store.requests import open_requests
from tests.alerts.night import DESK, Night, every_means, with_level

CHANNEL = {"the place by channel"}


def test_a_critical_night(night: Night) -> None:
    """At 03:00 positions differ. Alice sleeps, Ben's phone rings at 03:02, Carol's at 03:05."""
    night.at("03:00").fires(text="BIP: 3 here, 5 there")
    assert night.told() == CHANNEL | {"the place by pagerduty"} | every_means("alice")
    night.at("03:01:59")
    assert night.told() == set()
    night.at("03:02")
    assert night.told() == every_means("ben")
    night.at("03:05")
    assert night.told() == every_means("carol")
    night.acks("ben")
    night.at("03:34")
    assert night.told() == set()
    assert night.alert().owner == "ben"


def test_a_warning_is_for_the_channel_and_wakes_nobody(night: Night) -> None:
    night.at("03:00").fires("api_latency", Level.WARNING)
    assert night.told() == set()  # it waits for others of its group
    night.at("03:00:30")
    assert night.told() == CHANNEL
    night.at("09:00")
    assert night.told() == set()


def test_an_intervention_is_taken_up_by_level_threes_steps(night: Night) -> None:
    night.at("03:00").fires("read_failed", Level.INTERVENTION)
    night.at("03:00:05")
    assert night.told() == CHANNEL | {"alice by direct message"}
    night.at("03:15")
    assert night.told() == set()
    night.at("03:15:05")
    assert "alice by voice" in night.told()
    night.at("03:17:05")
    assert night.told() == every_means("ben")


def test_an_emergency_holds_the_desk_and_rings_until_everybody_has_it(night: Night) -> None:
    night.at("03:00").fires("key_compromise", Level.EMERGENCY, "an order by another hand")
    everyone = every_means("alice") | every_means("ben") | every_means("carol")
    assert night.told() == everyone | CHANNEL | {"the place by pagerduty"}
    assert night.mode is Mode.HELD
    [card] = night.store.read(lambda c: open_requests(c, DESK))
    assert (card.action, card.requester) == (Action.KILL, "alerts")
    [incident] = night.store.read(lambda c: open_incidents(c, DESK))
    assert incident.title == "an order by another hand"
    assert night.acks("alice").said is Said.OTHERS_MISSING
    night.at("03:01")
    assert every_means("alice").isdisjoint(night.told())
    night.acks("ben")
    assert night.acks("carol").said is Said.ACKNOWLEDGED
    night.at("03:10")
    assert night.told() == set()


def test_an_emergency_can_be_neither_snoozed_nor_held_back_by_a_drill(night: Night) -> None:
    night.at("03:00").fires("key_compromise", Level.EMERGENCY)
    later = night.now + timedelta(minutes=5)
    assert night.does(Snoozed("alice", later)).said is Said.SNOOZE_NOT_HERE


def test_the_desk_is_held_once_however_often_the_process_dies(night: Night) -> None:
    night.at("03:00").fires("key_compromise", Level.EMERGENCY)
    before = night.store.read(lambda c: latest(c, DESK, 100))
    night.restart()
    night.at("03:00:30")
    after = night.store.read(lambda c: latest(c, DESK, 100))
    kinds = [event.kind for event in after]
    assert kinds.count("mode_set") == [event.kind for event in before].count("mode_set") == 1
    assert all(act.done_at for act in night.store.read(lambda c: acts_of(c, "a1")))


def test_a_kill_that_two_people_have_taken_back_wakes_nobody_any_more(night: Night) -> None:
    def sets(mode: Mode, actor: str) -> None:
        log, now = night.store.log, night.now
        night.store.write(lambda tx: set_mode(tx, log, DESK, mode, reason="", actor=actor, now=now))
        night.tick()

    night.at("03:00")
    sets(Mode.KILLED, "ben")
    [killed] = night.open()
    assert killed.identity.rule == "desk_killed"
    night.at("03:01")
    sets(Mode.ACTIVE, "alice and ben")
    turn = night.alert(killed.id).turn
    night.at("03:30")
    after = night.alert(killed.id)
    assert (after.open, after.resolved_by, after.turn) == (False, "alice and ben", turn)


def test_a_drill_of_level_four_pages_everybody_and_touches_nothing(night: Night) -> None:
    night.at("03:00").fires("drill", Level.EMERGENCY, drill=True)
    assert every_means("carol") <= night.told()
    night.at("03:20")
    assert night.mode is Mode.ACTIVE
    assert night.store.read(lambda c: open_requests(c, DESK)) == []
    assert night.store.read(lambda c: open_incidents(c, DESK)) == []


def test_a_rise_voids_the_acknowledgement_and_tells_whoever_had_it_first(night: Night) -> None:
    night.at("03:00").fires("daily_loss", Level.INTERVENTION)
    night.at("03:01").acks("ben")
    night.told()
    night.at("03:10").fires("daily_loss", Level.CRITICAL)
    assert night.alert().state is AlertState.FIRING
    assert every_means("alice") <= night.told()


def test_a_click_on_what_has_risen_since_is_no_acknowledgement(night: Night) -> None:
    night.at("03:00").fires("daily_loss", Level.INTERVENTION)
    night.fires("daily_loss", Level.CRITICAL)
    assert night.does(Acked("ben", Level.INTERVENTION)).said is Said.RAISED_SINCE
    assert night.alert().state is AlertState.FIRING


def test_escalate_rings_the_next_one_now_and_only_once(night: Night) -> None:
    night.at("03:00").fires()
    night.told()
    assert night.does(Escalated("alice", 1)).said is Said.ESCALATED
    assert night.told() == every_means("ben")
    assert night.does(Escalated("alice", 1)).said is Said.ALREADY_ESCALATED
    assert night.told() == set()


def test_handed_over_it_rings_there(night: Night) -> None:
    night.at("03:00").fires()
    night.acks("alice")
    night.told()
    assert night.does(HandedOver("alice", "carol")).said is Said.HANDED_OVER
    assert night.told() == every_means("carol")


def test_snoozed_it_comes_back(night: Night) -> None:
    night.at("03:00").fires()
    night.does(Snoozed("alice", night.now + timedelta(minutes=15)))
    night.told()
    night.at("03:14:59")
    assert night.told() == set()
    night.at("03:15")
    assert every_means("alice") <= night.told()


def test_gone_and_quiet_it_is_closed_at_level_two_and_kept_at_level_three(night: Night) -> None:
    night.at("03:00").fires("read_failed", Level.INTERVENTION)
    night.fires("position_drift", Level.CRITICAL)
    night.at("03:01").clears("read_failed")
    night.clears("position_drift")
    night.at("03:10")
    assert [alert.identity.rule for alert in night.open()] == ["position_drift"]
    night.does(Resolved("alice"), "a2")
    assert night.open() == []


def test_a_process_that_was_away_runs_one_step_and_says_how_late(night: Night) -> None:
    night.at("03:00").fires()
    night.told()
    night.asleep_until("03:30")
    night.tick()
    assert night.told() == every_means("ben")
    night.at("03:33")
    assert every_means("carol") == night.told()


def test_what_was_raised_while_the_process_was_away_is_told_when_it_comes_back(
    night: Night,
) -> None:
    night.store.write(
        lambda tx: constrain(
            tx, night.store.log, DESK, Rule.POSITION_DRIFT, reason="2 here", now=night.now
        )
    )
    night.asleep_until("03:30")
    night.tick()
    assert [alert.identity.rule for alert in night.open()] == ["position_drift"]
    assert every_means("alice") <= night.told()


def test_what_constrains_the_desk_is_an_alert_and_its_release_clears_it(night: Night) -> None:
    log = night.store.log
    night.store.write(
        lambda tx: constrain(tx, log, DESK, Rule.READ_FAILED, reason="no route", now=night.now)
    )
    night.tick()
    [alert] = night.open()
    assert (alert.identity.rule, alert.level, alert.text) == (
        "read_failed",
        Level.INTERVENTION,
        "no route",
    )
    night.store.write(
        lambda tx: release(tx, log, DESK, Rule.READ_FAILED, actor="machine", now=night.now)
    )
    night.at("00:05")
    assert night.open() == []


def test_the_same_thing_a_thousand_times_is_one_alert_and_one_page(night: Night) -> None:
    night.at("03:00")
    for _ in range(3):
        night.fires("position_drift")
    assert night.alert().fire_count == 3
    assert len(night.open()) == 1
    night.told()
    night.fires("position_drift")
    assert night.told() == set()


def test_an_alert_in_flight_keeps_the_policy_it_was_raised_under(night: Night) -> None:
    night.at("03:00").fires("position_drift")
    slow = replace(CRITICAL, steps=(CRITICAL.steps[0], Step(3600, CRITICAL.steps[1].tells)))
    night.agrees(with_level(Level.CRITICAL, slow))
    night.told()
    night.at("03:02")
    assert night.told() == every_means("ben")
    night.fires("unknown_order")
    night.told()
    night.at("03:04")
    assert night.alert("a2").turn == 1
