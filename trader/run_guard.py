"""Builds the guard and runs it: Ctrl+C, fence requests and the loop's life come together here."""

import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from core.gate import Row
from core.modes import Mode, Rule
from core.people import shell_actor
from core.steady import SteadyClock
from store import commands
from store.control import begin_desk, constrain, read_row, release
from store.decisions import kill_now
from store.lock import SingleProcess, running_pid
from store.logs import log_to
from store.monitor.server import MonitorServer
from store.page import GatePage
from store.store import Store, Transaction, open_store
from store.wakeups import FENCE, Listener, nudge
from trader.access import guard_key
from trader.calling_out import CallingOut
from trader.guard import Guard, Said
from trader.lines_out import lines_out
from trader.profiles import Profile
from trader.run_standin import hands
from trader.settings import Settings

TICK_S = 0.05
TWICE_S = 2.0
DRAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """How the guard is to start its desk."""

    home: Path
    profile: str
    dry_run: bool
    run_once: bool
    reduce_only: bool
    hold: bool
    first_mode: Mode
    command: tuple[str, ...]


clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The guard's clock."""


class LoopProcess:
    """The trading loop as a child process, in a session of its own: Ctrl+C goes to the guard alone."""

    def __init__(self, arguments: list[str]) -> None:
        self._process = subprocess.Popen(arguments, start_new_session=True)

    def exited(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Interrupts:
    """Ctrl+C and SIGTERM as instants; the main loop reads them."""

    def __init__(self) -> None:
        self.at: list[float] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._came)

    def _came(self, _number: int, _frame: FrameType | None) -> None:
        self.at.append(time.monotonic())

    @property
    def twice(self) -> bool:
        return len(self.at) >= 2 and self.at[-1] - self.at[-2] <= TWICE_S


def run_guard(options: GuardOptions, settings: Settings, profile: Profile) -> int:
    """Run until the loop has drained. Returns the process's exit code."""
    key = guard_key(settings, options.home)
    if not key.own:
        sys.stderr.write(
            "guard: PERPS_GUARD_KEY_FILE is not set; the guard acts with the trader's key, "
            "so revoking that one stops both.\n"
        )
    store = open_store(options.home, clock())
    log_to(store.home.logs, settings.log_level)
    single = SingleProcess(store.home.single("guard", settings.desk))
    single.acquire()
    interrupts = Interrupts()
    monitors: MonitorServer | None = None
    calling_out: CallingOut | None = None
    listener = Listener(store.home.socket("guard", settings.desk))
    try:
        end_orphan(store, settings.desk)
        begin(store, settings.desk, options)
        monitors = _monitors(store, settings)
        calling_out = CallingOut(store, settings.desk, lines_out(settings), clock)
        calling_out.start()
        guard = Guard(
            store,
            settings.desk,
            os.getpid(),
            GatePage(store.home.page(settings.desk)),
            lambda boot: LoopProcess(_loop_arguments(options, boot)),
            lambda: secrets.randbits(63) | 1,
            hands(store, settings, profile, key.key, options.home, options.dry_run),
        )
        return _watch(guard, store, settings.desk, listener, interrupts, options)
    finally:
        if calling_out is not None:
            calling_out.close()
        if monitors is not None:
            monitors.close()
        listener.close()
        store.close()
        single.release()


def _monitors(store: Store, settings: Settings) -> MonitorServer | None:
    """Only where a port is named: a guard without one imports nothing for it."""
    if settings.metrics_port is None:
        return None
    from trader.monitored import serve_monitors

    return serve_monitors(store, settings, settings.metrics_port, clock, time.monotonic_ns)


def _watch(
    guard: Guard,
    store: Store,
    desk: str,
    listener: Listener,
    interrupts: Interrupts,
    options: GuardOptions,
) -> int:
    drain_asked_at: float | None = None
    killed = False
    while not guard.ended:
        hints = listener.wait(TICK_S)
        said = guard.tick(clock(), time.monotonic_ns(), FENCE in hints)
        for thing in said:
            sys.stderr.write(f"guard: {thing.value}\n")
        if options.run_once and Said.DIED in said:
            return 1
        if interrupts.at and drain_asked_at is None:
            drain_asked_at = time.monotonic()
            _ask_to_drain(store, desk)
        if interrupts.twice and not killed:
            killed = True
            _kill_keeping_positions(store, desk)
        if drain_asked_at is not None and time.monotonic() - drain_asked_at > DRAIN_S:
            sys.stderr.write("guard: the loop did not drain in time and is ended\n")
            guard.fence()
            return 1
    return 0


def begin(store: Store, desk: str, options: GuardOptions) -> None:
    """Genesis of a new desk, and what the environment tightens at this start. Nothing loosens."""
    now = clock()
    store.write(
        lambda tx: begin_desk(tx, store.log, desk, options.first_mode, options.profile, now)
    )
    brake = store.brake(desk)
    brake.follow_row()
    rules = [(Rule.STARTED_HELD, options.hold), (Rule.STARTED_REDUCE_ONLY, options.reduce_only)]
    for rule, wanted in rules:
        if wanted:
            brake.tighten(
                Mode.HELD if rule is Rule.STARTED_HELD else Mode.REDUCE_ONLY,
                lambda tx, rule=rule: constrain(  # type: ignore[misc]
                    tx, store.log, desk, rule, reason=f"profile {options.profile}", now=now
                ),
            )

    def stopped_before(tx: Transaction) -> Row:
        release(tx, store.log, desk, Rule.DRAINING, actor="start", now=now)
        return read_row(tx, desk)

    brake.loosen(stopped_before)


def end_orphan(store: Store, desk: str) -> None:
    """A loop whose guard was killed may still run; two would be one too many."""
    pid = running_pid(store.home.single("loop", desk))
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def _ask_to_drain(store: Store, desk: str) -> None:
    sys.stderr.write(
        "guard: stopping; entries are cancelled, protective stops and positions stay. "
        "Press Ctrl+C again within 2 s to KILL.\n"
    )
    store.write(
        lambda tx: commands.record(
            tx,
            id=f"shutdown-{secrets.token_hex(6)}",
            desk=desk,
            verb="shutdown",
            body={},
            actor="ctrl-c",
            now=clock(),
        )
    )
    nudge(store.home.socket("loop", desk))


def _kill_keeping_positions(store: Store, desk: str) -> None:
    applied = kill_now(
        store,
        desk,
        shell_actor("ctrl-c"),
        "Ctrl+C twice",
        f"ctrl-c-{secrets.token_hex(6)}",
        clock(),
        keep_positions=True,
    )
    sys.stderr.write(
        f"guard: KILLED (epoch {applied.epoch}); positions and their stops stay OPEN. "
        "Two people resume it.\n"
    )


def _loop_arguments(options: GuardOptions, boot: int) -> list[str]:
    flags = [
        flag
        for flag, on in (("--dry-run", options.dry_run), ("--run-once", options.run_once))
        if on
    ]
    return [
        *options.command,
        "loop",
        f"--home={options.home}",
        f"--profile={options.profile}",
        f"--boot={boot}",
        *flags,
    ]
