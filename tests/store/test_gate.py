"""The sender's side of the gate: `write` runs once when admitted, and never when refused or too late."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from core.gate import ApprovedOrder, GateRefusal, Intent, Refused
from core.modes import Mode, Rule
from core.orders import Kind
from store.control import constrain, release, set_mode
from store.gate import SendGate
from store.page import GatePage
from store.store import Store
from tests.store.child import child
from tests.store.conftest import Reopen
from tests.store.desk import DESK, NOW, order, set_to

BOOT = 7
MONOTONIC_NS = 10_000_000_000
PATIENCE_S = 5.0

HOLD_EVERYTHING = """
import sys
from store.sqlite import LIBRARY
connection = LIBRARY.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode=EXCLUSIVE")
connection.execute("BEGIN IMMEDIATE")
connection.execute("COMMIT")
print("holding", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def page(store: Store) -> Iterator[GatePage]:
    """An open gate: armed, leased and beating in this boot."""
    opened = GatePage(store.home.page(DESK))
    opened.begin_boot(BOOT)
    opened.arm(BOOT)
    opened.renew_lease(MONOTONIC_NS + 1)
    opened.beat(MONOTONIC_NS)
    yield opened
    opened.close()


@pytest.fixture
def gate(store: Store, page: GatePage) -> SendGate:
    return SendGate(store.home, DESK, BOOT, lambda: MONOTONIC_NS)


def intent(kind: Kind = Kind.ENTRY, epoch: int = 1) -> Intent:
    return Intent(order("a", kind), epoch)


def send(gate: SendGate, asked: Intent) -> tuple[ApprovedOrder | Refused, list[ApprovedOrder]]:
    """The gate's verdict, and what was written."""
    written: list[ApprovedOrder] = []
    return gate.pass_through(asked, written.append), written


def refusal(gate: SendGate, asked: Intent) -> GateRefusal:
    """The reason of a refusal that wrote nothing."""
    verdict, written = send(gate, asked)
    assert isinstance(verdict, Refused)
    assert written == []
    return verdict.reason


@pytest.mark.parametrize("kind", list(Kind))
def test_an_admitted_order_is_written_once(gate: SendGate, kind: Kind) -> None:
    verdict, written = send(gate, intent(kind))
    assert verdict == ApprovedOrder(order("a", kind), 1)
    assert written == [verdict]


@pytest.mark.parametrize(
    ("close", "reason"),
    [
        (lambda page: page.close_gate(1), GateRefusal.PAGE_CLOSED),
        (lambda page: page.disarm(), GateRefusal.NOT_ARMED),
        (lambda page: page.begin_boot(BOOT + 1), GateRefusal.OTHER_BOOT),
        (lambda page: page.renew_lease(MONOTONIC_NS), GateRefusal.LEASE_LAPSED),
        (lambda page: page.beat(MONOTONIC_NS - 500_000_001), GateRefusal.BEAT_LATE),
        (lambda page: page.renew_lease(2**62), GateRefusal.PAGE_AHEAD),
        (lambda page: page.beat(2**62), GateRefusal.PAGE_AHEAD),
        (lambda page: page.set_mode(Mode.ACTIVE, 99), GateRefusal.EPOCH_CHANGED),
        (lambda page: page.set_mode(Mode.HELD, 1), GateRefusal.MODE_FORBIDS),
        (lambda page: page._words.__setitem__(1, 0xBAD), GateRefusal.PAGE_UNREADABLE),
    ],
)
def test_the_page_alone_closes_the_gate(
    gate: SendGate, page: GatePage, close: Callable[[GatePage], None], reason: GateRefusal
) -> None:
    assert send(gate, intent())[1] != []
    close(page)
    assert refusal(gate, intent()) is reason


def test_the_row_alone_closes_the_gate(store: Store, gate: SendGate) -> None:
    store.write(
        lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="alice", now=NOW)
    )
    assert refusal(gate, intent(Kind.EXIT, epoch=2)) is GateRefusal.MODE_FORBIDS


def test_a_constraint_alone_closes_the_gate(store: Store, gate: SendGate) -> None:
    store.write(lambda tx: constrain(tx, store.log, DESK, Rule.DAILY_LOSS, reason="lost", now=NOW))
    assert refusal(gate, intent(epoch=2)) is GateRefusal.MODE_FORBIDS
    assert refusal(gate, intent(Kind.EXIT, epoch=2)) is GateRefusal.EPOCH_CHANGED, "page behind"
    store.brake(DESK).follow_row()
    assert send(gate, intent(Kind.EXIT, epoch=2))[1] != []


def test_an_intent_of_an_earlier_epoch_is_refused(store: Store, gate: SendGate) -> None:
    def come_and_go() -> None:
        rule = Rule.STALE_MARK
        store.write(lambda tx: constrain(tx, store.log, DESK, rule, reason="old", now=NOW))
        store.write(lambda tx: release(tx, store.log, DESK, rule, actor="machine", now=NOW))

    come_and_go()
    store.brake(DESK).follow_row()
    assert refusal(gate, intent(epoch=1)) is GateRefusal.EPOCH_CHANGED
    assert send(gate, intent(epoch=3))[1] != []


