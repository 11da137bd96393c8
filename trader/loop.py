"""The trading loop: every part ticks once, in this order, on the `now` it is given; nothing here waits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from core.gate import Page, Row
from core.modes import Mode, Rule
from store.brake import Applied
from store.changes import Changes
from store.commands import Command, finish, waiting
from store.control import constrain, read_control, read_row, set_mode
from store.flattening import open_job
from store.foreign import CANCEL_ORDER
from store.heartbeats import beat
from store.observations import read_products
from store.page import GatePage, PageUnreadable
from store.requests import open_requests
from store.store import Transaction
from store.vitals import write_vitals
from trader.account_facts import AccountFacts
from trader.clock import ExchangeClock
from trader.coinbase.feed import Sink
from trader.derisk import Derisk
from trader.desk import Desk
from trader.flatten import Flatten
from trader.foreign import Foreign
from trader.history import History
from trader.limits import FollowLimits
from trader.market import Market
from trader.resume import Resume
from trader.sender import Sender
from trader.signals import Signals
from trader.stops import Stops
from trader.sweep import Cancels, Sweep
from trader.sync import Sync
from trader.transfers import Transfers
from trader.vitals import Streams, Vitals
from trader.watch import Watch

HEARTBEAT_EVERY = timedelta(seconds=1)
WORK_EVERY = timedelta(milliseconds=250)


StartFeeds = Callable[[tuple[str, ...], Sink], None]


class Phase(StrEnum):
    """How far this start of the loop has come. Only ARMED lets orders that add risk through."""

    RECONCILING = "reconciling"
    ARMED = "armed"
    DRAINING = "draining"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class Start:
    """What this start of the loop was given by its guard."""

    boot: int
    pid: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What people and rules want of the loop, read at one instant."""

    row: Row
    commands: Sequence[Command]
    requests: bool
    flatten: bool


