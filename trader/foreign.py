"""Cancels an order that somebody else placed, because a person asked for it. It only ever reduces."""

from concurrent.futures import Future
from datetime import datetime

from trader.coinbase.parse import ReadFailed
from trader.desk import Desk
from trader.lanes import Lane
from trader.sync import Sync


class Foreign:
    """The loop's hand for such orders; our own are cancelled by what placed them."""

    def __init__(self, desk: Desk, sync: Sync) -> None:
        self._desk = desk
        self._sync = sync

    def cancel(self, order_id: str, asked_by: str, now: datetime) -> str:
        """Begin it; what becomes of it goes on record."""
        if self._desk.dry_run:
            return "refused: a dry run sends nothing"
        self._desk.calls.start(
            f"cancel:{order_id}",
            Lane.BRAKE,
            lambda: self._desk.exchange.cancel([order_id]),
            lambda future, later: self._cancelled(order_id, asked_by, future, later),
        )
        return f"asked the exchange to cancel {order_id}"

    def _cancelled(
        self, order_id: str, asked_by: str, future: "Future[dict[str, str]]", now: datetime
    ) -> None:
        self._sync.want()
        try:
            refused = future.result().get(order_id)
        except ReadFailed as error:
            refused = str(error)
        kind = "foreign_cancel_failed" if refused else "foreign_cancel_begun"
        self._desk.note(kind, now, order=order_id, asked_by=asked_by, why=refused or "")
