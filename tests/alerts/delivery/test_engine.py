"""The engine on a clock moved by hand: sent, recorded, tried again, told another way, and never twice."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event

from alerts.delivery.adapter import Letter
from alerts.delivery.engine import IDLE_S, RECORDED_AT_ONCE, Delivery
from alerts.delivery.letters import letter
from core.alerting.alert import Destination, Why
from core.alerting.defaults import DEFAULT, WARNING
from core.alerting.effects import NoticeKind
from core.alerting.events import Resolved
from core.alerting.grouping import Together
from core.alerting.levels import Level
from core.alerting.paging import notice
from core.alerting.policy import Step, Tell, Who
from core.oncall.contacts import Contact, Means
from core.oncall.hours import Hours
from store.alerting.answered import level_told, told_with
from store.alerting.arranged import Address
from store.alerting.facts import raise_alert
from store.alerting.messages import Item, Job
from store.alerting.outbox import enqueue
from store.columns import to_us
from store.sqlite import LIBRARY
from store.store import Transaction
from tests.alerts.delivery.providers import BUSY, DOWN, LOST, REFUSED, Provider
from tests.alerts.night import ARRANGED, DESK, Night

PEOPLE = ("alice", "ben", "carol")
MEANS = (Means.DM, Means.SMS)
REACHED = replace(
    ARRANGED,
    contacts=tuple(Contact(name, MEANS) for name in PEOPLE),
    addresses=tuple(Address(name, by, f"{by.name}-{name}") for name in PEOPLE for by in MEANS),
)


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 (the store tells no event loop)
        await asyncio.sleep(0.002)


class Post:
    """A night with an engine whose providers are at hand."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.dm, self.sms, self.channel, self.local = (Provider() for _ in range(4))
        self.word: Callable[[Job, str], Letter] = letter

    @property
    def engine(self) -> Delivery:
        means = {Means.DM: self.dm, Means.SMS: self.sms} | {
            Means.CHANNEL: self.channel,
            Means.LOCAL: self.local,
        }
        return Delivery(self.night.store, means, lambda: self.night.now, lambda: None, self.word)

    def run(self, story: Callable[[Delivery], Awaitable[None]]) -> None:
        async def whole() -> None:
            engine = self.engine
            await engine.recover()
            running = asyncio.create_task(engine.run())
            try:
                async with asyncio.timeout(10):
                    await story(engine)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

        asyncio.run(whole())

    def settled(self) -> None:
        """Until nothing that is due waits or is under way."""

        async def story(engine: Delivery) -> None:
            while self.rows("ended_at IS NULL AND due <= ?", self.night.now):
                engine.wake()
                await asyncio.sleep(0.002)

        self.run(story)
        self.night.tick()

    def rows(self, where: str, at: datetime | None = None) -> list[tuple[str, str]]:
        values = () if at is None else (to_us(at),)
        asked = f'SELECT person || " " || "by", outcome FROM outbox WHERE {where} ORDER BY key'
        found = self.night.store.read(lambda c: c.exec_driver_sql(asked, values).all())
        return [(row[0], row[1]) for row in found]

    def outcomes(self, person: str = "alice") -> dict[str, str]:
        return dict(self.rows(f"person = '{person}' AND ended_at IS NOT NULL"))


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    night = Night(tmp_path / "home")
    night.arranged = REACHED
    night.at("03:00")
    yield Post(night)
    night.close()


def test_what_waits_is_sent_once_and_who_was_told_is_known(post: Post) -> None:
    post.night.fires(text="3 here, 5 there")
    post.settled()
    post.settled()
    assert len(post.dm.got) == len(post.sms.got) == 1
    [letter] = post.sms.got
    assert (letter.to, letter.person) == ("SMS-alice", "alice")
    assert "3 here, 5 there" in letter.text
    assert "Reply ACK a1" in letter.text
    assert Destination("alice", Means.SMS) in post.night.alert().told
    assert set(post.outcomes().values()) == {"sent"}


def test_a_service_that_is_not_set_up_is_no_failure(post: Post) -> None:
    post.night.fires()
    post.settled()
    assert post.rows("\"by\" = 'pagerduty'") == [(" pagerduty", "pagerduty is not set up")]
    assert [alert.identity.rule for alert in post.night.open()] == ["position_drift"]


