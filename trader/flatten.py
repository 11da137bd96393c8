"""Runs a flatten job: every position at once, each leg by itself, until the exchange says flat."""

from datetime import datetime
from decimal import Decimal
from functools import partial

from core.flatten import (
    ATTEMPTS_MAX,
    Job,
    JobState,
    Leg,
    LegState,
    close_order,
    ended,
)
from core.orders import Fill, Kind, Order
from core.requests import RequestState
from core.risk import RiskRefused
from store.flattening import add_leg, move_job, move_leg, open_job
from store.ledger import held, latest_fills, read_positions
from store.observations import read_held_there, read_mark, read_product
from store.orders import live_orders
from store.requests import NoSuchRequest, finish, read_request
from store.store import Transaction
from trader.desk import Desk
from trader.lanes import Lane
from trader.sender import Sender
from trader.sweep import Cancels
from trader.sync import Sync


class Flatten:
    """Takes up the desk's open job and moves its legs. All that matters is in the store."""

    def __init__(self, desk: Desk, sync: Sync, sender: Sender, cancels: Cancels) -> None:
        self._desk = desk
        self._sync = sync
        self._sender = sender
        self._cancels = cancels
        self._ready_since: datetime | None = None

    def tick(self, now: datetime) -> bool:
        """One pass; whether a job is open."""
        job = self._desk.read(lambda c: open_job(c, self._desk.name))
        if job is None:
            self._ready_since = None
            return False
        if self._sync.looked_at is None:
            return True  # what the exchange holds is not known in this start
        if job.state is JobState.ASKED:
            self._move_job(job, JobState.RUNNING, "", now)
            return True
        self._add_new_legs(job, now)
        for leg in job.legs:
            self._move_on(job, leg, now)
        self._try_to_end(job, now)
        return True

    def _add_new_legs(self, job: Job, now: datetime) -> None:
        """An order in flight may still open a position; it gets a leg of its own."""
        known = {leg.product_id for leg in job.legs}
        for product_id, contracts in self._desk.read(self._open_positions).items():
            if product_id not in known:
                leg = Leg(product_id, LegState.CANCELLING, contracts, 0)
                self._desk.write(partial(add_leg, job_id=job.id, leg=leg, now=now))

    def _open_positions(self, c: Transaction) -> dict[str, int]:
        ours = {p.product_id: p.contracts for p in held(read_positions(c, self._desk.name))}
        theirs = {
            p.product_id: p.contracts
            for p in read_held_there(c, self._desk.name).values()
            if p.contracts
        }
        return ours | theirs

    def _move_on(self, job: Job, leg: Leg, now: datetime) -> None:
        if leg.state is LegState.RESIDUAL:
            return
        live = self._desk.read(lambda c: live_orders(c, self._desk.name, leg.product_id))
        there = self._desk.read(lambda c: read_held_there(c, self._desk.name))
        position = there[leg.product_id].contracts if leg.product_id in there else 0
        if leg.state is LegState.CANCELLING:
            self._cancel_then_close(job, leg, live, position, now)
        elif leg.state is LegState.CLOSING:
            self._await_close(job, leg, live, position, now)
        elif position:
            self._to(job, leg, LegState.CANCELLING, now, "a late fill reopened it")

    def _cancel_then_close(
        self, job: Job, leg: Leg, live: list[Order], position: int, now: datetime
    ) -> None:
        if not position and not live:
            self._to(job, leg, LegState.FLAT, now)
            return
        product = self._desk.read(lambda c: read_product(c, self._desk.name, leg.product_id))
        if product is None:
            self._to(job, leg, LegState.RESIDUAL, now, "the exchange does not list it any more")
            return
        if position and not product.session_open:
            detail = "its session is closed: the stop stays, close it when it opens"
            self._to(job, leg, LegState.RESIDUAL, now, detail)
            return
        if live:
            self._cancels.cancel(live, now)
            return
        mark = self._desk.read(lambda c: read_mark(c, self._desk.name, leg.product_id))
        if mark is None:
            return  # no price, no collar: the market polls for one by REST meanwhile
        spec = close_order(
            job.id,
            self._desk.name,
            product,
            position,
            mark,
            leg.attempt,
            self._desk.limits.emergency_collar_pct,
        )
        refused = self._sender.send(spec, Lane.BRAKE, now)
        detail = _why(refused) if refused else f"closing {spec.contracts} at {spec.limit_price}"
        self._to(job, leg, LegState.CLOSING, now, detail)

    def _await_close(
        self, job: Job, leg: Leg, live: list[Order], position: int, now: datetime
    ) -> None:
        id = f"{job.id}-{leg.product_id}-{leg.attempt}"
        if self._sender.on_its_way(id) or any(o.spec.kind is Kind.FLATTEN for o in live):
            self._sync.want()
            return
        if not position:
            self._to(job, leg, LegState.FLAT, now)
        elif leg.attempt + 1 >= ATTEMPTS_MAX:
            detail = f"{position:+d} contracts left after {ATTEMPTS_MAX} closes"
            self._to(job, leg, LegState.RESIDUAL, now, detail)
        else:
            self._to(job, leg, LegState.CANCELLING, now, leg.detail, attempt=leg.attempt + 1)

    def _to(
        self,
        job: Job,
        leg: Leg,
        state: LegState,
        now: datetime,
        detail: str = "",
        attempt: int | None = None,
    ) -> None:
        to = Leg(
            leg.product_id,
            state,
            leg.contracts,
            leg.attempt if attempt is None else attempt,
            detail,
        )
        self._desk.write(lambda tx: move_leg(tx, self._desk.store.log, job, leg, to, now))

    def _try_to_end(self, job: Job, now: datetime) -> None:
        """Verified by a look that began after the last leg had ended."""
        fresh = self._desk.read(lambda c: open_job(c, self._desk.name))
        state = ended(fresh.legs) if fresh else None
        if fresh is None or state is None:
            self._ready_since = None
            return
        if self._ready_since is None:
            self._ready_since = now
            self._sync.want()
        looked_at = self._sync.looked_at
        if looked_at is None or looked_at <= self._ready_since:
            self._sync.want()
            return
        open_now = self._desk.read(self._open_positions)
        residual = {leg.product_id for leg in fresh.legs if leg.state is LegState.RESIDUAL}
        if set(open_now) - residual:
            return  # a late fill; its leg goes round again
        self._move_job(fresh, state, self._desk.read(lambda c: _story(c, fresh, open_now)), now)

    def _move_job(self, job: Job, to: JobState, outcome: str, now: datetime) -> None:
        def transaction(tx: Transaction) -> None:
            log = self._desk.store.log
            move_job(tx, log, job, to, outcome, now)
            if to is not JobState.RUNNING:
                _finish_request(tx, job, to, outcome)

        def _finish_request(tx: Transaction, job: Job, to: JobState, outcome: str) -> None:
            try:
                request = read_request(tx, job.id)
            except NoSuchRequest:
                return  # asked for on one voice, or by a machine
            if request.state is RequestState.CONFIRMED:
                flat = to is JobState.FLAT_VERIFIED
                state = RequestState.EXECUTED if flat else RequestState.FAILED
                finish(tx, self._desk.store.log, request, state, outcome, now)

        self._desk.write(transaction)


def _why(refused: RiskRefused) -> str:
    return f"{refused.reason} ({refused.detail})" if refused.detail else str(refused.reason)


def _story(c: Transaction, job: Job, open_now: dict[str, int]) -> str:
    """What was closed at which average price, and what is left and why."""
    parts = []
    closes = [f for f in latest_fills(c, job.desk, 1000) if _of_job(f, job)]
    for product_id in sorted({f.product_id for f in closes}):
        mine = [f for f in closes if f.product_id == product_id]
        size = sum(f.contracts for f in mine)
        average = sum((f.contracts * f.price for f in mine), Decimal(0)) / size
        shown = format(average.quantize(Decimal("0.0001")).normalize(), "f")
        parts.append(f"closed {size} {product_id} at {shown}")
    for leg in job.legs:
        if leg.state is LegState.RESIDUAL:
            parts.append(
                f"LEFT {open_now.get(leg.product_id, 0):+d} {leg.product_id}: {leg.detail}"
            )
    return "; ".join(parts) or "nothing was held"


def _of_job(fill: Fill, job: Job) -> bool:
    return fill.client_order_id is not None and fill.client_order_id.startswith(f"{job.id}-")
