"""Is everything alive? For people and for monitors: the exit code says it too."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import FAILED, OK, Answer, Table
from bot.commands.lines import BEAT_LATE, gate_closed, gate_line, reconciled
from bot.commands.looking import each_desk, picture_of
from bot.commands.registry import Context, command
from bot.picture import Picture
from bot.words import age, count
from store.heartbeats import Heartbeat
from store.home import Home
from store.lock import running_pid

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
    examples=["health", "health --json", "health --watch"],
    watch_s=2,
)
def health(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        checks = [
            *_processes(picture, context.store.home),
            _gate(picture),
            _exchange(picture),
            *_other_reads(picture),
            *_books(picture),
            _store(context.store.home),
            _constraints(picture),
            _disk(str(context.store.home.root)),
        ]
        wrong = [check for check in checks if not check.ok]
        rows = [["ok" if c.ok else "WRONG", c.name, c.says, "" if c.ok else c.mend] for c in checks]
        title = f"{desk}: " + (f"{count(len(wrong), 'thing')} wrong" if wrong else "well")
        facts = {"wrong": [c.name for c in wrong], "checks": {c.name: c.says for c in checks}}
        table = Table("health", ["", "what", "how", "what to do"], rows)
        return Answer(title, [], [table], facts, FAILED if wrong else OK)

    return each_desk(context, show)


def _processes(picture: Picture, home: Home) -> list[Check]:
    """A process lives when it holds its lock and has beaten lately: a pid alone may be another's."""
    beats = {beat.process: beat for beat in picture.heartbeats}
    mend = "start it: perps-bot --profile PROFILE"
    checks = [
        _process(
            process,
            beats.get(process),
            running_pid(home.single(process, picture.desk)),
            picture.now,
            mend,
        )
        for process in ("guard", "loop")
    ]
    if "bot" in beats:  # a desk may do without Slack
        mend = "start it: perps-bot slack run; the terminal works without it"
        pid = running_pid(home.bot_single)
        checks.append(_process("bot", beats["bot"], pid, picture.now, mend))
    if "alerts" in beats:
        mend = "start it: python -m alerts run; until it beats the desk takes no entries"
        pid = running_pid(home.alerts_single)
        checks.append(_process("alerts", beats["alerts"], pid, picture.now, mend))
    return checks


def _process(name: str, beat: Heartbeat | None, pid: int | None, now: datetime, mend: str) -> Check:
    if beat is None:
        says = "has never run" if pid is None else f"pid {pid} has not beaten yet"
        return Check(name, False, says, mend)
    alive = pid is not None and now - beat.at <= BEAT_LATE
    lives = f"pid {pid}" if pid is not None else f"GONE (was pid {beat.pid})"
    return Check(name, alive, f"{lives}, beat {age(beat.at, now)}, {beat.detail}", mend)


def _gate(picture: Picture) -> Check:
    line = gate_line(picture)
    well = gate_closed(picture) is None and "not applied" not in line
    mend = "a trader that runs opens it after a clean look; a KILL file goes when two people resume"
    return Check("gate", well, line.removeprefix("gate: "), mend)


def _exchange(picture: Picture) -> Check:
    if picture.unknown:
        mend = "check the network and the exchange's status page; unknown is not flat"
        return Check("exchange", False, picture.unknown, mend)
    return Check("exchange", True, f"read {age(picture.looked_at, picture.now)}")


def _other_reads(picture: Picture) -> list[Check]:
    """Reads beside the look itself, such as marks by REST."""
    mend = "check the network and the exchange's status page"
    return [
        Check(
            name,
            not read.failing,
            f"FAILING: {read.error}" if read.failing else f"read {age(read.ok_at, picture.now)}",
            mend,
        )
        for name, read in sorted(picture.reads.items())
        if "positions" not in name
    ]


def _books(picture: Picture) -> list[Check]:
    """Whether what the exchange has is what our books say."""
    found = picture.reconciliation
    if found is None:
        return []
    mend = "`reconcile` shows what differs and what two people can do about it"
    return [Check("books", found.clean, reconciled(found, picture.now), mend)]


def _store(home: Home) -> Check:
    size = home.database.stat().st_size / 2**20
    return Check(
        "store", True, f"opened and read, {size:,.1f} MiB; events verify proves the record"
    )


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
    says = f"{usage.free / 2**30:,.1f} GiB free ({share * 100:.0f} %)"
    return Check("disk", share > DISK_LOW_SHARE, says, "make room: a full disk stops the record")
