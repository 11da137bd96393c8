"""Invariant 1: once a tightening has been acknowledged, nothing it forbids is written to the wire.

Many senders, the real client over TLS, hundreds of kills; the witness is the exchange's own log.
"""

import itertools
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.gate import LEASE_NS, ApprovedOrder, Intent, Refused
from core.modes import Mode
from core.orders import Kind, OrderSpec, OrderState, OrderType, Side
from core.risk import CheckedOrder, check
from store.control import begin_desk, set_mode
from store.gate import SendGate
from store.lock import GateLock
from store.observations import write_account, write_marks, write_products
from store.orders import move, risk_view
from store.own_cash import open_books
from store.page import GatePage
from store.store import Store, Transaction, open_store
from tests.sandbox.exchange_process import BIP, ExchangeProcess
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.ordering import Accepted
from trader.coinbase.signing import load_key
from trader.coinbase.wire import NotSent, Wire
from trader.desk import DeskGate
from trader.profiles import DEV

DESK = "main"
BOOT = 7
SENDERS = 6
KILLS = 60
KILLS_TO_FIND = 20
STALLS, STALL_S = 0.5, 0.006
STANDING_NS = 1_000_000_000_000
CLOSED_S = 0.01
"""How long the desk stays held after each kill, for something to leak into."""

LIMITS = replace(
    DEV.limits,
    max_position_base={"BTC": Decimal(1_000_000)},
    max_position_notional_usd=Decimal(10**15),
    max_leverage=Decimal(10**9),
    max_orders_per_minute=10**9,
    mark_stale_s=Decimal(3600),
    max_gross_notional_usd=Decimal(10**15),
    max_net_notional_usd=Decimal(10**15),
    max_share_pct=Decimal(100),
    max_one_way_notional_usd=Decimal(10**15),
    duplicate_window_s=Decimal(0),
)


def wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (this test's composition root)


def standing() -> int:
    """The gate's clock stands still here: nobody beats, and beat and lease are not the point."""
    return STANDING_NS


class TimedGate(DeskGate):
    """The desk's gate, remembering when each order was written; some writes stall, as on a full socket."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.written_ns: dict[str, int] = {}
        self.stalled: set[str] = set()
        """Let through, and not written yet."""
        self._chance = random.Random(1)

    def pass_through(
        self, intent: Intent, write: Callable[[ApprovedOrder], None]
    ) -> ApprovedOrder | Refused:
        def timed(approved: ApprovedOrder) -> None:
            id = approved.spec.client_order_id
            if self._chance.random() < STALLS:
                self.stalled.add(id)
                time.sleep(STALL_S)
                self.stalled.discard(id)
            write(approved)
            self.written_ns[id] = time.monotonic_ns()

        return super().pass_through(intent, timed)


@dataclass
class Senders:
    """Threads that send entries as fast as the exchange answers."""

    exchange: Exchange
    store: Store
    accepted: int = 0
    refused: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> None:
        for count in itertools.count():
            if self.stop.is_set():
                return
            spec = entry(f"race-{number}-{count}-{secrets.token_hex(3)}")
            with self.store.reading() as connection:
                verdict = check(spec, risk_view(connection, spec, LIMITS, wall()))
            assert isinstance(verdict, CheckedOrder), verdict
            outcome = self.exchange.place(verdict)
            if isinstance(outcome, Accepted):
                self.accepted += 1
                self.forget(spec, outcome)
            else:
                assert isinstance(outcome, NotSent), outcome
                self.refused += 1

    def forget(self, spec: OrderSpec, accepted: Accepted) -> None:
        """Keep our own list of working orders short: the exchange's log is the witness here."""

        def transaction(tx: Transaction) -> None:
            for state in (OrderState.WORKING, OrderState.CANCELLED):
                id, order_id = spec.client_order_id, accepted.order_id
                move(tx, self.store.log, id, state, wall(), order_id=order_id)

        self.store.write(transaction)


def entry(client_order_id: str) -> OrderSpec:
    return OrderSpec(
        client_order_id=client_order_id,
        desk=DESK,
        product_id=BIP,
        kind=Kind.ENTRY,
        side=Side.BUY,
        contracts=1,
        order_type=OrderType.LIMIT_GTD,
        limit_price=Decimal(20_000),  # rests far below the market: the book is not the point
        end_time=wall() + timedelta(minutes=5),
    )


@pytest.fixture
def exchange_process(tmp_path: Path) -> Iterator[ExchangeProcess]:
    process = ExchangeProcess(tmp_path / "exchange", "--no-rate-limits", "--cash", "1e12")
    yield process
    process.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "home", wall())
    yield opened
    opened.close()


