"""The brake: a desk is made tighter by page, barrier, commit, and only then said so; looser in reverse.

Used alike by the terminal, the guard and the trading loop. It has a connection and a retry of its own,
and needs neither the exchange nor a healthy trader.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from sqlalchemy import Connection, bindparam, func, select

from core.gate import Row
from core.modes import Mode
from core.orders import LIVE, OrderState
from store import sqlite
from store.books_schema import orders
from store.columns import one_of
from store.control import UnknownDesk, read_row
from store.home import Home
from store.lock import GateLock, running_pid
from store.page import GatePage, PageUnreadable
from store.reserve import give_up_reserve
from store.wakeups import FENCE, nudge

T = TypeVar("T")

BARRIER_S = 0.25
FENCE_BY_GUARD_S = 0.1
AFTER_FENCE_S = 1.0
COMMIT_S = 0.25
LOOSEN_S = 5.0
TURN_S = 0.1
"""How long to wait at the turnstile: whoever is stopped inside it must not hold the brake up."""


_IN_FLIGHT = (
    select(func.count())
    .select_from(orders)
    .where(
        orders.c.desk == bindparam("desk"),
        one_of(orders.c.state, LIVE),
        one_of(orders.c.state, [OrderState.RESERVED, OrderState.UNKNOWN]),
    )
)


class Barrier(Enum):
    """Whether nobody is between check and write any more."""

    REACHED = "reached"
    FENCED = "reached by ending the loop"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a tightening achieved.

    `recorded` False: the page and the KILL file hold, the record waits. `quiet` False: somebody is
    still between check and write and could not be fenced; one more order may leave.
    """

    mode: Mode
    epoch: int
    recorded: bool
    fenced: bool
    in_flight: int
    quiet: bool = True


