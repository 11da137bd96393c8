"""The brake: page, barrier, commit, and only then its word; whatever hangs, breaks or dies meanwhile."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core.gate import Row
from core.modes import Mode
from core.orders import OrderState
from store import sqlite
from store.brake import Brake, hold_without_store
from store.control import UnknownDesk, read_control, read_row, set_mode
from store.events import latest
from store.lock import GateLock, SingleProcess
from store.orders import move, record_intent
from store.page import GatePage, PageUnreadable
from store.store import Store, open_store
from store.wakeups import FENCE, LOOK, Listener
from tests.store.child import Child, child
from tests.store.conftest import Reopen
from tests.store.desk import DESK, LIMITS, NOW, begin_books, checked, order, set_to

LOOP_INSIDE = """
import sys
from pathlib import Path
from store import sqlite
from store.home import Home
from store.lock import GateLock, SingleProcess
from tests.store.desk import DESK
home, where, kind = Home(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
single = SingleProcess(home.single("loop", DESK))
if kind == "loop":
    single.acquire()
if where == "transaction":
    connection = sqlite.LIBRARY.connect(home.database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    print("inside", flush=True)
    sys.stdin.readline()
else:
    with GateLock(home.turnstile if where == "turnstile" else home.lock(DESK)).shared():
        print("inside", flush=True)
        sys.stdin.readline()
"""

FULL_DISK = """
import resource, sys
from pathlib import Path
from core.modes import Mode
from store.control import set_mode
from store.store import open_store
from tests.store.desk import DESK, NOW
store = open_store(Path(sys.argv[1]), NOW)
brake = store.brake(DESK)
def change(tx):
    return set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="alice", now=NOW)
_soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
full = brake.tighten(Mode.HELD, change)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(full.mode.name, full.recorded, flush=True)
sys.stdin.readline()
again = brake.tighten(Mode.HELD, change)
print(again.mode.name, again.recorded, flush=True)
"""

TIGHTENERS = """
import os, sys, time
from pathlib import Path
from core.modes import Mode
from store.brake import Brake
from store.control import set_mode
from store.events import EventLog, event_key
from store.home import Home
from tests.store.desk import DESK, NOW
home = Home(Path(sys.argv[1]))
log = EventLog(event_key(home.secrets))
def say(line):
    os.write(1, line.encode() + b"\\n")
for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        brake = Brake(home, DESK)
        say(f"{os.getpid()}")
        for mode in (Mode.REDUCE_ONLY, Mode.HELD, Mode.KILLED):
            brake.tighten(mode, lambda tx: set_mode(
                tx, log, DESK, mode, reason="r", actor="alice", now=NOW))
            say(mode.name)
        time.sleep(20)
    os.waitpid(pid, 0)
    say("ended")
"""


@pytest.fixture
def page(store: Store) -> Iterator[GatePage]:
    opened = GatePage(store.home.page(DESK))
    yield opened
    opened.close()


def at_least(store: Store, mode: Mode, actor: str = "alice") -> Callable[[Connection], Row]:
    """The durable record of a tightening that never loosens."""

    def change(tx: Connection) -> Row:
        if read_control(tx, DESK).mode < mode:
            set_mode(tx, store.log, DESK, mode, reason="danger", actor=actor, now=NOW)
        return read_row(tx, DESK)

    return change


def row_of(store: Store) -> Row:
    return store.read(lambda c: read_row(c, DESK))


@pytest.fixture
def stuck(store: Store) -> Iterator[Callable[[str, str], Child]]:
    """Starts a process that gets inside somewhere and is stopped there."""
    started: list[Child] = []

    def start(where: str, kind: str) -> Child:
        process = Child(LOOP_INSIDE, store.home.root, where, kind)
        started.append(process)
        assert process.hears() == "inside"
        process.pause()
        return process

    yield start
    for process in started:
        process.end()


# Tightening


@pytest.mark.parametrize("mode", [Mode.REDUCE_ONLY, Mode.HELD, Mode.KILLED])
def test_tightening_sets_page_row_and_epoch_and_leaves_one_event(
    store: Store, page: GatePage, mode: Mode
) -> None:
    before = row_of(store)
    events_before = len(store.read(lambda c: latest(c, DESK, 100)))
    applied = store.brake(DESK).tighten(mode, at_least(store, mode))
    assert (applied.mode, applied.recorded, applied.fenced) == (mode, True, False)
    assert row_of(store) == Row(mode, before.epoch + 1)
    assert (page.read().mode, page.read().epoch) == (mode, before.epoch + 1)
    assert applied.epoch == before.epoch + 1
    events = store.read(lambda c: latest(c, DESK, 100))
    assert len(events) == events_before + 1
    assert (events[-1].kind, events[-1].actor) == ("mode_set", "alice")
    assert not store.home.kill_file.exists()


def test_the_page_is_tight_and_the_lock_taken_before_the_record_is_made(
    store: Store, page: GatePage
) -> None:
    seen: list[tuple[Mode | None, bool]] = []

    def change(tx: Connection) -> Row:
        free = GateLock(store.home.lock(DESK)).take_alone(wait_s=0)
        seen.append((page.read().mode, free))
        return at_least(store, Mode.HELD)(tx)

    store.brake(DESK).tighten(Mode.HELD, change)
    assert seen == [(Mode.HELD, False)]


def test_afterwards_senders_may_enter_again(store: Store) -> None:
    store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
    assert GateLock(store.home.lock(DESK)).take_alone(wait_s=0)
    assert GateLock(store.home.turnstile).take_alone(wait_s=0)


def test_the_loop_is_nudged(store: Store) -> None:
    with closing(Listener(store.home.socket("loop", DESK))) as loop:
        store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
        assert loop.wait(5) == {LOOK}


def test_tightening_to_less_than_is_in_force_leaves_what_is_stricter(
    store: Store, page: GatePage
) -> None:
    brake = store.brake(DESK)
    brake.tighten(Mode.KILLED, at_least(store, Mode.KILLED))
    applied = brake.tighten(Mode.REDUCE_ONLY, at_least(store, Mode.REDUCE_ONLY))
    assert applied.mode is Mode.KILLED
    assert row_of(store).mode is Mode.KILLED
    assert page.read().mode is Mode.KILLED


def test_it_says_how_many_orders_are_still_on_their_way(store: Store) -> None:
    begin_books(store)

    def three_orders(tx: Connection) -> None:
        for id in ("reserved", "lost", "working"):
            record_intent(tx, checked(order(id)), LIMITS, NOW)
        move(tx, store.log, "lost", OrderState.UNKNOWN, NOW)
        move(tx, store.log, "working", OrderState.WORKING, NOW, order_id="1")

    store.write(three_orders)
    assert store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD)).in_flight == 2


def test_a_change_that_fails_leaves_the_page_tight_and_the_locks_free(
    store: Store, page: GatePage
) -> None:
    def change(tx: Connection) -> Row:
        return read_row(tx, "no such desk")

    with pytest.raises(UnknownDesk):
        store.brake(DESK).tighten(Mode.HELD, change)
    assert page.read().mode is Mode.HELD
    assert row_of(store).mode is Mode.ACTIVE
    assert GateLock(store.home.lock(DESK)).take_alone(wait_s=0)
    assert GateLock(store.home.turnstile).take_alone(wait_s=0)


def test_two_who_tighten_at_once_end_at_the_stricter(
    store: Store, page: GatePage, reopen: Reopen
) -> None:
    other = reopen()
    for _ in range(15):
        set_to(store, Mode.ACTIVE)
        together = threading.Barrier(2, timeout=5)

        def tighten(own: Store, mode: Mode, together: threading.Barrier = together) -> None:
            brake = own.brake(DESK)
            together.wait()
            brake.tighten(mode, at_least(own, mode))
            assert mode_of(own.home.page(DESK)) >= mode

        softly = threading.Thread(target=tighten, args=(other, Mode.REDUCE_ONLY))
        softly.start()
        tighten(store, Mode.KILLED)
        softly.join()
        assert row_of(store).mode is Mode.KILLED
        assert (page.read().mode, page.read().epoch) == (Mode.KILLED, row_of(store).epoch)


def mode_of(path: Path) -> Mode:
    with closing(GatePage(path)) as page:
        mode = page.read().mode
        assert mode is not None
        return mode


def strictness_of(path: Path) -> int:
    """A page that reads as closed, as one whose writer died between its two words, lets least pass."""
    with closing(GatePage(path)) as page:
        try:
            return page.read().mode or max(Mode) + 1
        except PageUnreadable:
            return max(Mode) + 1


# Whoever hangs


def test_a_loop_that_is_stopped_inside_the_gate_is_fenced_within_a_second(
    store: Store, page: GatePage, stuck: Callable[[str, str], Child]
) -> None:
    brake, loop = store.brake(DESK), stuck("gate", "loop")
    began = time.monotonic()
    applied = brake.tighten(Mode.HELD, at_least(store, Mode.HELD))
    took_s = time.monotonic() - began
    assert applied.fenced
    assert applied.recorded
    assert loop.wait() == -signal.SIGKILL
    assert took_s < 1
    assert row_of(store).mode is page.read().mode is Mode.HELD


def test_the_guard_is_asked_to_fence_first(
    store: Store, stuck: Callable[[str, str], Child]
) -> None:
    loop = stuck("gate", "loop")
    heard: list[set[bytes]] = []
    with closing(Listener(store.home.socket("guard", DESK))) as ear:

        def guard() -> None:
            heard.append(ear.wait(5))
            loop.kill()

        thread = threading.Thread(target=guard)
        thread.start()
        applied = store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
        thread.join()
    assert heard == [{FENCE}]
    assert applied.fenced
    assert applied.recorded


def test_a_loop_that_is_only_slow_inside_the_gate_is_waited_for(store: Store) -> None:
    with child(LOOP_INSIDE, store.home.root, "gate", "loop") as loop:
        assert loop.hears() == "inside"
        threading.Timer(0.1, loop.tell).start()
        applied = store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
        assert (applied.recorded, applied.fenced) == (True, False)
        assert loop.wait() == 0


def test_a_loop_that_is_stopped_inside_a_transaction_is_fenced_and_the_record_made(
    store: Store, stuck: Callable[[str, str], Child]
) -> None:
    brake, loop = store.brake(DESK), stuck("transaction", "loop")
    began = time.monotonic()
    applied = brake.tighten(Mode.HELD, at_least(store, Mode.HELD))
    assert time.monotonic() - began < 1
    assert (applied.recorded, applied.fenced) == (True, True)
    assert loop.wait() == -signal.SIGKILL
    assert row_of(store).mode is Mode.HELD


def test_whoever_is_stopped_in_the_turnstile_does_not_hold_the_brake_up(
    store: Store, stuck: Callable[[str, str], Child]
) -> None:
    brake, someone = store.brake(DESK), stuck("turnstile", "other")
    began = time.monotonic()
    applied = brake.tighten(Mode.HELD, at_least(store, Mode.HELD))
    assert time.monotonic() - began < 0.5
    assert (applied.recorded, applied.fenced) == (True, False)
    assert someone.alive


def test_a_stranger_who_holds_the_write_lock_costs_the_record_and_not_the_brake(
    store: Store, page: GatePage, stuck: Callable[[str, str], Child]
) -> None:
    brake, stranger = store.brake(DESK), stuck("transaction", "other")
    applied = brake.tighten(Mode.HELD, at_least(store, Mode.HELD))
    assert (applied.mode, applied.recorded) == (Mode.HELD, False)
    assert page.read().mode is Mode.HELD
    assert store.home.kill_file.exists()
    assert stranger.alive
    assert row_of(store).mode is Mode.ACTIVE


def test_a_barrier_that_was_not_reached_is_not_called_a_fence(
    store: Store, stuck: Callable[[str, str], Child]
) -> None:
    sender = stuck("gate", "other")
    applied = store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
    assert sender.alive
    assert not applied.fenced


def test_a_loop_that_ends_just_before_it_is_fenced_does_not_stop_the_brake(store: Store) -> None:
    with child("") as ended:
        ended.wait()
        pid = ended.pid
    single = SingleProcess(store.home.single("loop", DESK))
    single.acquire()
    store.home.single("loop", DESK).write_text(str(pid))
    with GateLock(store.home.lock(DESK)).shared():
        assert store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD)).recorded
    single.release()


def test_a_run_directory_that_is_gone_does_not_stop_the_brake(store: Store) -> None:
    brake = store.brake(DESK)
    store.home.run.rmdir()
    assert brake.tighten(Mode.HELD, at_least(store, Mode.HELD)).recorded


# A store that cannot be written


def test_with_a_database_turned_to_garbage_the_page_and_the_kill_file_hold(
    store: Store, page: GatePage
) -> None:
    brake = store.brake(DESK)
    for suffix in ("", "-wal", "-shm"):
        file = store.home.database.with_name(store.home.database.name + suffix)
        file.write_bytes(b"garbage!" * (max(file.stat().st_size, 4096) // 8))
    applied = brake.tighten(Mode.HELD, at_least(store, Mode.HELD))
    assert (applied.mode, applied.recorded) == (Mode.HELD, False)
    assert page.read().mode is Mode.HELD
    assert store.home.kill_file.exists()


def test_with_a_full_disk_the_page_and_the_kill_file_hold_and_the_record_follows(
    store: Store, page: GatePage
) -> None:
    with child(FULL_DISK, store.home.root) as other:
        assert other.hears() == "HELD False"
        assert page.read().mode is Mode.HELD
        assert store.home.kill_file.exists()
        assert row_of(store).mode is Mode.ACTIVE
        other.tell("there is room again")
        assert other.hears() == "HELD True"
    assert row_of(store).mode is Mode.HELD


def test_without_a_record_even_reduce_only_is_answered_as_held(
    store: Store, stuck: Callable[[str, str], Child]
) -> None:
    brake = store.brake(DESK)
    stuck("transaction", "other")
    applied = brake.tighten(Mode.REDUCE_ONLY, at_least(store, Mode.REDUCE_ONLY))
    assert (applied.mode, applied.recorded) == (Mode.HELD, False)
    assert store.home.kill_file.exists()


def test_a_home_whose_store_cannot_be_opened_is_held_by_pages_and_kill_file(
    store: Store, page: GatePage, stuck: Callable[[str, str], Child]
) -> None:
    GatePage(store.home.page("second")).close()
    loop = stuck("gate", "loop")
    assert hold_without_store(store.home) == [DESK, "second"]
    assert loop.wait() == -signal.SIGKILL
    assert page.read().mode is None
    assert store.home.kill_file.exists()


# Loosening


def test_loosening_commits_and_only_then_the_page_follows(store: Store, page: GatePage) -> None:
    store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
    seen: list[Mode | None] = []

    def change(tx: Connection) -> str:
        set_mode(tx, store.log, DESK, Mode.ACTIVE, reason="resume", actor="two", now=NOW)
        seen.append(page.read().mode)
        return "done"

    assert store.brake(DESK).loosen(change) == "done"
    assert seen == [Mode.HELD]
    assert (page.read().mode, page.read().epoch) == (Mode.ACTIVE, row_of(store).epoch)


def test_a_loosening_that_fails_changes_nothing(store: Store, page: GatePage) -> None:
    store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
    before = page.read()

    def change(tx: Connection) -> None:
        set_mode(tx, store.log, DESK, Mode.ACTIVE, reason="resume", actor="two", now=NOW)
        raise RuntimeError("preflight failed after all")

    with pytest.raises(RuntimeError):
        store.brake(DESK).loosen(change)
    assert row_of(store).mode is Mode.HELD
    assert page.read() == before


def test_the_page_does_not_follow_while_a_sender_is_inside(
    store: Store, page: GatePage, stuck: Callable[[str, str], Child]
) -> None:
    store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
    stuck("gate", "other")
    with pytest.raises(sqlite.StoreBusy):
        set_to(store, Mode.ACTIVE)
    assert page.read().mode is Mode.HELD


def test_the_page_follows_although_others_keep_the_store_busy(
    store: Store, page: GatePage, stuck: Callable[[str, str], Child]
) -> None:
    """What two people agreed on is committed: a busy store must not keep the page from saying so."""
    store.write(
        lambda tx: set_mode(tx, store.log, DESK, Mode.HELD, reason="r", actor="alice", now=NOW)
    )
    stuck("transaction", "other")
    assert store.brake(DESK).follow_row().mode is Mode.HELD
    assert page.read().mode is Mode.HELD


def test_following_the_row_mends_a_page_that_is_damaged(store: Store, page: GatePage) -> None:
    page._words[1] = 0xDEAD
    with pytest.raises(PageUnreadable):
        page.read()
    assert store.brake(DESK).follow_row() == row_of(store)
    assert page.read().mode is Mode.ACTIVE


def test_tightening_never_opens_a_page_that_reads_as_closed(store: Store, page: GatePage) -> None:
    store.brake(DESK).tighten(Mode.HELD, at_least(store, Mode.HELD))
    page._words[1] = 0xDEAD
    seen: list[Mode | None] = []

    def change(tx: Connection) -> Row:
        seen.append(page.read().mode)
        return at_least(store, Mode.REDUCE_ONLY)(tx)

    store.brake(DESK).tighten(Mode.REDUCE_ONLY, change)
    assert seen[0] in (None, Mode.HELD, Mode.KILLED)


# Death in the middle


def test_killed_at_any_instant_nothing_is_looser_than_what_was_acknowledged(
    store: Store,
) -> None:
    instants = random.Random(7)
    acknowledged_in_round: set[int] = set()
    with child(TIGHTENERS, store.home.root) as nursery:
        for round in range(40):
            set_to(store, Mode.ACTIVE)
            nursery.tell("another")
            pid = int(nursery.hears())
            acknowledged = [Mode.ACTIVE, *(Mode[nursery.hears()] for _ in range(round % 4))]
            time.sleep(instants.uniform(0, 0.01))
            os.kill(pid, signal.SIGKILL)
            while (line := nursery.hears()) != "ended":
                acknowledged.append(Mode[line])
            acknowledged_in_round.add(len(acknowledged) - 1)
            with closing(open_store(store.home.root, NOW)) as reopened:
                row = row_of(reopened).mode
                count, broken = reopened.read(lambda c, log=reopened.log: log.verify(c, DESK))  # type: ignore[misc]
            page = strictness_of(store.home.page(DESK))
            assert row >= acknowledged[-1], f"round {round}"
            assert page >= row, f"round {round}"
            assert broken is None
            assert count > round
    assert len(acknowledged_in_round) > 2, "it always died at the same place: this proves little"


def test_a_brake_that_was_killed_does_not_hold_up_the_next(store: Store) -> None:
    with child(TIGHTENERS, store.home.root) as nursery:
        nursery.tell("one")
        os.kill(int(nursery.hears()), signal.SIGKILL)
        began = time.monotonic()
        with closing(Brake(store.home, DESK)) as brake:
            assert brake.tighten(Mode.KILLED, at_least(store, Mode.KILLED)).recorded
        assert time.monotonic() - began < 1
