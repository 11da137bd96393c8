"""Edge cases 28, 29, 38 to 42 and 50 of the specification: clocks, downtime, windows, beats, digests."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.alerting.alert import AlertState, Identity, TimerKind, Timers
from core.alerting.defaults import DEFAULT
from core.alerting.digest import DigestTime, Posting, digests, next_digest
from core.alerting.effects import Notify, Said, Spared, Tighten, Withheld
from core.alerting.events import (
    Acked,
    Cleared,
    Event,
    Fired,
    Lifted,
    Resolved,
    SetBack,
    Snoozed,
)
from core.alerting.grouping import Pending, Together, pack
from core.alerting.hysteresis import Watch, observe
from core.alerting.machine import settle
from core.alerting.paging import Plan
from core.alerting.policy import OnUnacked, Tightening
from core.alerting.quieting import Inhibition, Maintenance, Match, Quiet, Quieting
from core.alerting.rules import RULES
from core.oncall.contacts import Means
from core.oncall.hours import Hours
from tests.core.alerting.bench import L1, L2, L3, L4, T0, USUAL, Bench, with_level

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
NEW_YORK = ZoneInfo("America/New_York")
LONG_AGO = T0 - timedelta(days=1000)


@pytest.mark.parametrize("by", [timedelta(minutes=5), HOUR, timedelta(days=1)])
@pytest.mark.parametrize(
    "event",
    [None, Acked("alice", L3), Snoozed("alice", T0 + HOUR), Cleared()],
    ids=["firing", "acknowledged", "snoozed", "clearing"],
)
def test_28_a_clock_set_back_over_a_restart_moves_what_is_due(
    event: Event | None, by: timedelta
) -> None:
    """While a process runs its clock never goes back (`tests/core/test_steady.py`)."""
    bench = Bench(L3).at(60)
    if event is not None:
        bench.does(event)
    before = bench.forget().alert
    assert before.due is not None
    bench.now -= by
    bench.does(SetBack(by))
    assert bench.alert.due == before.due - by
    assert (bench.alert.state, bench.heard) == (before.state, []), "nobody is told for that"


@pytest.mark.parametrize("kind", TimerKind)
def test_28_every_timer_is_moved_and_stays_what_it_is(kind: TimerKind) -> None:
    only = replace(Timers(), **{kind.value: T0})
    assert only.earlier(HOUR) == replace(Timers(), **{kind.value: T0 - HOUR})
    assert only.due(T0 - HOUR) is None
    assert only.earlier(HOUR).due(T0 - HOUR) is kind


def test_28_over_is_over_whatever_the_clock_says() -> None:
    bench = Bench(L3).at(60)
    bench.does(Resolved("alice"))
    assert bench.does(SetBack(HOUR)) is Said.NOTHING


def test_29_after_three_days_away_one_step_runs_and_says_how_late_it_is() -> None:
    bench = Bench(L3).at(10).forget().wakes_at(3 * 86_400)
    late = {one.late_s for one in bench.effects if isinstance(one, Notify)}
    assert bench.pages() == bench.pages("bob") == [3 * 86_400]
    assert late == {3 * 86_400 - 120}
    assert bench.at(3 * 86_400 + 180).pages("carol") == [3 * 86_400 + 180]


def test_29_an_emergency_that_is_later_than_its_whole_policy_tells_everybody_of_every_step() -> (
    None
):
    steps = DEFAULT.levels[L3].steps
    bench = Bench(L4, policy=with_level(L4, steps=steps)).at(10).forget().wakes_at(86_400)
    assert bench.pages("alice") == bench.pages("bob") == bench.pages("carol") == [86_400]
    soon = Bench(L4, policy=with_level(L4, steps=steps)).at(10).forget().wakes_at(420)
    assert (soon.pages("bob"), soon.pages("carol")) == ([420], [])


def test_38_when_the_inhibiting_alert_resolves_the_other_is_told() -> None:
    feed = replace(Bench(L3, identity=Identity("main", "feed_down")).alert, id="alert-0")
    rule = Inhibition(Match(rule="feed_down"), Match(rule="stale_*"))
    bench = Bench(L2, quieting=Quieting(inhibitions=(rule,), others=(feed,))).at(60)
    assert bench.heard == [] and bench.alert.state is AlertState.FIRING
    withheld = bench.made(Withheld)
    assert len(withheld) == 1 and isinstance(withheld[0], Withheld)
    assert withheld[0].reason.startswith(Quiet.INHIBITED) and feed.id in withheld[0].reason
    bench.quieting = Quieting(inhibitions=(rule,), others=())
    bench.does(Lifted())
    assert {one.at_s for one in bench.heard} == {60}


def test_38_without_word_of_it_the_step_is_tried_again_every_half_minute() -> None:
    feed = replace(Bench(L3, identity=Identity("main", "feed_down")).alert, id="alert-0")
    rule = Inhibition(Match(rule="feed_down"), Match(rule="stale_*"))
    bench = Bench(L3, quieting=Quieting(inhibitions=(rule,), others=(feed,))).at(70)
    bench.quieting = Quieting(inhibitions=(rule,), others=(replace(feed, cleared_at=T0),))
    assert bench.at(200).pages("alice") == [90]


def test_39_when_maintenance_ends_five_that_still_fire_are_one_message() -> None:
    window = Maintenance("upgrade", Match(), T0 - HOUR, T0 + HOUR)
    waiting = []
    for number in range(5):
        identity = Identity("main", "stale_mark", f"BTC-{number}")
        quieting = Quieting(maintenance=(window,))
        bench = Bench(L2, identity=identity, quieting=quieting).at(3599)
        assert bench.heard == []
        late = settle(bench.alert, Plan(DEFAULT, USUAL, quieting), T0 + HOUR)
        notices = [one for one in late.effects if isinstance(one, Notify)]
        waiting += [Pending(one, identity, T0 + HOUR) for one in notices]
    bundles = pack(waiting, [], T0 + HOUR)
    assert [(one.to.by, len(one.members), one.because) for one in bundles] == [
        (Means.CHANNEL, 5, Together.GROUPED),
        (Means.DM, 5, Together.GROUPED),
    ]


def test_39_what_cleared_during_maintenance_is_never_told() -> None:
    window = Maintenance("upgrade", Match(), T0 - HOUR, T0 + HOUR)
    bench = Bench(L2, quieting=Quieting(maintenance=(window,))).at(60)
    bench.does(Cleared())
    assert bench.at(7200).heard == []
    assert bench.alert.state is AlertState.RESOLVED


def test_40_quiet_hours_that_end_in_the_hour_that_comes_twice_end_once() -> None:
    quiet = Hours(NEW_YORK, time(22), time(1, 30))
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 summer time; it comes again at 06:30
    assert quiet.until(first - SECOND) == first
    assert quiet.until(first) is None
    assert quiet.until(first + HOUR - SECOND) is None


def test_40_a_warning_in_quiet_hours_waits_for_the_morning_and_a_critical_one_does_not() -> None:
    quieting = Quieting(quiet_hours=(Hours(ZoneInfo("UTC"), time(13), time(15)),))
    assert {one.at_s for one in Bench(L1, quieting=quieting).at(7200).heard} == {3600}
    assert Bench(L2, quieting=quieting).at(60).heard
    assert Bench(L3, quieting=quieting).pages("alice") == [0]


def test_41_a_heartbeat_exactly_at_its_deadline_is_in_time_and_one_that_flaps_does_not_chatter() -> (
    None
):
    limits = RULES["process_silent"].thresholds
    assert limits is not None
    silent = Decimal("9.999")
    watch, news = observe(limits, Watch(), silent, T0)
    assert news is None
    watch, news = observe(limits, watch, Decimal(10), T0)
    assert news == Fired(L2)
    for second in range(1, 50):  # it beats again, but only now and then
        beat = Decimal(0 if second % 9 else 10)
        watch, news = observe(limits, watch, beat, T0 + second * SECOND)
        assert news is None
    for second in range(50, 200):
        watch, news = observe(limits, watch, Decimal(0), T0 + second * SECOND)
        if news is not None:
            break
    assert news == Cleared() and second >= 100


def test_42_a_drill_pages_like_an_alert_and_the_system_does_nothing() -> None:
    policy = with_level(L3, on_unacked=OnUnacked(180, Tightening.REDUCE_ONLY))
    drill = Bench(L3, policy=policy, drill=True).at(600)
    assert drill.pages("alice") and drill.made(Spared) and not drill.made(Tighten)
    emergency = Bench(L4, drill=True).at(60)
    assert emergency.pages("dave") and not emergency.made(Tighten)
    assert Bench(L4).made(Tighten)


def test_50_on_the_day_when_the_hour_comes_twice_there_is_one_digest() -> None:
    when = DigestTime(NEW_YORK, time(1, 30))
    found = []
    last = date(2026, 10, 31)
    now = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    while now < datetime(2026, 11, 1, 9, 0, tzinfo=UTC):
        decided = digests("main", when, LONG_AGO, last, now)
        last = decided[-1].day if decided else last
        found += [(one.day, one.posting, now) for one in decided]
        now += timedelta(minutes=1)
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert found == [(date(2026, 11, 1), Posting.POST, first)]


def test_50_a_restart_in_the_second_of_the_digest_decides_on_the_same_key() -> None:
    when = DigestTime(ZoneInfo("UTC"), time(14))
    yesterday = date(2026, 1, 4)
    (one,) = digests("main", when, LONG_AGO, yesterday, T0)
    (again,) = digests("main", when, LONG_AGO, yesterday, T0 + SECOND)
    assert one.key == again.key == "main:2026-01-05"
    assert digests("main", when, LONG_AGO, one.day, T0 + SECOND) == []


def test_50_after_days_away_only_the_latest_is_posted_and_the_others_say_why_not() -> None:
    when = DigestTime(ZoneInfo("UTC"), time(13))
    decided = digests("main", when, LONG_AGO, date(2026, 1, 1), T0)
    assert [one.posting for one in decided] == [Posting.SKIP_OLD] * 3 + [Posting.POST_LATE]
    assert [one.day.day for one in decided] == [2, 3, 4, 5]
    assert digests("main", when, LONG_AGO, None, T0)[0].day == date(2026, 1, 5)
    assert digests("main", when, LONG_AGO, None, T0 - 2 * HOUR)[0].posting is Posting.SKIP_OLD


def test_50_after_a_year_away_no_more_than_a_month_of_days_is_decided_on() -> None:
    when = DigestTime(ZoneInfo("UTC"), time(13))
    decided = digests("main", when, LONG_AGO, date(2025, 1, 1), T0)
    assert (len(decided), decided[0].day, decided[-1].day.day) == (31, date(2025, 12, 6), 5)


def test_50_the_next_digest_of_a_skipped_hour_is_after_the_gap() -> None:
    when = DigestTime(NEW_YORK, time(2, 30))
    night = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)
    assert next_digest(when, night) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert next_digest(when, datetime(2026, 3, 8, 7, 0, tzinfo=UTC)) == datetime(
        2026, 3, 9, 6, 30, tzinfo=UTC
    )


def test_50_a_day_that_had_ended_before_the_desk_began_has_no_digest() -> None:
    when = DigestTime(ZoneInfo("UTC"), time(0, 5))
    midnight = datetime(2026, 1, 5, tzinfo=UTC)
    assert digests("main", when, midnight + HOUR, None, midnight + 2 * HOUR) == []
    (first,) = digests("main", when, midnight + HOUR, None, midnight + 25 * HOUR)
    assert first.day == date(2026, 1, 6)
