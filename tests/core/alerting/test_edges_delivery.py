"""Edge cases 11 to 17 and 30 to 33 of the specification: what the rules decide about messages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.alerting.alert import AlertState, Why
from core.alerting.delivery import (
    TRIP_AFTER,
    Answer,
    Breaker,
    Dropped,
    Failure,
    Held,
    Next,
    Ruling,
    Verdict,
    after_attempt,
    by_memory,
    dropped,
    held,
    noted,
    probed,
    retry_after_s,
    verdict,
)
from core.alerting.effects import NoticeKind, Notify, Said
from core.alerting.events import Acked, Event, Fired, HandedOver
from core.alerting.machine import fire, replay
from core.alerting.paging import Plan
from core.oncall.contacts import Means
from tests.core.alerting.bench import ALICE, L1, L2, L3, L4, MARK, PLAN, T0, Bench

SECOND = timedelta(seconds=1)
DOWN = Answer(failure=Failure.NO_CONNECTION)


def page(level: int = 3, by: Means = Means.SMS, person: str = "alice") -> Notify:
    kind, why = NoticeKind.PAGE, Why.RAISED
    return Notify("key", "alert-1", 1, person, by, kind, why, {1: L1, 2: L2, 3: L3, 4: L4}[level])


def failed(answer: Answer) -> Verdict:
    return verdict(answer, T0)


def test_11_whatever_is_made_again_after_a_crash_has_the_same_keys() -> None:
    once = fire(None, MARK, Fired(L3), PLAN, "alert-1", T0)
    again = fire(None, MARK, Fired(L3), PLAN, "alert-1", T0)
    assert once == again
    keys = [one.key for one in once.effects if isinstance(one, Notify)]
    assert len(keys) == len(set(keys)) > 1


def test_11_no_two_messages_of_an_alert_share_a_key() -> None:
    bench = Bench(L3).at(900)
    bench.does(Acked("alice", L3))
    bench.at(2 * 3600).fires(L4)
    bench.at(3 * 3600)
    keys = [one.key for one in bench.effects if isinstance(one, Notify)]
    assert len(keys) == len(set(keys)) > 50


def test_12_a_send_that_may_have_arrived_is_looked_up_first_and_critical_ones_go_another_way() -> (
    None
):
    unknown = failed(Answer(failure=Failure.TIMEOUT))
    assert unknown.ruling is Ruling.UNKNOWN
    critical = after_attempt(unknown, 0, page(3), [], ALICE, T0, T0)
    assert (critical.do, critical.fallback) == (Next.LOOK_UP, Means.DM)
    assert after_attempt(unknown, 0, page(2), [], ALICE, T0, T0).fallback is None
    assert after_attempt(unknown, 0, page(1), [], ALICE, T0, T0).do is Next.DONE


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("0", 0),
        ("30", 30),
        ("Mon, 05 Jan 2026 14:00:10 GMT", 10),
        ("Mon, 05 Jan 2026 13:00:00 GMT", 0),
        (None, None),
        ("soon", None),
        ("86400", 3600),
    ],
)
def test_13_retry_after_is_honoured_whatever_its_form(header: str | None, wait_s: int) -> None:
    assert retry_after_s(header, T0) == wait_s
    asked = failed(Answer(429, retry_after=header))
    course = after_attempt(asked, 0, page(3), [], ALICE, T0, T0)
    assert course.do is Next.TRY_AGAIN
    assert course.at == T0 + timedelta(seconds=1 if wait_s is None else wait_s)
    assert (course.fallback is not None) == (wait_s is not None and wait_s > 5)


@pytest.mark.parametrize(("level", "within_s"), [(2, 60), (3, 5), (4, 0)])
def test_13_tries_that_fail_one_after_the_other_use_up_the_same_patience(
    level: int, within_s: int
) -> None:
    now = T0
    for attempt in range(20):
        course = after_attempt(failed(DOWN), attempt, page(level), [], ALICE, T0, now)
        if course.fallback is not None:
            break
        now = course.at
    assert course.fallback is Means.DM
    assert now - T0 <= timedelta(seconds=within_s) < course.at - T0


def test_14_a_destination_that_keeps_failing_is_probed_and_level_4_still_tries() -> None:
    breaker = Breaker()
    for _ in range(TRIP_AFTER - 1):
        breaker = noted(breaker, Ruling.RETRY, T0)
        assert held(breaker, L1, T0) is None
    breaker = noted(breaker, Ruling.RETRY, T0)
    assert held(breaker, L3, T0) is Held.BREAKER
    assert held(breaker, L4, T0) is None
    assert breaker.open_until is not None
    assert held(breaker, L1, breaker.open_until) is None
    assert noted(breaker, Ruling.RETRY, T0) == breaker, "it was under way already"
    probing = probed(breaker, breaker.open_until)
    assert held(probing, L3, breaker.open_until) is Held.BREAKER, "one probe at a time"
    again = noted(probing, Ruling.RETRY, breaker.open_until)
    assert held(again, L3, breaker.open_until) is Held.BREAKER
    assert noted(again, Ruling.SENT, T0) == Breaker()


def test_14_who_asks_to_be_left_alone_for_minutes_is_but_for_level_4() -> None:
    told = noted(Breaker(), Ruling.RETRY, T0, wait_s=300)
    assert held(told, L3, T0 + timedelta(seconds=299)) is Held.BREAKER
    assert held(told, L4, T0 + timedelta(seconds=1)) is None
    assert held(told, L3, T0 + timedelta(seconds=300)) is None


@pytest.mark.parametrize("ruling", [Ruling.RETRY, Ruling.UNKNOWN])
def test_14_a_level_4_that_fails_does_not_shorten_what_a_destination_asked_for(
    ruling: Ruling,
) -> None:
    told = noted(Breaker(), Ruling.RETRY, T0, wait_s=300)
    tried = probed(told, T0 + SECOND)
    after = noted(tried, ruling, T0 + 2 * SECOND)
    for breaker in (tried, after):
        assert held(breaker, L3, T0 + 299 * SECOND) is Held.BREAKER
        assert held(breaker, L3, T0 + 300 * SECOND) is None
    assert held(probed(after, T0 + 300 * SECOND), L3, T0 + 300 * SECOND) is Held.BREAKER


@pytest.mark.parametrize("ruling", [Ruling.SENT, Ruling.PERMANENT, Ruling.RETRY])
def test_14_what_was_under_way_does_not_shorten_what_a_destination_asked_for(
    ruling: Ruling,
) -> None:
    told = noted(Breaker(), Ruling.RETRY, T0, wait_s=300)
    assert noted(told, ruling, T0 + SECOND) == told
    assert noted(probed(told, T0 + 300 * SECOND), Ruling.SENT, T0 + 301 * SECOND) == Breaker()


def test_14_of_two_times_that_a_destination_asked_for_the_longer_one_holds() -> None:
    told = noted(Breaker(), Ruling.RETRY, T0, wait_s=300)
    shorter = noted(told, Ruling.RETRY, T0, wait_s=10)
    longer = noted(told, Ruling.RETRY, T0, wait_s=600)
    assert held(shorter, L3, T0 + 299 * SECOND) is Held.BREAKER
    assert held(longer, L3, T0 + 599 * SECOND) is Held.BREAKER


@pytest.mark.parametrize(
    ("answer", "ruling"),
    [
        (DOWN, Ruling.RETRY),
        (Answer(failure=Failure.CUT_OFF, status=200), Ruling.UNKNOWN),
        (Answer(200, error="channel_not_found"), Ruling.PERMANENT),
        (Answer(200, error="ratelimited"), Ruling.RETRY),
        (Answer(202, error="invalid key"), Ruling.PERMANENT),
        (Answer(202), Ruling.SENT),
        (Answer(500), Ruling.RETRY),
        (Answer(408), Ruling.RETRY),
        (Answer(410), Ruling.PERMANENT),
        (Answer(302), Ruling.PERMANENT),
        (Answer(), Ruling.UNKNOWN),
    ],
)
def test_15_an_answer_is_read_and_never_taken_for_granted(answer: Answer, ruling: Ruling) -> None:
    assert failed(answer).ruling is ruling


@pytest.mark.parametrize("error", ["is_archived", "not_in_channel", "token_revoked"])
def test_16_a_channel_that_is_gone_is_left_at_once_and_raised(error: str) -> None:
    gone = failed(Answer(200, error=error))
    course = after_attempt(gone, 0, page(3, Means.CHANNEL, ""), [], None, T0, T0)
    assert (course.do, course.fallback) == (Next.GIVE_UP, Means.LOCAL)
    assert course.raises is not None and course.raises.rule == "delivery_failed"


def test_16_a_person_with_another_means_is_told_by_it_and_nothing_is_raised() -> None:
    course = after_attempt(failed(Answer(400)), 0, page(3), [], ALICE, T0, T0)
    assert (course.fallback, course.raises) == (Means.DM, None)


def test_16_whose_means_are_all_used_up_the_others_hear_of() -> None:
    tried = [means for means in ALICE.means if means is not Means.SMS]
    course = after_attempt(failed(Answer(400)), 0, page(3), tried, ALICE, T0, T0)
    assert course.fallback is Means.CHANNEL
    assert course.raises is not None and "alice" in course.raises.text
    assert after_attempt(failed(Answer(400)), 0, page(1), tried, ALICE, T0, T0).raises is None


def test_17_with_every_provider_down_it_is_tried_for_ever_and_the_file_has_it() -> None:
    tried: list[Means] = []
    by, ways = Means.SMS, []
    for _ in range(7):
        course = after_attempt(failed(DOWN), 20, page(3, by), tried, ALICE, T0, T0)
        assert course.do is Next.TRY_AGAIN
        tried.append(by)
        if course.fallback is None:
            break
        by = course.fallback
        ways.append(by)
    assert ways[-2:] == [Means.CHANNEL, Means.LOCAL]
    disk_full = Verdict(Ruling.PERMANENT, "no space")
    last = after_attempt(disk_full, 99, page(3, Means.LOCAL), tried, ALICE, T0, T0)
    assert last.do is Next.TRY_AGAIN and last.at == T0 + 300 * SECOND


def test_30_a_leader_that_was_paused_sends_nothing_more() -> None:
    alert = Bench(L3).alert
    assert dropped(page(), alert, lease=4, lease_held=5) is Dropped.OTHER_LEASE
    assert dropped(page(), alert, lease=5, lease_held=5) is None


def test_31_a_store_that_was_locked_for_ten_seconds_costs_ten_seconds_and_no_step() -> None:
    bench = Bench(L3).at(119).wakes_at(130)
    assert bench.pages("bob") == [130]
    assert bench.at(311).pages("carol") == [310]


def test_32_what_the_store_cannot_keep_still_leaves_and_says_so() -> None:
    outcome = fire(None, MARK, Fired(L3), PLAN, "alert-1", T0)
    messages = by_memory(outcome.effects)
    assert {one.person for one in messages} == {"", "alice"}
    assert all(one.unrecorded for one in messages)


def test_33_the_record_of_events_gives_back_the_same_alert() -> None:
    bench = Bench(L2)
    start = bench.alert
    record: list[tuple[datetime, Event, Plan]] = [
        (T0 + 5 * SECOND, Acked("alice", L2), PLAN),
        (T0 + 9 * SECOND, Fired(L3), PLAN),
        (T0 + 20 * SECOND, Acked("bob", L3), PLAN),
    ]
    assert replay(start, record) == replay(start, record)
    assert replay(start, record).state is AlertState.ACKNOWLEDGED
    assert replay(start, record).version == start.version + 3


def test_an_ack_while_a_call_rings_answers_the_one_who_picks_up() -> None:
    bench = Bench(L3)
    bench.does(Acked("alice", L3))
    assert bench.does(Acked("bob", L3)) is Said.HELPING


def test_who_took_charge_gets_no_page_that_was_still_waiting() -> None:
    bench = Bench(L4)
    waiting = [one for one in bench.effects if isinstance(one, Notify) and one.person == "bob"]
    bench.does(Acked("bob", L4))
    for one in waiting:
        assert dropped(one, bench.alert, lease=1, lease_held=1) is Dropped.TOOK_CHARGE


def test_older_pages_are_dropped_once_the_level_rose() -> None:
    bench = Bench(L3)
    waiting = next(one for one in bench.effects if isinstance(one, Notify) and one.person)
    bench.fires(L4)
    assert dropped(waiting, bench.alert, lease=1, lease_held=1) is Dropped.OLDER_GENERATION


def test_a_date_without_a_zone_in_retry_after_says_nothing() -> None:
    assert retry_after_s("Mon, 05 Jan 2026 14:00:10 -0000", T0) is None
    assert retry_after_s("-5", T0) is None
    assert (
        retry_after_s("Mon, 05 Jan 2026 14:00:10 GMT", datetime(2026, 1, 5, 14, tzinfo=UTC)) == 10
    )


def test_15_a_verdict_names_its_reason() -> None:
    assert failed(Answer(failure=Failure.TIMEOUT)).reason == Failure.TIMEOUT
    assert failed(Answer()).reason == "no status"
    assert failed(Answer(404)).reason == "status 404"
    assert failed(Answer(200, error="is_archived")).reason == "is_archived"


def test_the_page_that_hands_an_alert_over_is_sent_and_an_older_one_to_them_is_not() -> None:
    bench = Bench(L4)
    older = next(one for one in bench.effects if isinstance(one, Notify) and one.person == "dave")
    for name in ("alice", "bob", "carol", "dave"):
        bench.does(Acked(name, L4))
    bench.does(HandedOver("dave"))
    bench.does(Acked("dave", L4))
    bench.forget()
    bench.does(HandedOver("dave", to="carol"))
    (told,) = [one for one in bench.effects if isinstance(one, Notify)]
    assert dropped(told, bench.alert, lease=1, lease_held=1) is None
    assert dropped(older, bench.alert, lease=1, lease_held=1) is Dropped.OLDER_GENERATION
    given = Bench(L3)
    given.does(Acked("alice", L3))
    given.forget().does(HandedOver("alice", to="dave"))
    pages = [one for one in given.effects if isinstance(one, Notify)]
    assert pages and not any(dropped(one, given.alert, lease=1, lease_held=1) for one in pages)
    others = replace(pages[0], why=Why.UNACKNOWLEDGED)
    assert dropped(others, given.alert, lease=1, lease_held=1) is Dropped.TOOK_CHARGE
