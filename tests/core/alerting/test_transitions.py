"""The specification's table: finding it again, raises and drops, taking charge and giving it away."""

from core.alerting.alert import AlertState, Why
from core.alerting.effects import Edit, NoticeKind, Said, Withdraw
from core.alerting.events import Acked, Cleared, HandedOver, Resolved
from core.oncall.contacts import Means
from tests.core.alerting.bench import L1, L2, L3, Bench, snoozed, taken

HOUR = 3600


def test_fire_again_pages_nobody_and_leaves_the_timers() -> None:
    bench = Bench(L3).at(10).forget()
    step = bench.alert.timers.step
    assert bench.fires(L2) is Said.REFIRED
    assert (bench.alert.fire_count, bench.alert.timers.step, bench.heard) == (2, step, [])


def test_fire_while_taken_or_snoozed_is_only_counted() -> None:
    for bench in (taken(), snoozed()):
        assert bench.fires(L3) is Said.REFIRED
        assert bench.alert.fire_count == 2
        assert not bench.heard


def test_fire_when_resolved_reopens_the_same_alert_within_its_window() -> None:
    bench = taken()
    bench.does(Resolved("alice"))
    bench.at(599).forget()
    assert bench.fires(L3) is Said.REOPENED
    assert (bench.alert.id, bench.alert.episode, bench.alert.acks) == ("alert-1", 2, ())
    assert (bench.alert.resolved_at, bench.alert.resolved_by) == (None, "")
    assert bench.pages("alice") == [599]


def test_fire_when_resolved_is_a_new_alert_after_its_window() -> None:
    bench = taken()
    bench.does(Resolved("alice"))
    bench.at(600).forget()
    assert bench.fires(L3) is Said.OPENED
    assert bench.alert.id == "alert-2"
    assert bench.pages("alice") == [600]


def test_a_resolved_alert_reopens_at_the_level_found() -> None:
    bench = taken()
    bench.does(Resolved("alice"))
    bench.forget()
    assert bench.fires(L2) is Said.REOPENED
    assert (bench.alert.level, bench.alert.peak) == (L2, L2)
    assert bench.pages(kinds=[NoticeKind.PAGE]) == []  # its group waits for five seconds
    assert {one.by for one in bench.at(5).heard if one.person} == {Means.DM}


def test_a_raise_begins_again_at_the_first_step_of_the_new_level() -> None:
    bench = Bench(L2).at(60).forget()
    generation = bench.alert.generation
    assert bench.fires(L3) is Said.LEVEL_RAISED
    assert bench.alert.generation == generation + 1
    assert bench.at(180).pages("bob") == [180]
    assert bench.pages("alice") == [60]


def test_a_raise_voids_a_snooze() -> None:
    bench = snoozed(L2)
    assert bench.fires(L3) is Said.LEVEL_RAISED
    assert bench.alert.state is AlertState.FIRING
    assert bench.pages("alice") == [0]


def test_a_drop_is_shown_and_calls_nobody_off() -> None:
    bench = Bench(L3).at(30)
    bench.fires(L1)
    assert (bench.alert.level, bench.alert.peak) == (L1, L3)
    assert bench.at(120).pages("bob") == [120]


def test_an_acknowledgement_stops_the_steps_and_tells_the_others() -> None:
    bench = Bench(L3).at(130).forget()
    assert bench.does(Acked("bob", L3)) is Said.ACKNOWLEDGED
    assert {(one.person, one.why) for one in bench.heard} == {
        ("alice", Why.ACKNOWLEDGED),
        ("", Why.ACKNOWLEDGED),  # PagerDuty is no person and wants to know as well
    }
    assert bench.made(Withdraw) and bench.made(Edit)
    assert bench.at(1700).pages() == []


def test_a_second_acknowledgement_is_noted_as_help() -> None:
    bench = taken()
    assert bench.does(Acked("bob", L3)) is Said.HELPING
    assert bench.alert.owner == "alice"
    assert bench.alert.in_charge == {"alice", "bob"}


def test_acknowledging_a_snoozed_alert_takes_charge_of_it() -> None:
    bench = snoozed()
    assert bench.does(Acked("bob", L3)) is Said.ACKNOWLEDGED
    assert bench.at(1300).pages() == []


def test_acknowledging_a_resolved_alert_is_answered_and_changes_nothing() -> None:
    bench = taken()
    bench.does(Resolved("alice"))
    before = bench.alert
    assert bench.does(Acked("bob", L3)) is Said.ALREADY_RESOLVED
    assert bench.alert == before


def test_an_owner_not_heard_of_is_reminded_first_and_then_the_others_are_told() -> None:
    bench = taken()
    bench.at(1800)
    reminder = [one for one in bench.heard if one.kind is NoticeKind.REMINDER]
    assert [(one.person, one.by) for one in reminder] == [("alice", Means.DM)]
    assert bench.alert.state is AlertState.FIRING
    assert bench.at(1920 + 120).pages("bob") == [2040]
    assert bench.pages("alice") == []


def test_an_owner_who_answers_the_reminder_keeps_the_others_asleep() -> None:
    bench = taken()
    bench.at(1810)
    assert bench.does(Acked("alice", L3)) is Said.ACKNOWLEDGED
    assert bench.at(3500).pages() == []


def test_an_owner_of_a_cleared_alert_is_reminded_to_close_it() -> None:
    bench = taken()
    bench.does(Cleared())
    bench.at(1900)
    assert [one.why for one in bench.heard if one.person == "alice"] == [Why.CLEARED]
    assert bench.at(120 + 2 * 1800).alert.state is AlertState.ACKNOWLEDGED
    assert len([one for one in bench.heard if one.kind is NoticeKind.REMINDER]) == 3
    assert bench.pages() == []


def test_giving_it_back_begins_again_at_the_first_step() -> None:
    bench = taken()
    assert bench.does(HandedOver("alice")) is Said.GIVEN_BACK
    assert bench.pages("alice") == [0]
    assert bench.heard[0].why is Why.GIVEN_BACK


def test_handing_it_over_pages_the_new_owner() -> None:
    bench = taken()
    assert bench.does(HandedOver("alice", to="dave")) is Said.HANDED_OVER
    assert bench.alert.owner == "dave"
    assert bench.pages() == bench.pages("dave") == [0]


def test_what_one_does_not_have_one_cannot_give_away() -> None:
    assert Bench(L3).does(HandedOver("alice")) is Said.NOT_IN_CHARGE
    assert taken().does(HandedOver("bob")) is Said.NOT_IN_CHARGE
    assert taken().does(HandedOver("alice", to="nobody")) is Said.NO_SUCH_PERSON
    assert taken().does(HandedOver("alice", to="alice")) is Said.ALREADY_YOURS


def test_handing_it_to_a_helper_does_not_page_them() -> None:
    bench = taken()
    bench.does(Acked("bob", L3))
    bench.forget().does(HandedOver("alice", to="bob"))
    assert [(one.kind, one.by) for one in bench.heard] == [(NoticeKind.REMINDER, Means.DM)]