def test_warnings_of_a_quiet_night_arrive_in_the_morning_unless_they_are_over(post: Post) -> None:
    told = replace(WARNING, steps=(Step(0, (Tell(Who.PRIMARY, (Means.SMS,)),)),), group_wait_s=0)
    levels = {**DEFAULT.levels, Level.WARNING: told}
    rest = Hours(ZoneInfo("UTC"), time(22), time(7))
    resting = tuple(replace(one, rest=rest) for one in REACHED.contacts)
    policy = replace(DEFAULT, levels=levels)
    post.night.arranged = replace(REACHED, policy=policy, contacts=resting)
    post.night.fires("api_latency", Level.WARNING)
    post.night.fires("clock_drift", Level.WARNING)
    post.settled()
    assert not post.sms.got
    [drift] = [one for one in post.night.open() if one.identity.rule == "clock_drift"]
    post.night.does(Resolved("bob"), drift.id)
    post.night.at("07:00")
    post.settled()
    [letter] = post.sms.got
    assert letter.rule == "main/api_latency"


def test_a_text_about_several_is_answered_for_all_of_them(post: Post) -> None:
    def together(tx: Transaction) -> None:
        for symbol in ("BTC", "ETH", "SOL"):
            raise_alert(tx, DESK, "stale", Level.CRITICAL, "", post.night.now, symbol=symbol)

    post.night.store.write(together)
    post.night.tick()
    post.settled()
    [letter] = post.sms.got
    first = letter.alert_ids[0]
    assert letter.text.endswith(f"Reply ACK {first} for all of them")
    told = post.night.store.read(lambda c: told_with(c, first, "alice", Means.SMS))
    assert (told[0], set(told)) == (first, set(letter.alert_ids))
    assert post.night.store.read(lambda c: told_with(c, "other", "alice", Means.SMS)) == ["other"]


def test_a_service_is_told_of_each_alert_by_itself_and_by_the_latest_of_it(post: Post) -> None:
    def turns(key: str, kind: NoticeKind, minutes: int) -> Item:
        alert = post.night.alert()
        at = post.night.now + timedelta(minutes=minutes)
        told = notice(alert, "", Means.PAGERDUTY, kind, Why.RAISED)
        return Item(replace(told, key=key), DESK, alert, at, 0)

    post.night.fires(text="3 here, 5 there")
    over, begun = turns("b", NoticeKind.RESOLVED, 1), turns("a", NoticeKind.PAGE, 0)
    to = Destination("", Means.PAGERDUTY)
    job = Job("a", to, "", (begun, over), Together.COLLAPSED, post.night.now, False)
    [part] = letter(job, "").parts
    assert (part.alert_id, part.closes, part.text.startswith("3 here")) == ("a1", True, True)
    assert letter(replace(job, to=Destination("alice", Means.SMS)), "").parts == ()


def test_an_answer_says_yes_to_no_more_than_its_sender_was_told(post: Post) -> None:
    def told() -> Level | None:
        return post.night.store.read(lambda c: level_told(c, "a1", "alice", Means.SMS))

    assert told() is None
    post.night.fires()
    assert told() is None, "it only waits"
    post.settled()
    assert told() is Level.CRITICAL
    post.night.fires(level=Level.EMERGENCY)
    assert told() is Level.CRITICAL
    post.settled()
    assert told() is Level.EMERGENCY


def test_news_of_one_alert_does_not_narrow_what_a_message_about_several_asked(post: Post) -> None:
    def together(tx: Transaction) -> None:
        for symbol in ("BTC", "ETH"):
            raise_alert(tx, DESK, "stale", Level.CRITICAL, "", post.night.now, symbol=symbol)

    post.night.store.write(together)
    post.night.tick()
    post.settled()
    [letter] = post.sms.got
    first = letter.alert_ids[0]
    post.night.now += timedelta(seconds=1)
    post.night.acks("ben", first)
    post.settled()
    assert len(post.sms.got) == 2, "she was told that ben has one of them"
    told = post.night.store.read(lambda c: told_with(c, first, "alice", Means.SMS))
    assert set(told) == set(letter.alert_ids)


