"""The gate's lock: many senders share it, a tightener waits for all of them, and death lets go."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.lock import AlreadyRunning, GateLock, SingleProcess, running_pid
from tests.store.child import Child, child, until

INSIDE = """
import sys
from pathlib import Path
from store.lock import GateLock
lock = GateLock(Path(sys.argv[1]))
if sys.argv[2] == "shared":
    with lock.shared():
        print("inside", flush=True)
        sys.stdin.readline()
else:
    assert lock.take_alone(5)
    print("inside", flush=True)
    sys.stdin.readline()
    lock.release()
"""

SINGLE = """
import sys
from pathlib import Path
from store.lock import SingleProcess
single = SingleProcess(Path(sys.argv[1]))
single.acquire()
print("running", flush=True)
sys.stdin.readline()
single.release()
print("released", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.lock"


@pytest.fixture
def sender(path: Path) -> Iterator[Child]:
    """Another process inside the shared lock."""
    with child(INSIDE, path, "shared") as process:
        assert process.hears() == "inside"
        yield process


def test_senders_do_not_wait_for_each_other(path: Path, sender: Child) -> None:
    began = time.monotonic()
    with GateLock(path).shared():
        assert time.monotonic() - began < 1
        assert sender.alive


def test_threads_of_one_process_share_it_too(path: Path) -> None:
    lock, together = GateLock(path), threading.Barrier(4, timeout=5)

    def send() -> None:
        with lock.shared():
            together.wait()  # passes only when all four are inside at once

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    with lock.shared():
        together.wait()
    for thread in threads:
        thread.join()
    assert lock.take_alone(wait_s=0)
    lock.release()


def test_taking_it_alone_waits_for_a_sender_and_says_when_it_could_not(
    path: Path, sender: Child
) -> None:
    lock = GateLock(path)
    began = time.monotonic()
    assert not lock.take_alone(wait_s=0.05)
    assert 0.05 <= time.monotonic() - began < 1
    sender.tell("let go")
    sender.wait()
    assert lock.take_alone(wait_s=1)


def test_one_thread_that_leaves_does_not_let_go_for_the_others(path: Path, sender: Child) -> None:
    with GateLock(path).shared():
        pass
    assert not GateLock(path).take_alone(wait_s=0)


def test_while_one_holds_it_alone_senders_and_others_wait(path: Path) -> None:
    with child(INSIDE, path, "alone") as other:
        assert other.hears() == "inside"
        assert not GateLock(path).take_alone(wait_s=0)
        sent = threading.Event()

        def send() -> None:
            with GateLock(path).shared():
                sent.set()

        thread = threading.Thread(target=send)
        thread.start()
        assert not sent.wait(0.05)
        other.tell("let go")
        assert sent.wait(5)
        thread.join()


@pytest.mark.parametrize("how", ["shared", "alone"])
def test_a_killed_process_lets_go(path: Path, how: str) -> None:
    with child(INSIDE, path, how) as other:
        assert other.hears() == "inside"
        assert not GateLock(path).take_alone(wait_s=0)
        other.kill()
        assert GateLock(path).take_alone(wait_s=1)


def test_a_stopped_process_does_not_let_go(path: Path, sender: Child) -> None:
    sender.pause()
    assert not GateLock(path).take_alone(wait_s=0.05)
    sender.kill()
    assert GateLock(path).take_alone(wait_s=1)


def test_a_sender_that_fails_inside_lets_go(path: Path) -> None:
    lock = GateLock(path)
    with pytest.raises(RuntimeError), lock.shared():
        raise RuntimeError("the connection broke")
    assert GateLock(path).take_alone(wait_s=0)


def test_a_thread_that_ends_takes_its_descriptor_with_it(path: Path) -> None:
    lock = GateLock(path)

    def send() -> None:
        with lock.shared():
            pass

    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        thread = threading.Thread(target=send)
        thread.start()
        thread.join()
    assert len(os.listdir("/proc/self/fd")) < before + 20


def test_only_one_process_of_a_kind_runs_and_the_second_learns_which(path: Path) -> None:
    with child(SINGLE, path) as first:
        assert first.hears() == "running"
        with pytest.raises(AlreadyRunning, match=f"^{first.pid}$"):
            SingleProcess(path).acquire()
        assert running_pid(path) == first.pid


@pytest.mark.parametrize("ending", ["released", "killed"])
def test_once_it_has_ended_another_may_run(path: Path, ending: str) -> None:
    with child(SINGLE, path) as first:
        assert first.hears() == "running"
        if ending == "killed":
            first.kill()
            first.wait()
        else:
            first.tell("release")
            assert first.hears() == "released"
        assert running_pid(path) is None
        second = SingleProcess(path)
        second.acquire()
        assert running_pid(path) == os.getpid()
        second.release()
    assert running_pid(path) is None


def test_nobody_runs_where_nobody_ever_ran(path: Path) -> None:
    assert running_pid(path) is None
    assert not path.exists()


def test_a_stopped_process_still_runs(path: Path) -> None:
    with child(SINGLE, path) as first:
        assert first.hears() == "running"
        first.pause()
        assert running_pid(path) == first.pid


def test_releasing_what_was_not_acquired_is_nothing(path: Path) -> None:
    SingleProcess(path).release()


def test_looking_whether_a_process_runs_does_not_keep_it_from_starting(path: Path) -> None:
    stop = threading.Event()
    looks = 0

    def look() -> None:
        nonlocal looks
        while not stop.is_set():
            running_pid(path)
            looks += 1

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        until(lambda: looks > 100, "somebody looks")
        for _ in range(3000):
            single = SingleProcess(path)
            single.acquire()
            single.release()
    finally:
        stop.set()
        for looker in lookers:
            looker.join()
