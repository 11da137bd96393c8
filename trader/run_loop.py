"""Builds the trading loop from its parts and runs it until it has drained: the child's composition."""

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.steady import SteadyClock
from store.gate import SendGate
from store.lock import AlreadyRunning, SingleProcess
from store.logs import log_to
from store.page import GatePage
from store.store import Store, open_store
from store.wakeups import Listener, nudge
from trader.access import ca_file, trader_key
from trader.coinbase.client import Endpoint, Exchange
from trader.coinbase.feed import Feed, FeedStatus, FeedTarget, Sink
from trader.coinbase.signing import ApiKey
from trader.coinbase.wire import Wire
from trader.desk import Desk, DeskGate
from trader.lanes import Calls, Threads
from trader.loop import Loop, Phase, Start
from trader.profiles import Profile
from trader.run_once import run_once
from trader.settings import Settings

TICK_S = 0.04
PREDECESSOR_S = 5.0


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """What the guard tells its loop."""

    home: Path
    boot: int
    dry_run: bool
    run_once: bool


clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)  # noqa: TID251 (composition root)
"""The trading loop's clock."""


def run_loop(options: LoopOptions, settings: Settings, profile: Profile) -> int:
    """Run until drained. Returns the process's exit code."""
    store = open_store(options.home, clock())
    log_to(store.home.logs, settings.log_level)
    single = _alone(store, settings.desk)
    listener = Listener(store.home.socket("loop", settings.desk))
    threads = Threads(lambda: nudge(store.home.socket("loop", settings.desk)))
    key = trader_key(settings, options.home)
    feeds = Feeds(settings, key)
    try:
        desk = build_desk(store, settings, profile, key, options, threads)
        feeds.token_clock = desk.exchange.now
        page = GatePage(store.home.page(settings.desk))
        loop = Loop(
            desk,
            Start(options.boot, os.getpid()),
            page,
            feeds.start if settings.enable_streaming else None,
            feeds.statuses,
        )
        threads.warm(desk.exchange.warm)
        if options.run_once:
            return run_once(loop, desk, listener, clock)
        return _until_drained(loop, listener)
    finally:
        feeds.stop()
        threads.close()
        listener.close()
        store.close()
        single.release()


def _until_drained(loop: Loop, listener: Listener) -> int:
    nudged = False
    while loop.phase is not Phase.DRAINED:
        loop.tick(clock(), time.monotonic_ns(), nudged)
        nudged = bool(listener.wait(TICK_S))
    return 0


def build_desk(
    store: Store,
    settings: Settings,
    profile: Profile,
    key: ApiKey,
    options: LoopOptions,
    threads: Threads,
) -> Desk:
    """The desk with its exchange behind the gate."""
    send_gate = SendGate(store.home, settings.desk, options.boot, time.monotonic_ns)
    gate = DeskGate(store, profile.limits, send_gate, clock)
    endpoint = Endpoint(settings.host, ca_file(settings, options.home))
    exchange = Exchange(endpoint, key, Wire(gate), clock)
    return Desk(
        name=settings.desk,
        profile=profile,
        store=store,
        exchange=exchange,
        calls=Calls(threads),
        new_id=lambda: secrets.token_hex(6),
        dry_run=options.dry_run,
        rest_marks=settings.use_rest_fallback or not settings.enable_streaming,
    )


class Feeds:
    """The two websockets of a desk, started once its products are known."""

    def __init__(self, settings: Settings, key: ApiKey) -> None:
        self._settings = settings
        self._key = key
        self.token_clock: Callable[[], datetime] = clock
        self._feeds: list[Feed] = []

    def start(self, product_ids: tuple[str, ...], sink: Sink) -> None:
        ca = self._settings.exchange_ca
        targets = (
            FeedTarget("market", self._settings.market_url, ca, ("ticker",), product_ids),
            FeedTarget("user", self._settings.user_url, ca, ("user",), product_ids),
        )
        self._feeds = [Feed(target, self._key, clock, self.token_clock, sink) for target in targets]
        for feed in self._feeds:
            feed.start()

    def statuses(self) -> list[FeedStatus]:
        """How each fares; none before they were started."""
        return [feed.status for feed in self._feeds]

    def stop(self) -> None:
        for feed in self._feeds:
            feed.stop()


def _alone(store: Store, desk: str) -> SingleProcess:
    """One loop per desk. The one before this may take a moment to be gone."""
    single = SingleProcess(store.home.single("loop", desk))
    deadline = time.monotonic() + PREDECESSOR_S
    while True:
        try:
            single.acquire()
        except AlreadyRunning:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return single