def test_43_a_text_that_cannot_be_put_into_words_goes_out_as_plain_facts(post: Post) -> None:
    def fails(_job: Job, _to: str) -> Letter:
        raise KeyError("limit")

    post.word = fails
    post.night.fires()
    post.settled()
    [letter] = post.sms.got
    assert "main/position_drift a1: level 3" in letter.text
    [failed] = [one for one in post.night.open() if one.identity.rule == "wording_failed"]
    assert (failed.level, "KeyError: 'limit'" in failed.text) == (Level.WARNING, True)


def test_retry_after_is_kept_to_and_another_means_told_meanwhile(post: Post) -> None:
    post.sms = Provider(BUSY)
    post.night.fires()
    post.settled()
    assert len(post.sms.got) == 1
    post.night.now += timedelta(seconds=6)
    post.settled()
    assert len(post.sms.got) == 1
    post.night.now += timedelta(seconds=1)
    post.settled()
    assert len(post.sms.got) == 2
    assert len(post.local.got) == 0


def test_retry_after_holds_for_the_whole_destination(post: Post) -> None:
    """A provider that is busy for one message is busy for the next."""
    post.sms = Provider(BUSY)
    post.night.fires()

    async def story(engine: Delivery) -> None:
        while not post.sms.got:
            engine.wake()
            await asyncio.sleep(0.002)
        post.night.fires("cash_off")
        while len(post.dm.got) < 2:
            engine.wake()
            await asyncio.sleep(0.002)
        assert len(post.sms.got) == 1
        post.night.now += timedelta(seconds=7)
        while len(post.sms.got) < 3:
            engine.wake()
            await asyncio.sleep(0.002)

    post.run(story)


def test_a_refused_message_goes_another_way_and_that_is_an_alert(post: Post) -> None:
    post.sms, post.dm = Provider(*[REFUSED] * 9), Provider(*[REFUSED] * 9)
    post.night.fires()
    post.settled()
    post.settled()
    assert "given up: no such number" in post.outcomes().values()
    assert "delivery_failed" in {alert.identity.rule for alert in post.night.open()}
    assert post.channel.got


def test_a_means_that_did_not_work_is_over_once_a_message_arrives_by_it(post: Post) -> None:
    post.sms, post.dm = Provider(*[REFUSED] * 9), Provider(*[REFUSED] * 9)
    post.night.fires()
    post.settled()
    post.settled()
    failed = [one for one in post.night.open() if one.identity.rule == "delivery_failed"]
    assert {one.identity.symbol for one in failed} == {"alice sms"}
    post.sms = Provider()
    post.night.fires("cash_off")
    post.settled()
    assert post.night.alert(failed[0].id).cleared


def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(post: Post) -> None:
    post.sms = Provider(LOST)
    post.sms.has = True
    post.night.fires()
    post.settled()
    post.night.now += timedelta(seconds=1)
    post.settled()
    assert len(post.sms.asked) == 1
    assert len(post.sms.got) == 1
    assert post.outcomes()["alice sms"] == "sent"


def test_a_lost_message_that_is_not_there_is_sent_again(post: Post) -> None:
    post.sms = Provider(LOST)
    post.night.fires()
    post.settled()
    post.night.now += timedelta(seconds=1)
    post.settled()
    assert len(post.sms.got) == 2


def test_a_warning_whose_answer_is_lost_is_not_sent_twice(post: Post) -> None:
    """Rather once too few than twice; what wants somebody is asked about instead."""
    told = replace(WARNING, steps=(Step(0, (Tell(Who.PRIMARY, (Means.SMS,)),)),), group_wait_s=0)
    levels = {**DEFAULT.levels, Level.WARNING: told}
    post.night.arranged = replace(REACHED, policy=replace(DEFAULT, levels=levels))
    post.sms = Provider(LOST)
    post.night.fires("api_latency", Level.WARNING)
    post.settled()
    post.night.now += timedelta(minutes=5)
    post.settled()
    assert len(post.sms.got) == 1
    assert post.outcomes()["alice sms"] == "sent"


def test_what_nobody_foresaw_is_looked_up_and_sent_again(post: Post) -> None:
    post.sms = Provider(ValueError("an answer that is no JSON"))
    post.night.fires()
    post.settled()
    post.night.now += timedelta(seconds=1)
    post.settled()
    assert len(post.sms.asked) == 1
    assert len(post.sms.got) == 2
    assert post.outcomes()["alice sms"] == "sent"


