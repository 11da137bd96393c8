"""The books of the exchange: account, orders, fills and funding, indexed and written through."""

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sandbox.clock import rfc3339
from sandbox.exchange import account as accounts
from sandbox.exchange.account import Account
from sandbox.exchange.decimals import plain
from sandbox.exchange.margin import Outstanding
from sandbox.exchange.orders import Fill, Order, Status, advance, fill_from_text, from_text, to_text
from sandbox.exchange.products import BY_ID
from sandbox.exchange.state import State


class OrderWatcher(Protocol):
    def __call__(self, order: Order) -> None: ...


class Ledger:
    def __init__(self, state: State, start_cash: Decimal) -> None:
        self._state = state
        self._watchers: list[OrderWatcher] = []
        self._dirty: dict[str, Order] = {}
        memory = state.get("account")
        self.account = (
            accounts.opened(start_cash) if memory is None else accounts.remembered(memory)
        )
        self._saved_account: Account | None = None
        self.orders: dict[str, Order] = {}
        self.by_client_id: dict[str, Order] = {}
        self.live: dict[str, dict[str, Order]] = {product_id: {} for product_id in BY_ID}
        self.outstanding: dict[str, Outstanding] = {}
        self.fills: list[Fill] = [fill_from_text(text) for text in state.fills()]
        self.funding: list[dict[str, Any]] = state.funding()
        self.transactions: list[dict[str, Any]] = state.transactions()
        for text in state.orders():
            self._index(from_text(text))

    def watch(self, watcher: OrderWatcher) -> None:
        self._watchers.append(watcher)

    def next_seq(self) -> int:
        return len(self.orders) + 1

    def register(self, order: Order) -> None:
        self._index(order)
        self._changed(order)

    def move(self, order: Order, status: Status, now: datetime, message: str = "") -> None:
        """Advances an order and tells the watchers."""
        advance(order, status, now)
        if message:
            order.cancel_message = message
        if not order.is_live:
            self.live[order.product_id].pop(order.order_id, None)
            self._count(order, -order.remaining)
        self._changed(order)

    def edited(self, order: Order, size: int, price: Decimal, now: datetime) -> None:
        order.edits.append(
            {
                "price": plain(price),
                "size": str(size),
                "replace_accept_timestamp": rfc3339(now),
            }
        )
        self._count(order, size - order.size)
        order.size, order.limit_price, order.updated = size, price, now
        self._changed(order)

    def fill(self, order: Order, price: Decimal, size: int, maker: bool, now: datetime) -> Fill:
        """Books a fill; the order becomes FILLED with its last contract."""
        product = BY_ID[order.product_id]
        fee = accounts.commission(size, price, product.contract_size, maker)
        self.account = accounts.filled(
            self.account, product.id, product.contract_size, order.sign * size, price, fee
        )
        order.filled += size
        order.fill_count += 1
        order.points += price * size
        order.value += price * size * product.contract_size
        order.fees += fee
        order.last_fill = order.updated = now
        self._count(order, -size)
        fill = self._write_fill(order, price, size, fee, maker, now)
        if order.remaining == 0:
            self.move(order, Status.FILLED, now)
        else:
            self._changed(order)
        return fill

    def fund(self, product_id: str, rate: Decimal, mark: Decimal, now: datetime) -> None:
        contracts = self.account.position(product_id).contracts
        payment = accounts.funding_payment(contracts, BY_ID[product_id].contract_size, mark, rate)
        self.account = accounts.funded(self.account, payment)
        entry = {
            "product_id": product_id,
            "time": rfc3339(now),
            "rate": plain(rate),
            "mark": plain(mark),
            "contracts": contracts,
            "amount": plain(payment),
        }
        self.funding.append(entry)
        self._state.put_funding(len(self.funding), entry)

    def add_transaction(self, entry: dict[str, Any]) -> None:
        self.transactions.append(entry)
        self._state.put_transaction(len(self.transactions), entry)

    def roll_day(self) -> None:
        self.account = accounts.day_rolled(self.account)

    def commit(self) -> None:
        """What was booked reaches the file. Called before any reply that tells of it."""
        for order in self._dirty.values():
            self._state.put_order(order.order_id, order.seq, to_text(order))
        self._dirty.clear()
        if self.account is not self._saved_account:
            self._state.put("account", accounts.memory(self.account))
            self._saved_account = self.account
        self._state.commit()

    def select(self, wanted: Callable[[Order], bool]) -> list[Order]:
        """Newest first."""
        return [order for order in reversed(self.orders.values()) if wanted(order)]

    def _index(self, order: Order) -> None:
        self.orders[order.order_id] = order
        if order.client_order_id:
            self.by_client_id[order.client_order_id] = order
        if order.is_live:
            self.live[order.product_id][order.order_id] = order
            self._count(order, order.remaining)

    def _count(self, order: Order, contracts: int) -> None:
        before = self.outstanding.get(order.product_id, Outstanding())
        if order.side == "BUY":
            after = Outstanding(before.buys + contracts, before.sells)
        else:
            after = Outstanding(before.buys, before.sells + contracts)
        self.outstanding[order.product_id] = after

    def _changed(self, order: Order) -> None:
        self._dirty[order.order_id] = order
        for watcher in self._watchers:
            watcher(order)

    def _write_fill(
        self, order: Order, price: Decimal, size: int, fee: Decimal, maker: bool, now: datetime
    ) -> Fill:
        fill = Fill(
            entry_id=uuid.uuid4().hex,
            trade_id=str(uuid.uuid4()),
            order_id=order.order_id,
            product_id=order.product_id,
            side=order.side,
            price=price,
            size=size,
            commission=fee,
            maker=maker,
            time=now,
            seq=len(self.fills) + 1,
        )
        self.fills.append(fill)
        self._state.put_fill(fill.entry_id, fill.seq, fill.to_text())
        return fill