def armed_desk(store: Store, process: ExchangeProcess) -> tuple[Exchange, TimedGate]:
    """A desk of its own whose gate is open, with nobody else moving its page."""
    key = load_key(Path(process.key_file("trader")))
    gate = TimedGate(store, LIMITS, SendGate(store.home, DESK, BOOT, standing), wall)
    endpoint = Endpoint(process.host, Path(process.ca))
    exchange = Exchange(endpoint, key, Wire(gate), wall)
    store.write(lambda tx: begin_desk(tx, store.log, DESK, Mode.ACTIVE, "test", wall()))
    account, products = exchange.account(), exchange.perpetuals()
    marks = exchange.marks([BIP])

    def known(tx: Transaction) -> None:
        write_products(tx, DESK, products)
        write_marks(tx, DESK, marks)
        write_account(tx, DESK, account)
        open_books(tx, store.log, DESK, account.cash_usd, wall())

    store.write(known)
    page = GatePage(store.home.page(DESK))
    page.begin_boot(BOOT)
    page.renew_lease(STANDING_NS + LEASE_NS)
    page.beat(STANDING_NS)
    store.brake(DESK).follow_row()
    page.arm(BOOT)
    return exchange, gate


def order_arrivals(process: ExchangeProcess) -> list[tuple[int, str]]:
    """When each order request was read by the exchange, whole, and which order it was."""
    requests = process.ask("/_sim/requests?limit=200000")["requests"]
    return [
        (request["monotonic_ns"], request["body"]["client_order_id"])
        for request in requests
        if request["method"] == "POST" and request["path"].endswith("/orders")
    ]


def test_after_a_kill_is_acknowledged_the_exchange_sees_no_order(
    store: Store, exchange_process: ExchangeProcess
) -> None:
    """The long form is part of `make torture`."""
    nothing_leaks(store, exchange_process, KILLS)


def test_a_gate_without_its_lock_leaks_and_is_found_out(
    store: Store, exchange_process: ExchangeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race proves something only if it sees what the lock is for."""
    monkeypatch.setattr(GateLock, "shared", lambda _lock: nullcontext())

    with pytest.raises(AssertionError, match="race-"):
        nothing_leaks(store, exchange_process, KILLS_TO_FIND)


def nothing_leaks(store: Store, exchange_process: ExchangeProcess, kills: int) -> None:
    """So many kills against senders that never rest. Raises AssertionError."""
    exchange, gate = armed_desk(store, exchange_process)
    senders = Senders(exchange, store)
    threads = [threading.Thread(target=senders.run, args=(n,)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    closed: list[tuple[int, int]] = []
    try:
        for _ in range(kills):
            before = senders.accepted
            deadline = time.monotonic() + 10
            while senders.accepted <= before or not gate.stalled:  # somebody is on the way out
                assert time.monotonic() < deadline, "the senders do not get orders through"
                time.sleep(0.0005)
            applied = set_to(store, Mode.HELD)
            acknowledged = time.monotonic_ns()
            assert applied
            senders.stop.wait(CLOSED_S)
            closed.append((acknowledged, time.monotonic_ns()))
            store.brake(DESK).loosen(
                lambda tx: set_mode(
                    tx, store.log, DESK, Mode.ACTIVE, reason="next", actor="two", now=wall()
                )
            )
    finally:
        senders.stop.set()
        for thread in threads:
            thread.join()
    arrivals = order_arrivals(exchange_process)
    leaked = [
        (id, gate.written_ns[id] - acknowledged)
        for acknowledged, reopened in closed
        for arrived, id in arrivals
        if acknowledged < arrived < reopened and gate.written_ns[id] > acknowledged
    ]
    written_while_closed = [
        id
        for id, written in gate.written_ns.items()
        for acknowledged, reopened in closed
        if acknowledged < written < reopened
    ]
    assert senders.refused > 0, "no sender was ever kept back: the test would prove nothing"
    assert len(arrivals) >= kills
    assert {id for _arrived, id in arrivals} == set(gate.written_ns), (
        "the log and the senders agree"
    )
    assert leaked == []
    assert written_while_closed == []


def set_to(store: Store, mode: Mode) -> bool:
    applied = store.brake(DESK).tighten(
        mode,
        lambda tx: set_mode(tx, store.log, DESK, mode, reason="race", actor="test", now=wall()),
    )
    return applied.recorded and not applied.fenced
