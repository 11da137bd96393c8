"""Books one look in one transaction: orders, fills, funding, and what nothing of ours explains."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from core.orders import LIVE, PLAIN_FILL, Fill, IllegalMove, Order, OrderState, could_be_of
from core.positions import Position
from core.reconcile import (
    Difference,
    Discrepancy,
    OrderThere,
    differences,
    foreign_fill,
    odd_fill,
    unknown_order,
    unknown_status,
)
from store.acceptance import accepted_ids
from store.events import EventLog
from store.ledger import adopt_fills, adopt_position, book_fill, booked_fills, held, read_positions
from store.observations import (
    HeldThere,
    read_product,
    read_succeeded,
    write_account,
    write_held_there,
    write_products,
)
from store.orders import come_back, live_orders, move, order_by_exchange_id, read_order
from store.own_cash import open_books, read_cash, read_opening
from store.store import Transaction
from trader.coinbase.parse import ExchangeOrder
from trader.funding import Due, book_due, due_between
from trader.look import Look

WHAT = "orders, fills and positions"
TRANSFERS = "transfers"
"""Under these names the store keeps how each kind of read fares."""


@dataclass(frozen=True, slots=True)
class Cash:
    """The same money, by our books and by the exchange."""

    ours_usd: Decimal
    theirs_usd: Decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """What a look came to, once it was booked."""

    differences: tuple[Difference, ...]
    foreign: tuple[Discrepancy, ...]
    cash: Cash | None
    waiting: tuple[Fill, ...] = ()
    """Not on the books yet: whose they are depends on an order in doubt."""


class Booking:
    """One look on its way into the store, inside the caller's transaction."""

    def __init__(
        self,
        tx: Transaction,
        log: EventLog,
        desk: str,
        before: datetime | None,
        begun: datetime,
        now: datetime,
    ) -> None:
        """`before` and `begun` are when the last good look and this one began, by the exchange's clock."""
        self._tx = tx
        self._log = log
        self._desk = desk
        self._before = before
        self._begun = begun
        self._now = now

    def book(self, seen: Look) -> Booked:
        tx, desk = self._tx, self._desk
        due = due_between(tx, desk, self._before, self._begun)
        if seen.products is not None:
            write_products(tx, desk, seen.products)
        if read_opening(tx, desk) is None:
            self._open_books(seen)
        foreign = list(self._match(seen.orders))
        waiting = self._in_doubt(seen)
        foreign += self._book_fills([fill for fill in seen.fills if fill not in waiting], due)
        for order in seen.orders:
            self._follow(order)
        there = [
            HeldThere(p.product_id, p.contracts, p.average_price, self._now) for p in seen.positions
        ]
        write_held_there(tx, desk, there)
        write_account(tx, desk, seen.account)
        read_succeeded(tx, desk, WHAT, self._now)
        ours_usd = read_cash(tx, desk)
        cash = Cash(ours_usd, seen.account.cash_beside(ours_usd)) if ours_usd is not None else None
        ours = Counter({p.product_id: p.contracts for p in held(read_positions(tx, desk))})
        for fill in waiting:
            ours[fill.product_id] += fill.side.sign * fill.contracts
        found = differences(ours, {p.product_id: p.contracts for p in seen.positions})
        return Booked(found, tuple(foreign), cash, waiting)

    def give_up(self, absent: Iterable[Order]) -> None:
        """These orders never got to the exchange, or it has lost them."""
        for order in absent:
            id, detail = order.spec.client_order_id, "the exchange does not have it"
            if order.order_id is not None:
                detail = "it was acknowledged, but the exchange does not have it"
                body = {"client_order_id": id, "order_id": order.order_id, "why": detail}
                self._tell("order_lost", body)
            self._move(id, OrderState.ABSENT, detail=detail)

    def _open_books(self, seen: Look) -> None:
        """The first look of a new ledger: what is held already is taken over, not traded away."""
        tx, desk = self._tx, self._desk
        open_books(tx, self._log, desk, seen.account.cash_usd, self._now)
        for position in seen.positions:
            product = read_product(tx, desk, position.product_id)
            if product is None or not position.contracts:
                continue
            adopted = Position(
                position.product_id,
                product.contract_size,
                position.contracts,
                position.contracts * position.average_price,
            )
            adopt_position(tx, self._log, desk, adopted, self._now)
        adopt_fills(tx, desk, seen.fills)

    def _match(self, orders: Iterable[ExchangeOrder]) -> Iterator[Discrepancy]:
        """By our own id, or by the exchange's for one that was adopted. What is not ours is named."""
        for order in orders:
            ours = self._ours(order)
            if ours is None:
                if order.state in LIVE:
                    yield unknown_order(_there(order))
                continue
            if ours.order_id is None and ours.state is OrderState.ABSENT:
                self._back(ours, order.order_id)
            elif ours.order_id is None:
                to = OrderState.WORKING if ours.live else ours.state
                self._move(ours.spec.client_order_id, to, order_id=order.order_id)
            if order.state is OrderState.UNKNOWN:
                yield unknown_status(_there(order), ours.spec.client_order_id)

    def _back(self, ours: Order, order_id: str) -> None:
        """It was given up and is there after all; its fills may have been taken for foreign ones."""
        contracts = come_back(self._tx, ours, order_id)
        body = {"client_order_id": ours.spec.client_order_id, "order_id": order_id}
        self._tell("order_back", body | {"filled": str(contracts)})

    def _ours(self, order: ExchangeOrder) -> Order | None:
        known = read_order(self._tx, order.client_order_id)
        return known or order_by_exchange_id(self._tx, order.order_id)

    def _book_fills(self, fills: Iterable[Fill], due: list[Due]) -> list[Discrepancy]:
        """In the order of time, funding between them: it is paid on what was held just then."""
        listed = list(fills)
        oldest = min((fill.at for fill in listed), default=self._now)
        known = booked_fills(self._tx, self._desk, oldest)
        foreign = []
        for fill in listed:
            while due and due[0].at < fill.at:
                book_due(self._tx, self._log, self._desk, due.pop(0))
            found = self._book_fill(fill, known.get(fill.entry_id))
            if found is not None:
                foreign.append(found)
        for left in due:
            book_due(self._tx, self._log, self._desk, left)
        return foreign

    def _in_doubt(self, seen: Look) -> tuple[Fill, ...]:
        """An order can reach the exchange between its list of orders and its list of fills.

        Then a later look knows whose fill it is; until then the order counts as unfilled.
        """
        nameless = [o for o in live_orders(self._tx, self._desk) if o.order_id is None]
        listed = {order.order_id for order in seen.orders}
        strays = {
            fill.entry_id: fill
            for fill in seen.fills
            if fill.order_id not in listed and any(could_be_of(one, fill) for one in nameless)
        }
        oldest = min((fill.at for fill in strays.values()), default=self._now)
        known = booked_fills(self._tx, self._desk, oldest) if strays else {}
        return tuple(
            fill
            for id, fill in strays.items()
            if id not in known and order_by_exchange_id(self._tx, fill.order_id) is None
        )

    def _book_fill(self, fill: Fill, booked: Fill | None) -> Discrepancy | None:
        if booked is not None and _same(fill, booked):
            return None
        if booked is not None or fill.trade_type != PLAIN_FILL:
            odd = odd_fill(fill, booked)
            return None if odd.id in accepted_ids(self._tx, self._desk) else odd
        product = read_product(self._tx, self._desk, fill.product_id)
        if product is None:
            unbooked = foreign_fill(fill)
            return None if unbooked.id in accepted_ids(self._tx, self._desk) else unbooked
        ours = order_by_exchange_id(self._tx, fill.order_id)
        mine = replace(fill, client_order_id=ours.spec.client_order_id if ours else None)
        new = book_fill(self._tx, self._log, self._desk, mine, product, self._now)
        return foreign_fill(fill) if ours is None and new else None

    def _follow(self, theirs: ExchangeOrder) -> None:
        """Bring one of our orders to where the exchange has it. An ended order stays ended."""
        ours = self._ours(theirs)
        if ours is None or not (ours.live or ours.state is OrderState.ABSENT):
            return
        if theirs.state is OrderState.UNKNOWN:
            return  # it stays as it was: live, counted, and named as not understood
        if ours.state is OrderState.CANCELLING and theirs.state is OrderState.WORKING:
            return  # the look may be older than our cancel; the sweep asks again if it is not
        id = ours.spec.client_order_id
        try:
            self._move(id, theirs.state, theirs.order_id, theirs.filled, theirs.detail)
        except IllegalMove as odd:
            self._tell("odd_report", {"client_order_id": id, "why": str(odd)})

    def _tell(self, kind: str, body: dict[str, str]) -> None:
        self._log.append(
            self._tx, desk=self._desk, kind=kind, actor="exchange", now=self._now, body=body
        )

    def _move(
        self,
        client_order_id: str,
        to: OrderState,
        order_id: str | None = None,
        reported_filled: int | None = None,
        detail: str = "",
    ) -> None:
        move(
            self._tx,
            self._log,
            client_order_id,
            to,
            self._now,
            order_id=order_id,
            reported_filled=reported_filled,
            detail=detail,
        )


def _same(fill: Fill, booked: Fill) -> bool:
    """Whether an execution is still what was booked of it."""
    mine = (booked.side, booked.contracts, booked.price, booked.fee)
    return (fill.side, fill.contracts, fill.price, fill.fee) == mine


def _there(order: ExchangeOrder) -> OrderThere:
    return OrderThere(
        order.order_id,
        order.product_id,
        order.side,
        order.contracts,
        order.filled,
        order.limit_price,
        order.stop_price,
        order.status,
    )
