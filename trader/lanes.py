"""Calls that wait for the network, off the loop: lanes of threads, the brake's reserved for it alone."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Lane(StrEnum):
    """Which threads a call may use. Reads that hang never keep a cancel or a flatten waiting."""

    READ = "read"
    ORDER = "order"
    BRAKE = "brake"
    LOOK = "look"


THREADS = {Lane.READ: 3, Lane.ORDER: 4, Lane.BRAKE: 10, Lane.LOOK: 1}
TOGETHER = 4
"""Threads for the parts of one look: on a slow exchange a flatten waits for looks."""


class Runner(Protocol):
    """Runs a call somewhere and tells when it is done."""

    def submit(self, lane: Lane, call: Callable[[], Any]) -> "Future[Any]":
        """Start the call."""

    def together(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """Make calls at the same time and wait for all. Raises the first error, by their order."""


class Threads:
    """The real runner: a fixed pool for each lane. `done` is called after each call, from its thread."""

    def __init__(self, done: Callable[[], object]) -> None:
        self._done = done
        self._together = ThreadPoolExecutor(TOGETHER, thread_name_prefix="together")
        self._pools = {
            lane: ThreadPoolExecutor(size, thread_name_prefix=lane)
            for lane, size in THREADS.items()
        }

    def submit(self, lane: Lane, call: Callable[[], Any]) -> "Future[Any]":
        future = self._pools[lane].submit(call)
        future.add_done_callback(lambda _future: self._done())
        return future

    def together(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        futures = [self._together.submit(call) for call in calls]
        return [future.result() for future in futures]

    def warm(self, call: Callable[[], Any]) -> None:
        """Run a call once in each thread of the order and brake lanes, to open their connections."""
        for lane in (Lane.ORDER, Lane.BRAKE):
            for _ in range(THREADS[lane]):
                self._pools[lane].submit(call)

    def close(self) -> None:
        """Begin no more calls. Those that hang are left to die with the process."""
        for pool in (*self._pools.values(), self._together):
            pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Running:
    future: "Future[Any]"
    done: Callable[["Future[Any]", datetime], None]


class Calls:
    """Calls in progress, each under a name: the same name is not started twice at once."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._running: dict[str, _Running] = {}

    def start(
        self,
        name: str,
        lane: Lane,
        call: Callable[[], T],
        done: Callable[["Future[T]", datetime], None],
    ) -> bool:
        """Start a call unless one of this name runs. `done` is called by `harvest`, in the loop."""
        if name in self._running:
            return False
        self._running[name] = _Running(self._runner.submit(lane, call), done)
        return True

    def together(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        """Make calls at the same time, inside a call that runs already."""
        return self._runner.together(calls)

    def running(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in self._running)

    def harvest(self, now: datetime) -> int:
        """Hand every finished call to its `done` with the time of now; how many there were."""
        finished = [name for name, call in self._running.items() if call.future.done()]
        for name in finished:
            call = self._running.pop(name)
            call.done(call.future, now)
        return len(finished)
