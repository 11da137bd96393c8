"""`make bench`: how fast the brake is, beside the floor of this disk measured in the same run."""

import queue
import secrets
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from core.gate import Intent
from core.modes import Mode
from core.orders import Kind, OrderSpec, OrderState, OrderType, Side
from core.risk import CheckedOrder
from store import sqlite
from store.control import set_mode
from store.events import EventLog
from store.gate import SendGate
from store.orders import move, record_intent
from store.store import Store, Transaction, open_store
from store.wakeups import Listener, nudge
from tests.bench.alerting import alerting
from tests.bench.idle import idle
from tests.bench.load import alerts_and_fills
from tests.bench.rows import HEAD, ROUNDS, row, timed, wall
from tests.bench.slack import in_slack
from tests.bench.twenty import twenty_positions
from tests.race.test_no_leak import BOOT, DESK, LIMITS, armed_desk, standing
from tests.sandbox.exchange_process import BIP, ExchangeProcess
from tests.torture.desk import RealDesk


def floor_of(root: Path) -> list[float]:
    """One raw durable commit: the least that anything durable on this disk can take."""
    raw = sqlite.LIBRARY.connect(root / "floor.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")

    def commit() -> None:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("INSERT INTO t (b) VALUES (?)", ("x" * 100,))
        raw.execute("COMMIT")

    found = timed(commit)
    raw.close()
    return found


def kills(store: Store, rounds: int = ROUNDS) -> list[float]:
    """From the call to its return, which is the acknowledgement."""
    brake, found = store.brake(DESK), []
    for _ in range(rounds):
        brake.loosen(
            lambda tx: set_mode(
                tx, store.log, DESK, Mode.ACTIVE, reason="next", actor="bench", now=wall()
            )
        )
        began = time.perf_counter()
        brake.tighten(
            Mode.HELD,
            lambda tx: set_mode(
                tx, store.log, DESK, Mode.HELD, reason="bench", actor="bench", now=wall()
            ),
        )
        found.append((time.perf_counter() - began) * 1000)
    return found


def entry() -> OrderSpec:
    return OrderSpec(
        client_order_id=f"b-{secrets.token_hex(6)}",
        desk=DESK,
        product_id=BIP,
        kind=Kind.ENTRY,
        side=Side.BUY,
        contracts=1,
        order_type=OrderType.LIMIT_GTD,
        limit_price=Decimal(20_000),
        end_time=wall() + timedelta(minutes=5),
    )


def order_path(store: Store) -> list[float]:
    """Judging, making durable, lock, page, row and admit: everything but the HTTP call itself."""
    gate = SendGate(store.home, DESK, BOOT, standing)

    found = []
    for _ in range(ROUNDS):
        checked = CheckedOrder(entry())
        began = time.perf_counter()
        intent = store.write(partial(record_intent, checked=checked, limits=LIMITS, now=wall()))
        assert isinstance(intent, Intent), intent
        gate.pass_through(intent, lambda _approved: None)
        found.append((time.perf_counter() - began) * 1000)
        store.write(partial(end, store.log, intent.spec.client_order_id))
    return found


def end(log: EventLog, client_order_id: str, tx: Transaction) -> None:
    """A desk has a handful of live orders, not hundreds."""
    move(tx, log, client_order_id, OrderState.REFUSED, wall())


def in_the_store(root: Path) -> list[str]:
    exchange = ExchangeProcess(root / "exchange", "--no-rate-limits", "--cash", "1e12")
    store = open_store(root / "home", wall())
    try:
        floor = floor_of(root)
        middle = statistics.median(floor)
        armed_desk(store, exchange)
        lines = [row("floor: one raw durable commit", floor)]
        lines.append(row("order path beyond the HTTP call", order_path(store), middle))
        lines.append(row("kill to acknowledged, idle", kills(store), middle))
        with alerts_and_fills(root / "home", DESK):
            lines.append(row("kill to acknowledged, beside alerts and fills", kills(store), middle))
        lines.append(row("wake-up of another thread by datagram", wakeups(store)))
        return lines
    finally:
        store.close()
        exchange.stop()


def wakeups(store: Store) -> list[float]:
    """From the nudge to the listener's return from its wait."""
    path = store.home.socket("bench", DESK)
    listener, woken, found = Listener(path), queue.Queue[int](), []

    def listen() -> None:
        for _ in range(ROUNDS):
            listener.wait(5)
            woken.put(time.monotonic_ns())

    thread = threading.Thread(target=listen)
    thread.start()
    for _ in range(ROUNDS):
        time.sleep(0.002)  # it waits again
        began = time.monotonic_ns()
        nudge(path)
        found.append((woken.get() - began) / 1e6)
    thread.join()
    listener.close()
    return found


