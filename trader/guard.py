"""The guard: starts the trading loop, reads its beat, closes the gate when it is late, fences, restarts.

A process of its own with few imports, so that a loop that hangs, holds the interpreter or is stopped
cannot keep it from acting.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from core.flatten import JobState
from core.gate import BEAT_LATE_NS
from store.flattening import open_job
from store.heartbeats import beat
from store.page import GatePage, PageUnreadable
from store.store import Store, Transaction

LEASE_NS = 1_000_000_000
FENCE_AFTER_NS = 3_000_000_000
STARTING_NS = 20_000_000_000
NOT_TAKEN_UP = timedelta(seconds=3)
HEARTBEAT_EVERY = timedelta(seconds=1)
BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_AFTER = timedelta(seconds=60)


class Child(Protocol):
    """A started trading loop."""

    def exited(self) -> int | None:
        """Its exit code, or None while it runs."""

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""


class Said(StrEnum):
    """What a tick of the guard did, when it did something."""

    STARTED = "the trading loop was started"
    GATE_CLOSED = "the loop's beat is late: the gate is closed until it has reconciled"
    FENCED = "the loop was fenced: it did not beat, or somebody who tightened asked for it"
    DIED = "the trading loop ended by itself"
    DRAINED = "the trading loop has drained and ended"


@dataclass(slots=True)
class _Running:
    child: Child
    boot: int
    since: datetime
    since_ns: int
    closed_beat_ns: int | None = None


class Guard:
    """One desk's guard. `tick` is all of its work."""

    def __init__(
        self,
        store: Store,
        desk: str,
        pid: int,
        page: GatePage,
        spawn: Callable[[int], Child],
        new_boot: Callable[[], int],
    ) -> None:
        self._store = store
        self._desk = desk
        self._pid = pid
        self._page = page
        self._spawn = spawn
        self._new_boot = new_boot
        self._running: _Running | None = None
        self._failures = 0
        self._start_at: datetime | None = None
        self._beat_at: datetime | None = None
        self.restarts = 0
        self.stopping = False

    def tick(self, now: datetime, now_ns: int, fence_asked: bool) -> list[Said]:
        """One pass. The lease comes first: a guard that cannot go on lets the gate close by itself."""
        self._page.renew_lease(now_ns + LEASE_NS)
        said = []
        if self._running is None:
            said += self._start(now, now_ns)
        else:
            said += self._look_after(self._running, now, now_ns, fence_asked)
        for thing in said:
            self._note(thing, now)
        if self._beat_at is None or now - self._beat_at >= HEARTBEAT_EVERY:
            self._beat_at = now
            detail = f"{self.restarts} restarts" if self.restarts else "watching"
            self._put(lambda tx: beat(tx, self._desk, "guard", self._pid, detail, now))
        return said

    @property
    def ended(self) -> bool:
        """Whether it was told to stop and nothing runs any more."""
        return self.stopping and self._running is None

    def fence(self) -> None:
        """End the loop at once, whatever it is doing."""
        if self._running is not None:
            self._running.child.kill()
            self._running = None
        self._page.disarm()

    def _start(self, now: datetime, now_ns: int) -> list[Said]:
        if self.stopping or (self._start_at is not None and now < self._start_at):
            return []
        boot = self._new_boot()
        self._page.begin_boot(boot)
        self._running = _Running(self._spawn(boot), boot, now, now_ns)
        return [Said.STARTED]

    def _look_after(
        self, running: _Running, now: datetime, now_ns: int, fence_asked: bool
    ) -> list[Said]:
        code = running.child.exited()
        if code is not None:
            self._page.disarm()
            self._running = None
            if code == 0:
                self.stopping = True
                return [Said.DRAINED]
            self._restart_later(running, now)
            return [Said.DIED]
        if fence_asked or self._too_late(running, now_ns) or self._flatten_waits(running, now):
            self.fence()
            self._restart_later(running, now)
            return [Said.FENCED]
        return self._close_if_late(running, now_ns)

    def _too_late(self, running: _Running, now_ns: int) -> bool:
        beat_ns = self._beat_ns(running)
        if beat_ns is None:
            return now_ns - running.since_ns > STARTING_NS
        return now_ns - beat_ns > FENCE_AFTER_NS

    def _close_if_late(self, running: _Running, now_ns: int) -> list[Said]:
        beat_ns = self._beat_ns(running)
        if beat_ns is None or now_ns - beat_ns <= BEAT_LATE_NS:
            return []
        if running.closed_beat_ns == beat_ns:
            return []  # said already for this silence
        running.closed_beat_ns = beat_ns
        self._page.disarm()
        return [Said.GATE_CLOSED]

    def _beat_ns(self, running: _Running) -> int | None:
        """The loop's last beat in this start; None before the first."""
        try:
            page = self._page.read()
        except PageUnreadable:
            return None
        return page.beat_ns if page.boot == running.boot and page.beat_ns else None

    def _flatten_waits(self, running: _Running, now: datetime) -> bool:
        """A flatten that the loop does not take up is a loop that does not work."""
        if now - running.since < timedelta(microseconds=STARTING_NS // 1000):
            return False
        job = self._store.read(lambda c: open_job(c, self._desk))
        return job is not None and job.state is JobState.ASKED and now - job.asked_at > NOT_TAKEN_UP

    def _restart_later(self, running: _Running, now: datetime) -> None:
        """Backoff grows with each failure and is forgotten after a steady minute. Never looser."""
        self.restarts += 1
        steady = now - running.since > STEADY_AFTER
        self._failures = 1 if steady else self._failures + 1
        wait_s = BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]
        self._start_at = now + timedelta(seconds=wait_s)

    def _note(self, said: Said, now: datetime) -> None:
        body = {"says": said.value, "restarts": self.restarts}
        self._put(
            lambda tx: self._store.log.append(
                tx,
                desk=self._desk,
                kind=f"guard_{said.name.lower()}",
                actor="guard",
                now=now,
                body=body,
            )
        )

    def _put(self, transaction: Callable[[Transaction], object]) -> None:
        """Never waits: a stopped loop may hold the store's write lock, and it is the guard who ends it."""
        self._store.submit(transaction).add_done_callback(_report)


def _report(future: "Future[object]") -> None:
    error = future.exception()
    if error is not None:
        logging.getLogger("guard").error("could not be recorded: %s", error)
