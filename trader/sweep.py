"""After a tightening: cancel what the mode forbids until two looks in a row find nothing left of it."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from core.gate import FORBIDDEN, Row
from core.modes import Mode
from core.orders import LIVE, IllegalMove, Kind, Order, OrderState
from store.orders import live_orders, move, read_order
from store.store import Transaction
from trader.coinbase.parse import ReadFailed
from trader.coinbase.signing import TOKEN_LIFE
from trader.desk import Desk
from trader.lanes import Lane
from trader.sync import Sync

CANCEL_AGAIN_AFTER = timedelta(seconds=2)
CLEAN_LOOKS = 2
SWEPT = frozenset({Kind.ENTRY, Kind.EXIT})
"""Protective stops are not swept: in KILLED they go as their position closes."""


class Cancels:
    """Cancelling of orders, asked again while the exchange has not confirmed."""

    def __init__(self, desk: Desk, sync: Sync) -> None:
        self._desk = desk
        self._sync = sync
        self._asked: dict[str, datetime] = {}

    def cancel(self, orders: list[Order], now: datetime) -> None:
        """Ask the exchange to cancel these, unless that was asked a moment ago."""
        due = [o for o in orders if o.order_id and self._due(o, now)]
        if not due or self._desk.dry_run:
            return
        ids = {order.order_id: order.spec.client_order_id for order in due if order.order_id}
        for order_id in ids:
            self._asked[order_id] = now
        self._desk.calls.start(
            f"cancel:{'+'.join(sorted(ids))}",
            Lane.BRAKE,
            lambda: self._desk.exchange.cancel(list(ids)),
            lambda future, later: self._cancelled(ids, future, later),
        )

    def _due(self, order: Order, now: datetime) -> bool:
        asked = self._asked.get(order.order_id or "")
        return asked is None or now - asked >= CANCEL_AGAIN_AFTER

    def _cancelled(
        self, ids: dict[str, str], future: "Future[dict[str, str]]", now: datetime
    ) -> None:
        self._sync.want()
        try:
            refused = future.result()
        except ReadFailed as error:
            self._desk.note("cancel_failed", now, orders=", ".join(ids.values()), why=error)
            return
        self._desk.write(lambda tx: self._book(tx, ids, refused, now))

    def _book(
        self, tx: Transaction, ids: dict[str, str], refused: dict[str, str], now: datetime
    ) -> None:
        for order_id, client_order_id in ids.items():
            order = read_order(tx, client_order_id)
            if order_id in refused or order is None or order.state is not OrderState.WORKING:
                continue
            try:
                move(tx, self._desk.store.log, client_order_id, OrderState.CANCELLING, now)
            except IllegalMove:
                continue  # a look has seen its end meanwhile


class Sweep:
    """Watches the mode and clears away what it forbids."""

    def __init__(self, desk: Desk, sync: Sync, cancels: Cancels) -> None:
        self._desk = desk
        self._sync = sync
        self._cancels = cancels
        self._epoch = 0
        self._began_at: datetime | None = None
        self._clean_looks = 0
        self._counted_look: datetime | None = None
        self._told: set[str] = set()

    @property
    def verified(self) -> bool:
        """Whether nothing that the present mode forbids is left at the exchange."""
        return "sweep_verified" in self._told

    def tick(self, row: Row, now: datetime) -> None:
        """One pass, by the mode of this row."""
        if row.epoch != self._epoch:
            self._begin(row, now)
        if row.mode is Mode.ACTIVE:
            return
        swept = FORBIDDEN[row.mode] & SWEPT
        left = [
            order
            for order in self._desk.read(lambda c: live_orders(c, self._desk.name))
            if order.spec.kind in swept
        ]
        self._cancels.cancel([o for o in left if o.state in LIVE], now)
        self._judge(row, left, now)

    def _begin(self, row: Row, now: datetime) -> None:
        self._epoch, self._began_at = row.epoch, now
        self._clean_looks, self._counted_look, self._told = 0, None, set()
        self._sync.want()

    def _judge(self, row: Row, left: list[Order], now: datetime) -> None:
        """Verified: two looks begun after the change found nothing. Final: one past the tokens' life."""
        assert self._began_at is not None
        looked_at = self._sync.looked_at
        if left:
            self._clean_looks = 0
        if looked_at is None or looked_at <= self._began_at or looked_at == self._counted_look:
            return
        self._counted_look = looked_at
        if left:
            self._sync.want()
            return
        self._clean_looks += 1
        if self._clean_looks >= CLEAN_LOOKS:
            self._tell("sweep_verified", row, now)
            if looked_at - self._began_at > TOKEN_LIFE:
                self._tell("sweep_final", row, now)
        else:
            self._sync.want()

    def _tell(self, kind: str, row: Row, now: datetime) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._desk.note(kind, now, mode=row.mode.name, epoch=row.epoch)
