"""Ports for processes that a test starts, out of reach of those that the kernel hands out by itself."""

import random
import socket
from contextlib import ExitStack, suppress

LOWEST, HIGHEST = 12_000, 32_000
"""Below the kernel's own: a port that was free a moment ago stays free until it is listened on."""
TRIES = 200


def free_ports(count: int = 1) -> int:
    """The first of so many in a row that nobody listens on."""
    for _ in range(TRIES):
        first = random.SystemRandom().randrange(LOWEST, HIGHEST)
        with ExitStack() as held, suppress(OSError):
            for port in range(first, first + count):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError(f"no {count} ports in a row are free between {LOWEST} and {HIGHEST}")
