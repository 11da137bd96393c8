"""One desk on the real store, gate and brake, and next to nothing between them and the tiny exchange."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from core.flatten import JobState
from core.gate import LEASE_NS, ApprovedOrder, Intent, Refused
from core.modes import Mode, Rule
from core.orders import LIVE, Fill, IllegalMove, Kind, OrderSpec, OrderState
from core.requests import Action, Request, RequestState
from core.risk import CheckedOrder, RiskRefused
from store.control import begin_desk, read_constraints, release, set_mode
from store.flattening import move_job, open_job
from store.gate import SendGate
from store.ledger import book_fill, open_books
from store.observations import HeldThere, write_held_there, write_marks
from store.orders import live_orders, move, order_by_exchange_id, read_order
from store.page import GatePage
from store.requests import finish, lapse_due, open_requests, unreviewed
from store.store import Store, Transaction, open_store
from tests.oracle.venue import There, Venue
from tests.store import desk as facts
from trader import run_guard
from trader.desk import DeskGate

DESK = facts.DESK
ABSENT_AFTER = timedelta(seconds=15)
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
    replied: bool = False


class TinyDesk:
    """Sends, hears, looks, sweeps and starts again, as the trader does and in its order."""

    def __init__(self, root: Path) -> None:
        self.now = facts.NOW
        self.elapsed_s = 1_000.0
        """Of the clock that nobody sets; the exchange goes by it."""
        self.store: Store = open_store(root, self.now)
        self.venue = Venue()
        self.sendings: list[Sending] = []
        self.boot = 0
        self.store.write(self._begin)
        self.page = GatePage(self.store.home.page(DESK))
        self.start()
        self.look([], [])

    def _begin(self, tx: Transaction) -> None:
        begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "oracle", self.now)
        facts.see_the_exchange(tx)
        open_books(tx, self.store.log, DESK, facts.CASH, self.now)

    def close(self) -> None:
        self.page.close()
        self.store.close()

    # Time and starts

    @property
    def now_ns(self) -> int:
        return int(self.elapsed_s * 1e9)

    def pass_time(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.now += timedelta(seconds=seconds)
        self.store.write(lambda tx: write_marks(tx, DESK, [facts.mark(at=self.now)]))
        self.beat()

    def step_clock(self, seconds: float) -> None:
        """Somebody sets the wall clock; the exchange's and the kernel's go on."""
        self.now += timedelta(seconds=seconds)

    def fall_silent(self, seconds: float) -> None:
        """Neither the loop beats nor the guard renews its lease."""
        self.elapsed_s += seconds

    def beat(self) -> None:
        self.page.beat(self.now_ns)
        self.page.renew_lease(self.now_ns + LEASE_NS)

    def start(self) -> None:
        """The guard's and the loop's start after a crash: nothing is armed before a clean look."""
        run_guard.begin(self.store, DESK, OPTIONS)
        self.boot += 1
        self.page.begin_boot(self.boot)
        self.gate = DeskGate(
            self.store,
            facts.LIMITS,
            SendGate(self.store.home, DESK, self.boot, lambda: self.now_ns),
            lambda: self.now,
        )
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
                self._move(sending.intent.spec, OrderState.REFUSED)
        return verdict

    def hear(self, sending: Sending, reply: OrderState) -> None:
        """The reply has come, or it never will."""
        sending.replied = True
        self.sendings.remove(sending)
        spec = sending.intent.spec
        order = self.store.read(lambda c: read_order(c, spec.client_order_id))
        if order is not None and order.state in (OrderState.RESERVED, OrderState.UNKNOWN):
            there = self.venue.orders[spec.client_order_id]
            self._move(spec, reply, there.order_id if reply is OrderState.WORKING else None)

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

    def _move(self, spec: OrderSpec, to: OrderState, order_id: str | None = None) -> None:
        id, log = spec.client_order_id, self.store.log
        self.store.write(lambda tx: move(tx, log, id, to, self.now, order_id=order_id))

    # Looks and sweeps

    def look(
        self,
        after_orders: Iterable[Callable[[], None]],
        after_fills: Iterable[Callable[[], None]],
        lag: int = 0,
    ) -> None:
        """Orders, then fills but the newest few, then the position; the exchange goes on in between."""
        orders = [(t, t.state, t.filled) for t in self.venue.listed()]
        for happens in after_orders:
            happens()
        fills = self.venue.fills[: len(self.venue.fills) - lag]
        for happens in after_fills:
            happens()
        position = self.venue.position
        self.store.write(lambda tx: self._book(tx, orders, fills, position))
        if not self.page.read().armed:
            self.store.brake(DESK).follow_row()
            self.page.arm(self.boot)

    def _book(
        self,
        tx: Transaction,
        orders: list[tuple[There, OrderState, int]],
        fills: list[Fill],
        position: int,
    ) -> None:
        for there, _state, _filled in orders:
            ours = read_order(tx, there.spec.client_order_id)
            if ours is not None and ours.order_id is None:
                to = OrderState.WORKING if ours.live else ours.state
                self._follow(tx, there, to, 0)
        for fill in fills:
            ours = order_by_exchange_id(tx, fill.order_id)
            if ours is not None:
                ours_too = replace(fill, client_order_id=ours.spec.client_order_id)
                book_fill(tx, self.store.log, DESK, ours_too, facts.BTC_PRODUCT, self.now)
        for there, state, filled in orders:
            ours = read_order(tx, there.spec.client_order_id)
            live = ours is not None and (ours.live or ours.state is OrderState.ABSENT)
            cancelling = ours is not None and ours.state is OrderState.CANCELLING
            if live and not (cancelling and state is OrderState.WORKING):
                self._follow(tx, there, state, filled)
        self._give_up_absent(tx, {there.spec.client_order_id for there, *_ in orders})
        held = [HeldThere(facts.BTC, position, facts.BTC_PRICE, self.now)]
        write_held_there(tx, DESK, held if position else [])

    def _follow(self, tx: Transaction, there: There, to: OrderState, filled: int) -> None:
        id, log = there.spec.client_order_id, self.store.log
        try:
            move(tx, log, id, to, self.now, order_id=there.order_id, reported_filled=filled)
        except IllegalMove:
            return  # the trader puts it on record and goes on

    def _give_up_absent(self, tx: Transaction, listed: set[str]) -> None:
        for order in live_orders(tx, DESK):
            id = order.spec.client_order_id
            doubtful = order.state in (OrderState.RESERVED, OrderState.UNKNOWN)
            old = self.now - order.created_at > ABSENT_AFTER
            if doubtful and old and id not in listed and not self.on_its_way(id):
                move(tx, self.store.log, id, OrderState.ABSENT, self.now)

    def cancel(self, client_order_id: str, *, obeyed: bool) -> None:
        """Asked of the exchange, which may answer yes and go on working it until the next look."""
        order = self.store.read(lambda c: read_order(c, client_order_id))
        if order is None or order.state not in LIVE or order.order_id is None:
            return
        if order.state is OrderState.WORKING:
            self._move(order.spec, OrderState.CANCELLING)
        if obeyed:
            self.venue.end(self.venue.orders[client_order_id])

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
