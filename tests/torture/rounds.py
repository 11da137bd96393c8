"""Rounds of torture: trade, disturb at a random instant, kill, and let the exchange's log bear witness."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from core.modes import Mode
from tests.torture.desk import RealDesk

IN_FLIGHT_NS = 50_000_000
"""Bytes written just before an acknowledgement may be read by the exchange a moment after it."""

CREATE = {"method": "POST", "path": "/api/v3/brokerage/orders"}

HOLD_THE_WRITE_LOCK = """
import sys, time
from store import sqlite
raw = sqlite.LIBRARY.connect(sys.argv[1], isolation_level=None, timeout=5)
raw.execute("BEGIN IMMEDIATE"); print("held", flush=True); time.sleep(float(sys.argv[2]))
"""


@dataclass
class Score:
    """What the rounds have come to. All but the first five must stay zero."""

    rounds: int = 0
    kills: int = 0
    flattens: int = 0
    orders: int = 0
    by_the_guard: int = 0
    forbidden_after_ack: int = 0
    duplicates: int = 0
    looser_after_restart: int = 0
    not_flat: int = 0
    books_differ: int = 0
    disturbed: Counter[str] = field(default_factory=Counter)
    kill_ms: list[float] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        return (
            self.forbidden_after_ack
            + self.duplicates
            + self.looser_after_restart
            + self.not_flat
            + self.books_differ
        )

    def table(self) -> str:
        self.kill_ms.sort()
        middle = self.kill_ms[len(self.kill_ms) // 2] if self.kill_ms else 0
        worst = self.kill_ms[-1] if self.kill_ms else 0
        rows = [
            ("rounds", self.rounds),
            ("kills acknowledged", self.kills),
            ("flattens verified", self.flattens),
            ("of these with a hand of the guard", self.by_the_guard),
            ("order requests at the exchange", self.orders),
            ("forbidden requests after an acknowledgement", self.forbidden_after_ack),
            ("client_order_ids sent twice", self.duplicates),
            ("restarts that came back looser", self.looser_after_restart),
            ("killed desks not flat", self.not_flat),
            ("books unlike the exchange's", self.books_differ),
            ("kill to acknowledged, median / worst ms", f"{middle:.1f} / {worst:.1f}"),
            *((f"disturbed by: {name}", count) for name, count in sorted(self.disturbed.items())),
        ]
        return "\n".join(f"{name:<46} {value:>16}" for name, value in rows)


def _lock_store(desk: RealDesk) -> None:
    path = str(desk.store.home.database)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_WRITE_LOCK, path, "0.15"], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.stdout.close()
    desk_holders.append(holder)


desk_holders: list["subprocess.Popen[bytes]"] = []

DISTURBANCES: dict[str, Callable[[RealDesk], None]] = {
    "nothing": lambda desk: None,
    "loop killed": lambda desk: desk.signal_loop(signal.SIGKILL),
    "loop stopped": lambda desk: desk.signal_loop(signal.SIGSTOP),
    "guard killed": lambda desk: desk.signal_guard(signal.SIGKILL),
    "guard stopped": lambda desk: desk.signal_guard(signal.SIGSTOP),
    "store locked": _lock_store,
    "exchange slow": lambda desk: _fault(desk, "latency", {"ms": 300}),
    "exchange failing": lambda desk: _fault(desk, "status", {"code": 503}),
    "replies lost": lambda desk: _fault(desk, "drop_after", {}),
}


def _fault(desk: RealDesk, kind: str, args: dict[str, Any]) -> None:
    desk.exchange.fault(kind, match=CREATE, args=args, count=5)


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


AT_CONFIRMATION: dict[str, Callable[[RealDesk], AbstractContextManager[None]]] = {
    "nothing": lambda desk: nullcontext(),
    "loop stopped": _loop_stopped,
    "loop keeps dying": _loop_keeps_dying,
    "loop resumes late": _loop_resumes_late,
}


def one_round(desk: RealDesk, name: str, chance: random.Random, score: Score) -> None:
    """One disturbed kill, confirmed and verified flat, then resumed."""
    desk.ensure_guard()
    desk.resume(within_s=90)
    at_confirmation = chance.choice(sorted(AT_CONFIRMATION))
    something_held = at_confirmation != "nothing"
    desk.until(lambda: desk.armed() and desk.entries_live() > 0, 60)
    desk.until(lambda: bool(desk.positions()) or not something_held, 60)
    before = chance.random() < 0.5
    time.sleep(chance.random() * 0.4)
    if before:
        DISTURBANCES[name](desk)
        time.sleep(chance.random() * 0.05)
    began = time.monotonic_ns()
    request, held_at, applied = desk.kill()
    score.kill_ms.append((held_at - began) / 1e6)
    assert applied.recorded, "the store was there all the time"
    if not before:
        DISTURBANCES[name](desk)
    time.sleep(0.2 + chance.random() * 0.3)
    _calm(desk)
    if desk.mode() < Mode.HELD:
        score.looser_after_restart += 1
    with AT_CONFIRMATION[at_confirmation](desk):
        killed_at = desk.confirm(request)
        desk.until(lambda: desk.flatten_ended(request), 60)
    desk.until(desk.armed, 30)
    _judge(desk, name, held_at, killed_at, score)
    score.rounds, score.kills, score.flattens = (
        score.rounds + 1,
        score.kills + 2,
        score.flattens + 1,
    )
    score.disturbed[name] += 1
    score.disturbed[f"then: {at_confirmation}"] += 1
    if "guard" in desk.flattened_by(request):
        score.by_the_guard += 1


def _calm(desk: RealDesk) -> None:
    """The weather ends: what was stopped goes on, what was killed is started again."""
    desk.signal_loop(signal.SIGCONT)
    desk.signal_guard(signal.SIGCONT)
    desk.exchange.clear_faults()
    desk.ensure_guard()
    while desk_holders:
        desk_holders.pop().wait()


def _judge(desk: RealDesk, name: str, held_at: int, killed_at: int, score: Score) -> None:
    """By the exchange's own log and ledger."""
    for request in desk.order_requests(held_at + IN_FLIGHT_NS):
        kind = request["body"]["client_order_id"][:2]
        forbidden = kind in ("e-", "x-")
        if request["monotonic_ns"] > killed_at + IN_FLIGHT_NS:
            forbidden = forbidden or kind == "s-"
        if forbidden:
            score.forbidden_after_ack += 1
            late_ms = (request["monotonic_ns"] - held_at) / 1e6
            score.details.append(f"{name}: {request['body']} {late_ms:.3f} ms late")
    if desk.mode() is not Mode.KILLED:
        score.looser_after_restart += 1
    if desk.positions_there():
        score.not_flat += 1
        score.details.append(f"{name}: left {desk.positions_there()}\n{desk.story()}")
    if desk.positions() != desk.positions_there():
        score.books_differ += 1


def count_duplicates(desk: RealDesk, score: Score) -> None:
    requests = desk.order_requests()
    sent = Counter(request["body"]["client_order_id"] for request in requests)
    score.orders = len(requests)
    score.duplicates = sum(times - 1 for times in sent.values())
