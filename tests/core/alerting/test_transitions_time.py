"""The specification's table: snoozes, escalation, clearing, resolving, and what time alone does."""

from dataclasses import replace
from datetime import timedelta

from core.alerting.alert import AlertState, Why
from core.alerting.effects import NoticeKind, Said
from core.alerting.events import Acked, Cleared, Escalated, HandedOver, Resolved, Snoozed
from core.alerting.policy import Need
from core.oncall.contacts import Contact, Means
from tests.core.alerting.bench import L1, L2, L3, L4, T0, USUAL, Bench, snoozed, taken, with_level

HOUR = 3600


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_each_level_can_be_snoozed_for_so_long_and_level_4_not_at_all() -> None:
    for level, longest_s in ((L1, 8 * HOUR), (L2, 4 * HOUR), (L3, HOUR // 2)):
        bench = Bench(level)
        assert bench.does(Snoozed("a", T0 + after(longest_s + 1))) is Said.SNOOZE_TOO_LONG
        assert bench.does(Snoozed("a", T0)) is Said.SNOOZE_PAST
        assert bench.does(Snoozed("a", T0 + after(longest_s))) is Said.SNOOZED
    assert Bench(L4).does(Snoozed("a", T0 + after(1))) is Said.SNOOZE_NOT_HERE


def test_a_snooze_ends_with_the_first_step_while_the_condition_holds() -> None:
    bench = snoozed()
    assert bench.at(1199).pages() == []
    assert bench.at(1200).pages("alice") == [1200]
    assert bench.heard[0].why is Why.SNOOZE_ENDED


def test_a_snooze_ends_resolved_once_the_condition_has_stayed_gone() -> None:
    bench = snoozed()
    bench.at(100).does(Cleared())
    assert bench.at(1200).alert.state is AlertState.RESOLVED
    assert bench.pages() == []


def test_a_snooze_waits_a_little_for_a_condition_that_has_just_gone() -> None:
    bench = snoozed()
    bench.at(1150).does(Cleared())
    assert bench.at(1269).alert.state is AlertState.SNOOZED
    assert bench.at(1270).alert.state is AlertState.RESOLVED


def test_a_new_time_for_a_snooze_counts_from_now() -> None:
    bench = snoozed()
    bench.at(600)
    assert bench.does(Snoozed("alice", bench.now + after(1800))) is Said.SNOOZED
    assert bench.at(2400).pages("alice") == [2400]


def test_escalating_runs_the_next_step_now_and_in_the_end_the_fallback() -> None:
    bench = Bench(L3, policy=with_level(L3, repeats=0)).forget()
    for who in ("bob", "carol", "dave"):
        assert bench.does(Escalated("alice", bench.alert.turn)) is Said.ESCALATED
        assert bench.pages(who) == [0]
    assert {one.why for one in bench.heard} == {Why.ESCALATED}


def test_escalating_what_somebody_has_leaves_that_person_in_peace() -> None:
    bench = taken()
    assert bench.does(Escalated("bob", bench.alert.turn)) is Said.ESCALATED
    assert bench.alert.state is AlertState.FIRING
    assert bench.pages("bob") == [0]
    assert bench.at(3000).pages("alice") == []


def test_escalating_a_snoozed_alert_wakes_it() -> None:
    bench = snoozed()
    assert bench.does(Escalated("bob", bench.alert.turn)) is Said.ESCALATED
    assert bench.pages("bob") == [0]


def test_after_every_step_and_repeat_the_fallback_goes_on_until_somebody_has_it() -> None:
    policy = with_level(L3, repeats=1, repeat_every_s=60, fallback_every_s=100)
    bench = Bench(L3, policy=policy).at(1200)
    assert bench.pages("alice") == [0, 360, 760, 860, 960, 1060, 1160]
    assert bench.pages("dave") == [760, 860, 960, 1060, 1160]
    bench.does(Acked("dave", L3))
    assert bench.forget().at(2000).pages() == []


def test_repeats_may_begin_at_a_later_step() -> None:
    policy = with_level(L3, repeats=None, repeat_from=1, repeat_every_s=60)
    assert Bench(L3, policy=policy).at(900).pages("alice") == [0]
    assert Bench(L3, policy=policy).at(700).pages("bob") == [120, 360, 600]


def test_a_condition_that_clears_closes_levels_1_and_2_after_a_while() -> None:
    bench = Bench(L2).at(30)
    bench.does(Cleared())
    assert bench.at(149).alert.state is AlertState.FIRING
    assert bench.at(150).alert.state is AlertState.RESOLVED


def test_level_3_stays_open_when_cleared_and_pages_more_slowly() -> None:
    bench = Bench(L3, policy=with_level(L3, cleared_every_s=1000)).at(10)
    bench.does(Cleared())
    bench.at(130).forget()
    assert bench.alert.slowed and bench.alert.state is AlertState.FIRING
    assert bench.at(4000).pages() == [1130, 2130, 3130]
    bench.does(Resolved("alice"))
    assert bench.at(9000).alert.state is AlertState.RESOLVED


def test_a_slowed_alert_takes_up_its_pace_when_the_condition_is_back() -> None:
    bench = Bench(L3).at(10)
    bench.does(Cleared())
    bench.at(200).forget()
    bench.fires(L3)
    assert not bench.alert.slowed
    assert bench.at(700).pages("carol") == [bench.pages("carol")[0]]
    assert bench.pages("carol")[0] <= 200 + 180 + 180


def test_resolving_tells_only_whom_it_was_told_to_and_twice_is_once() -> None:
    bench = Bench(L3).at(10).forget()
    assert bench.does(Resolved("alice")) is Said.RESOLVED_WHILE_ACTIVE
    assert {one.person for one in bench.heard} == {""}  # PagerDuty; alice knows, it was she
    assert bench.alert.due is None
    assert bench.forget().does(Resolved("bob")) is Said.ALREADY_RESOLVED
    assert not bench.heard


def test_everybody_else_who_was_told_hears_that_it_is_over() -> None:
    bench = Bench(L3).at(130).forget()
    bench.does(Resolved("bob"))
    assert {one.person for one in bench.heard} == {"alice", ""}
    assert {one.kind for one in bench.heard} == {NoticeKind.RESOLVED}
    assert Means.VOICE not in {one.by for one in bench.heard}


def test_at_level_4_each_has_to_acknowledge_and_only_the_others_are_paged_on() -> None:
    bench = Bench(L4).at(30)
    assert bench.does(Acked("alice", L4)) is Said.OTHERS_MISSING
    bench.forget().at(60)
    assert bench.pages("alice") == []
    assert bench.pages("bob") == bench.pages("carol") == bench.pages("dave") == [60]
    assert {one.why for one in bench.heard} == {Why.OTHERS_MISSING}
    for name in ("bob", "carol"):
        assert bench.does(Acked(name, L4)) is Said.OTHERS_MISSING
    assert bench.does(Acked("dave", L4)) is Said.ACKNOWLEDGED
    assert bench.forget().at(900).pages() == []


def test_one_acknowledgement_is_enough_where_the_policy_says_so() -> None:
    bench = Bench(L4, policy=with_level(L4, need=Need.ONE))
    assert bench.does(Acked("dave", L4)) is Said.ACKNOWLEDGED


def test_level_1_is_told_once_and_waits_for_nobody() -> None:
    bench = Bench(L1).at(86_400)
    assert [(one.at_s, one.person, one.by) for one in bench.heard] == [(30, "", Means.CHANNEL)]
    assert bench.alert.due is None


def test_a_person_without_that_means_is_told_by_what_they_have() -> None:
    alice = Contact("alice", (Means.EMAIL,))
    roster = replace(USUAL, on={duty: (alice,) for duty in USUAL.on}, everyone=(alice,))
    bench = Bench(L3, people=roster)
    assert [one.by for one in bench.heard if one.person] == [Means.EMAIL]


def test_given_back_while_its_condition_is_gone_it_is_watched_on() -> None:
    bench = taken(L2)
    bench.at(10).does(Cleared())
    bench.at(60).does(HandedOver("alice"))
    assert bench.at(129).alert.state is AlertState.FIRING
    assert bench.at(130).alert.state is AlertState.RESOLVED


def test_given_back_long_after_its_condition_went_it_closes_by_itself() -> None:
    bench = taken(L2)
    bench.at(10).does(Cleared())
    bench.at(600).does(HandedOver("alice"))
    assert bench.at(601).alert.state is AlertState.RESOLVED


def test_escalated_while_its_condition_is_gone_it_is_watched_too() -> None:
    bench = taken(L2)
    bench.at(10).does(Cleared())
    bench.at(600).does(Escalated("bob", bench.alert.turn))
    assert bench.at(601).alert.state is AlertState.RESOLVED


def test_escalated_out_of_a_snooze_it_closes_once_the_condition_has_stayed_gone() -> None:
    bench = snoozed(L2)
    bench.at(100).does(Cleared())
    bench.at(150).does(Escalated("bob", bench.alert.turn))
    assert bench.at(219).alert.state is AlertState.FIRING
    assert bench.at(220).alert.state is AlertState.RESOLVED


def test_taken_while_its_condition_is_gone_the_owner_is_asked_to_close_it() -> None:
    bench = Bench(L2).at(10)
    bench.does(Cleared())
    bench.at(60).does(Acked("alice", L2))
    bench.forget().at(600)
    assert [(one.at_s, one.why) for one in bench.heard] == [(130, Why.CLEARED)]
