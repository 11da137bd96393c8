"""What befalls a desk while it trades, and while it is being flattened."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from tests.torture.desk import DESK, RealDesk
from tests.torture.faulty import POINTS
from tests.torture.wedging import WEDGE

BROKERAGE = "/api/v3/brokerage"
CREATE = {"method": "POST", "path": f"{BROKERAGE}/orders"}
CANCEL = {"method": "POST", "path": f"{BROKERAGE}/orders/batch_cancel"}
POSITIONS = {"method": "GET", "path": f"{BROKERAGE}/cfm/positions"}
BRIEFLY_S, FOR_SECONDS_S = 0.15, 1.5

HOLD_THE_WRITE_LOCK = """
import sys, time
from store import sqlite
raw = sqlite.LIBRARY.connect(sys.argv[1], isolation_level=None, timeout=5)
raw.execute("BEGIN IMMEDIATE"); print("held", flush=True); time.sleep(float(sys.argv[2]))
"""


def lock_store(desk: RealDesk, seconds: float) -> None:
    """Another process holds the write lock; `desk.calm` waits for its end."""
    path = str(desk.store.home.database)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_WRITE_LOCK, path, str(seconds)], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.stdout.close()
    desk.weather.append(holder)


def lose_wakeups(desk: RealDesk) -> None:
    """Nobody can nudge loop and guard any more; they have to find out by themselves."""
    for process in ("loop", "guard"):
        desk.store.home.socket(process, DESK).unlink(missing_ok=True)


def _strike(point: str, number: signal.Signals) -> Callable[[RealDesk], None]:
    return lambda desk: desk.strike(point, number)


def _fault(desk: RealDesk, kind: str, match: dict[str, str], count: int, **args: Any) -> None:
    desk.exchange.fault(kind, match=match, args=args, count=count)


DISTURBANCES: dict[str, Callable[[RealDesk], None]] = {
    "nothing": lambda desk: None,
    "loop killed": lambda desk: desk.signal_loop(signal.SIGKILL),
    "loop stopped": lambda desk: desk.signal_loop(signal.SIGSTOP),
    "guard killed": lambda desk: desk.signal_guard(signal.SIGKILL),
    "guard stopped": lambda desk: desk.signal_guard(signal.SIGSTOP),
    "store locked": lambda desk: lock_store(desk, BRIEFLY_S),
    "store locked for seconds": lambda desk: lock_store(desk, FOR_SECONDS_S),
    "wake-ups lost": lose_wakeups,
    "exchange slow": lambda desk: _fault(desk, "latency", CREATE, 5, ms=300),
    "exchange failing": lambda desk: _fault(desk, "status", CREATE, 5, code=503),
    "replies lost": lambda desk: _fault(desk, "drop_after", CREATE, 5),
    "cancels lied about": lambda desk: _fault(desk, "deaf_cancel", CANCEL, 3),
    "positions stale": lambda desk: _fault(desk, "frozen", POSITIONS, 5),
    "orders only acknowledged": lambda desk: _fault(desk, "phantom_order", CREATE, 2),
}

DISTURBANCES |= {f"killed {point}": _strike(point, signal.SIGKILL) for point in POINTS}
DISTURBANCES |= {f"stopped {point}": _strike(point, signal.SIGSTOP) for point in POINTS}
IN_SLACK: dict[str, Callable[[RealDesk], None]] = {
    "nothing": lambda desk: None,
    "bot killed": lambda desk: desk.in_slack.bot.kill(),
    "bot stopped": lambda desk: desk.in_slack.bot.pause(),
}
"""What befalls the bot while the kill is typed in Slack."""


@contextmanager
def _loop_stopped(desk: RealDesk) -> Iterator[None]:
    desk.signal_loop(signal.SIGSTOP)
    yield


@contextmanager
def _loop_keeps_dying(desk: RealDesk) -> Iterator[None]:
    over = threading.Event()

    def keep_killing() -> None:
        while not over.wait(0.01):
            desk.signal_loop(signal.SIGKILL)

    killer = threading.Thread(target=keep_killing)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


@contextmanager
def _loop_resumes_late(desk: RealDesk) -> Iterator[None]:
    """Stopped while it should flatten, and going on just as the guard may be taking over."""
    desk.signal_loop(signal.SIGSTOP)
    waking = threading.Timer(3.0, lambda: desk.signal_loop(signal.SIGCONT))
    waking.start()
    try:
        yield
    finally:
        waking.join()


@contextmanager
def _loop_holds_the_interpreter(desk: RealDesk) -> Iterator[None]:
    """And so does every loop that is started in its place, as long as the file is there."""
    (desk.home / WEDGE).touch()
    try:
        yield
    finally:
        (desk.home / WEDGE).unlink()


def _lying(kind: str, match: dict[str, str], count: int) -> Callable[[RealDesk], Any]:
    @contextmanager
    def lying(desk: RealDesk) -> Iterator[None]:
        _fault(desk, kind, match, count)
        yield
        desk.exchange.clear_faults()

    return lying


@contextmanager
def _wakeups_lost(desk: RealDesk) -> Iterator[None]:
    lose_wakeups(desk)
    yield


AT_CONFIRMATION: dict[str, Callable[[RealDesk], AbstractContextManager[None]]] = {
    "nothing": lambda desk: nullcontext(),
    "loop stopped": _loop_stopped,
    "loop keeps dying": _loop_keeps_dying,
    "loop resumes late": _loop_resumes_late,
    "loop holds the interpreter": _loop_holds_the_interpreter,
    "wake-ups lost": _wakeups_lost,
    "cancels lied about": _lying("deaf_cancel", CANCEL, 3),
    "closes only acknowledged": _lying("phantom_order", CREATE, 2),
    "closes fail": _lying("drop_after", CREATE, 3),
    "positions stale": _lying("frozen", POSITIONS, 8),
}
