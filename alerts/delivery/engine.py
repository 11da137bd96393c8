"""Sends what the outbox holds: claims, sends many at a time, records what came of it in few commits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from alerts.delivery.adapter import Adapter, Letter, Sending, answered
from alerts.delivery.letters import letter, plain_letter
from alerts.waking import woken_within
from core.alerting.delivery import (
    PROBE_EVERY_S,
    Breaker,
    Ruling,
    Verdict,
    held,
    noted,
    probed,
    verdict,
)
from core.alerting.levels import Level
from core.oncall.contacts import Means
from store.alerting.arranged import NothingArranged
from store.alerting.claiming import Outlook, claim, look
from store.alerting.delivery import (
    leave_out,
    let_go,
    let_wait,
    next_message_due,
    record_failed,
    record_sent,
    recover,
    tell_misworded,
)
from store.alerting.messages import Job, parted
from store.sqlite import StoreFailed
from store.store import Store, Transaction

log = logging.getLogger(__name__)

AT_ONCE = 24
FOR_EMERGENCIES = 8
"""Kept free for level 4, whatever hangs."""
LOOKED_AT = 8
RECORDED_AT_ONCE = 50
"""So many alerts hear in one transaction that a message arrived: some 10 ms."""
IDLE_S = 1.0
PROBE_EVERY = timedelta(seconds=PROBE_EVERY_S)
SEND_S = 20.0


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that is over; or (`left_out` says why) one that was not made."""

    job: Job
    verdict: Verdict
    provider_id: str = ""
    left_out: str = ""
    misworded: str = ""
    """Why it went out as plain facts."""

    @property
    def arrived(self) -> bool:
        return not self.left_out and self.verdict.ruling is Ruling.SENT