class Brake:
    """Tightens and loosens one desk of a home. Making one raises UnknownDesk."""

    def __init__(self, home: Home, desk: str) -> None:
        self._home = home
        self._desk = desk
        self._turnstile = GateLock(home.turnstile)
        self._engine = sqlite.writing_engine(home.database, COMMIT_S)
        self._reading = sqlite.reading_engine(home.database, pool_size=1)
        self._one_at_a_time = threading.Lock()
        with self._engine.connect() as connection:  # open and warm now, not when it matters
            raw = connection.connection.dbapi_connection
            assert raw is not None
            # Read below the engine, whose every transaction would wait for the write lock.
            asked = raw.cursor()
            asked.execute("SELECT 1 FROM control WHERE desk = ?", (desk,))
            if asked.fetchone() is None:
                raise UnknownDesk(desk)  # a desk that is not there gets no files
        self._page = GatePage(home.page(desk))
        self._lock = GateLock(home.lock(desk))
        self.took_s: float | None = None
        """How long the last tightening by this process took; None before the first."""

    def close(self) -> None:
        self._engine.dispose()
        self._reading.dispose()
        self._page.close()

    def tighten(self, mode: Mode, change: Callable[[Connection], Row]) -> Applied:
        """Make the desk at least as strict as `mode` and run `change` as its durable record.

        When this returns, no order that the new mode forbids is written to the wire any more.
        """
        with self._one_at_a_time:
            began_s = time.monotonic()
            self._tighten_page(mode)
            nudge(self._home.socket("loop", self._desk))
            barrier = self._barrier()
            self._turnstile.take_alone(TURN_S)
            try:
                self._tighten_page(mode)
                return self._record(mode, change, barrier)
            finally:
                self.took_s = time.monotonic() - began_s
                self._turnstile.release()
                self._lock.release()
                nudge(self._home.socket("loop", self._desk))

    def loosen(self, change: Callable[[Connection], T]) -> T:
        """Run `change` durably, then let the page follow the row. The caller has two people's yes."""
        with self._one_at_a_time:
            result = self._commit_unhurried(change)
            self._follow_row()
            nudge(self._home.socket("loop", self._desk))
            return result

    def _commit_unhurried(self, change: Callable[[Connection], T]) -> T:
        """Loosening fences nobody: it waits as long as any other write. Raises StoreBusy."""
        deadline = time.monotonic() + LOOSEN_S
        self._turnstile.take_alone(LOOSEN_S)
        try:
            while True:
                try:
                    with self._engine.begin() as tx:
                        return change(tx)
                except sqlite.StoreBusy:
                    if time.monotonic() >= deadline:
                        raise
        finally:
            self._turnstile.release()

    def follow_row(self) -> Row:
        """Set the page to what the row says, under the lock."""
        with self._one_at_a_time:
            return self._follow_row()

    def _follow_row(self) -> Row:
        if not self._lock.take_alone(BARRIER_S + AFTER_FENCE_S):
            raise sqlite.StoreBusy("a sender holds the gate's lock")
        try:
            with self._reading.connect() as connection:  # a busy store keeps nobody from reading
                row = read_row(connection, self._desk)
            self._page.set_mode(row.mode, row.epoch)
            return row
        finally:
            self._lock.release()

    def _tighten_page(self, mode: Mode) -> None:
        """Never looser than the page is: of two people who tighten at once, the stricter wins."""
        try:
            page = self._page.read()
        except PageUnreadable:
            self._page.close_gate(0)  # tighter still; the commit sets it right
            return
        if page.mode is not None:
            self._page.set_mode(max(mode, page.mode), page.epoch)

    def _barrier(self) -> Barrier:
        """Wait until every request inside the gate is written; whoever stays inside is fenced.

        The guard kills the loop; if it does not answer, this process does. The kernel then lets go.
        """
        if self._lock.take_alone(BARRIER_S):
            return Barrier.REACHED
        nudge(self._home.socket("guard", self._desk), FENCE)
        if self._lock.take_alone(FENCE_BY_GUARD_S):
            return Barrier.FENCED
        kill_loop(self._home, self._desk)
        return Barrier.FENCED if self._lock.take_alone(AFTER_FENCE_S) else Barrier.NOT_REACHED

    def _record(self, mode: Mode, change: Callable[[Connection], Row], barrier: Barrier) -> Applied:
        try:
            return self._commit(change, barrier)
        except sqlite.StoreBusy:
            # Whoever is stopped inside a write transaction never lets go of it.
            if kill_loop(self._home, self._desk) and barrier is Barrier.REACHED:
                barrier = Barrier.FENCED
        except sqlite.StoreFailed:
            if not give_up_reserve(self._home):
                return self._hold_without_record(mode, barrier)
        try:
            return self._commit(change, barrier)
        except sqlite.StoreFailed:
            return self._hold_without_record(mode, barrier)

    def _commit(self, change: Callable[[Connection], Row], barrier: Barrier) -> Applied:
        with self._engine.begin() as tx:
            row = change(tx)
            in_flight = tx.scalar(_IN_FLIGHT, {"desk": self._desk})
        self._page.set_mode(row.mode, row.epoch)
        return _applied(row.mode, row.epoch, barrier, recorded=True, in_flight=in_flight or 0)

    def _hold_without_record(self, mode: Mode, barrier: Barrier) -> Applied:
        with contextlib.suppress(OSError):  # the page stands even where no file can be made
            self._home.kill_file.touch(mode=0o600)
        return _applied(max(mode, Mode.HELD), 0, barrier, recorded=False, in_flight=0)


def _applied(
    mode: Mode, epoch: int, barrier: Barrier, *, recorded: bool, in_flight: int
) -> Applied:
    return Applied(
        mode,
        epoch,
        recorded,
        fenced=barrier is Barrier.FENCED,
        in_flight=in_flight,
        quiet=barrier is not Barrier.NOT_REACHED,
    )


def kill_loop(home: Home, desk: str) -> bool:
    """SIGKILL the desk's loop; False when none runs. One that ends at this very moment is gone too."""
    pid = running_pid(home.single("loop", desk))
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True


def hold_without_store(home: Home) -> list[str]:
    """Close every gate of a home whose store cannot even be opened; the desks that were held.

    Pages, KILL file, barrier and fence work without a database. The record waits: the next loop
    that finds the KILL file writes it.
    """
    held = []
    for path in sorted(home.root.glob("*.page")):
        desk = path.stem
        page = GatePage(path)
        page.close_gate(epoch=0)
        page.close()
        nudge(home.socket("loop", desk))
        lock = GateLock(home.lock(desk))
        if not lock.take_alone(BARRIER_S):
            kill_loop(home, desk)
            lock.take_alone(AFTER_FENCE_S)
        lock.release()
        held.append(desk)
    with contextlib.suppress(OSError):  # the pages are closed even where no file can be made
        home.kill_file.touch(mode=0o600)
    return held
