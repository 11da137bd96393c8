"""The process killed at each commit of a delivery: nobody stays untold, and at most one hears it twice."""

import asyncio
import contextlib
from pathlib import Path
from typing import cast

import pytest

from alerts.delivery.adapter import Letter, Sending
from alerts.delivery.engine import Delivery
from core.oncall.contacts import Means
from store.store import Store
from tests.alerts.delivery.providers import OK
from tests.alerts.delivery.test_engine import REACHED
from tests.alerts.night import Night
from tests.alerts.test_kill_points import Killed, Mortal

COMMITS = 4
"""Taking up what was left, claiming, recording; the fourth has nothing left to do."""


class Phone:
    """A provider that outlives the process. `asked` is whether it can say what it has."""

    def __init__(self, *, asked: bool) -> None:
        self.keys: list[str] = []
        self._asked = asked

    async def send(self, letter: Letter) -> Sending:
        self.keys.append(letter.key)
        return OK

    async def look_up(self, letter: Letter) -> bool | None:
        return letter.key in self.keys if self._asked else None


@pytest.mark.parametrize("committed", [False, True], ids=["before its commit", "after its commit"])
@pytest.mark.parametrize("commit", range(1, COMMITS + 1))
@pytest.mark.parametrize("asked", [True, False], ids=["can be asked", "cannot be asked"])
def test_killed_at_any_commit(tmp_path: Path, asked: bool, commit: int, committed: bool) -> None:
    night = Night(tmp_path / "home")
    night.arranged = REACHED
    night.fires()
    phone = Phone(asked=asked)
    deliver(night, phone, cast(Store, Mortal(night.store, commit, committed=committed)))
    night.restart()
    deliver(night, phone, night.store)
    night.close()
    twice = len(phone.keys) - len(set(phone.keys))
    assert len(set(phone.keys)) == 2
    assert twice <= (0 if asked else 2)  # two messages were on their way
    assert all(phone.keys.count(key) <= 2 for key in phone.keys)


def deliver(night: Night, phone: Phone, store: Store) -> None:
    """Until nothing waits, or the process is killed."""
    engine = Delivery(store, {Means.DM: phone, Means.SMS: phone}, lambda: night.now, lambda: None)

    async def work() -> None:
        running = asyncio.create_task(run(engine))
        async with asyncio.timeout(10):
            while waiting(night) and not running.done():
                engine.wake()
                await asyncio.sleep(0.002)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Killed):
            await running

    asyncio.run(work())


async def run(engine: Delivery) -> None:
    await engine.recover()
    await engine.run()


def waiting(night: Night) -> bool:
    asked = "SELECT count(*) FROM outbox WHERE ended_at IS NULL AND person = 'alice'"
    return bool(night.store.read(lambda c: c.exec_driver_sql(asked).scalar()))
