"""Runs a flatten job: every position at once, each leg by itself, until the exchange says flat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from core.flatten import (
    ATTEMPTS_MAX,
    WAITS_MAX,
    Closed,
    Cost,
    Job,
    JobState,
    Leg,
    LegState,
    close_order,
    cost_of,
    ended,
    may_close,
)
from core.orders import Kind, Order
from core.products import Mark, Product
from core.requests import Action, RequestState
from core.risk import RiskRefused
from store.flattening import FlattenLease, add_leg, move_job, move_leg, new_leg, open_job
from store.ledger import held, read_positions
from store.observations import read_held_there, read_mark, read_product
from store.orders import live_orders
from store.outcomes import closed_by
from store.requests import finish, open_requests
from store.store import Transaction
from trader.desk import Desk
from trader.lanes import Lane
from trader.market import Market
from trader.sender import Sender
from trader.shut import Shut
from trader.sweep import Cancels
from trader.sync import Sync

MARK_WAIT = timedelta(seconds=3)
"""A close is priced from a stale mark only when no fresh one came for so long: the brake always works."""
PRICE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one pass goes by: live orders, and signed contracts by our books and by the exchange."""

    live: list[Order]
    ours: dict[str, int]
    theirs: dict[str, int]


class Flatten:
    """Takes up the desk's open job and moves its legs. All that matters is in the store."""

    def __init__(
        self, desk: Desk, sync: Sync, sender: Sender, cancels: Cancels, market: Market
    ) -> None:
        self._desk = desk
        self._sync = sync
        self._sender = sender
        self._cancels = cancels
        self._market = market
        self.lease = FlattenLease(desk.store.home, desk.name)
        self._shut = Shut(desk, sync, sender)
        self._acted_at: datetime | None = None
        """When this process last had a cancel or a close under way: only a later look verifies."""
        self._mark_wanted: dict[str, datetime] = {}
        self._differs_since: dict[str, datetime] = {}
        self._to_cancel: list[Order] = []
        self._moves: list[tuple[Leg, Leg]] = []
        self._seen = Seen([], {}, {})
        self.moving = False
        """Whether an open job has something to do; False while all that is left waits for a session."""

    def tick(self, now: datetime) -> bool:
        """One pass; whether a job is open."""
        job = self._desk.read(lambda c: open_job(c, self._desk.name))
        if job is None:
            self._acted_at = None
            self._mark_wanted.clear()
            self._differs_since.clear()
            self.lease.release()
            self.moving = False
            return False
        self.moving = True
        self._acted_at = self._acted_at or now
        if not self.lease.take():
            return True  # the guard has it, or a loop that is just being ended
        if job.state is JobState.ASKED:
            self._move_job(job, JobState.RUNNING, "", now)
        if self._sync.looked_at is None:
            return True  # what the exchange holds is not known in this start
        self._add_new_legs(job, now)
        self._to_cancel = []
        self._seen = self._desk.read(self._look_at_store)
        self.moving = any([self._move_on(job, leg, now) for leg in job.legs]) or not job.legs
        self._write_moves(job, now)
        if self._to_cancel:
            self._acted_at = now
            self._cancels.cancel(self._to_cancel, now)  # of all legs at once: requests are rationed
        self._try_to_end(job, now)
        return True

    def _add_new_legs(self, job: Job, now: datetime) -> None:
        """An order in flight may still open a position; it gets a leg of its own."""
        known = {leg.product_id for leg in job.legs}
        for product_id, contracts in self._desk.read(self._open_positions).items():
            if product_id not in known and job.means(product_id):
                self._desk.write(partial(self._add_leg, job, product_id, contracts, now))

    def _add_leg(
        self, job: Job, product_id: str, contracts: int, now: datetime, tx: Transaction
    ) -> None:
        add_leg(tx, job.id, new_leg(tx, job.desk, product_id, contracts), now)

    def _open_positions(self, c: Transaction) -> dict[str, int]:
        seen = self._look_at_store(c)
        return {id: n for id, n in (seen.ours | seen.theirs).items() if n}

    def _look_at_store(self, c: Transaction) -> "Seen":
        desk = self._desk.name
        return Seen(
            live=live_orders(c, desk),
            ours={p.product_id: p.contracts for p in held(read_positions(c, desk))},
            theirs={
                p.product_id: p.contracts for p in read_held_there(c, desk).values() if p.contracts
            },
        )

    def _move_on(self, job: Job, leg: Leg, now: datetime) -> bool:
        """Whether the leg did not just wait for its session."""
        if leg.state is LegState.RESIDUAL:
            return True
        live = [order for order in self._seen.live if order.spec.product_id == leg.product_id]
        position = self._seen.theirs.get(leg.product_id, 0)
        if leg.state is LegState.CANCELLING:
            return self._cancel_then_close(job, leg, live, position, now)
        if leg.state is LegState.CLOSING:
            self._await_close(job, leg, live, position, now)
        elif position:
            self._to(job, leg, LegState.CANCELLING, now, "a late fill reopened it")
        return True

    def _cancel_then_close(
        self, job: Job, leg: Leg, live: list[Order], position: int, now: datetime
    ) -> bool:
        if not position and not live:
            self._to(job, leg, LegState.FLAT, now)
            return True
        product = self._desk.read(lambda c: read_product(c, self._desk.name, leg.product_id))
        if product is None:
            self._to(job, leg, LegState.RESIDUAL, now, "the exchange does not list it any more")
            return True
        shut = self._shut.because(product)
        if position and shut is not None:
            return self._wait(job, leg, product, shut, position, live, now)
        self._market.want(leg.product_id)
        if live:
            self._to_cancel += live
            return True
        mark = self._mark(leg.product_id, now)
        if mark is None:
            return True  # no price, no collar: the market polls for one by REST meanwhile
        agreed = self._agreed(leg, position, now)
        if not agreed:
            return self._wait_to_agree(job, leg, position, agreed, now)
        spec = close_order(
            job.id,
            self._desk.name,
            product,
            agreed,
            mark,
            leg.attempt,
            self._desk.limits.emergency_collar_pct,
            now,
        )
        self._acted_at = now
        refused = self._sender.send(spec, Lane.BRAKE, now)
        detail = _why(refused) if refused else f"closing {spec.contracts} at {spec.limit_price}"
        self._to(job, leg, LegState.CLOSING, now, detail)
        return True

    def _wait(
        self,
        job: Job,
        leg: Leg,
        product: Product,
        because: str,
        position: int,
        live: list[Order],
        now: datetime,
    ) -> bool:
        """A whole desk's flatten waits for the session; what is closed singly is given up and told."""
        if job.product_ids or now - job.asked_at > WAITS_MAX:
            detail = f"{because}: the stop stays, close it when it opens"
            self._to(job, leg, LegState.RESIDUAL, now, detail)
            return True
        says = f"waiting, a stop rests: {because}"
        if leg.detail != says:
            self._to(job, leg, LegState.CANCELLING, now, says)
            self._desk.note("flatten_waits", now, job=job.id, product=leg.product_id, why=because)
        if not live:
            self._shut.protect(job, leg, product, position, self._mark(leg.product_id, now), now)
        return False

    def _agreed(self, leg: Leg, theirs: int, now: datetime) -> int | None:
        """What of the exchange's position may be closed now, given what our books say."""
        ours = self._seen.ours.get(leg.product_id, 0)
        if theirs == ours:
            self._differs_since.pop(leg.product_id, None)
        since = self._differs_since.setdefault(leg.product_id, now) if theirs != ours else now
        return may_close(theirs, ours, leg.attempt, now - since)

    def _wait_to_agree(
        self, job: Job, leg: Leg, theirs: int, agreed: int | None, now: datetime
    ) -> bool:
        if agreed is None:
            self._sync.want()
            return True
        ours = self._seen.ours.get(leg.product_id, 0)
        detail = f"the exchange says {theirs:+d}, our executions come to {ours:+d}: look there"
        self._to(job, leg, LegState.RESIDUAL, now, detail)
        return True

    def _mark(self, product_id: str, now: datetime) -> Mark | None:
        mark = self._desk.read(lambda c: read_mark(c, self._desk.name, product_id))
        if mark is not None and mark.age_s(now) <= self._desk.limits.mark_stale_s:
            return mark
        wanted_at = self._mark_wanted.setdefault(product_id, now)
        return mark if now - wanted_at > MARK_WAIT else None

    def _await_close(
        self, job: Job, leg: Leg, live: list[Order], position: int, now: datetime
    ) -> None:
        id = f"{job.id}-{leg.product_id}-{leg.attempt}"
        if self._sender.on_its_way(id):
            self._acted_at = now
            return
        if any(o.spec.kind is Kind.FLATTEN for o in live):
            self._sync.want()
            return
        self._shut.heard(id, leg.product_id, now)
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
        self._moves.append((leg, to))

    def _write_moves(self, job: Job, now: datetime) -> None:
        """All of one pass together: a commit for each of twenty legs would keep the loop from its looks."""
        moves, self._moves = self._moves, []
        if not moves:
            return

        def transaction(tx: Transaction) -> None:
            for leg, to in moves:
                move_leg(tx, self._desk.store.log, job, leg, to, now, self._desk.actor)

        self._desk.write(transaction)

    def _try_to_end(self, job: Job, now: datetime) -> None:
        """Verified by a look that began after the last close had been answered."""
        fresh = self._desk.read(lambda c: open_job(c, self._desk.name))
        state = ended(fresh.legs) if fresh else None
        if fresh is None or state is None:
            return
        looked_at = self._sync.looked_at
        if looked_at is None or self._acted_at is None or looked_at <= self._acted_at:
            self._sync.want()
            return
        open_now = self._desk.read(self._open_positions)
        residual = {leg.product_id for leg in fresh.legs if leg.state is LegState.RESIDUAL}
        if {id for id in open_now if fresh.means(id)} - residual:
            return  # a late fill; its leg goes round again
        closed = self._desk.read(lambda c: closed_by(c, fresh))
        self._move_job(fresh, state, _story(fresh, closed, open_now), now, cost_of(closed))

    def _move_job(
        self,
        job: Job,
        to: JobState,
        outcome: str,
        now: datetime,
        cost: Cost | None = None,
    ) -> None:
        def transaction(tx: Transaction) -> None:
            log = self._desk.store.log
            move_job(tx, log, job, to, outcome, now, self._desk.actor, cost)
            if to is not JobState.RUNNING:
                finish_kills(tx, job, to, outcome)

        def finish_kills(tx: Transaction, job: Job, to: JobState, outcome: str) -> None:
            """A confirmed kill that found a flatten running is carried out by it."""
            done = RequestState.EXECUTED if to is JobState.FLAT_VERIFIED else RequestState.FAILED
            for request in [] if job.product_ids else open_requests(tx, job.desk):
                if (request.action, request.state) == (Action.KILL, RequestState.CONFIRMED):
                    finish(tx, self._desk.store.log, request, done, outcome, now)

        self._desk.write(transaction)


def _why(refused: RiskRefused) -> str:
    return f"{refused.reason} ({refused.detail})" if refused.detail else str(refused.reason)


def _story(job: Job, closed: Sequence[Closed], open_now: Mapping[str, int]) -> str:
    """What was closed at which average price, what that cost, and what is left and why."""
    parts = []
    for each in closed:
        price = format(each.average_price.quantize(PRICE).normalize(), "f")
        parts.append(f"closed {each.contracts} {each.product_id} at {price}")
    if closed:
        parts.append(str(cost_of(closed)))
    for leg in job.legs:
        if leg.state is LegState.RESIDUAL:
            parts.append(
                f"LEFT {open_now.get(leg.product_id, 0):+d} {leg.product_id}: {leg.detail}"
            )
    return "; ".join(parts) or "nothing was held"
