"""Edge cases 1 to 10 and 18 to 22 of the specification: clicks, levels, missing people, new policies."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.alerting.alert import AlertState, Identity
from core.alerting.defaults import DEFAULT
from core.alerting.delivery import Dropped, dropped
from core.alerting.effects import NoticeKind, Notify, RaiseAlso, Said
from core.alerting.events import Acked, Escalated, Fired, Resolved, Sent
from core.alerting.machine import advance
from core.oncall.contacts import Contact, Means
from tests.core.alerting.bench import (
    ALICE,
    BOB,
    CAROL,
    L1,
    L2,
    L3,
    PLAN,
    T0,
    Bench,
    people,
    with_level,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_01_fire_ack_fire_pages_nobody() -> None:
    bench = Bench(L3)
    bench.does(Acked("alice", L3))
    bench.forget().fires(L3)
    assert bench.at(1700).pages() == []


def test_02_a_raise_after_an_ack_voids_it_and_tells_the_acker_first() -> None:
    bench = Bench(L2).at(10)
    bench.does(Acked("alice", L2))
    bench.forget().fires(L3)
    assert bench.alert.state is AlertState.FIRING and not bench.alert.acks
    assert bench.heard[0].person == "alice"
    assert Means.VOICE in {one.by for one in bench.heard if one.person == "alice"}


def test_02_an_acker_who_is_not_on_duty_any_more_hears_of_the_raise_first_too() -> None:
    bench = Bench(L2).at(10)
    bench.does(Acked("alice", L2))
    bench.people = people(primary=BOB, backup=CAROL)
    bench.forget().fires(L3)
    assert (bench.heard[0].person, bench.heard[0].kind) == ("alice", NoticeKind.RAISED)
    assert bench.pages("bob") == [10]


@pytest.mark.parametrize("ack_first", [True, False])
def test_03_a_raise_and_an_ack_in_the_same_millisecond_end_alike_in_either_order(
    ack_first: bool,
) -> None:
    alert = Bench(L2).at(10).alert
    ack, raised = Acked("alice", L2), Fired(L3)
    for event in (ack, raised) if ack_first else (raised, ack):
        alert = advance(alert, event, PLAN, T0 + 10 * timedelta(seconds=1)).alert
    assert (alert.state, alert.peak, alert.acks) == (AlertState.FIRING, L3, ())


def test_03_the_loser_of_a_version_conflict_is_told_to_look_again() -> None:
    alert = advance(Bench(L2).alert, Fired(L3), PLAN, T0).alert
    assert advance(alert, Acked("alice", L2), PLAN, T0).said is Said.RAISED_SINCE


def test_04_raise_drop_and_raise_to_the_same_peak_pages_once() -> None:
    bench = Bench(L2).at(10).forget()
    for level in (L3, L2, L3):
        bench.fires(level)
    assert bench.pages("alice") == [10]
    assert len({one.by for one in bench.heard if one.person == "alice"}) == len(
        [one for one in bench.heard if one.person == "alice"]
    )


def test_05_two_people_click_acknowledge_the_first_has_it_the_second_helps() -> None:
    bench = Bench(L3)
    assert bench.does(Acked("alice", L3)) is Said.ACKNOWLEDGED
    assert bench.does(Acked("bob", L3)) is Said.HELPING
    assert bench.does(Acked("alice", L3)) is Said.ALREADY_YOURS
    assert bench.alert.owner == "alice"


def test_06_an_ack_on_an_old_message_of_a_reopened_alert_counts() -> None:
    bench = Bench(L3).at(10)
    bench.does(Resolved("alice"))
    bench.at(60).fires(L3)
    assert bench.does(Acked("bob", L3)) is Said.ACKNOWLEDGED


def test_07_escalate_clicked_twice_runs_one_step() -> None:
    bench = Bench(L3).forget()
    seen = bench.alert.turn
    assert bench.does(Escalated("alice", seen)) is Said.ESCALATED
    assert bench.does(Escalated("alice", seen)) is Said.ALREADY_ESCALATED
    assert bench.pages("bob") == [0] and bench.pages("carol") == []


def test_08_resolved_while_its_group_waits_nothing_was_sent_and_nothing_is_said() -> None:
    bench = Bench(L1).at(29)
    bench.does(Resolved("alice"))
    assert bench.at(3600).heard == []


def test_09_resolved_between_claim_and_send_the_message_is_dropped() -> None:
    bench = Bench(L3)
    claimed = next(one for one in bench.effects if isinstance(one, Notify) and one.person)
    assert dropped(claimed, bench.alert, lease=1, lease_held=1) is None
    bench.does(Resolved("bob"))
    assert dropped(claimed, bench.alert, lease=1, lease_held=1) is Dropped.RESOLVED


def test_09_one_already_on_its_way_is_followed_by_the_news() -> None:
    bench = Bench(L3)
    bench.does(Resolved("bob"))
    bench.forget().does(Sent("dave", Means.SMS))
    assert [(one.person, one.by, one.kind) for one in bench.heard] == [
        ("dave", Means.SMS, NoticeKind.RESOLVED)
    ]


def test_09_one_sent_while_somebody_took_charge_is_followed_by_who_has_it() -> None:
    bench = Bench(L3)
    bench.does(Acked("alice", L3))
    bench.forget().does(Sent("dave", Means.SMS))
    assert [(one.person, one.kind) for one in bench.heard] == [("dave", NoticeKind.TAKEN)]


def test_10_seen_again_while_it_is_being_sent_neither_is_lost() -> None:
    bench = Bench(L3)
    step = bench.alert.timers.step
    bench.fires(L3)
    assert bench.does(Sent("dave", Means.DM)) is Said.NOTED
    assert (bench.alert.fire_count, bench.alert.timers.step) == (2, step)
    assert bench.alert.state is AlertState.FIRING


def test_18_with_nobody_on_call_everybody_is_told_and_another_alert_is_raised() -> None:
    bench = Bench(L3, people=people())
    assert set(bench.pages()) == {0}
    assert {one.person for one in bench.heard if one.person} == {"alice", "bob", "carol", "dave"}
    raised = bench.made(RaiseAlso)
    assert isinstance(raised[0], RaiseAlso) and raised[0].rule == "nobody_on_call"


def test_18_the_others_are_told_by_the_means_that_were_meant() -> None:
    critical = Bench(L3, people=people())
    assert Means.VOICE in {one.by for one in critical.heard if one.person == "dave"}
    lesser = Bench(L2, people=people()).at(60)
    assert {one.by for one in lesser.heard if one.person == "dave"} == {Means.DM}


def test_18_with_nobody_at_all_the_machine_keeps_a_file() -> None:
    nobody = replace(people(), everyone=())
    bench = Bench(L3, people=nobody)
    assert Means.LOCAL in {one.by for one in bench.heard}
    assert bench.at(3600).alert.due is not None


def test_18_the_alert_about_nobody_on_call_does_not_raise_itself() -> None:
    bench = Bench(L3, people=people(), identity=Identity("main", "nobody_on_call"))
    assert not bench.made(RaiseAlso)
    assert bench.pages() == [0]


def test_19_a_step_with_nobody_does_not_wait_for_its_turn_to_be_heard() -> None:
    bench = Bench(L3, people=people(primary=ALICE, team_lead=CAROL)).at(121)
    assert bench.pages("dave") == [120]
    assert bench.at(301).pages("carol")[-1] == 300


def test_20_somebody_without_a_phone_is_told_by_what_they_have() -> None:
    alice = Contact("alice", (Means.DM, Means.EMAIL))
    bench = Bench(L3, people=people(alice, BOB, primary=alice, backup=BOB))
    assert [one.by for one in bench.heard if one.person == "alice"] == [Means.DM]


def test_21_an_alert_goes_on_under_the_policy_it_was_raised_under() -> None:
    edited = with_level(L3, repeats=99)
    bench = Bench(L3)
    assert bench.alert.policy_hash != Bench(L3, policy=edited).alert.policy_hash
    bench.policy = edited  # its old policy is gone from the store: the present one serves
    assert bench.at(121).pages("bob") == [120]


def test_22_a_policy_that_became_shorter_goes_on_with_its_fallback() -> None:
    bench = Bench(L3).at(130)
    shorter = DEFAULT.levels[L3].steps[:1]
    bench.policy = with_level(L3, steps=shorter)
    assert bench.forget().at(300).pages("dave") == [300]
    assert bench.at(601).pages("dave") == [300, 600]