@pytest.mark.parametrize("arrived", [True, False])
def test_killed_while_sending_it_is_looked_up_at_the_next_start(post: Post, arrived: bool) -> None:
    post.sms.gate = asyncio.Event()
    post.night.fires()

    async def story(engine: Delivery) -> None:
        while not post.sms.got:
            engine.wake()
            await asyncio.sleep(0.002)

    post.run(story)  # and the process ends, with the message on its way
    before, post.sms = post.sms.got, Provider()
    post.sms.has = arrived
    post.night.restart()
    post.settled()
    assert len(post.sms.asked) == 1
    assert post.sms.asked[0].key == before[0].key
    assert len(post.sms.got) == (0 if arrived else 1)
    assert post.outcomes()["alice sms"] == "sent"


def test_what_was_acknowledged_meanwhile_is_not_sent(post: Post) -> None:
    post.night.fires()
    post.night.acks("carol")
    post.settled()
    assert post.sms.got == []
    assert post.dm.got == []


def test_a_destination_that_keeps_failing_is_spared_and_probed(post: Post) -> None:
    post.sms = Provider(*[DOWN] * 50)

    async def story(engine: Delivery) -> None:
        for number in range(12):
            post.night.fires("position_size", symbol=f"S{number}")
            while post.rows("ended_at IS NULL AND due <= ?", post.night.now):
                engine.wake()
                await asyncio.sleep(0.002)
            post.night.now += timedelta(seconds=0.5)

    post.run(story)
    assert 5 <= len(post.sms.got) < 12


def test_many_that_fail_at_once_are_one_failure_and_go_as_soon_as_one_gets_through(
    post: Post,
) -> None:
    post.sms = Provider(*[DOWN] * 12)
    for number in range(12):
        post.night.fires(f"r{number}")
    for _ in range(8):
        post.settled()
        post.night.now += timedelta(seconds=1)
    post.settled()
    told = {id for letter in post.sms.got[12:] for id in letter.alert_ids}
    assert len(told) >= 12
    assert not post.rows("person = 'alice' AND ended_at IS NULL AND \"by\" = 'sms'")


def test_level_four_overtakes_whatever_hangs(post: Post) -> None:
    post.dm.gate = asyncio.Event()
    post.night.arranged = replace(REACHED, contacts=(Contact("alice", (Means.DM,)),))
    post.night.tick()

    def storm(tx: Transaction) -> None:
        for number in range(60):
            raise_alert(tx, DESK, f"r{number}", Level.CRITICAL, "", post.night.now)

    post.night.store.write(storm)
    post.night.tick()

    async def story(engine: Delivery) -> None:
        while not post.dm.got:
            engine.wake()
            await asyncio.sleep(0.002)
        post.night.fires("key_compromise", Level.EMERGENCY)
        while not any("Emergency" in letter.title for letter in post.dm.got):
            engine.wake()
            await asyncio.sleep(0.002)

    post.run(story)


def test_a_storm_reaches_a_phone_as_a_few_messages_that_count_all_of_it(post: Post) -> None:
    def storm(tx: Transaction) -> None:
        for number in range(80):
            raise_alert(tx, DESK, f"rule{number}", Level.CRITICAL, "", post.night.now)

    post.night.store.write(storm)
    post.night.tick()
    post.settled()
    assert len(post.sms.got) <= 6
    post.night.now += timedelta(seconds=61)
    post.settled()
    told = sum(len(letter.alert_ids) for letter in post.sms.got)
    assert told == 80
    assert any("alerts up to" in letter.title for letter in post.sms.got)


def test_how_to_answer_is_in_a_text_however_long_what_it_says(post: Post) -> None:
    post.night.fires(text="BTC-PERP-INTX " * 30)
    post.settled()
    [letter] = post.sms.got
    assert len(letter.text) <= 160
    assert letter.text.endswith("... Reply ACK a1")


