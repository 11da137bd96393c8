"""What loop, guard and bot use while nothing happens: processor and memory."""

import os
import time
from pathlib import Path

from tests.torture.desk import RealDesk

WATCHED_S = 20
SETTLES_S = 5
HEAD = f"{'while nothing happens':<52} {'of one core':>12} {'resident MB':>12}"


def idle(desk: RealDesk) -> list[str]:
    """A killed desk: nothing trades, everything is watched."""
    desk.until(desk.armed, 60)
    time.sleep(SETTLES_S)  # what the last row stirred up
    pids = {"trading loop": desk.loop_pid(), "guard": desk.guard_pid(), "bot": desk.bot_pid()}
    alive = {name: pid for name, pid in pids.items() if pid is not None}
    before = {name: _processor_s(pid) for name, pid in alive.items()}
    time.sleep(WATCHED_S)
    return [
        HEAD,
        *(
            f"{name:<52} {_share(pid, before[name]):11.1f}% {_resident_mb(pid):12.0f}"
            for name, pid in alive.items()
        ),
    ]


def _share(pid: int, before_s: float) -> float:
    return (_processor_s(pid) - before_s) / WATCHED_S * 100


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
