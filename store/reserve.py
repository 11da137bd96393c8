"""Room on the disk that is kept back for the brake: given up when a tightening cannot be recorded.

A disk that others have filled then still takes the mode, the closes of a flatten and their fills.
"""

import contextlib
import os

from store.home import Home

SIZE_BYTES = 16 * 1024 * 1024
"""A kill and a flatten of 20 positions write about 2 MB."""
ROOM_BYTES = 4 * SIZE_BYTES
"""What must be free besides before room is taken away from everybody else."""


def free_bytes(home: Home) -> int:
    """Room on the disk of the home, for whoever may not use what is kept back for root. Raises OSError."""
    disk = os.statvfs(home.root)
    return disk.f_bavail * disk.f_frsize


def keep_reserve(home: Home) -> bool:
    """Whether the reserve is there; it is made where the disk has room."""
    if home.reserve.exists():
        return True
    try:
        if free_bytes(home) < SIZE_BYTES + ROOM_BYTES:
            return False
        _make(home)
    except OSError:
        return False
    return True


def give_up_reserve(home: Home) -> bool:
    """Whether there was one to give up, so that a write may now find room."""
    try:
        home.reserve.unlink()
    except OSError:
        return False
    return True


def _make(home: Home) -> None:
    """Whole or not at all: half a reserve would be counted on."""
    fresh = home.reserve.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, SIZE_BYTES)
        fresh.rename(home.reserve)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        raise
    finally:
        os.close(descriptor)