def test_what_a_breaker_keeps_back_is_told_another_way_meanwhile(post: Post) -> None:
    """Twelve wait for one phone that is out of order; tried again one by one, they would wait long."""
    post.sms = Provider(*[DOWN] * 400)
    both = (Means.SMS, Means.EMAIL)
    post.night.agrees(replace(REACHED, contacts=tuple(Contact(name, both) for name in PEOPLE)))
    for number in range(12):
        post.night.fires(f"rule_{number}")

    async def story(engine: Delivery) -> None:
        for _ in range(12):
            post.night.now += timedelta(seconds=1)
            while post.rows("ended_at IS NULL AND due <= ?", post.night.now):
                engine.wake()
                await asyncio.sleep(0.002)

    post.run(story)
    told = post.rows(f"person = 'alice' AND \"by\" = '{Means.EMAIL.value}'")
    assert len(told) == 12


def something_waits_for_the_morning(post: Post) -> None:
    alert = post.night.open()[0]
    told = notice(alert, "alice", Means.DM, NoticeKind.RAISED, Why.RAISED)
    held = replace(told, key="held", held_until=post.night.now + timedelta(hours=3))
    post.night.store.write(lambda tx: enqueue(tx, [(alert.identity, held)], post.night.now))


def a_storm_is_gathered(post: Post, many: int) -> None:
    def storm(tx: Transaction) -> None:
        for number in range(many):
            level = Level.INTERVENTION
            raise_alert(tx, DESK, "same", level, "", post.night.now, symbol=f"s{number}")

    post.night.store.write(storm)
    post.night.passes(0)
    post.night.now += timedelta(minutes=1)
    while post.night.tick() == post.night.now:
        pass
    post.settled()
    post.night.now += timedelta(seconds=1)


@contextlib.contextmanager
def recordings() -> Iterator[list[int]]:
    """How many messages each statement records as over."""
    parts: list[int] = []

    def recorded(*told: Any) -> None:
        statement, rows, executed_many = told[2], told[3], told[5]
        if "outcome=" in statement and executed_many:
            parts.append(len(rows))

    event.listen(Engine, "before_cursor_execute", recorded)
    try:
        yield parts
    finally:
        event.remove(Engine, "before_cursor_execute", recorded)


def test_a_message_about_hundreds_is_recorded_a_part_at_a_time(post: Post) -> None:
    """So that the brake never waits for the store; whatever else is to be sent goes between the parts.

    Told once that there is something to send, the engine needs nobody to go on recording.
    """
    many = 4 * RECORDED_AT_ONCE
    a_storm_is_gathered(post, many)
    something_waits_for_the_morning(post)

    async def by_itself(engine: Delivery) -> None:
        engine.wake()
        async with asyncio.timeout(3):
            await until(lambda: not post.rows("ended_at IS NULL AND due <= ?", post.night.now))

    with recordings() as parts:
        post.run(by_itself)
    assert set(parts) == {RECORDED_AT_ONCE}
    assert [len(one.alert_ids) for one in post.channel.got] == [many]
    assert all(alert.told for alert in post.night.open())
    first = post.channel.got[0].alert_ids[0]
    told = post.night.store.read(lambda c: told_with(c, first, "", Means.CHANNEL))
    assert len(told) == many, "one answer takes all of them"


def test_31_a_store_that_is_locked_ends_nothing_and_is_not_hammered(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("store.store.WRITE_WAIT_S", 0.05)
    post.night.restart()
    a_storm_is_gathered(post, 4 * RECORDED_AT_ONCE)
    other = LIBRARY.connect(post.night.store.home.database, isolation_level=None)
    tried_s: list[float] = []

    def refused(times: int) -> bool:
        if caplog.text.count("the outbox waits: StoreBusy") > len(tried_s):
            tried_s.append(asyncio.get_running_loop().time())
        return len(tried_s) >= times

    async def story(engine: Delivery) -> None:
        engine.wake()
        await until(lambda: post.channel.got)
        other.execute("BEGIN IMMEDIATE")
        await until(lambda: refused(3))
        other.execute("ROLLBACK")
        await until(lambda: not post.rows("ended_at IS NULL AND due <= ?", post.night.now))

    post.run(story)
    other.close()
    assert tried_s[2] - tried_s[1] > IDLE_S / 2, "the rest of a large message waits with the store"
    assert len(post.channel.got) == 1
