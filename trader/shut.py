"""Positions whose product takes no closes now: they wait with a stop resting, and say so."""

from datetime import datetime

from core.flatten import SHUT_REASONS, Job, Leg, protective_close
from core.orders import Order, OrderState
from core.products import Mark, Product
from store.orders import read_order
from trader.desk import Desk
from trader.lanes import Lane
from trader.sender import Sender
from trader.sync import Sync


class Shut:
    """Knows what is shut: as the list of products says, or as the exchange answered to a close."""

    def __init__(self, desk: Desk, sync: Sync, sender: Sender) -> None:
        self._desk = desk
        self._sync = sync
        self._sender = sender
        self._refused_at: dict[str, datetime] = {}

    def heard(self, client_order_id: str, product_id: str, now: datetime) -> None:
        """A close came to nothing. If its session was the reason, our list of products is too old."""
        order = self._order(client_order_id)
        if order and order.state is OrderState.REJECTED and order.detail in SHUT_REASONS:
            self._refused_at[product_id] = now
            self._sync.want_products()

    def because(self, product: Product) -> str | None:
        """Why nothing can be closed in it now, or None."""
        refused_at = self._refused_at.get(product.product_id)
        listed_at = self._sync.products_at
        if refused_at is not None and (listed_at is None or listed_at <= refused_at):
            return "the exchange says that its session is closed"
        return product.shut_because()

    def protect(
        self, job: Job, leg: Leg, product: Product, position: int, mark: Mark | None, now: datetime
    ) -> None:
        """Put back, once, the stop that was cancelled for a close which then could not be made."""
        limits = self._desk.limits
        if mark is None:
            return
        spec = protective_close(
            job.id,
            self._desk.name,
            product,
            position,
            mark,
            leg.attempt,
            limits.stop_distance_pct,
            limits.emergency_collar_pct,
        )
        id = spec.client_order_id
        if self._order(id) is None and not self._sender.on_its_way(id):
            self._sender.send(spec, Lane.BRAKE, now)

    def _order(self, client_order_id: str) -> Order | None:
        return self._desk.read(lambda c: read_order(c, client_order_id))
