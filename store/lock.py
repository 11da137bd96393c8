"""The gate's lock: shared by senders around check-and-write, taken alone by whoever tightens.

flock belongs to the open file, so each thread has a descriptor of its own; the kernel lets go of it
when its process dies.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_RETRY_S = 0.00005


class _Descriptor:
    """An open lock file that is closed when its thread, the only one to hold it, is gone."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __del__(self) -> None:
        os.close(self.fd)


class GateLock:
    """One desk's lock file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def _descriptor(self) -> int:
        held: _Descriptor | None = getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = _Descriptor(self._path)
        return held.fd

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Held by a sender while it asks the gate and writes its bytes."""
        fd = self._descriptor()
        fcntl.flock(fd, fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(fd, fcntl.LOCK_UN)

    def step_through(self, wait_s: float) -> bool:
        """Let go first whoever holds it alone; False when that took too long."""
        passed = self._take(fcntl.LOCK_SH, wait_s)
        if passed:
            self.release()
        return passed

    def take_alone(self, wait_s: float) -> bool:
        """The barrier: True once no sender is between its check and its last byte."""
        return self._take(fcntl.LOCK_EX, wait_s)

    def _take(self, how: int, wait_s: float) -> bool:
        fd, deadline = self._descriptor(), time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(fd, how | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_RETRY_S)
            else:
                return True

    def release(self) -> None:
        fcntl.flock(self._descriptor(), fcntl.LOCK_UN)


LOOKING_S = 0.05
"""Whoever looks whether a process runs holds its file for a moment."""


class AlreadyRunning(Exception):
    """Another process of this desk holds the lock."""


class SingleProcess:
    """Says that one process of a kind runs on a desk; the lock ends with it, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> None:
        """Raises AlreadyRunning with the pid of the one that runs."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + LOOKING_S
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(_RETRY_S)  # somebody may only be looking
                    continue
                pid = os.pread(fd, 32, 0).decode().strip()
                os.close(fd)
                raise AlreadyRunning(pid) from None
        os.ftruncate(fd, 0)
        os.write(fd, str(os.getpid()).encode())
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def running_pid(path: Path) -> int | None:
    """The pid of the process that holds a SingleProcess file, or None when none does."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = int(os.read(fd, 32) or b"0")
        return pid if pid and Path(f"/proc/{pid}").exists() else None
    finally:
        os.close(fd)
    return None