def test_the_kill_file_alone_closes_the_gate(store: Store, gate: SendGate) -> None:
    store.home.kill_file.touch()
    assert refusal(gate, intent(Kind.STOP)) is GateRefusal.KILL_FILE
    store.home.kill_file.unlink()
    assert send(gate, intent(Kind.STOP))[1] != []


def test_a_desk_without_a_row_is_refused(store: Store) -> None:
    page = GatePage(store.home.page("other"))
    page.begin_boot(BOOT)
    page.arm(BOOT)
    page.renew_lease(MONOTONIC_NS + 1)
    page.beat(MONOTONIC_NS)
    page.set_mode(Mode.ACTIVE, 1)
    gate = SendGate(store.home, "other", BOOT, lambda: MONOTONIC_NS)
    assert refusal(gate, intent()) is GateRefusal.ROW_UNREADABLE
    page.close()


def test_a_row_with_a_mode_that_does_not_exist_is_refused(store: Store, gate: SendGate) -> None:
    store.write(lambda tx: tx.exec_driver_sql("UPDATE control SET effective = 0"))
    assert refusal(gate, intent()) is GateRefusal.ROW_UNREADABLE


def test_a_database_that_is_locked_whole_is_refused(store: Store, gate: SendGate) -> None:
    store.close()
    with child(HOLD_EVERYTHING, store.home.database) as other:
        assert other.hears() == "holding"
        assert refusal(gate, intent()) is GateRefusal.ROW_UNREADABLE
        other.kill()
        other.wait()
    assert send(gate, intent())[1] != []


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_database_turned_to_garbage_is_refused(
    store: Store, gate: SendGate, asked_before: bool
) -> None:
    if asked_before:
        assert send(gate, intent())[1] != []
    for suffix in ("", "-wal", "-shm"):
        file = store.home.database.with_name(store.home.database.name + suffix)
        file.write_bytes(b"garbage!" * (max(file.stat().st_size, 4096) // 8))
    assert refusal(gate, intent()) is GateRefusal.ROW_UNREADABLE


def test_a_database_that_is_gone_is_refused(store: Store, gate: SendGate) -> None:
    store.close()
    store.home.database.unlink()
    assert refusal(gate, intent()) is GateRefusal.ROW_UNREADABLE


def test_a_flatten_passes_whatever_is_closed_or_broken(
    store: Store, gate: SendGate, page: GatePage
) -> None:
    page.close_gate(0)
    page.disarm()
    store.home.kill_file.touch()
    store.close()
    store.home.database.write_bytes(b"garbage!" * 512)
    assert send(gate, intent(Kind.FLATTEN, epoch=99))[1] != []


def test_a_write_that_fails_raises_to_its_sender_and_lets_go(store: Store, gate: SendGate) -> None:
    def write(_approved: ApprovedOrder) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        gate.pass_through(intent(), write)
    applied = store.brake(DESK).tighten(
        Mode.HELD,
        lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="a", now=NOW),
    )
    assert (applied.recorded, applied.fenced) == (True, False)


def test_a_tightener_waits_for_a_write_in_progress(store: Store, gate: SendGate) -> None:
    writing, finish, order_of = threading.Event(), threading.Event(), list[str]()

    def write(_approved: ApprovedOrder) -> None:
        writing.set()
        assert finish.wait(PATIENCE_S)
        order_of.append("written")

    def tighten() -> None:
        brake = store.brake(DESK)
        brake.tighten(
            Mode.HELD,
            lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="a", now=NOW),
        )
        order_of.append("acknowledged")

    sender = threading.Thread(target=gate.pass_through, args=(intent(), write))
    tightener = threading.Thread(target=tighten)
    sender.start()
    assert writing.wait(PATIENCE_S)
    tightener.start()
    tightener.join(0.1)
    assert order_of == [], "acknowledged while bytes were still being written"
    finish.set()
    sender.join()
    tightener.join()
    assert order_of == ["written", "acknowledged"]


def test_after_the_acknowledgement_nothing_is_written_by_any_thread(
    store: Store, gate: SendGate, page: GatePage, reopen: Reopen
) -> None:
    stop = threading.Event()
    written_ns: list[int] = []
    refused = threading.Event()
    epochs = [1]

    def sender() -> None:
        while not stop.wait(0.0005):  # each order has an intent to make first
            verdict = gate.pass_through(
                intent(epoch=epochs[-1]), lambda _a: written_ns.append(time.monotonic_ns())
            )
            if isinstance(verdict, Refused):
                refused.set()

    threads = [threading.Thread(target=sender) for _ in range(3)]
    for thread in threads:
        thread.start()
    quiet: list[tuple[int, int]] = []
    brake = reopen().brake(DESK)
    try:
        for _ in range(25):
            before = len(written_ns)
            deadline = time.monotonic() + PATIENCE_S
            while len(written_ns) < before + 5:
                assert time.monotonic() < deadline, "nothing gets through before the kill"
                time.sleep(0.0005)
            refused.clear()
            applied = brake.tighten(
                Mode.HELD,
                lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="a", now=NOW),
            )
            acknowledged = time.monotonic_ns()
            assert applied.recorded
            epochs.append(applied.epoch)
            assert refused.wait(PATIENCE_S)
            quiet.append((acknowledged, time.monotonic_ns()))
            epochs.append(applied.epoch + 1)
            set_to(store, Mode.ACTIVE)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    leaked = [at for at in written_ns for begin, end in quiet if begin < at < end]
    assert leaked == []
