"""What each level does by default, as the design's table says it; and what a policy may not be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.alerting.alert import Why
from core.alerting.defaults import CRITICAL, DEFAULT, INTERVENTION
from core.alerting.effects import NotActed, NoticeKind, Notify, Open, Said, Spared, Tighten
from core.alerting.events import Acked, Cleared, Objected, Resolved
from core.alerting.levels import Level
from core.alerting.policy import (
    LevelPolicy,
    Need,
    OnUnacked,
    Opening,
    Policy,
    Step,
    Tightening,
    after,
    followed_by,
    wait_into,
)
from core.oncall.contacts import PAGING, Means
from tests.core.alerting.bench import L1, L2, L3, L4, T0, Bench, with_level

ACTING = with_level(L3, on_unacked=OnUnacked(180, Tightening.REDUCE_ONLY, announce_s=60))


def test_level_1_is_for_the_channel_and_the_digest() -> None:
    bench = Bench(L1).at(3 * 3600)
    assert {(one.person, one.by) for one in bench.heard} == {("", Means.CHANNEL)}


def test_level_2_tells_the_one_on_call_and_after_15_minutes_goes_on_as_level_3() -> None:
    bench = Bench(L2).at(899)
    assert {one.by for one in bench.heard if one.person} == {Means.DM}
    bench.forget().at(3600)
    page = min(bench.pages("alice"))
    assert page == 905  # its group waited for five seconds
    assert bench.pages("bob")[0] == page + 120
    assert bench.pages("carol")[0] == page + 300


def test_level_3_pages_the_primary_at_once_the_backup_at_2_and_the_lead_at_5_minutes() -> None:
    bench = Bench(L3).at(599)
    assert (bench.pages("alice"), bench.pages("bob"), bench.pages("carol")) == ([0], [120], [300])
    assert PAGING & {one.by for one in bench.heard if one.person == "alice"}
    assert bench.at(1100).pages("alice") == [0, 600]


def test_level_4_calls_everybody_each_minute_until_all_have_acknowledged() -> None:
    bench = Bench(L4).at(150)
    for name in ("alice", "bob", "carol", "dave"):
        assert bench.pages(name) == [0, 60, 120]
    assert Means.VOICE in {one.by for one in bench.heard if one.person == "dave"}


def test_level_4_holds_the_desk_and_opens_what_people_need_the_moment_it_is_reached() -> None:
    bench = Bench(L2).forget()
    bench.fires(L4)
    (hold,) = bench.made(Tighten)
    assert isinstance(hold, Tighten) and hold.action is Tightening.HOLD
    assert {one.what for one in bench.made(Open) if isinstance(one, Open)} == set(Opening)


def test_reopened_it_opens_them_anew_and_a_raise_within_an_episode_only_once() -> None:
    bench = Bench(L4)
    keys = {one.key for one in bench.made(Tighten) if isinstance(one, Tighten)}
    bench.fires(L4)
    assert len(bench.made(Tighten)) == 1
    bench.does(Resolved("alice"))
    bench.fires(L4)
    keys |= {one.key for one in bench.made(Tighten) if isinstance(one, Tighten)}
    assert len(keys) == 2


def test_when_nobody_takes_charge_the_action_is_announced_and_then_done() -> None:
    bench = Bench(L3, policy=ACTING).at(119)
    assert NoticeKind.COUNTDOWN not in {one.kind for one in bench.heard}
    bench.at(120)
    assert [one.at_s for one in bench.heard if one.kind is NoticeKind.COUNTDOWN] == [120]
    assert not bench.made(Tighten)
    (done,) = bench.at(180).made(Tighten)
    assert isinstance(done, Tighten)
    assert (done.action, done.why) == (Tightening.REDUCE_ONLY, Why.ACTED)
    assert len(bench.at(9000).made(Tighten)) == 1


@pytest.mark.parametrize("at_s", [0, 100, 130, 179])
def test_whoever_takes_charge_in_time_stops_the_action(at_s: int) -> None:
    bench = Bench(L3, policy=ACTING).at(at_s)
    bench.does(Acked("alice", L3))
    assert not bench.at(1700).made(Tighten)


def test_the_action_can_be_objected_to_and_the_paging_goes_on() -> None:
    bench = Bench(L3, policy=ACTING).at(130)
    assert bench.does(Objected("alice")) is Said.ACTION_STOPPED
    assert bench.does(Objected("alice")) is Said.NO_ACTION_PENDING
    assert not bench.at(900).made(Tighten)
    assert bench.pages("carol") == [300, 900]


def test_the_action_is_left_out_when_its_cause_has_gone() -> None:
    bench = Bench(L3, policy=ACTING).at(170)
    bench.does(Cleared())
    (spared,) = bench.at(200).made(Spared)
    assert isinstance(spared, Spared) and spared.reason is NotActed.CLEARED
    assert not bench.made(Tighten)


def test_a_dry_run_says_what_would_have_been_done() -> None:
    acting = OnUnacked(180, Tightening.KILL_AND_CLOSE, dry_run=True)
    (spared,) = Bench(L3, policy=with_level(L3, on_unacked=acting)).at(200).made(Spared)
    assert isinstance(spared, Spared) and spared.reason is NotActed.DRY_RUN


def test_a_policy_without_the_action_any_more_does_not_act() -> None:
    bench = Bench(L3, policy=ACTING).at(60)
    bench.policy = DEFAULT
    assert not bench.at(900).made(Tighten)


def test_nothing_the_system_may_do_by_itself_adds_risk() -> None:
    assert {str(action) for action in Tightening} == {
        "reduce-only",
        "hold",
        "kill, keeping positions",
        "kill and close",
    }


def test_flapping_pages_at_its_start_and_then_only_now_and_then() -> None:
    bench = Bench(L3)
    for number in range(1, 31):
        bench.at(number * 40 - 10)
        bench.does(Resolved("the source"))
        bench.at(number * 40)
        bench.fires(L3)
    early = [at for at in bench.pages("alice") if at < 200]
    late = [at for at in bench.pages("alice") if at >= 200]
    assert early == [0, 40, 80, 120]
    assert late == [1020]


def test_flapping_never_holds_back_a_higher_level_nor_level_4() -> None:
    bench = Bench(L2)
    for number in range(1, 10):
        bench.at(number * 40 - 10)
        bench.does(Resolved("the source"))
        bench.at(number * 40)
        bench.fires(L2)
    bench.does(Resolved("the source"))
    assert bench.fires(L3) is Said.REOPENED
    assert bench.pages("alice")[-1] == 360
    bench.does(Resolved("the source"))
    bench.fires(L4)
    bench.does(Resolved("the source"))
    assert bench.fires(L4) is Said.REOPENED


def test_steps_become_waits_between_them() -> None:
    assert [
        place and place.wait_s for place in (after(CRITICAL, step, 0) for step in range(4))
    ] == [
        120,
        180,
        300,
        300,
    ]
    assert wait_into(CRITICAL, 0, 0) == 0
    assert wait_into(CRITICAL, 0, 1) == 300
    assert wait_into(CRITICAL, 2, 0) == 180
    assert wait_into(CRITICAL, 99, 0) == 300
    assert after(DEFAULT.levels[L1], 0, 0) is None


def test_the_steps_of_level_3_follow_those_of_level_2() -> None:
    assert [step.at_s for step in INTERVENTION.steps] == [0, 900, 1020, 1200]
    assert followed_by((), 10, (Step(0, ()),))[0].at_s == 10


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": ()},
        {"steps": (Step(5, ()),)},
        {"steps": (Step(0, ()), Step(0, ()))},
        {"steps": (Step(0, ()), Step(20, ()), Step(10, ()))},
        {"repeat_from": 3},
        {"fallback_every_s": 0},
    ],
)
def test_a_policy_that_makes_no_sense_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(CRITICAL, **changes)  # type: ignore[arg-type]


def test_a_policy_speaks_of_every_level() -> None:
    levels: dict[Level, LevelPolicy] = {L1: CRITICAL}
    with pytest.raises(ValueError, match="missing: level 2"):
        Policy(levels)
    with pytest.raises(ValueError, match="announce"):
        OnUnacked(30, Tightening.HOLD, announce_s=60)


@pytest.mark.parametrize("level", Level)
def test_each_level_says_what_it_expects(level: Level) -> None:
    assert level.expects
    assert str(level).startswith(f"level {level.value} ")


def test_a_late_step_delays_the_next_and_none_is_caught_up() -> None:
    bench = Bench(L3).at(10).wakes_at(200)
    assert bench.pages("bob") == [200]
    assert bench.at(379).pages("carol") == []
    assert bench.at(380).pages("carol") == [380]
    assert bench.now - T0 == timedelta(seconds=380)


def test_half_a_minute_is_not_late_and_more_is() -> None:
    def late_s(woken_s: float) -> set[int]:
        bench = Bench(L3).at(10).forget().wakes_at(woken_s)
        return {one.late_s for one in bench.effects if isinstance(one, Notify)}

    assert late_s(150) == {0}
    assert late_s(151) == {31}


def test_where_all_have_to_acknowledge_the_first_who_does_stops_the_action() -> None:
    acting = OnUnacked(180, Tightening.REDUCE_ONLY)
    bench = Bench(L3, policy=with_level(L3, need=Need.ALL, on_unacked=acting)).at(10)
    assert bench.does(Acked("alice", L3)) is Said.OTHERS_MISSING
    assert not bench.at(7200).made(Tighten)
    assert bench.pages("bob")


def test_there_is_nothing_to_object_to_where_nothing_was_announced() -> None:
    bench = Bench(L3)
    before = bench.alert
    assert bench.does(Objected("alice")) is Said.NO_ACTION_PENDING
    assert bench.alert == before


def test_an_action_may_be_announced_with_the_first_page() -> None:
    acting = OnUnacked(60, Tightening.HOLD, announce_s=60)
    bench = Bench(L3, policy=with_level(L3, on_unacked=acting)).at(60)
    assert [one.at_s for one in bench.heard if one.kind is NoticeKind.COUNTDOWN] == [0]
    assert len(bench.made(Tighten)) == 1
