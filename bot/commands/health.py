"""Is everything alive? For people and for monitors: the exit code says it too."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.answer import FAILED, OK, Answer, Table
from bot.commands.looking import each_desk, gate_line, picture_of
from bot.commands.registry import Context, command
from bot.picture import Picture
from bot.words import age

BEAT_LATE = timedelta(seconds=5)
DISK_LOW_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do when it is not well."""

    name: str
    ok: bool
    says: str
    mend: str = ""


@command(
    "health",
    "processes, gate, store, exchange, disk; exit code 1 when something is wrong",
    watch_s=2,
)
def health(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        checks = [
            *_processes(picture),
            _gate(picture),
            _exchange(picture),
            _constraints(picture),
            _disk(str(context.store.home.root)),
        ]
        wrong = [check for check in checks if not check.ok]
        rows = [["ok" if c.ok else "WRONG", c.name, c.says, "" if c.ok else c.mend] for c in checks]
        title = f"{desk}: " + (f"{len(wrong)} things are wrong" if wrong else "well")
        facts = {"wrong": [c.name for c in wrong], "checks": {c.name: c.says for c in checks}}
        table = Table("health", ["", "what", "how", "what to do"], rows)
        return Answer(title, [], [table], facts, FAILED if wrong else OK)

    return each_desk(context, show)


def _processes(picture: Picture) -> list[Check]:
    beats = {beat.process: beat for beat in picture.heartbeats}
    mend = "start it: perps-bot --profile PROFILE"
    checks = []
    for process in ("guard", "loop"):
        beat = beats.get(process)
        if beat is None:
            checks.append(Check(process, False, "has never run", mend))
            continue
        alive = _alive(beat.pid) and picture.now - beat.at <= BEAT_LATE
        says = f"pid {beat.pid}, beat {age(beat.at, picture.now)}, {beat.detail}"
        checks.append(Check(process, alive, says, mend))
    return checks


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _gate(picture: Picture) -> Check:
    line = gate_line(picture)
    closed = "CLOSED" in line or "not applied" in line
    mend = "look at `status`; a KILL file goes when two people resume"
    return Check("gate", not closed, line.removeprefix("gate: "), mend)


def _exchange(picture: Picture) -> Check:
    if picture.unknown:
        mend = "check the network and the exchange's status page; unknown is not flat"
        return Check("exchange", False, picture.unknown, mend)
    return Check("exchange", True, f"read {age(picture.looked_at, picture.now)}")


def _constraints(picture: Picture) -> Check:
    if not picture.constraints:
        says = f"none; people set {picture.control.mode.name}"
        return Check("constraints", True, says)
    says = "; ".join(f"{c.rule}: {c.reason}" for c in picture.constraints)
    latched = any(c.latches for c in picture.constraints)
    mend = "two people resume it" if latched else "it clears by itself once its cause is gone"
    return Check("constraints", False, says, mend)


def _disk(path: str) -> Check:
    usage = shutil.disk_usage(path)
    share = usage.free / usage.total
    says = f"{usage.free // 2**30} GiB free ({share * 100:.0f} %)"
    return Check("disk", share > DISK_LOW_SHARE, says, "make room: a full disk stops the record")
