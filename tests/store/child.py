"""Other processes of a desk, as real ones: they say a word when they have got somewhere, and are ended."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 20.0


class Child:
    """A Python process that runs `code`; `sys.argv[1:]` there are `arguments`."""

    def __init__(self, code: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self._said = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def hears(self) -> str:
        """The next line that the process says."""
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        while b"\n" not in self._said:
            assert select.select([source], [], [], PATIENCE_S)[0], "it says nothing"
            more = os.read(source, 4096)
            assert more, "it ended without a word"
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line.decode()

    def tell(self, line: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def pause(self) -> None:
        """Stop it where it is, and come back once it stands."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        return self._process.wait(PATIENCE_S)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def child(code: str, *arguments: object) -> Iterator[Child]:
    process = Child(code, *arguments)
    try:
        yield process
    finally:
        process.end()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait, not for ever, for something that another thread or process brings about."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.001)
