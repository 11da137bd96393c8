"""Wake-ups between processes: empty hints by datagram. The store is the truth; a lost hint costs ms."""

import os
import select
import socket
from pathlib import Path

FENCE = b"fence"
LOOK = b"look"


def _reachable(path: Path) -> str:
    """Unix socket names end at 108 bytes; a path through the open directory always fits."""
    return f"/proc/self/fd/{os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)}"


def nudge(path: Path, hint: bytes = LOOK) -> bool:
    """Send a hint; False when nobody listens, for whatever reason. Never waits, never raises."""
    try:
        directory = _reachable(path)
    except OSError:
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(hint, f"{directory}/{path.name}")
    except OSError:
        return False
    finally:
        os.close(int(directory.rsplit("/", 1)[1]))
    return True


class Listener:
    """The receiving end of one process."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        path.unlink(missing_ok=True)
        directory = _reachable(path)
        try:
            self._socket.bind(f"{directory}/{path.name}")
        finally:
            os.close(int(directory.rsplit("/", 1)[1]))
        self._path = path

    def wait(self, timeout_s: float) -> set[bytes]:
        """The hints that came, waiting at most so long for the first."""
        hints: set[bytes] = set()
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return hints
        while True:
            try:
                hints.add(self._socket.recv(64))
            except BlockingIOError:
                return hints

    def fileno(self) -> int:
        """For an event loop that watches many things at once."""
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)