class Delivery:
    """`recover` comes first; `run` goes on until it is cancelled; `wake` says that something may wait."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[Means, Adapter],
        clock: Callable[[], datetime],
        told: Callable[[], None],
        word: Callable[[Job, str], Letter] = letter,
    ) -> None:
        """`told` is called when something was recorded that may have changed an alert."""
        self._word = word
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._told = told
        self._ended: list[Ended] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._urgent = 0
        self._breakers: dict[Means, Breaker] = {}
        self._back: set[Means] = set()
        """Works again; what waits for it need not any more."""
        self._woken = asyncio.Event()
        self._expected = True
        """Somebody says that there is something to send: it need not be looked for."""

    def wake(self) -> None:
        self._expected = True
        self._woken.set()

    async def recover(self) -> None:
        """Before anything is claimed."""
        await asyncio.to_thread(self._store.write, lambda tx: recover(tx, self._clock()))

    async def run(self) -> None:
        try:
            while True:
                self._woken.clear()
                due = await self._turn()
                await self._wait(due)
        finally:
            for task in self._flying:
                task.cancel()

    async def _turn(self) -> datetime | None:
        """Record what ended, claim what may be sent, and begin to send it."""
        now, back = self._clock(), frozenset(self._back)
        ended, rest = _to_record(self._ended)
        self._ended, expected, self._expected = [], self._expected, False
        try:
            jobs, due = await asyncio.to_thread(self._claimed, ended, back, expected, now)
            self._back -= back
        except (*StoreFailed, NothingArranged) as why:
            log.warning("the outbox waits: %s: %s", type(why).__name__, why)
            self._ended, self._expected = ended + rest + self._ended, True
            return None
        if rest:
            self._ended = rest + self._ended
            self._woken.set()  # goes on with them at once
        self.begin(jobs)
        if not all(one.arrived for one in ended):
            self._told()
        return due

    def _claimed(
        self, ended: list[Ended], back: Collection[Means], expected: bool, now: datetime
    ) -> tuple[list[Job], datetime | None]:
        """What to send now, and when the next message is due. Idle, it writes nothing."""
        if not ended and not expected:
            due = self._store.read(next_message_due)
            if due is None or due > now:
                return [], due
        arrived = [one.job for one in ended if one.arrived]
        seen = self._store.read(lambda c: self.look(c, now, arrived))
        if seen.nothing and not ended and not back:
            return [], self._store.read(next_message_due)
        return self._store.write(lambda tx: self._commit(tx, ended, back, seen, now))

    def _commit(
        self,
        tx: Transaction,
        ended: list[Ended],
        back: Collection[Means],
        seen: Outlook,
        now: datetime,
    ) -> tuple[list[Job], datetime | None]:
        for one in ended:
            if one.misworded:
                tell_misworded(tx, one.job, one.misworded, now)
            if one.left_out:
                leave_out(tx, one.job, one.left_out, now)
            elif not one.arrived:
                record_failed(tx, self._store.log, one.job, one.verdict, one.provider_id, now)
        arrived = [(one.job, one.provider_id) for one in ended if one.arrived]
        record_sent(tx, self._store.log, arrived, now)
        for by in back:
            let_go(tx, by, now)
        return self.claim(tx, seen, now)

    def look(self, c: Transaction, now: datetime, arrived: Sequence[Job] = ()) -> Outlook:
        """At as much as there is room for, and always at something: it may only be put off."""
        return look(c, now, max(LOOKED_AT, self._free + self._free_urgent), arrived)

    def claim(
        self, tx: Transaction, seen: Outlook, now: datetime
    ) -> tuple[list[Job], datetime | None]:
        """What is to be begun once the transaction is kept, and when the next message is due."""
        claimed = claim(tx, seen, now, self._free, self._free_urgent)
        jobs = [job for job in claimed if not self._spared(tx, job, now)]
        done = seen.all_seen and len(claimed) == len(seen.jobs)
        return jobs, next_message_due(tx) if done else now

    @property
    def _free(self) -> int:
        return max(0, AT_ONCE - (len(self._flying) - self._urgent))

    @property
    def _free_urgent(self) -> int:
        return max(0, FOR_EMERGENCIES - self._urgent)

    def _spared(self, tx: Transaction, job: Job, now: datetime) -> bool:
        """Whether its destination keeps failing and is left alone for a while."""
        breaker = self._breakers.get(job.to.by, Breaker())
        if held(breaker, job.level, now) is None or breaker.open_until is None:
            self._breakers[job.to.by] = probed(breaker, now)
            return False
        let_wait(tx, job, min(breaker.open_until, now + PROBE_EVERY), now)
        return True

    def begin(self, jobs: Iterable[Job]) -> None:
        """Send what was claimed, and is on record as that."""
        for job in jobs:
            self._urgent += job.level is Level.EMERGENCY
            task = asyncio.create_task(self._send(job))
            self._flying.add(task)
            task.add_done_callback(partial(self._landed, job=job))

    def _landed(self, task: "asyncio.Task[None]", *, job: Job) -> None:
        self._flying.discard(task)
        self._urgent -= job.level is Level.EMERGENCY
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("nobody knows how message %s ended", job.key, exc_info=error)
            unknown = Verdict(Ruling.UNKNOWN, type(error).__name__)
            self._ended.append(Ended(job, unknown))
        breaker = self._breakers.get(job.to.by, Breaker())
        if breaker.probing:  # this was the probe, and it was not sent: another one is
            self._breakers[job.to.by] = replace(breaker, open_until=self._clock(), probing=False)
        self._woken.set()

    async def _send(self, job: Job) -> None:
        ended = await self._sent(job)
        self._ended.append(ended)  # looked up only now: meanwhile it became another list

    async def _sent(self, job: Job) -> Ended:
        by, person = job.to.by, job.to.person
        adapter, to = self._adapters.get(by), job.address
        if adapter is None and not person:
            unset = f"{by} is not set up"
            return Ended(job, Verdict(Ruling.PERMANENT, unset), left_out=unset)
        if adapter is None or to is None:
            return Ended(job, Verdict(Ruling.PERMANENT, f"{by} is not set up for {person}"))
        message, misworded = self._worded(job, to)
        if job.unknown and await adapter.look_up(message):
            return Ended(job, Verdict(Ruling.SENT, "it was there already"))
        sending = await answered(_within(adapter.send(message), SEND_S))
        found = verdict(sending.answer, self._clock())
        self._note(by, found)
        return Ended(job, found, sending.provider_id, misworded=misworded)

    def _worded(self, job: Job, to: str) -> tuple[Letter, str]:
        """A page never fails for the sake of its wording: then it says the plain facts, and why."""
        try:
            return self._word(job, to), ""
        except Exception as why:
            log.exception("%s is sent as plain facts", job.key)
            return plain_letter(job, to), f"{type(why).__name__}: {why}"

    def _note(self, by: Means, found: Verdict) -> None:
        if found.ruling is not Ruling.SENT:
            log.warning("%s: %s (%s)", by, found.reason, found.ruling)
        if by is not Means.CHANNEL:  # that waits for our own board, which is no provider
            before = self._breakers.get(by, Breaker())
            self._breakers[by] = noted(before, found.ruling, self._clock(), found.wait_s)
            if before.open_until is not None and self._breakers[by].open_until is None:
                self._back.add(by)

    async def _wait(self, due: datetime | None) -> None:
        """Until woken, or the next message is due; with no slot free, until one is."""
        seconds = IDLE_S
        if due is not None and self._free:
            seconds = min(IDLE_S, max(0.0, (due - self._clock()).total_seconds()))
        await woken_within(self._woken, seconds)


def _to_record(ended: Iterable[Ended]) -> tuple[list[Ended], list[Ended]]:
    """What to record now, and what is left: of messages about thousands a part at a time.

    The brake does not wait for the store any longer, and other messages are sent between the parts.
    """
    now: list[Ended] = []
    later: list[Ended] = []
    room = RECORDED_AT_ONCE
    for one in sorted(ended, key=lambda one: len(one.job.items)):
        if not one.arrived:
            now.append(one)
            continue
        first, rest = parted(one.job, room)
        now += [replace(one, job=job) for job in first]
        later += [replace(one, job=job) for job in rest]
        room -= sum(len(job.items) for job in first)
    return now, later


async def _within(sending: Awaitable[Sending], seconds: float) -> Sending:
    """Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        return await sending
