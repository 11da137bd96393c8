"""What a client can ask of the exchange: place, cancel, edit, close; and what then happens."""

import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import Clock
from sandbox.exchange.decimals import parse_decimal, plain
from sandbox.exchange.ledger import Ledger
from sandbox.exchange.margin import Margin, Outstanding, measured, rates
from sandbox.exchange.market import Market
from sandbox.exchange.matching import Matching
from sandbox.exchange.orders import Order, Status
from sandbox.exchange.screening import screen
from sandbox.exchange.session import Phase, intraday_margin_applies
from sandbox.exchange.ticket import GTC, Refused, Ticket, read


class Venue:
    def __init__(self, ledger: Ledger, markets: Mapping[str, Market], clock: Clock) -> None:
        self.ledger = ledger
        self.markets = markets
        self.clock = clock
        self.matching = Matching(ledger, markets, self._release_bracket)
        self.intraday_setting = False
        self._arrivals: deque[Order] = deque(
            order
            for live in ledger.live.values()
            for order in live.values()
            if order.status is Status.PENDING
        )
        self.on_arrival: Callable[[], None] = lambda: None
        """Told that ``settle`` has work; the answer to the client goes out first."""

    def margin(self, extra: Ticket | None = None) -> Margin:
        outstanding = self.ledger.outstanding
        if extra is not None:
            before = outstanding.get(extra.product.id, Outstanding())
            buys = extra.size if extra.side == "BUY" else 0
            after = Outstanding(before.buys + buys, before.sells + extra.size - buys)
            outstanding = {**outstanding, extra.product.id: after}
        marks = {product_id: market.mid for product_id, market in self.markets.items()}
        return measured(self.ledger.account, outstanding, marks, rates(self.intraday_now()))

    def intraday_now(self) -> bool:
        return self.intraday_setting and intraday_margin_applies(self.clock.now())

    def check(self, body: Mapping[str, Any]) -> Ticket:
        """Raises Refused with what the venue has against the order."""
        ticket = read(body, self.markets)
        market = self.markets[ticket.product.id]
        position = self.ledger.account.position(ticket.product.id)
        screen(ticket, market, position, self.clock.now())
        if self._adds_risk(ticket) and self.margin(ticket).available < 0:
            raise Refused(
                "INSUFFICIENT_FUNDS",
                "not enough margin for this order",
                "PREVIEW_INSUFFICIENT_FUNDS_FOR_FUTURES",
            )
        return ticket

    def place(
        self, body: Mapping[str, Any], received_ns: int, source: str = "RETAIL_ADVANCED"
    ) -> Order:
        """The order of this client_order_id: a new one, or the one that has it. Raises Refused."""
        known = self.ledger.by_client_id.get(body["client_order_id"])
        if known is not None:
            return known
        ticket = self.check(body)
        order = self._order(ticket, body["client_order_id"], received_ns, source)
        if ticket.attached is not None:
            order.attached_order_id = str(uuid.uuid4())
        self._arrive(order)
        return order

    def close(self, body: Mapping[str, Any], received_ns: int) -> Order:
        known = self.ledger.by_client_id.get(body["client_order_id"])
        if known is not None:
            return known
        product_id = str(body.get("product_id"))
        held = self.ledger.account.position(product_id).contracts
        if product_id in self.markets and not held:
            raise Refused("CANNOT_CLOSE_ZERO_POSITION", "there is no position to close")
        wanted = parse_decimal(body.get("size"))
        size = plain(Decimal(abs(held)) if wanted is None else min(wanted, Decimal(abs(held))))
        order = {
            "client_order_id": body["client_order_id"],
            "product_id": product_id,
            "side": "SELL" if held > 0 else "BUY",
            "order_configuration": {"market_market_ioc": {"base_size": size}},
        }
        return self.place(order, received_ns)

    def cancel(self, order_id: str) -> str:
        """The failure reason, or "" when the cancel was initiated."""
        order = self.ledger.orders.get(order_id)
        if order is None:
            return "UNKNOWN_CANCEL_ORDER"
        if order.status is Status.FILLED:
            return "ORDER_IS_FULLY_FILLED"
        if order.status is Status.CANCEL_QUEUED:
            return "DUPLICATE_CANCEL_REQUEST"
        if not order.is_live:
            return "NOT_ALLOWED_TO_CANCEL"
        never_sent = order.status is Status.QUEUED
        self.ledger.move(order, Status.CANCEL_QUEUED, self.clock.now())
        if never_sent or self.markets[order.product_id].phase() is Phase.OPEN:
            self._arrivals.append(order)
            self.on_arrival()
        return ""

    def edit(self, order_id: str, size_text: Any, price_text: Any) -> str:
        """The failure reason, or "" when the edit was made."""
        order = self.ledger.orders.get(order_id)
        reason = _edit_refusal(order)
        if order is None or reason:
            return reason
        size, price = parse_decimal(size_text), parse_decimal(price_text)
        if size is None or size != int(size) or size < 1:
            return "INVALID_EDITED_SIZE"
        if price is None or price <= 0 or price % self.markets[order.product_id].product.tick:
            return "INVALID_EDITED_PRICE"
        if size <= order.filled:
            return "CANNOT_EDIT_TO_BELOW_FILLED_SIZE"
        if size == order.size and price == order.limit_price:
            return "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
        self.ledger.edited(order, int(size), price, self.clock.now())
        return ""

    def settle(self) -> None:
        """Orders and cancels that were answered now reach the venue."""
        now = self.clock.now()
        while self._arrivals:
            order = self._arrivals.popleft()
            if order.status is Status.PENDING:
                self.matching.accept(order, now)
            elif order.status is Status.CANCEL_QUEUED:
                self.ledger.move(order, Status.CANCELLED, now, "User requested cancel")
        self.ledger.commit()

    def liquidate(self) -> None:
        """Closes every position at the market when the buffer is gone."""
        now = self.clock.now()
        for product_id, position in self.ledger.account.positions.items():
            if any(order.is_liquidation for order in self.ledger.live[product_id].values()):
                continue
            if self.markets[product_id].phase() is not Phase.OPEN:
                continue
            side = "SELL" if position.contracts > 0 else "BUY"
            size = str(abs(position.contracts))
            configuration = {"market_market_ioc": {"base_size": size}}
            body = {"product_id": product_id, "side": side, "order_configuration": configuration}
            order = self._order(
                read(body, self.markets), str(uuid.uuid4()), 0, "UNKNOWN_PLACEMENT_SOURCE"
            )
            order.is_liquidation, order.order_type = True, "LIQUIDATION"
            self.ledger.register(order)
            self.matching.accept(order, now)

    def _adds_risk(self, ticket: Ticket) -> bool:
        held = self.ledger.account.position(ticket.product.id).contracts
        sign = 1 if ticket.side == "BUY" else -1
        waiting = self.ledger.outstanding.get(ticket.product.id, Outstanding())
        same_side = waiting.buys if sign > 0 else waiting.sells
        return held * sign >= 0 or same_side + ticket.size > abs(held)

    def _arrive(self, order: Order) -> None:
        self.ledger.register(order)
        self._arrivals.append(order)
        self.on_arrival()

    def _release_bracket(self, parent: Order, now: datetime) -> None:
        if parent.attached is None:
            return
        fields = {**parent.attached, "base_size": str(parent.filled)}
        body = {
            "product_id": parent.product_id,
            "side": "SELL" if parent.side == "BUY" else "BUY",
            "order_configuration": {"trigger_bracket_gtc": fields},
        }
        child = self._order(
            read(body, self.markets), str(uuid.uuid4()), parent.received_ns, parent.source
        )
        child.order_id, child.originating_order_id = parent.attached_order_id, parent.order_id
        child.created = now
        self._arrive(child)

    def _order(self, ticket: Ticket, client_id: str, received_ns: int, source: str) -> Order:
        return Order(
            seq=self.ledger.next_seq(),
            order_id=str(uuid.uuid4()),
            client_order_id=client_id,
            product_id=ticket.product.id,
            side=ticket.side,
            configuration=ticket.configuration,
            order_type=ticket.order_type,
            time_in_force=ticket.time_in_force,
            size=ticket.size,
            limit_price=ticket.limit_price,
            stop_price=ticket.stop_price,
            stop_direction=ticket.stop_direction,
            post_only=ticket.post_only,
            end_time=ticket.end_time,
            created=self.clock.now(),
            received_ns=received_ns,
            source=source,
            leverage=ticket.leverage,
            margin_type=ticket.margin_type,
            attached=ticket.attached,
        )


def _edit_refusal(order: Order | None) -> str:
    if order is None:
        return "ORDER_NOT_FOUND"
    if order.status is Status.CANCEL_QUEUED:
        return "CANNOT_EDIT_ORDER_PENDING_CANCEL"
    if order.status is not Status.OPEN:
        return "ONLY_OPEN_ORDERS_CAN_BE_EDITED"
    if order.triggered:
        return "CANNOT_EDIT_TRIGGERED_ORDER"
    if order.time_in_force != GTC or order.limit_price is None:
        return "ONLY_LIMIT_ORDER_EDITS_SUPPORTED"
    return ""
