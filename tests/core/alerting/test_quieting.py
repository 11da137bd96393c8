"""What keeps a step quiet, and what does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.alerting.alert import AlertState, Identity
from core.alerting.audit import Violation, twins, unheard, violations
from core.alerting.events import Acked, Escalated, Snoozed
from core.alerting.quieting import (
    Inhibition,
    Maintenance,
    Match,
    Quiet,
    Quieting,
    Silence,
    hush,
)
from core.oncall.schedule import Duty
from tests.core.alerting.bench import L1, L2, L3, PLAN, T0, USUAL, Bench

HOUR = timedelta(hours=1)
FEED = Identity("main", "feed_down", "BTC")
STALE = Identity("main", "stale_mark", "BTC")


@pytest.mark.parametrize(
    ("match", "covers"),
    [
        (Match(), True),
        (Match(rule="stale_mark"), True),
        (Match(rule="stale_*", symbol="BTC"), True),
        (Match(rule="stale"), False),
        (Match(symbol="B"), False),
        (Match(desk="other"), False),
        (Match(rule="*mark"), False),
    ],
)
def test_a_pattern_is_a_word_or_the_beginning_of_one(match: Match, covers: bool) -> None:
    assert match.covers(STALE) is covers


def quieting(**changes: object) -> Quieting:
    """A feed that is down keeps stale marks of its symbol quiet."""
    feed = replace(Bench(L3, identity=FEED).alert, id="feed", **changes)  # type: ignore[arg-type]
    rule = Inhibition(Match(rule="feed_down"), Match(rule="stale_mark"), same_symbol=True)
    return Quieting(inhibitions=(rule,), others=(feed,))


def test_an_open_alert_inhibits_those_that_follow_from_it() -> None:
    alert = Bench(L2, identity=STALE).alert
    found = hush(alert, quieting(), T0)
    assert found is not None and found.reason is Quiet.INHIBITED and "feed" in found.by
    assert hush(alert, quieting(state=AlertState.ACKNOWLEDGED), T0) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": AlertState.RESOLVED},
        {"state": AlertState.SNOOZED},
        {"cleared_at": T0},
        {"level": L1},
        {"identity": replace(FEED, symbol="ETH")},
        {"identity": replace(FEED, desk="other")},
        {"identity": STALE},
    ],
)
def test_what_is_over_lower_or_about_something_else_inhibits_nothing(
    changes: dict[str, object],
) -> None:
    assert hush(Bench(L2, identity=STALE).alert, quieting(**changes), T0) is None


def test_an_alert_does_not_inhibit_itself() -> None:
    alert = Bench(L3, identity=STALE).alert
    rule = Inhibition(Match(rule="stale_*"), Match(symbol="BTC"))
    assert hush(alert, Quieting(inhibitions=(rule,), others=(alert,)), T0) is None


def test_maintenance_keeps_levels_up_to_its_own_quiet() -> None:
    window = Maintenance("upgrade", Match(), T0, T0 + HOUR)
    now = Quieting(maintenance=(window,))
    found = hush(Bench(L2).alert, now, T0)
    assert found is not None and (found.reason, found.until) == (Quiet.MAINTENANCE, T0 + HOUR)
    assert hush(Bench(L3).alert, now, T0) is None
    assert hush(Bench(L2).alert, now, T0 + HOUR) is None


def test_a_person_who_escalates_is_heard_in_any_silence() -> None:
    silence = Silence("s", Match(rule="stale_mark"), "alice", "known", T0, T0 + HOUR)
    bench = Bench(L2, quieting=Quieting(silences=(silence,))).at(60)
    bench.does(Escalated("alice", bench.alert.turn))
    assert bench.heard


def test_a_silenced_alert_can_be_taken_and_shows_why_it_is_quiet() -> None:
    silence = Silence("s-7", Match(rule="stale_mark"), "alice", "known", T0, T0 + HOUR)
    bench = Bench(L2, quieting=Quieting(silences=(silence,))).at(60)
    assert "s-7 by alice (known)" in bench.alert.withheld
    bench.does(Acked("bob", L2))
    assert bench.alert.withheld == ""
    assert bench.at(7200).heard == []


def test_its_owner_is_reminded_before_a_silence_ends() -> None:
    silence = Silence("s", Match(rule="x"), "alice", "known", T0, T0 + HOUR)
    assert silence.remind_at == T0 + timedelta(minutes=50)
    assert replace(silence, ends=T0 + timedelta(minutes=5)).remind_at == T0


def test_a_page_that_is_kept_back_starts_no_countdown() -> None:
    silence = Silence("s", Match(rule="stale_mark"), "alice", "known", T0, T0 + HOUR, L3)
    bench = Bench(L3, quieting=Quieting(silences=(silence,))).at(60)
    assert bench.alert.timers.act is None


def test_the_audit_names_what_is_wrong() -> None:
    alert = Bench(L3).alert
    none = replace(alert.timers, step=None)
    late = replace(alert.timers, step=T0 - HOUR)
    wrong = [
        (replace(alert, timers=none), Violation.FORGOTTEN),
        (replace(alert, timers=late), Violation.OVERDUE),
        (replace(alert, state=AlertState.RESOLVED), Violation.RESOLVED_BUT_DUE),
        (replace(alert, state=AlertState.ACKNOWLEDGED), Violation.OWNERLESS),
        (replace(alert, state=AlertState.ACKNOWLEDGED), Violation.PAGES_THOUGH_TAKEN),
        (replace(alert, state=AlertState.SNOOZED, timers=none), Violation.NEVER_WAKES),
        (replace(alert, peak=L1), Violation.PEAK_BELOW_LEVEL),
    ]
    for broken, violation in wrong:
        assert violation in violations(broken, PLAN, T0)
    assert violations(alert, PLAN, T0) == []


def test_two_open_alerts_of_one_identity_are_found() -> None:
    alert = Bench(L3).alert
    twin = replace(alert, id="alert-2")
    assert twins([alert, twin]) == [twin]
    assert twins([alert, replace(twin, state=AlertState.RESOLVED)]) == []


def test_a_snooze_is_no_silence() -> None:
    bench = Bench(L2).at(10)
    bench.does(Snoozed("alice", bench.now + HOUR))
    assert bench.fires(L3)
    assert bench.pages("alice") == [5, 10]


def test_an_alert_that_reached_no_person_is_found() -> None:
    bench = Bench(L3, people=replace(USUAL, on={duty: () for duty in Duty}, everyone=()))
    assert not unheard(bench.alert, T0)
    assert unheard(bench.alert, T0 + HOUR)
    assert not unheard(Bench(L3).alert, T0 + HOUR)
    assert not unheard(Bench(L1).at(60).alert, T0 + HOUR)


def test_a_snoozed_alert_is_not_said_to_be_silenced() -> None:
    silence = Silence("s", Match(rule="stale_mark"), "alice", "known", T0, T0 + HOUR)
    bench = Bench(L2, quieting=Quieting(silences=(silence,))).at(60)
    bench.does(Snoozed("alice", bench.now + HOUR))
    assert bench.alert.withheld == ""
