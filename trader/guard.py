"""The guard: starts the trading loop, reads its beat, closes the gate when it is late, fences, restarts.

A process of its own, so that a loop that hangs, holds the interpreter or is stopped cannot keep it from
acting: from sweeping and flattening itself where the loop does not.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from core.gate import BEAT_LATE_NS, LEASE_NS, Page
from core.takeover import Takeover
from store.heartbeats import beat
from store.page import GatePage, PageUnreadable
from store.reserve import keep_reserve
from store.store import Store, Transaction
from trader.absence import STARTING, Absence
from trader.standin import Progress

FENCE_AFTER_NS = 3_000_000_000
HEARTBEAT_EVERY = timedelta(seconds=1)
RESERVE_EVERY = timedelta(minutes=1)
BACKOFF_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_AFTER = timedelta(seconds=60)


class Child(Protocol):
    """A started trading loop."""

    def exited(self) -> int | None:
        """Its exit code, or None while it runs."""

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""


class Hands(Protocol):
    """What the guard acts with while no loop is there: a StandIn, somewhere."""

    def begin(self, now: datetime) -> None:
        """Start to act. Only called when the loop is gone."""

    def progress(self, now: datetime) -> Progress:
        """How far it has come; no longer ACTING means that it acts no more."""


class Said(StrEnum):
    """What a tick of the guard did, when it did something."""

    STARTED = "the trading loop was started"
    GATE_CLOSED = "the loop's beat is late: the gate is closed until it has reconciled"
    FENCED = "the loop was fenced: it did not beat, or somebody who tightened asked for it"
    DIED = "the trading loop ended by itself"
    DRAINED = "the trading loop has drained and ended"
    STOOD_IN = "the guard acts in the loop's place"
    HANDED_BACK = "the guard has done what it stood in for; the loop is started again"
    GAVE_UP = "the guard came no further in the loop's place; the loop tries again"


TROUBLE = frozenset({Said.GATE_CLOSED, Said.FENCED, Said.DIED, Said.STOOD_IN, Said.GAVE_UP})


@dataclass(slots=True)
class _Running:
    child: Child
    boot: int
    since: datetime
    closed_beat_ns: int | None = None
    beats: bool = False


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
        hands: Hands,
    ) -> None:
        self._store = store
        self._desk = desk
        self._pid = pid
        self._page = page
        self._spawn = spawn
        self._new_boot = new_boot
        self._hands = hands
        self._absence = Absence(store, desk)
        self._running: _Running | None = None
        self._standing_in: Takeover | None = None
        self._failures = 0
        self._start_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._reserve_at: datetime | None = None
        self.restarts = 0
        self.stopping = False

    def tick(self, now: datetime, now_ns: int, fence_asked: bool) -> list[Said]:
        """One pass. The lease comes first: a guard that cannot go on lets the gate close by itself."""
        self._page.renew_lease(now_ns + LEASE_NS)
        said = self._act(now, now_ns, fence_asked)
        for thing in said:
            self._note(thing, now)
        if self._beat_at is None or now - self._beat_at >= HEARTBEAT_EVERY:
            self._beat_at = now
            detail = self._detail()
            self._put(lambda tx: beat(tx, self._desk, "guard", self._pid, detail, now))
        if self._reserve_at is None or now - self._reserve_at >= RESERVE_EVERY:
            self._reserve_at = now
            keep_reserve(self._store.home)
        return said

    def _act(self, now: datetime, now_ns: int, fence_asked: bool) -> list[Said]:
        if self._standing_in is not None:
            return self._go_on_standing_in(now)
        said = self._look_after(self._running, now, now_ns, fence_asked) if self._running else []
        why = None if self.stopping else self._must_stand_in(now)
        if why is not None:
            return [*said, *self._stand_in(why, now)]
        return said if self._running else [*said, *self._start(now, now_ns)]

    def _detail(self) -> str:
        if self._standing_in is not None:
            return f"acting itself: {self._standing_in}"
        return f"{self.restarts} restarts" if self.restarts else "watching"

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
        self._running = _Running(self._spawn(boot), boot, now)
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
        if fence_asked or self._too_late(running, now, now_ns):
            self.fence()
            self._restart_later(running, now)
            return [Said.FENCED]
        return self._close_if_late(running, now, now_ns)

    def _must_stand_in(self, now: datetime) -> Takeover | None:
        running = self._running
        if running is None:
            return self._absence.must_stand_in(None, False, now)
        return self._absence.must_stand_in(running.since, running.beats, now)

    def _stand_in(self, why: Takeover, now: datetime) -> list[Said]:
        """The loop is gone before anything is sent in its place."""
        said = []
        if self._running is not None:
            running = self._running
            self.fence()
            self._restart_later(running, now)
            said.append(Said.FENCED)
        self._standing_in = why
        self._hands.begin(now)
        return [*said, Said.STOOD_IN]

    def _go_on_standing_in(self, now: datetime) -> list[Said]:
        progress = self._hands.progress(now)
        if progress is Progress.ACTING:
            return []
        self._standing_in = None
        if progress is Progress.DONE:
            self._absence.cleared()
            return [Said.HANDED_BACK]
        self._absence.gave_up()
        self._start_at = now
        return [Said.GAVE_UP]

    def _too_late(self, running: _Running, now: datetime, now_ns: int) -> bool:
        beat_ns = self._beat_ns(running)
        if beat_ns is None:
            return now - running.since > STARTING
        return now_ns - beat_ns > FENCE_AFTER_NS

    def _close_if_late(self, running: _Running, now: datetime, now_ns: int) -> list[Said]:
        page = self._page_of(running)
        if page is None:
            return []
        if now_ns - page.beat_ns <= BEAT_LATE_NS:
            self._absence.beating(running.since, page.armed, now)
            return []
        if running.closed_beat_ns == page.beat_ns:
            return []  # said already for this silence
        running.closed_beat_ns = page.beat_ns
        self._absence.lost(now)
        self._page.disarm()
        return [Said.GATE_CLOSED]

    def _beat_ns(self, running: _Running) -> int | None:
        page = self._page_of(running)
        return page.beat_ns if page else None

    def _page_of(self, running: _Running) -> Page | None:
        """The page as this start of the loop has beaten on it; None before its first beat."""
        try:
            page = self._page.read()
        except PageUnreadable:
            return None
        if page.boot != running.boot or not page.beat_ns:
            return None
        running.beats = True
        return page

    def _restart_later(self, running: _Running, now: datetime) -> None:
        """Backoff grows with each failure and is forgotten after a steady minute. Never looser."""
        self.restarts += 1
        self._absence.lost(now)
        steady = now - running.since > STEADY_AFTER
        self._failures = 1 if steady else self._failures + 1
        wait_s = BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]
        self._start_at = now + timedelta(seconds=wait_s)

    def _note(self, said: Said, now: datetime) -> None:
        logging.getLogger("guard").log(
            logging.ERROR if said in TROUBLE else logging.INFO, "%s: %s", self._desk, said
        )
        body = {"says": said.value, "restarts": self.restarts}
        if said is Said.STOOD_IN and self._standing_in is not None:
            body["because"] = self._standing_in.value
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
