"""The guard's own hands, built: a thread with an exchange client, key and lanes of its own.

Everything is loaded and connected when the guard starts: when it has to act, a program on disk that
no longer works, a full disk or a process table without room cannot keep it from that.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.steady import SteadyClock
from store.gate import SendGate
from store.store import Store
from trader.access import ca_file
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.signing import ApiKey
from trader.coinbase.wire import Wire
from trader.desk import Desk, DeskGate, Followed
from trader.lanes import Calls, Threads
from trader.profiles import Profile
from trader.settings import Settings
from trader.standin import Progress, StandIn

TICK_S = 0.04
NO_BOOT = 0
"""No gate is ever armed for it: only closes and cancels pass."""


clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The clock of the guard's hands."""


class HandsInThread:
    """Runs a StandIn in a thread, so that nothing it waits for keeps the guard from its beat."""

    def __init__(self, desk: Callable[[Calls], Desk]) -> None:
        self._make_desk = desk
        self._nudged = threading.Event()
        self._wanted = threading.Event()
        self._progress = Progress.DONE
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
        self._thread.start()

    def begin(self, now: datetime) -> None:
        self._progress = Progress.ACTING
        self._wanted.set()

    def progress(self, now: datetime) -> Progress:
        return self._progress if self._thread.is_alive() else Progress.STUCK

    def _run(self) -> None:
        threads = Threads(self._nudged.set)
        desk = self._make_desk(Calls(threads))
        threads.warm(desk.exchange.warm)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            self._progress = self._act(StandIn(desk, clock()))

    def _act(self, standin: StandIn) -> Progress:
        """Until there is nothing left to do. An error ends it, and the loop has its chance again."""
        progress = Progress.ACTING
        try:
            while progress is Progress.ACTING:
                self._nudged.clear()
                progress = standin.tick(clock())
                self._nudged.wait(TICK_S)
        except Exception:  # the guard must live, and the loop tries again
            logging.getLogger("guard").exception("acting in the loop's place failed")
            standin.let_go()
            progress = Progress.STUCK
        return progress


def hands(
    store: Store, settings: Settings, profile: Profile, key: ApiKey, home: Path, dry_run: bool
) -> HandsInThread:
    """The guard's hands, getting ready in the background."""

    def desk(calls: Calls) -> Desk:
        send_gate = SendGate(store.home, settings.desk, NO_BOOT, time.monotonic_ns)
        gate = DeskGate(store, profile.limits, send_gate, clock)
        endpoint = Endpoint(settings.host, ca_file(settings, home))
        return Desk(
            name=settings.desk,
            profile=profile,
            store=store,
            exchange=Exchange(endpoint, key, Wire(gate), clock),
            calls=calls,
            new_id=lambda: secrets.token_hex(6),
            dry_run=dry_run,
            actor="guard",
            followed=Followed(),
        )

    return HandsInThread(desk)
