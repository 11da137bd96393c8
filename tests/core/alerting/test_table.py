"""The table of states and the table of events: complete, closed, and the only ways there are."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from core.alerting.alert import TRANSITIONS, AlertState, IllegalMove, TimerKind, Timers, move
from core.alerting.defaults import DEFAULT
from core.alerting.effects import Edit, Said, WakeAt
from core.alerting.events import Acked, Cleared, Due, Event, Fired, Resolved, Sent, ShiftBegan
from core.alerting.machine import HANDLERS, settle
from core.alerting.policy import policy_hash
from core.oncall.contacts import Means
from tests.core.alerting.bench import L1, L2, L3, PLAN, T0, Bench, with_level

WAYS = {
    "firing": {"acknowledged", "snoozed", "resolved"},
    "acknowledged": {"firing", "snoozed", "resolved"},
    "snoozed": {"firing", "acknowledged", "resolved"},
    "resolved": {"firing"},
}
"""Written out a second time: whoever changes the table has to mean it."""


def test_the_table_has_exactly_the_ways_that_are_meant() -> None:
    assert {str(state): {str(to) for to in ways} for state, ways in TRANSITIONS.items()} == WAYS


@pytest.mark.parametrize(("state", "to"), list(product(AlertState, AlertState)))
def test_an_alert_goes_only_where_its_table_leads(state: AlertState, to: AlertState) -> None:
    if to is state or to in WAYS[state]:
        assert move(state, to) is to
    else:
        with pytest.raises(IllegalMove, match=f"{state}.*{to}"):
            move(state, to)


def test_every_event_has_an_answer_in_every_state() -> None:
    assert set(HANDLERS) == set(Event.__args__)
    for row in HANDLERS.values():
        assert set(row) == set(AlertState)


def test_every_change_is_a_new_version_and_nothing_else_is() -> None:
    bench = Bench(L3)
    before = bench.alert
    bench.does(Acked("alice", L3))
    assert bench.alert.version == before.version + 1
    taken = bench.alert
    assert bench.does(Acked("alice", L3)) is Said.ALREADY_YOURS
    assert bench.alert == taken


def test_a_timer_of_an_earlier_generation_is_dropped() -> None:
    bench = Bench(L3)
    stale = Due(bench.alert.generation)
    bench.does(Acked("alice", L3))
    bench.at(120)
    assert bench.does(stale) is Said.STALE
    assert not bench.forget().heard


def test_a_timer_that_is_not_due_yet_does_nothing() -> None:
    bench = Bench(L3)
    assert bench.does(Due(bench.alert.generation)) is Said.NOT_DUE


def test_a_clear_is_handled_before_a_page_however_late_both_are() -> None:
    timers = Timers(clear=T0 - timedelta(seconds=1), step=T0 - timedelta(hours=1))
    assert timers.due(T0) is TimerKind.CLEAR
    assert timers.next_at == T0 - timedelta(hours=1)


def test_settling_does_everything_that_is_due_and_comes_to_an_end() -> None:
    bench = Bench(L1)
    bench.does(Cleared())
    late = settle(bench.alert, PLAN, T0 + timedelta(days=3))
    assert late.alert.state is AlertState.RESOLVED
    assert late.alert.due is None
    assert settle(late.alert, PLAN, T0 + timedelta(days=4)).effects == ()


def test_the_message_is_edited_with_every_step_and_deed() -> None:
    bench = Bench(L3)
    assert bench.made(Edit)
    bench.forget().does(Acked("alice", L3))
    assert bench.made(Edit)


def test_the_same_policy_has_the_same_name_and_another_another() -> None:
    assert policy_hash(DEFAULT) == policy_hash(replace(DEFAULT))
    assert policy_hash(DEFAULT) != policy_hash(with_level(L2, repeats=7))
    assert policy_hash(DEFAULT) != policy_hash(replace(DEFAULT, edit_every_s=6))


def test_seeing_a_known_delivery_again_changes_nothing() -> None:
    bench = Bench(L3)
    assert bench.does(Sent("alice", Means.DM)) is Said.NOTHING
    assert bench.does(Fired(L3)) is Said.REFIRED


def test_many_changes_are_one_edit_every_five_seconds() -> None:
    bench = Bench(L3).forget()
    for tenth in range(1, 120):
        bench.at(tenth / 10).fires(L3)
    assert len(bench.made(Edit)) == 2
    assert bench.at(60).alert.timers.edit is None
    assert len(bench.made(Edit)) == 3


def test_a_deed_is_shown_at_once_however_recent_the_last_edit() -> None:
    bench = Bench(L3).at(1).forget()
    bench.fires(L3)
    assert not bench.made(Edit)
    bench.does(Acked("alice", L3))
    assert len(bench.made(Edit)) == 1


def test_it_asks_to_be_woken_whenever_what_is_due_next_has_changed() -> None:
    bench = Bench(L3)
    (first,) = bench.made(WakeAt)
    assert first == WakeAt("alert-1", T0 + timedelta(seconds=120))
    bench.forget().does(ShiftBegan("dave"))
    assert not bench.made(WakeAt)
    bench.does(Acked("alice", L3))
    assert bench.made(WakeAt) == [WakeAt("alert-1", T0 + timedelta(seconds=1800))]
    bench.forget().does(Resolved("alice"))
    assert not bench.made(WakeAt)
