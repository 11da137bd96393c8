"""De-risking in steps: parts of positions are closed until the account is far enough from liquidation."""

from datetime import datetime, timedelta
from decimal import Decimal

from core.dangers import BUFFER_CLEAR_PCT
from core.flatten import within
from core.margin import Part, buffer_pct_of, missing_usd, next_part, share_too_much
from core.modes import Mode, Rule
from core.orders import Kind, OrderSpec, OrderType, closing_side
from store.flattening import FlattenLease
from store.ledger import read_position
from store.observations import read_held_there, read_mark, read_product
from store.orders import live_orders
from store.store import Transaction
from trader.desk import Desk
from trader.lanes import Lane
from trader.measured import Measured
from trader.sender import Sender
from trader.sweep import Cancels
from trader.sync import Sync

ASKS = frozenset({Rule.LIQUIDATION_BUFFER, Rule.MARGIN_STEP})
"""The constraints under which the system reduces by itself."""
AGAIN_AFTER = timedelta(seconds=5)
"""How long a part that could not be closed is left alone, with its stops back in place."""


class Derisk:
    """One part at a time: its orders are gone before it is closed, and a later look judges the next."""

    def __init__(
        self, desk: Desk, sync: Sync, sender: Sender, cancels: Cancels, lease: FlattenLease
    ) -> None:
        self._desk = desk
        self._sync = sync
        self._sender = sender
        self._cancels = cancels
        self._lease = lease
        self._part: Part | None = None
        self._close_id: str | None = None
        self._after: datetime | None = None
        """The next part is judged by a look that began after this."""
        self._not_before: datetime | None = None

    @property
    def reducing(self) -> frozenset[str]:
        """The product whose stops are taken away for its part to be closed."""
        return frozenset({self._part.product_id} if self._part is not None else ())

    def tick(self, seen: Measured | None, mode: Mode, now: datetime) -> None:
        """One pass, by the mode of the row. KILLED has a flatten of its own."""
        if self._part is not None and self._close_id is not None:
            self._await_close(self._part, self._close_id, now)
        if self._part is not None and self._close_id is None:
            self._close(self._part, now)
        if self._part is None and seen is not None and mode < Mode.KILLED:
            self._choose(seen, now)

    def give_way(self) -> None:
        """A flatten closes everything: what was begun here is its now."""
        self._part = self._close_id = None

    def _choose(self, seen: Measured, now: datetime) -> None:
        if self._not_before is not None and now < self._not_before:
            return
        asked_by = seen.in_force & ASKS
        account, looked_at = seen.account, self._sync.looked_at
        if not asked_by or account is None or looked_at is None or not self._sync.fresh(now):
            return
        if self._after is not None and looked_at <= self._after:
            self._sync.want()
            return
        buffer_pct = _buffer_pct(seen, asked_by)
        if buffer_pct is None:
            return
        share = share_too_much(buffer_pct, BUFFER_CLEAR_PCT)
        part = next_part(seen.positions, seen.marks, share)
        if part is None:
            return
        self._part = part
        self._desk.note(
            "derisk_begun",
            now,
            product=part.product_id,
            contracts=part.contracts,
            buffer_pct=f"{buffer_pct:.1f}",
            wanted_pct=BUFFER_CLEAR_PCT,
            missing_usd=missing_usd(account.equity_usd, buffer_pct, BUFFER_CLEAR_PCT),
        )

    def _close(self, part: Part, now: datetime) -> None:
        """The flatten lane, because the brake may always send; sized again from what both sides hold."""
        desk, product_id = self._desk, part.product_id
        live = desk.read(lambda c: live_orders(c, desk.name, product_id))
        if live:
            self._cancels.cancel(live, now)
            return
        held = desk.read(lambda c: _held(c, desk.name, product_id))
        product = desk.read(lambda c: read_product(c, desk.name, product_id))
        mark = desk.read(lambda c: read_mark(c, desk.name, product_id))
        fresh = mark is not None and mark.age_s(now) <= desk.limits.mark_stale_s
        if not held or product is None or mark is None or not fresh or not self._lease.take():
            self._not_now(now)
            return
        side = closing_side(held)
        self._close_id = f"d-{product_id}-{desk.new_id()}"
        spec = OrderSpec(
            client_order_id=self._close_id,
            desk=desk.name,
            product_id=product_id,
            kind=Kind.FLATTEN,
            side=side,
            contracts=min(part.contracts, abs(held)),
            order_type=OrderType.LIMIT_IOC,
            limit_price=within(product, mark, side.sign, desk.limits.emergency_collar_pct),
            reason="de-risking: the liquidation buffer has to be restored",
        )
        if self._sender.send(spec, Lane.BRAKE, now) is not None:
            self._not_now(now)

    def _not_now(self, now: datetime) -> None:
        self._not_before = now + AGAIN_AFTER
        self._done(now)

    def _await_close(self, part: Part, id: str, now: datetime) -> None:
        live = self._desk.read(lambda c: live_orders(c, self._desk.name, part.product_id))
        if self._sender.on_its_way(id) or any(o.spec.client_order_id == id for o in live):
            self._sync.want()
            return
        self._done(now)

    def _done(self, now: datetime) -> None:
        self._part, self._close_id, self._after = None, None, now
        self._sync.want()


def _held(c: Transaction, desk: str, product_id: str) -> int:
    """Signed contracts, where our books and the exchange agree; else 0: nobody knows."""
    ours, theirs = read_position(c, desk, product_id), read_held_there(c, desk).get(product_id)
    if ours is None or theirs is None or ours.contracts != theirs.contracts:
        return 0
    return ours.contracts


def _buffer_pct(seen: Measured, asked_by: frozenset[Rule]) -> Decimal | None:
    """The worse of what the exchange says now and what the night will ask for."""
    assert seen.account is not None
    found = []
    if Rule.LIQUIDATION_BUFFER in asked_by:
        found.append(seen.account.buffer_pct)
    if Rule.MARGIN_STEP in asked_by and seen.overnight_usd:
        found.append(buffer_pct_of(seen.account.equity_usd, seen.overnight_usd))
    known = [one for one in found if one is not None]
    return min(known, default=None)
