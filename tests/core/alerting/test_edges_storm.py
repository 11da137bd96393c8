"""Edge cases 34 to 37 of the specification: many alerts, one that matters among them, silences too wide."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.alerting.alert import Identity, Why
from core.alerting.effects import Edit, NoticeKind, Notify
from core.alerting.events import Fired, Lifted
from core.alerting.grouping import Pending, Together, pack
from core.alerting.levels import Level
from core.alerting.machine import advance
from core.alerting.quieting import Match, Quieting, Silence, SilenceRefusal, silence_refusal
from core.oncall.contacts import Means
from tests.core.alerting.bench import L1, L2, L3, L4, PLAN, T0, Bench

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def waiting(number: int, level: Level, since_s: int = 0) -> Pending:
    """A message about an alert of its own rule."""
    identity = Identity("main", f"rule-{number}")
    key = f"{number}"
    notice = Notify(key, key, 1, "", Means.CHANNEL, NoticeKind.PAGE, Why.RAISED, level)
    return Pending(notice, identity, T0 + since_s * SECOND)


def test_34_ten_thousand_alerts_in_a_second_are_a_few_messages_and_none_is_lost() -> None:
    storm = [waiting(number, L1 if number % 3 else L2) for number in range(10_000)]
    bundles = pack(storm, [], T0)
    assert len(bundles) <= 10
    members = [member.notice.key for bundle in bundles for member in bundle.members]
    assert sorted(members) == sorted(one.notice.key for one in storm)
    assert [one.because for one in bundles].count(Together.COLLAPSED) == 1


def test_35_one_alert_found_ten_thousand_times_pages_once_and_edits_now_and_then() -> None:
    bench = Bench(L3).forget()
    alert, edits, notices = bench.alert, 0, 0
    for number in range(10_000):
        now = T0 + number * timedelta(milliseconds=1)
        outcome = advance(alert, Fired(L3), PLAN, now)
        alert = outcome.alert
        edits += sum(isinstance(one, Edit) for one in outcome.effects)
        notices += sum(isinstance(one, Notify) for one in outcome.effects)
    assert alert.fire_count == 10_001
    assert (edits, notices) == (0, 0)
    assert alert.timers.edit == T0 + 5 * SECOND


def test_36_in_a_storm_the_one_emergency_goes_first_and_alone() -> None:
    storm = [waiting(number, L2) for number in range(500)]
    storm.insert(250, waiting(9999, L4, since_s=1))
    first = pack(storm, [], T0 + SECOND)[0]
    assert (first.because, len(first.members)) == (Together.EMERGENCY, 1)
    assert first.at == T0 + SECOND


def test_37_a_silence_of_everything_is_refused() -> None:
    everything = silence(Match(desk="main"))
    assert silence_refusal(everything) is SilenceRefusal.EVERYTHING
    assert silence_refusal(silence(Match(rule="*"))) is SilenceRefusal.EVERYTHING
    assert silence_refusal(silence(Match(rule="stale_*"))) is None


def silence(match: Match, **changes: object) -> Silence:
    one = Silence("s-1", match, "alice", "known", T0, T0 + HOUR)
    return replace(one, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reason": "  "}, SilenceRefusal.NO_REASON),
        ({"owner": ""}, SilenceRefusal.NO_OWNER),
        ({"ends": T0}, SilenceRefusal.NO_TIME),
        ({"ends": T0 + 169 * HOUR}, SilenceRefusal.TOO_LONG),
        ({"max_level": L4}, SilenceRefusal.EMERGENCY),
    ],
)
def test_37_a_silence_needs_a_reason_an_owner_and_an_end(
    changes: dict[str, object], refusal: SilenceRefusal
) -> None:
    assert silence_refusal(silence(Match(rule="stale_mark"), **changes)) is refusal


def test_37_a_pattern_cannot_run_away() -> None:
    hostile = Match(rule="a" * 20 + "(a+)+$")
    assert not hostile.covers(Identity("main", "a" * 50_000))
    assert Match(rule="a*").covers(Identity("main", "a" * 50_000))


def test_37_a_silence_that_ends_while_it_fires_tells_at_that_second() -> None:
    quieting = Quieting(silences=(silence(Match(rule="stale_mark"), max_level=L3),))
    bench = Bench(L3, quieting=quieting).at(7300)
    assert bench.pages("alice")[0] == 3600
    assert bench.pages("bob")[0] == 3720


def test_37_a_silence_taken_back_tells_at_once() -> None:
    quieting = Quieting(silences=(silence(Match(rule="stale_mark"), max_level=L3),))
    bench = Bench(L3, quieting=quieting).at(60)
    bench.quieting = Quieting()
    bench.does(Lifted())
    assert bench.pages("alice") == [60]


def test_37_no_silence_hides_a_level_above_its_own_nor_an_emergency() -> None:
    quieting = Quieting(silences=(silence(Match(rule="stale_mark")),))
    bench = Bench(L2, quieting=quieting).at(60)
    assert bench.heard == []
    bench.fires(L3)
    assert bench.pages("alice") == [60]
    everything = replace(silence(Match()), max_level=L4)
    assert Bench(L4, quieting=Quieting(silences=(everything,))).pages("alice") == [0]
