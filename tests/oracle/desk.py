"""One desk on the real store, gate, brake, look, booking and sweep, and a tiny exchange under them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from core.flatten import JobState
from core.gate import LEASE_NS, ApprovedOrder, Intent, Refused
from core.modes import Mode, Rule
from core.orders import LIVE, Kind, OrderSpec
from core.requests import Action, Request, RequestState
from core.risk import CheckedOrder, RiskRefused
from core.steady import CATCHING_UP, SteadyClock
from store.control import begin_desk, read_constraints, read_row, release, set_mode
from store.flattening import move_job, open_job
from store.gate import SendGate
from store.observations import write_marks
from store.orders import read_order
from store.page import GatePage
from store.requests import finish, lapse_due, open_requests, unreviewed
from store.store import Store, Transaction, open_store
from tests.oracle.answers import Answers, Happening
from tests.oracle.hands import Hands
from tests.oracle.venue import Venue
from tests.store import desk as facts
from tests.stories.world import AtOnce
from trader import run_guard
from trader.coinbase.client import Exchange
from trader.coinbase.ordering import Accepted, Unknown
from trader.coinbase.wire import NotSent
from trader.desk import Desk, DeskGate
from trader.lanes import Calls
from trader.profiles import DEV
from trader.sweep import Cancels, Sweep
from trader.sync import OFTEN, SELDOM, Sync

DESK = facts.DESK
BEGAN_S = 1_000.0
OPTIONS = run_guard.GuardOptions(
    home=Path(),
    profile="dev",
    dry_run=False,
    run_once=False,
    reduce_only=False,
    hold=False,
    first_mode=Mode.ACTIVE,
    command=(),
)


@dataclass
class Sending:
    """An order between its intent and its reply, in the hands of one start of the trader."""

    intent: Intent
    gate: DeskGate
    boot: int
    signed_s: float
    era: int = 0
    written: bool = False


class TinyDesk:
    """Sends, hears, looks, sweeps and starts again, as the trader does and in its order."""

    def __init__(self, root: Path) -> None:
        self.now = facts.NOW
        self.elapsed_s = BEGAN_S
        """Of the clock that nobody sets; the exchange goes by it."""
        self.store: Store = open_store(root, self.now)
        self.venue = Venue(lambda: self.there)
        self.answers = Answers(self.venue, lambda: self.there)
        self.sendings: list[Sending] = []
        self.boot = 0
        self.store.write(self._begin)
        self.page = GatePage(self.store.home.page(DESK))
        self.start()
        self.look()

    def _begin(self, tx: Transaction) -> None:
        begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "oracle", self.now)
        facts.see_the_exchange(tx)

    def close(self) -> None:
        self.page.close()
        self.store.close()

    # Time and starts

    @property
    def now_ns(self) -> int:
        return int(self.elapsed_s * 1e9)

    @property
    def there(self) -> datetime:
        """The exchange's time."""
        return facts.NOW + timedelta(seconds=self.elapsed_s - BEGAN_S)

    def _go_on(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.now += timedelta(seconds=seconds)

    def pass_time(self, seconds: float) -> None:
        self._go_on(seconds)
        self._mark()
        self.beat()

    def _mark(self) -> None:
        at = self.trader_now()
        self.store.write(lambda tx: write_marks(tx, DESK, [facts.mark(at=at)]))

    def step_clock(self, seconds: float) -> None:
        """Somebody sets the wall clock; the exchange's and the kernel's go on."""
        self.now += timedelta(seconds=seconds)

    def fall_silent(self, seconds: float) -> None:
        """Neither the loop beats nor the guard renews its lease."""
        self._go_on(seconds)

    def beat(self) -> None:
        self.page.beat(self.now_ns)
        self.page.renew_lease(self.now_ns + LEASE_NS)

    def start(self) -> None:
        """The guard's and the loop's start after a crash: nothing is armed before a clean look."""
        run_guard.begin(self.store, DESK, OPTIONS)
        self.boot += 1
        self.page.begin_boot(self.boot)
        self.trader_now = SteadyClock(lambda: self.now, lambda: self.elapsed_s)
        send_gate = SendGate(self.store.home, DESK, self.boot, lambda: self.now_ns)
        self.gate = DeskGate(self.store, facts.LIMITS, send_gate, self.trader_now)
        self._calls = Calls(AtOnce())
        desk = Desk(
            name=DESK,
            profile=DEV,
            store=self.store,
            exchange=cast(Exchange, self.answers),
            calls=self._calls,
            new_id=str,
        )
        self.hands = Hands(desk, self.on_its_way)
        self.sync = Sync(desk, self.hands)
        self.cancels = Cancels(desk, self.sync)
        self.sweep = Sweep(desk, self.sync, self.cancels)
        self.beat()

    # Orders

    def intend(self, spec: OrderSpec) -> Sending | RiskRefused | Refused:
        verdict = self.gate.record(CheckedOrder(spec))
        if not isinstance(verdict, Intent):
            return verdict
        sending = Sending(verdict, self.gate, self.boot, self.elapsed_s)
        self.sendings.append(sending)
        return sending

    def write(self, sending: Sending, seen: Callable[[Sending], None]) -> ApprovedOrder | Refused:
        """The last hop: `seen` is told of every byte that leaves."""

        def receive(approved: ApprovedOrder) -> None:
            seen(sending)
            self.venue.receive(approved.spec, sending.signed_s)
            sending.written = True

        verdict = sending.gate.pass_through(sending.intent, receive)
        if isinstance(verdict, Refused):
            self.sendings.remove(sending)
            if self._is_mine(sending):
                refused = NotSent(verdict, sending.intent)
                self.hands.hear(sending.intent.spec, refused, self.trader_now())
        return verdict

    def hear(self, sending: Sending, *, lost: bool) -> None:
        """The reply has come, or it never will."""
        self.sendings.remove(sending)
        if self._is_mine(sending):
            order_id = self.venue.orders[sending.intent.spec.client_order_id].order_id
            outcome = Unknown("no reply") if lost else Accepted(order_id)
            self.hands.hear(sending.intent.spec, outcome, self.trader_now())

    def crash(self) -> None:
        """Who was sending is gone; to be hard on the gate, its unsent orders may yet be tried.

        But for closes: for those the lease counts, and the kernel takes it with the process.
        """
        self.sendings = [
            s for s in self.sendings if not s.written and s.intent.spec.kind is not Kind.FLATTEN
        ]

    def on_its_way(self, client_order_id: str) -> bool:
        return any(
            s.intent.spec.client_order_id == client_order_id and self._is_mine(s)
            for s in self.sendings
        )

    def _is_mine(self, sending: Sending) -> bool:
        return sending.boot == self.boot

    # Looks and sweeps

    def look(
        self,
        after_orders: Iterable[Happening] = (),
        after_fills: Iterable[Happening] = (),
        lag: int = 0,
        fails: str = "",
        *,
        late: bool = False,
    ) -> bool:
        """The trader's own look and booking; whether it was a good one. The loop beats meanwhile."""
        waits = SELDOM if self.sync.failing_since is not None else OFTEN
        self._go_on(waits.total_seconds() / CATCHING_UP + 0.001)
        self.beat()
        self._mark()
        self.answers.offset = self.there - self.trader_now()
        self.answers.arrange(after_orders, after_fills, lag, fails, late=late)
        self.sync.want()
        self.sync.tick(self.trader_now())
        assert self._calls.harvest(self.trader_now()), "no look was begun"
        if self.sync.known and not self.page.read().armed:
            self.store.brake(DESK).follow_row()
            self.page.arm(self.boot)
        return self.sync.known

    def cancel(self, client_order_id: str, *, obeyed: bool) -> None:
        """Asked of the exchange, which may answer yes and go on working it until the next look."""
        order = self.store.read(lambda c: read_order(c, client_order_id))
        if order is not None and order.state in LIVE:
            self.answers.deaf = not obeyed
            self.cancels.cancel([order], self.trader_now())
            self._calls.harvest(self.trader_now())
            self.answers.deaf = False

    def sweep_once(self) -> bool:
        """Whether the trader says now that nothing forbidden is left."""
        row = self.store.read(lambda c: read_row(c, DESK))
        self.sweep.tick(row, self.trader_now())
        self._calls.harvest(self.trader_now())
        return self.sweep.verified

    # Loosening, as the loop carries it out

    def carry_out(self, loosened: Callable[[Request], None]) -> None:
        """Every resume that two people have agreed on and that has not lapsed."""
        self.store.write(self._before_a_resume)
        for request in self.store.read(lambda c: open_requests(c, DESK)):
            agreed = request.state is RequestState.CONFIRMED
            reviewed = self.store.read(lambda c: unreviewed(c, DESK)) is None
            if request.action is Action.RESUME and agreed and reviewed:
                self._loosen(request)
                loosened(request)

    def _before_a_resume(self, tx: Transaction) -> None:
        """What was killed has been flattened meanwhile, and what is overdue lapses."""
        log, job = self.store.log, open_job(tx, DESK)
        if job is not None:
            move_job(tx, log, job, JobState.RUNNING, "", self.now)
            running = replace(job, state=JobState.RUNNING)
            move_job(tx, log, running, JobState.FLAT_VERIFIED, "", self.now)
        for request in open_requests(tx, DESK):
            if request.action is Action.KILL and request.state is RequestState.CONFIRMED:
                finish(tx, log, request, RequestState.EXECUTED, "flat", self.now)
        lapse_due(tx, log, DESK, self.now)

    def _loosen(self, request: Request) -> None:
        log = self.store.log

        def change(tx: Transaction) -> None:
            set_mode(tx, log, DESK, Mode.ACTIVE, reason="oracle", actor="two", now=self.now)
            for constraint in read_constraints(tx, DESK):
                if constraint.latches:
                    release(tx, log, DESK, constraint.rule, actor="two", now=self.now)
            finish(tx, log, request, RequestState.EXECUTED, "ACTIVE", self.now)
            self.store.home.kill_file.unlink(missing_ok=True)

        self.store.brake(DESK).loosen(change)

    def clear(self, rule: Rule) -> None:
        self.store.brake(DESK).loosen(
            lambda tx: release(tx, self.store.log, DESK, rule, actor="machine", now=self.now)
        )