def with_processes(root: Path) -> list[str]:
    """Real processes: the kill's first cancel at the exchange, flat, and back after a crash."""
    desk = RealDesk(root, slack=True)
    try:
        first_cancel, flat, back = [], [], []
        for _ in range(8):
            desk.resume(60)
            desk.until(lambda: desk.armed() and desk.entry_rests(), 60)
            began = time.monotonic_ns()
            request, _acknowledged = desk.kill()
            desk.until(lambda since=began: bool(cancels(desk, since)), 10)  # type: ignore[misc]
            first_cancel.append((cancels(desk, began)[0] - began) / 1e6)
            began = time.monotonic_ns()
            desk.confirm(request)
            desk.until(lambda id=request: desk.flatten_ended(id), 30)  # type: ignore[misc]
            flat.append((time.monotonic_ns() - began) / 1e6)
        for _ in range(3):  # more in a row, and the guard's backoff is what is measured
            began = time.monotonic_ns()
            desk.signal_loop(9)
            desk.until(lambda: not desk.armed(), 10)
            desk.until(desk.armed, 30)
            back.append((time.monotonic_ns() - began) / 1e6)
        closed = [gate_closed_ms(desk) for _ in range(5)]
        anew = [restarted_ms(desk) for _ in range(3)]
        return [
            row("kill to first cancel read by the exchange", first_cancel),
            row("confirmation to verified flat", flat),
            row("loop killed to armed again", back),
            row("wedged loop to gate closed", closed),
            row("guard and loop started anew to reconciled", anew),
            *idle(desk),
        ]
    finally:
        desk.close()


def far_away(root: Path) -> list[str]:
    """Two positions or more to flat, on an exchange 80 ms away that takes 30 requests a second."""
    desk = RealDesk(root, exchange=())
    try:
        flat, requests = [], []
        for _ in range(5):
            desk.resume(90)
            desk.until(lambda: desk.armed() and len(desk.positions()) >= 2, 120)
            desk.exchange.fault("latency", match={}, args={"ms": 80}, count=None)
            time.sleep(1)
            request, _acknowledged = desk.kill()
            began = time.monotonic_ns()
            desk.confirm(request)
            desk.until(lambda id=request: desk.flatten_ended(id), 60)  # type: ignore[misc]
            flat.append((time.monotonic_ns() - began) / 1e6)
            seen = desk.exchange.ask(f"/_sim/requests?since_ns={began}&limit=1000")["requests"]
            requests.append(float(len(seen)))
            desk.exchange.clear_faults()
        return [
            row("confirmation to verified flat, exchange 80 ms away", flat),
            row("the requests that this takes (not milliseconds)", requests),
        ]
    finally:
        desk.close()


def gate_closed_ms(desk: RealDesk) -> float:
    """From the instant the loop is stopped, at any point of its work."""
    desk.until(desk.armed, 30)
    began = time.monotonic_ns()
    desk.signal_loop(signal.SIGSTOP)
    desk.until(lambda: not desk.armed(), 10)
    took = (time.monotonic_ns() - began) / 1e6
    desk.signal_loop(signal.SIGCONT)
    return took


def restarted_ms(desk: RealDesk) -> float:
    """Both killed at once, and the guard started again as a service manager would."""
    desk.signal_loop(signal.SIGKILL)
    began = time.monotonic_ns()
    desk.restart_guard()
    desk.until(desk.settled, 60)
    return (time.monotonic_ns() - began) / 1e6


def cancels(desk: RealDesk, since_ns: int) -> list[int]:
    found = desk.exchange.ask(f"/_sim/requests?since_ns={since_ns}&limit=1000")["requests"]
    return [r["monotonic_ns"] for r in found if r["path"].endswith("batch_cancel")]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        root = Path(directory)
        say([HEAD, *in_the_store(root)])
        say(with_processes(root / "processes"))
        say(far_away(root / "far"))
        say(twenty_positions(root / "twenty"))
        say(in_slack(root))
        alerting(root / "alerting", say)
    return 0


def say(lines: Sequence[str]) -> None:
    """Each part as it ends: what was measured is not lost with what fails after it."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