class Loop:
    """One desk, trading. `tick` is the whole of its work; the endless loop around it is elsewhere."""

    def __init__(
        self,
        desk: Desk,
        start: Start,
        page: GatePage,
        start_feeds: StartFeeds | None,
        streams: Streams = tuple,
    ) -> None:
        self._desk = desk
        self._start_feeds = start_feeds
        self._following: tuple[str, ...] = ()
        self._start = start
        self.page = page
        self.sender = Sender(desk)
        self.sync = Sync(desk, self.sender)
        self.market = Market(desk)
        cancels = Cancels(desk, self.sync)
        self._cancels = cancels
        self._clock = ExchangeClock(desk)
        self._account_facts = AccountFacts(desk)
        self._watch = Watch(desk, self.sync, self.sender, self._clock, self._account_facts)
        self._history = History(desk, self._watch)
        self._sweep = Sweep(desk, self.sync, cancels)
        self.flatten = Flatten(desk, self.sync, self.sender, cancels, self.market)
        self._stops = Stops(desk, self.sender, cancels)
        self.signals = Signals(desk, self.market, self.sync, self.sender, cancels)
        self._derisk = Derisk(desk, self.sync, self.sender, cancels, self.flatten.lease)
        self._limits = FollowLimits(desk)
        self._resume = Resume(desk, self.sync)
        self._transfers = Transfers(desk, self.sync)
        self._foreign = Foreign(desk, self.sync)
        self._vitals = Vitals(desk.exchange.timing.pace, streams)
        self._flattening = False
        self._was_behind = False
        self._disarmed_at: datetime | None = None
        self._beat_at: datetime | None = None
        self._watched_at: datetime | None = None
        self._worked_at: datetime | None = None
        self._changes = Changes(desk.store.home.database)
        self.phase = Phase.RECONCILING
        self.cycles = 0
        """Bars that the strategy has looked at."""

    def tick(self, now: datetime, now_ns: int, nudged: bool = False) -> None:
        """One pass. Safe to repeat, and to begin again after a crash at any point."""
        self.page.beat(now_ns)
        told = nudged or self._changes.any()
        settled = self._desk.calls.harvest(now)
        self.market.tick(now)
        if told or settled or self._is_due(now):
            self._worked_at = now
            self._work(now)
        self._changes.any()  # what was written here is no news; whoever wrote meanwhile nudged, too

    def _is_due(self, now: datetime) -> bool:
        """Whether there is work although nobody told: most passes of a quiet desk have none."""
        return (
            self.flatten.moving
            or self.sync.wanted
            or self.signals.due(now)
            or _due(self._worked_at, now, WORK_EVERY)
        )

    def _work(self, now: datetime) -> None:
        self._limits.tick(now)
        self._follow_products(now)
        self.sync.tick(now)
        asked = self._desk.read(self._asked)
        self._obey_kill_file(now)
        self._arm_or_not(asked.row, now)
        self._take_commands(asked.commands, now)
        if asked.requests:
            self._resume.tick(now)
        if _due(self._watched_at, now, WORK_EVERY):
            self._watched_at = now
            self._clock.tick(now)
            self._account_facts.tick(now)
            self._watch.tick(now)
            self.market.follow(self._watch.held)
            self._history.tick(now)
        self._sweep.tick(asked.row, now)
        self._flattening = (asked.flatten or self._flattening) and self.flatten.tick(now)
        if self.phase in (Phase.ARMED, Phase.DRAINING):
            # A dry run sends nothing, so it may show what an ACTIVE desk would do.
            self._trade(Mode.ACTIVE if self._desk.dry_run else asked.row.mode, now)
        self._transfers.tick(now)
        if _due(self._beat_at, now, HEARTBEAT_EVERY):
            self._beat_at = now
            self._heartbeat(now)

    def _asked(self, c: Transaction) -> "Asked":
        name = self._desk.name
        return Asked(
            read_row(c, name),
            waiting(c, name),
            requests=bool(open_requests(c, name)),
            flatten=open_job(c, name) is not None,
        )

    def _trade(self, mode: Mode, now: datetime) -> None:
        if self._flattening:
            self._derisk.give_way()
            return
        self._derisk.tick(self._watch.seen, mode, now)
        if self.signals.tick(mode, now):
            self.cycles += 1
        if self.sync.fresh(now):
            self._stops.tick(mode, self.signals.leaving | self._derisk.reducing, now)

    def _follow_products(self, now: datetime) -> None:
        """As soon as discovery has found the traded products, their marks are wanted and fed."""
        if self._following:
            return
        traded = self._desk.limits.max_position_base
        found = self._desk.read(lambda c: read_products(c, self._desk.name))
        self._following = tuple(p.product_id for p in found if p.underlying in traded)
        if not self._following:
            return
        self.market.follow(self._following)
        self.signals.follow(self._following, now)
        if self._start_feeds is not None:
            sink = Sink(self.market.take, self.sync.want, lambda _why: self.sync.want())
            self._start_feeds(self._following, sink)

    def _arm_or_not(self, row: Row, now: datetime) -> None:
        """Armed by a clean look begun in this start, and again after every time the guard disarms."""
        page = self._read_page()
        if page is None or page.boot != self._start.boot:
            return
        self._mend(page, row)
        if page.armed:
            return
        if self.phase is Phase.ARMED or self._disarmed_at is None:
            self.phase, self._disarmed_at = Phase.RECONCILING, now
            self.sync.want()
        looked_at = self.sync.looked_at
        if looked_at is None or looked_at <= self._disarmed_at:
            self.sync.want()
        elif self._may_arm(row) and self.phase is Phase.RECONCILING:
            self._desk.store.brake(self._desk.name).follow_row()
            self.page.arm(self._start.boot)
            self.phase = Phase.ARMED
            reconciled = "clean" if self.sync.clean else "with differences, on a desk that is held"
            self._desk.note("armed", now, boot=self._start.boot, reconciled=reconciled)

    def _may_arm(self, row: Row) -> bool:
        """A held desk only protects what it holds: what is not explained must not keep stops back."""
        return self.sync.clean or (row.mode >= Mode.HELD and self.sync.known)

    def _read_page(self) -> Page | None:
        """A damaged page is set right by following the row, under the lock; until then it is closed."""
        try:
            return self.page.read()
        except PageUnreadable:
            self._desk.store.brake(self._desk.name).follow_row()
            return None

    def _mend(self, page: Page, row: Row) -> None:
        """Whoever died between its commit and the page left that behind; stops would not pass."""
        behind = page.mode is not None and page.epoch != row.epoch
        if behind and self._was_behind:
            self._desk.store.brake(self._desk.name).follow_row()
        self._was_behind = behind

    def _obey_kill_file(self, now: datetime) -> None:
        """Somebody held the desk when nothing could be written: put it on record now."""
        if not self._desk.store.home.kill_file.exists():
            return
        control = self._desk.read(lambda c: read_control(c, self._desk.name))
        if control.mode >= Mode.HELD:
            return
        self.hold(Mode.HELD, "the KILL file was found in the home", "kill-file", now)

    def hold(self, mode: Mode, reason: str, actor: str, now: datetime) -> Applied:
        """Tighten this desk on the loop's own account."""
        desk, log = self._desk.name, self._desk.store.log
        return self._desk.store.brake(desk).tighten(
            mode, lambda tx: set_mode(tx, log, desk, mode, reason=reason, actor=actor, now=now)
        )

    def _take_commands(self, commands: Sequence[Command], now: datetime) -> None:
        for command in commands:
            if command.verb == "shutdown":
                self.drain(now)
                outcome = "draining"
            elif command.verb == CANCEL_ORDER:
                outcome = self._foreign.cancel(command.body["order_id"], command.actor, now)
            else:
                outcome = f"refused: the trader knows no command {command.verb!r}"
            self._desk.write(partial(finish, id=command.id, outcome=outcome))
        if self.phase is Phase.DRAINING and self._is_drained():
            self.phase = Phase.DRAINED

    def drain(self, now: datetime) -> None:
        """Graceful stop: entries stop, working ones are cancelled, protective stops stay."""
        if self.phase in (Phase.DRAINING, Phase.DRAINED):
            return
        desk, log = self._desk.name, self._desk.store.log
        self.phase = Phase.DRAINING
        self._desk.store.brake(desk).tighten(
            Mode.REDUCE_ONLY,
            lambda tx: constrain(
                tx, log, desk, Rule.DRAINING, reason="a graceful stop was asked for", now=now
            ),
        )

    def _is_drained(self) -> bool:
        placing = self._desk.calls.running("place:")
        return self._sweep.verified and not placing and not self._flattening

    def _heartbeat(self, now: datetime) -> None:
        measured = self._vitals.measure(now)

        def transaction(tx: Transaction) -> None:
            beat(tx, self._desk.name, "loop", self._start.pid, self.phase, now)
            write_vitals(tx, self._desk.name, "loop", measured, now)

        self._desk.write(transaction)


def _due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every
