"""Times of calls, and a line of the table for each."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

ROUNDS = 300
HEAD = f"{'milliseconds':<52} {'median':>9} {'p99':>9} {'worst':>9} {'floors':>6}"


def wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (this bench's composition root)


def timed(call: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def row(name: str, milliseconds: list[float], floor: float | None = None) -> str:
    ordered = sorted(milliseconds)
    middle = statistics.median(ordered)
    p99 = ordered[min(len(ordered) - 1, round(len(ordered) * 0.99))]
    beside = f"{middle / floor:6.1f}" if floor else " " * 6
    return f"{name:<52} {middle:9.3f} {p99:9.3f} {ordered[-1]:9.3f} {beside}"
