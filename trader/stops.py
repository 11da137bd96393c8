"""Protection at the venue: every position carries stops that rest there, sized to it after each fill."""

from datetime import datetime
from decimal import Decimal

from core.exposure import Reservation, room_to_reduce
from core.gate import FORBIDDEN
from core.modes import Mode
from core.orders import Kind, Order, OrderSpec, OrderType, closing_side
from core.positions import Position
from core.products import Mark, Product
from store.ledger import read_positions
from store.observations import read_mark, read_product
from store.orders import live_orders
from trader.desk import Desk
from trader.lanes import Lane
from trader.sender import Sender
from trader.sweep import Cancels

LIMIT_BEYOND_STOP_PCT = Decimal(5)
"""How far a triggered stop may chase the price."""


class Stops:
    """Places what is missing and cancels what is too much, product by product."""

    def __init__(self, desk: Desk, sender: Sender, cancels: Cancels) -> None:
        self._desk = desk
        self._sender = sender
        self._cancels = cancels

    def tick(self, mode: Mode, leaving: frozenset[str], now: datetime) -> None:
        """`leaving` are products whose stop is being taken away on purpose, for an exit."""
        for position in self._desk.read(lambda c: read_positions(c, self._desk.name)):
            if position.product_id not in leaving:
                self._protect(position, mode, now)

    def _protect(self, position: Position, mode: Mode, now: datetime) -> None:
        live = self._desk.read(lambda c: live_orders(c, self._desk.name, position.product_id))
        stops = [o for o in live if o.spec.kind is Kind.STOP]
        misplaced = [o for o in stops if not _protects(o, position)]
        if misplaced:
            self._cancels.cancel(misplaced, now)
        covered = sum(o.left for o in stops if _protects(o, position))
        excess = covered - abs(position.contracts)
        if excess > 0:
            self._cancels.cancel([o for o in stops if _protects(o, position)], now)
        elif excess < 0 and Kind.STOP not in FORBIDDEN[mode]:
            self._place(position, live, -excess, now)

    def _place(self, position: Position, live: list[Order], missing: int, now: datetime) -> None:
        reserved = [Reservation(o.spec.side, o.left) for o in live if o.left]
        contracts = min(missing, room_to_reduce(position.contracts, reserved))
        product = self._desk.read(lambda c: read_product(c, self._desk.name, position.product_id))
        mark = self._desk.read(lambda c: read_mark(c, self._desk.name, position.product_id))
        pending = any(
            self._desk.calls.running(f"place:{kind}-{position.product_id}") for kind in "sx"
        )
        if contracts <= 0 or product is None or mark is None or pending:
            return
        id = f"s-{position.product_id}-{self._desk.new_id()}"
        spec = stop_order(
            id,
            self._desk.name,
            product,
            position,
            contracts,
            mark,
            self._desk.limits.stop_distance_pct,
        )
        self._sender.send(spec, Lane.ORDER, now)


def _protects(order: Order, position: Position) -> bool:
    return position.contracts != 0 and order.spec.side is closing_side(position.contracts)


def stop_order(
    client_order_id: str,
    desk: str,
    product: Product,
    position: Position,
    contracts: int,
    mark: Mark,
    distance_pct: Decimal,
) -> OrderSpec:
    """A stop-limit that rests `distance_pct` from the entry or the mark, whichever is further from it."""
    side = closing_side(position.contracts)
    away = 1 + side.sign * distance_pct / 100
    chase = 1 + side.sign * LIMIT_BEYOND_STOP_PCT / 100
    nearest = min if side.sign < 0 else max
    stop_price = product.tick(nearest(position.average_price, mark.price) * away, side.opposite)
    return OrderSpec(
        client_order_id=client_order_id,
        desk=desk,
        product_id=product.product_id,
        kind=Kind.STOP,
        side=side,
        contracts=contracts,
        order_type=OrderType.STOP_LIMIT,
        limit_price=product.tick(stop_price * chase, side),
        stop_price=stop_price,
        reason="protects the position",
    )
