"""Stores that cannot be used any more: a kill still closes the gate and says what is not recorded."""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from core.modes import Mode
from store.page import GatePage, PageUnreadable
from tests.torture.desk import DESK, RealDesk
from tests.torture.score import Score, count_forbidden

WATCHED_S = 2.5
DISK_MB = 420
CHUNK_BYTES = 64 * 1024
PENDING = "RECORD PENDING"

Damage = Callable[[Path, random.Random], None]
Wreck = Callable[[Path, random.Random, Score], None]


def overwrite_header(database: Path, _chance: random.Random) -> None:
    _write_at(database, 0, b"\0" * 100)


def flip_pages(database: Path, chance: random.Random) -> None:
    size = database.stat().st_size
    for _ in range(200):
        _write_at(database, chance.randrange(100, size), bytes([chance.randrange(256)]))


def flip_log(database: Path, chance: random.Random) -> None:
    """The write-ahead log: what was committed last and not yet copied."""
    log = _log_of(database)
    for _ in range(200):
        _write_at(log, chance.randrange(log.stat().st_size), bytes([chance.randrange(256)]))


def truncate(database: Path, _chance: random.Random) -> None:
    os.truncate(database, database.stat().st_size // 2)
    os.truncate(_log_of(database), 0)


def remove(database: Path, _chance: random.Random) -> None:
    for path in (database, _log_of(database), Path(f"{database}-shm")):
        path.unlink(missing_ok=True)


DAMAGES: dict[str, Damage] = {
    "header overwritten": overwrite_header,
    "pages damaged": flip_pages,
    "log damaged": flip_log,
    "file truncated": truncate,
    "file removed": remove,
}


def _log_of(database: Path) -> Path:
    return Path(f"{database}-wal")


def _write_at(path: Path, where: int, what: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(where)
        file.write(what)


def damaged(name: str, root: Path, chance: random.Random, score: Score) -> None:
    """One desk whose store is damaged while it trades; the kill comes from a process of its own."""
    desk = RealDesk(root)
    try:
        desk.until(lambda: desk.armed() and desk.entry_rests(), 60)
        DAMAGES[name](desk.store.home.database, chance)
        said, held_at = _killed(desk)
        _judge(desk, name, said, held_at, score)
    finally:
        desk.close()


def disk_full(root: Path, _chance: random.Random, score: Score) -> None:
    """A file system of its own with no room left: the kill is recorded on what was kept back."""
    if os.geteuid() != 0:
        score.disturbed["disk full: left out, only root may mount a small disk"] += 1
        return
    with _small_disk(root / "disk") as disk:
        desk = RealDesk(root / "desk", home=disk / "home")
        try:
            desk.until(lambda: desk.armed() and bool(desk.positions()), 60)
            desk.until(desk.store.home.reserve.exists, 20)
            _fill(disk)
            said, held_at = _killed(desk)
            _judge(desk, "disk full", said, held_at, score)
            if not desk.becomes(lambda: not desk.positions_there(), 30):
                score.not_flat += 1
                score.found(f"disk full: left {desk.positions_there()}; {said}")
        finally:
            desk.close()


@contextmanager
def _small_disk(at: Path) -> Iterator[Path]:
    at.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs"]
    subprocess.run(["mount", *options, str(at)], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def _fill(disk: Path) -> None:
    """Until nothing goes in any more; the trader writes meanwhile."""
    chunk = b"\0" * CHUNK_BYTES
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(chunk)


def _killed(desk: RealDesk) -> tuple[str, int]:
    """What the terminal said when it was typed there, and the instant at which it had said so."""
    command = [sys.executable, "-m", "bot", "--kill-switch", "torture", "--timeout-s=0"]
    done = subprocess.run(
        [*command, f"--home={desk.home}"], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr, time.monotonic_ns()


def _judge(desk: RealDesk, name: str, said: str, held_at: int, score: Score) -> None:
    score.rounds += 1
    score.disturbed[f"store: {name}"] += 1
    if not _closed(desk):
        score.looser_after_restart += 1
        score.found(f"{name}: neither page nor KILL file holds the desk\n{said}")
    if "KILLED" not in said and PENDING not in said:
        score.unfinished += 1
        score.found(f"{name}: the terminal did not say that it holds:\n{said}")
    time.sleep(WATCHED_S)
    desk.restart_guard()  # and whatever starts on that store does not trade
    time.sleep(WATCHED_S)
    count_forbidden(desk, name, (held_at, held_at), score)


def _closed(desk: RealDesk) -> bool:
    """As a sender sees it, whatever is left of the row."""
    page = GatePage(desk.store.home.page(DESK))
    try:
        mode = page.read().mode
    except PageUnreadable:
        mode = None
    finally:
        page.close()
    return mode is None or mode >= Mode.HELD or desk.store.home.kill_file.exists()


EVERY_WRECK: dict[str, Wreck] = {
    **{f"store: {name}": partial(damaged, name) for name in DAMAGES},
    "disk full": disk_full,
}
