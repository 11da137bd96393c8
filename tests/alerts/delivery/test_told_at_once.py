"""Posted alerts are told of from the transaction that takes them, and a crash there loses none of them."""

import asyncio
from collections.abc import Callable

from alerts.at_once import FEW, AtOnce
from alerts.delivery.engine import Delivery
from core.alerting.levels import Level
from store.alerting.facts import any_facts, raise_alert
from store.store import Transaction
from tests.alerts.delivery.test_engine import Post, post
from tests.alerts.night import DESK

__all__ = ["post"]


def taken(post: Post, engine: Delivery, number: int = 1) -> tuple[Callable[[], None], list[str]]:
    """What is to be done after the commit, and how often the keeper was woken by then."""
    woken: list[str] = []
    at_once = AtOnce(post.night.keeper, engine, lambda: woken.append("keeper"))
    now = post.night.now

    def transaction(tx: Transaction) -> Callable[[], None]:
        for n in range(number):
            raise_alert(tx, DESK, f"posted_{n}", Level.CRITICAL, "", now)
        return at_once(tx, number, now)

    return post.night.store.write(transaction), woken


def test_the_keeper_is_not_waited_for(post: Post) -> None:
    async def story(engine: Delivery) -> None:
        begin, woken = taken(post, engine)
        begin()
        while post.rows("ended_at IS NULL AND person = 'alice'"):
            engine.wake()
            await asyncio.sleep(0.002)
        assert not woken

    post.run(story)
    assert len(post.dm.got) == len(post.sms.got) == 1
    post.night.tick()
    post.settled()
    assert len(post.dm.got) == len(post.sms.got) == 1, "the keeper has nothing to add"


def test_killed_before_anything_is_sent_it_is_told_at_the_next_start(post: Post) -> None:
    taken(post, post.engine)
    post.night.restart()
    post.night.tick()
    post.settled()
    assert len(post.sms.got) == 1


def test_a_storm_goes_by_the_keepers_batches(post: Post) -> None:
    begin, woken = taken(post, post.engine, FEW + 1)
    assert post.night.store.read(any_facts)
    begin()
    assert woken == ["keeper"]


def test_before_the_first_tick_it_is_on_record_and_waits(post: Post) -> None:
    post.night.restart()
    assert not post.night.keeper.arranged
    begin, woken = taken(post, post.engine)
    begin()
    assert woken == ["keeper"]
    post.night.tick()
    post.settled()
    assert len(post.sms.got) == 1
