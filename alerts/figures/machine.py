"""The machine below: its disk, processors, memory, clock, and what its logs say."""

import os
import re
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from alerts.figures.figure import AT_ONCE, Figure, Group, Look, rounded
from store.heartbeats import read_heartbeats

PROC = Path("/proc")
JUMP = timedelta(seconds=2)
JUMPS_OVER = timedelta(minutes=10)
ERRORS_OVER = timedelta(minutes=5)
BUSY_OVER = 30
"""Looks over which the processors are averaged."""
_ERROR_LINE = re.compile(rb"^\d{4}-\d\d-\d\dT\S+ (?:ERROR|CRITICAL)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the machine is looked at. `apart_s` is its clock less one that nobody can set."""

    home: Path
    logs: Path
    apart_s: Callable[[], float]
    proc: Path = PROC


class Machine:
    """Looks once at each instant, however many desks ask."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._looked_at: datetime | None = None
        self._found: list[Figure] = []
        self._times: deque[tuple[int, int]] = deque(maxlen=BUSY_OVER)
        self._apart_s = places.apart_s()
        self._jumps: deque[tuple[datetime, float]] = deque()
        self._errors: deque[tuple[datetime, int]] = deque()
        self._read_to = _size(self._errors_log)

    @property
    def group(self) -> Group:
        rules = {"disk_full", "cpu_busy", "memory_full", "clock_jump", "logged_errors"}
        return Group(frozenset(rules), AT_ONCE, self._find)

    def _find(self, look: Look) -> Iterator[Figure]:
        if self._looked_at != look.now:
            behind_s = _behind_record_s(look) if self._looked_at is None else 0.0
            self._looked_at = look.now
            self._found = [
                self._disk(),
                self._processors(),
                self._memory(),
                self._clock(look.now, behind_s),
                self._logged(look.now),
            ]
        yield from self._found

    def _disk(self) -> Figure:
        usage = shutil.disk_usage(self._places.home)
        full = rounded(Decimal(100) * usage.used / usage.total)
        return Figure("disk_full", "", full, f"the disk of the home is {full} % full")

    def _processors(self) -> Figure:
        fields = (self._places.proc / "stat").read_text().split("\n", 1)[0].split()[1:]
        times = [int(field) for field in fields]
        idle = times[3] + times[4]  # waiting for a disk is not work
        self._times.append((sum(times), idle))
        (first, idle_then), (last, idle_now) = self._times[0], self._times[-1]
        if last == first:
            return Figure("cpu_busy", "", None, "the processors were not looked at twice")
        busy = rounded(100 * (1 - Decimal(idle_now - idle_then) / (last - first)))
        says = f"the {os.cpu_count()} processors are {busy} % busy"
        return Figure("cpu_busy", "", busy, says)

    def _memory(self) -> Figure:
        lines = (self._places.proc / "meminfo").read_text().splitlines()
        kib = {name: int(value.split()[0]) for name, _, value in (x.partition(":") for x in lines)}
        total, available = kib["MemTotal"], kib["MemAvailable"]
        full = rounded(Decimal(100) * (total - available) / total)
        says = f"the machine's memory is {full} % full, {available // 1024:,} MiB are left"
        return Figure("memory_full", "", full, says)

    def _clock(self, now: datetime, since_record_s: float) -> Figure:
        """Compared at each look: what is set slowly is no jump."""
        before_s, self._apart_s = self._apart_s, self._places.apart_s()
        for jumped_s in (self._apart_s - before_s, since_record_s):
            if abs(jumped_s) > JUMP.total_seconds():
                self._jumps.append((now, jumped_s))
        while self._jumps and now - self._jumps[0][0] > JUMPS_OVER:
            self._jumps.popleft()
        told = ", ".join(f"{by_s:+.1f} s at {at:%H:%M:%S} UTC" for at, by_s in self._jumps)
        worst = max((abs(by_s) for _, by_s in self._jumps), default=0.0)
        says = f"the machine's clock jumped: {told}. Slack's signatures and the exchange's tokens "
        says += "fail on a clock that is wrong: timedatectl status"
        return Figure("clock_jump", "", rounded(Decimal(worst)), says)

    def _logged(self, now: datetime) -> Figure:
        self._errors.append((now, self._fresh_errors()))
        while now - self._errors[0][0] > ERRORS_OVER:
            self._errors.popleft()
        counted = sum(count for _, count in self._errors)
        minutes = ERRORS_OVER // timedelta(minutes=1)
        a_minute = rounded(Decimal(counted) / minutes)
        says = f"{counted} errors within {minutes} min; see {self._errors_log}"
        return Figure("logged_errors", "", a_minute, says)

    def _fresh_errors(self) -> int:
        size = _size(self._errors_log)
        if size < self._read_to:  # somebody began the file anew
            self._read_to = 0
        if size == self._read_to:
            return 0
        with self._errors_log.open("rb") as log:
            log.seek(self._read_to)
            fresh = log.read(size - self._read_to)
        self._read_to = size
        return len(_ERROR_LINE.findall(fresh))

    @property
    def _errors_log(self) -> Path:
        return self._places.logs / "errors.log"


def _behind_record_s(look: Look) -> float:
    """At the first look: how far the clock is behind what was on record before, if it is."""
    newest = max((beat.at for beat in read_heartbeats(look.c, look.desk)), default=look.now)
    return min(0.0, (look.now - newest).total_seconds())


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
