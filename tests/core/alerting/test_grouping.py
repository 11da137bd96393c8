"""Groups, budgets and what overtakes: nothing is ever left out."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.alerting.alert import Destination, Identity, Why
from core.alerting.effects import NoticeKind, Notify
from core.alerting.events import Flushed, ShiftBegan
from core.alerting.grouping import (
    FULL,
    GATHERED_WITHIN,
    MINUTE,
    PER_MINUTE,
    Gone,
    Pending,
    Together,
    flushed_with,
    group_of,
    pack,
)
from core.alerting.levels import Level
from core.oncall.contacts import Means
from tests.core.alerting.bench import L1, L2, L3, L4, T0, Bench
from tests.core.examples import quick

SECOND = timedelta(seconds=1)
CHANNEL = Destination("", Means.CHANNEL)

messages = st.builds(
    lambda number, level, rule, person, by, kind, age: Pending(
        Notify(f"k{number}", f"a{number}", 1, person, by, kind, Why.RAISED, level),
        Identity("main", f"rule-{rule}", f"S{number}"),
        T0 - age * SECOND,
    ),
    st.integers(0, 10**9),
    st.sampled_from(Level),
    st.integers(0, 30),
    st.sampled_from(["", "alice", "bob"]),
    st.sampled_from([Means.CHANNEL, Means.SMS, Means.VOICE]),
    st.sampled_from([NoticeKind.PAGE, NoticeKind.RESOLVED]),
    st.integers(0, 100),
)
storms = st.lists(messages, max_size=80, unique_by=lambda one: one.notice.key)
earlier = st.lists(
    st.builds(
        lambda by, age, level: Gone(Destination("alice", by), T0 - age * SECOND, level),
        st.sampled_from([Means.SMS, Means.VOICE]),
        st.integers(0, 200),
        st.sampled_from(Level),
    ),
    max_size=12,
)


@quick
@given(storms, earlier)
def test_every_message_is_in_exactly_one_bundle_to_its_own_destination(
    waiting: list[Pending], gone: list[Gone]
) -> None:
    bundles = pack(waiting, gone, T0)
    assert Counter(member for one in bundles for member in one.members) == Counter(waiting)
    for one in bundles:
        assert {(m.notice.person, m.notice.by) for m in one.members} == {(one.to.person, one.to.by)}


@quick
@given(storms, earlier)
def test_emergencies_go_first_alone_and_now(waiting: list[Pending], gone: list[Gone]) -> None:
    bundles = pack(waiting, gone, T0)
    urgent = [one for one in bundles if one.level is L4]
    assert bundles[: len(urgent)] == urgent
    for one in urgent:
        assert (len(one.members), one.at, one.because) == (1, T0, Together.EMERGENCY)


@quick
@given(storms, earlier)
def test_the_first_of_each_level_always_goes_and_the_rest_keeps_to_the_budget(
    waiting: list[Pending], gone: list[Gone]
) -> None:
    by_destination: dict[Destination, list[Level]] = {}
    for one in pack(waiting, gone, T0):
        if one.level is not L4 and one.at == T0:
            by_destination.setdefault(one.to, []).append(one.level)
    for to, levels in by_destination.items():
        recent = [one for one in gone if one.to == to and T0 - one.at < MINUTE]
        assert len(levels) <= max(PER_MINUTE[to.by] - len(recent), len(Level))


def page(number: int, level: Level, rule: str = "stale_mark") -> Pending:
    notice = Notify(
        f"{number}", f"{number}", 1, "", Means.CHANNEL, NoticeKind.PAGE, Why.RAISED, level
    )
    return Pending(notice, Identity("main", rule, f"S{number}"), T0)


def test_alerts_of_one_rule_share_a_message() -> None:
    (one,) = pack([page(1, L1), page(2, L2)], [], T0)
    assert (one.because, one.level) == (Together.GROUPED, L2)
    assert [member.notice.level for member in one.members] == [L2, L1]
    assert group_of(page(1, L1).identity) == group_of(page(2, L3).identity)


def test_warnings_of_a_group_are_gathered_for_half_a_second_and_critical_ones_are_not() -> None:
    [warnings] = pack([page(n, L1) for n in range(3)], [], T0)
    assert warnings.at == T0 + GATHERED_WITHIN
    [ready] = pack([page(n, L1) for n in range(3)], [], T0 + GATHERED_WITHIN)
    assert ready.at == T0 + GATHERED_WITHIN
    [full] = pack([page(n, L1) for n in range(FULL)], [], T0)
    assert full.at == T0, "it has no more room"
    [alone] = pack([page(0, L1)], [], T0)
    assert alone.at == T0
    [critical] = pack([page(n, L3) for n in range(3)], [], T0)
    assert critical.at == T0


def test_a_machine_is_sent_all_that_people_would_get_counted() -> None:
    rules = [page(n, L2, rule=f"r{n}") for n in range(100)]
    machine = [
        replace(one, notice=replace(one.notice, by=Means.WEBHOOK, person="")) for one in rules
    ]
    assert len(pack(machine, [], T0)) == 100
    assert len(pack(rules, [], T0)) < 20


def test_when_the_minute_is_used_up_the_rest_waits_for_the_next() -> None:
    gone = [Gone(CHANNEL, T0 - age * SECOND, level) for age in range(1, 11) for level in (L1,)]
    bundles = pack([page(number, L1, f"r{number}") for number in range(5)], gone, T0)
    (collapsed,) = bundles
    assert collapsed.because is Together.COLLAPSED
    assert collapsed.at == T0 - 10 * SECOND + MINUTE
    first = pack([page(1, L2)], gone, T0)
    assert first[0].at == T0  # the first of its level does not wait


def test_a_critical_alert_takes_along_those_of_its_rule_that_wait() -> None:
    waiting = Bench(L1, identity=Identity("main", "stale_mark", "ETH")).at(10).alert
    other = Bench(L1, identity=Identity("main", "feed_down")).at(10).alert
    critical = Bench(L2)
    critical.at(10).fires(L3)
    now = critical.now
    assert flushed_with([waiting, other, critical.alert], now) == [waiting.id]
    assert flushed_with([waiting, other], now) == []


def test_flushed_it_is_told_at_once_and_only_once() -> None:
    bench = Bench(L1).at(10)
    bench.does(Flushed())
    assert [one.at_s for one in bench.at(600).heard] == [10]
    bench.does(Flushed())
    assert len(bench.heard) == 1


def test_a_shift_hears_of_all_it_takes_over_in_one_message() -> None:
    inherited = []
    for rule in ("stale_mark", "feed_down"):
        bench = Bench(L3, identity=Identity("main", rule))
        bench.forget().does(ShiftBegan("dave"))
        made = [one for one in bench.effects if isinstance(one, Notify) and one.by is Means.DM]
        inherited += [Pending(one, bench.identity, T0) for one in made]
    (one,) = pack(inherited, [], T0)
    assert len(one.members) == 2


def test_as_many_as_the_minute_holds_go_one_by_one() -> None:
    limit = PER_MINUTE[Means.CHANNEL]
    exactly = pack([page(number, L1, f"r{number}") for number in range(limit)], [], T0)
    assert {one.because for one in exactly} == {Together.ALONE}
    more = pack([page(number, L1, f"r{number}") for number in range(limit + 1)], [], T0)
    assert len(more) == limit and Together.COLLAPSED in {one.because for one in more}
