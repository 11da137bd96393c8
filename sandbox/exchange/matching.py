"""How orders meet a market: acceptance, taking, resting, triggers, sessions and expiry."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from sandbox.exchange.ledger import Ledger
from sandbox.exchange.market import Market
from sandbox.exchange.orders import Order, Status
from sandbox.exchange.session import Phase
from sandbox.exchange.ticket import FOK, IOC

STOP_LEG_REACH = Decimal("0.05")
"""How far beyond its trigger the stop leg of a bracket may trade."""


class Matching:
    def __init__(
        self,
        ledger: Ledger,
        markets: Mapping[str, Market],
        on_filled: Callable[[Order, datetime], None],
    ) -> None:
        self._ledger = ledger
        self._markets = markets
        self._on_filled = on_filled

    def accept(self, order: Order, now: datetime) -> None:
        """A PENDING or QUEUED order reaches the venue."""
        market = self._markets[order.product_id]
        if market.phase() is not Phase.OPEN:
            self._hold(order, now)
            return
        price = order.limit_price
        if order.post_only and price is not None and market.book.crosses(order.side, price):
            order.reject_message = "INVALID_LIMIT_PRICE_POST_ONLY"
            self._ledger.move(order, Status.FAILED, now, "post-only order would have crossed")
            return
        self._ledger.move(order, Status.OPEN, now)
        if not order.waits_for_trigger:
            self._take(order, market, now)

    def step(self, market: Market, now: datetime) -> None:
        """After a market moved: everything of its live orders that now comes due."""
        orders = list(self._ledger.live[market.product.id].values())
        if not orders:
            return
        for order in orders:
            if order.end_time is not None and order.end_time <= now:
                self._expire(order, now)
        if market.phase() is Phase.OPEN:
            for order in orders:
                self._wake(order, market, now)
            self._fill_resting([order for order in orders if order.is_live], market, now)

    def _hold(self, order: Order, now: datetime) -> None:
        """The session closed before the order arrived: only what may rest can wait."""
        if order.time_in_force in (IOC, FOK):
            order.reject_message = "FUTURES_AFTER_HOUR_INVALID_TIME_IN_FORCE"
            self._ledger.move(order, Status.FAILED, now, "the session is closed")
        elif order.status is Status.PENDING:
            self._ledger.move(order, Status.QUEUED, now)

    def _expire(self, order: Order, now: datetime) -> None:
        if order.status in (Status.OPEN, Status.QUEUED, Status.CANCEL_QUEUED):
            self._ledger.move(order, Status.EXPIRED, now, "order expired")

    def _wake(self, order: Order, market: Market, now: datetime) -> None:
        if order.status is Status.QUEUED:
            self.accept(order, now)
        elif order.status is Status.CANCEL_QUEUED:
            self._ledger.move(order, Status.CANCELLED, now, "User requested cancel")
        elif order.status is Status.OPEN and self._is_hit(order, market.last):
            order.triggered = True
            if order.order_type == "BRACKET" and order.stop_price is not None:
                reach = 1 + order.sign * STOP_LEG_REACH
                tick = market.product.tick
                order.limit_price = int(order.stop_price * reach / tick) * tick
            self._take(order, market, now)

    def _is_hit(self, order: Order, last: Decimal) -> bool:
        if order.stop_price is None or order.triggered:
            return False
        up = order.stop_direction == "STOP_DIRECTION_STOP_UP"
        if order.order_type == "BRACKET":
            up = order.side == "BUY"
        return last >= order.stop_price if up else last <= order.stop_price

    def _take(self, order: Order, market: Market, now: datetime) -> None:
        limit = order.limit_price
        if order.order_type == "BRACKET" and not order.triggered:
            self._fill_resting([order], market, now)
            return
        there = sum(level.size for level in market.book.against(order.side, limit))
        if order.time_in_force != FOK or there >= order.remaining:
            maker_side = "SELL" if order.side == "BUY" else "BUY"
            for level in market.book.take(order.side, order.remaining, limit):
                self._ledger.fill(order, level.price, level.size, False, now)
                market.traded(level.price, level.size, maker_side)
        self._after(order, now)
        if order.is_live and order.time_in_force in (IOC, FOK):
            self._ledger.move(order, Status.CANCELLED, now, "not enough depth within the limit")

    def _fill_resting(self, orders: list[Order], market: Market, now: datetime) -> None:
        """Price first, then time. A resting order trades at its own price."""
        book = market.book
        crossed = [
            (-order.sign * order.limit_price, order.seq, order)
            for order in orders
            if order.limit_price is not None
            and order.status in (Status.OPEN, Status.CANCEL_QUEUED)
            and not order.waits_for_trigger
            and book.crosses(order.side, order.limit_price)
        ]
        for _, _, order in sorted(crossed, key=lambda item: item[:2]):
            price = order.limit_price
            assert price is not None
            size = sum(level.size for level in book.take(order.side, order.remaining, price))
            if size:
                self._ledger.fill(order, price, size, True, now)
                market.traded(price, size, order.side)
                self._after(order, now)

    def _after(self, order: Order, now: datetime) -> None:
        if order.status is Status.FILLED:
            self._on_filled(order, now)
