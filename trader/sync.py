"""One look at the exchange after another: orders, fills, positions and the account, booked together.

Nothing here trades. A look that fails leaves everything as it was, and says that it is unknown.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from core.books import Account
from core.orders import LIVE, Fill, IllegalMove, Order, OrderState
from core.positions import Position
from core.products import Product
from core.reconcile import Agreement, Difference, differences
from store.ledger import (
    adopt_fills,
    adopt_position,
    book_fill,
    booked_since,
    held,
    newest_fill_at,
    open_books,
    read_cash,
    read_opening,
    read_positions,
)
from store.observations import (
    HeldThere,
    read_failed,
    read_product,
    read_products,
    read_succeeded,
    write_account,
    write_held_there,
    write_products,
)
from store.orders import live_orders, move, order_by_exchange_id, read_order
from store.store import Transaction
from trader.coinbase.client import Exchange
from trader.coinbase.parse import ExchangeOrder, ExchangePosition, ReadFailed
from trader.coinbase.signing import TOKEN_LIFE
from trader.desk import Desk
from trader.lanes import Lane
from trader.sender import Sender

RECENT = timedelta(minutes=10)
OVERLAP = timedelta(seconds=60)
PRODUCTS_EVERY = timedelta(seconds=60)
OFTEN = timedelta(milliseconds=150)
SELDOM = timedelta(seconds=1)
BUSY_EVERY = timedelta(seconds=1)
QUIET_EVERY = timedelta(seconds=3)
ABSENT_AFTER = TOKEN_LIFE + timedelta(seconds=5)
FRESH_FOR = timedelta(seconds=10)
LOOKS_TO_BELIEVE = 3
STRAY_LOOKUPS_MAX = 10
SOURCES = ("RETAIL_ADVANCED", "RETAIL_SIMPLE")
"""Orders placed in the exchange's own app are listed apart."""

Together = Callable[[Sequence[Callable[[], Any]]], list[Any]]

WHAT = "orders, fills and positions"


@dataclass(frozen=True, slots=True)
class Look:
    """What the exchange said in one pass. Read in this order, so that positions are the newest."""

    orders: tuple[ExchangeOrder, ...]
    fills: tuple[Fill, ...]
    positions: tuple[ExchangePosition, ...]
    account: Account
    products: tuple[Product, ...] | None


@dataclass(frozen=True, slots=True)
class Cash:
    """The same money, by our books and by the exchange."""

    ours_usd: Decimal
    theirs_usd: Decimal


@dataclass(frozen=True, slots=True)
class Question:
    """What one pass has to ask for."""

    recent_since: datetime
    fills_since: datetime
    stray_order_ids: tuple[str, ...]
    products: bool


def look(exchange: Exchange, question: Question, together: Together) -> Look:
    """Ask the exchange. Raises ReadFailed as soon as one part fails: half a look is no look.

    Orders before fills before positions: an order that has ended then has its fills in the same look.
    """
    asked: list[Callable[[], Any]] = [partial(exchange.open_orders, source) for source in SOURCES]
    asked.append(partial(exchange.orders, question.recent_since))
    if question.products:
        asked.append(exchange.perpetuals)
    answers = together(asked)
    lists = answers[: len(SOURCES) + 1]
    found = {order.order_id: order for listed in lists for order in listed}
    strays = [order_id for order_id in question.stray_order_ids if order_id not in found]
    for order in together([partial(exchange.order, order_id) for order_id in strays]):
        found[order.order_id] = order
    fills = exchange.fills(question.fills_since)
    positions, account = together([exchange.positions, exchange.account])
    products = tuple(answers[-1]) if question.products else None
    return Look(tuple(found.values()), tuple(fills), tuple(positions), account, products)


class Sync:
    """Keeps the store's picture of the exchange true, and knows how old and how good it is."""

    def __init__(self, desk: Desk, sender: Sender) -> None:
        self._desk = desk
        self._sender = sender
        self._agreement = Agreement(LOOKS_TO_BELIEVE)
        self._asked_at: datetime | None = None
        self.products_at: datetime | None = None
        """When the look began that last brought the list of products."""
        self._products_wanted = False
        self._wanted = True
        self.looked_at: datetime | None = None
        """When the last good look was begun."""
        self.failing_since: datetime | None = None
        self.error = ""
        self.differences: tuple[Difference, ...] = ()
        self.foreign: tuple[str, ...] = ()
        self.cash: Cash | None = None
        """The account's cash and our books', as of the last good look."""

    def want(self) -> None:
        """Ask for a look as soon as possible: something may have changed. Any thread may."""
        self._wanted = True

    def want_products(self) -> None:
        """Ask for a look that brings the list of products: something in it has changed."""
        self._wanted = self._products_wanted = True

    @property
    def wanted(self) -> bool:
        """Whether somebody has asked for a look that has not been begun."""
        return self._wanted

    def fresh(self, now: datetime) -> bool:
        """Whether positions and orders are known well enough to add risk."""
        return (
            self.failing_since is None
            and self.looked_at is not None
            and now - self.looked_at <= FRESH_FOR
        )

    @property
    def clean(self) -> bool:
        """Whether the last good look agreed with our books and met nothing foreign."""
        return (
            self.looked_at is not None
            and self.failing_since is None
            and self._agreement.clean
            and not self.foreign
        )

    def tick(self, now: datetime) -> None:
        since = now - self._asked_at if self._asked_at is not None else None
        if since is not None and since < (self._pause() if self._wanted else BUSY_EVERY):
            return
        live = self._desk.read(lambda c: live_orders(c, self._desk.name))
        if since is not None and not self._wanted and since < (BUSY_EVERY if live else QUIET_EVERY):
            return
        question = self._desk.read(lambda c: self._question(c, live, now))
        started = self._desk.calls.start(
            "look",
            Lane.BRAKE,  # a flatten needs it: reads that hang elsewhere must not hold it up
            lambda: look(self._desk.exchange, question, self._desk.calls.together),
            lambda future, later: self._took(future, now, later),
        )
        if started:
            self._asked_at, self._wanted = now, False
            self._products_wanted = self._products_wanted and not question.products

    def _pause(self) -> timedelta:
        """Wanted looks follow each other closely, but not while the exchange does not answer."""
        return SELDOM if self.failing_since is not None else OFTEN

    def _question(self, c: Transaction, live: list[Order], now: datetime) -> Question:
        newest = newest_fill_at(c, self._desk.name)
        old = [o.order_id for o in live if o.order_id and o.created_at < now - RECENT + OVERLAP]
        there = now + self._desk.exchange.offset
        products_due = (
            self._products_wanted
            or self.products_at is None
            or now - self.products_at >= PRODUCTS_EVERY
        )
        return Question(
            recent_since=there - RECENT,
            fills_since=(newest or there - RECENT) - OVERLAP,
            stray_order_ids=tuple(old[:STRAY_LOOKUPS_MAX]),
            products=products_due,
        )

    def _took(self, future: "Future[Look]", begun: datetime, now: datetime) -> None:
        try:
            seen = future.result()
        except ReadFailed as error:
            self.failing_since = self.failing_since or now
            self.error = str(error)
            self._desk.write(lambda tx: read_failed(tx, self._desk.name, WHAT, self.error, now))
            return
        found = self._desk.write(lambda tx: self._book(tx, seen, now))
        self.differences = self._agreement.see(found)
        if not self._agreement.clean:
            self._wanted = True
        if seen.products is not None:
            self.products_at = begun
        self.failing_since, self.looked_at, self.error = None, begun, ""

    def _book(self, tx: Transaction, seen: Look, now: datetime) -> tuple[Difference, ...]:
        """Book one look in one transaction; how positions differ afterwards."""
        desk = self._desk.name
        if seen.products is not None:
            write_products(tx, desk, seen.products)
        if read_opening(tx, desk) is None:
            self._open_books(tx, seen, now)
        foreign = self._learn_ids(tx, seen.orders, now)
        foreign += self._book_fills(tx, seen.fills, now)
        self.foreign = tuple(dict.fromkeys(foreign))
        for order in seen.orders:
            self._follow(tx, order, now)
        self._give_up_absent(tx, {o.client_order_id for o in seen.orders}, now)
        there = [HeldThere(p.product_id, p.contracts, p.average_price, now) for p in seen.positions]
        write_held_there(tx, desk, there)
        write_account(tx, desk, seen.account)
        read_succeeded(tx, desk, WHAT, now)
        by_our_books = read_cash(tx, desk)
        if by_our_books is not None:
            self.cash = Cash(by_our_books, seen.account.cash_usd)
        ours = {p.product_id: p.contracts for p in held(read_positions(tx, desk))}
        return differences(ours, {p.product_id: p.contracts for p in seen.positions})

    def _open_books(self, tx: Transaction, seen: Look, now: datetime) -> None:
        """The first look of a new ledger: what is held already is taken over, not traded away."""
        desk, log = self._desk.name, self._desk.store.log
        open_books(tx, log, desk, seen.account.cash_usd, now)
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
            adopt_position(tx, log, desk, adopted, now)
        adopt_fills(tx, desk, seen.fills)

    def _learn_ids(
        self, tx: Transaction, orders: tuple[ExchangeOrder, ...], now: datetime
    ) -> list[str]:
        """Match by our own id; working orders that are not ours are named."""
        foreign = []
        for order in orders:
            ours = read_order(tx, order.client_order_id)
            if ours is None:
                if order.state in LIVE:
                    foreign.append(f"order {order.order_id} in {order.product_id}")
            elif ours.order_id is None:
                to = OrderState.WORKING if ours.live else ours.state
                move(
                    tx,
                    self._desk.store.log,
                    order.client_order_id,
                    to,
                    now,
                    order_id=order.order_id,
                )
        return foreign

    def _book_fills(self, tx: Transaction, fills: tuple[Fill, ...], now: datetime) -> list[str]:
        if not fills:
            return []
        desk, log = self._desk.name, self._desk.store.log
        known = booked_since(tx, desk, min(fill.at for fill in fills))
        products = {p.product_id: p for p in read_products(tx, desk)}
        foreign = []
        for fill in fills:
            if fill.entry_id in known:
                continue
            product = products.get(fill.product_id)
            if product is None:
                foreign.append(f"fill in {fill.product_id}, which is not a known perp")
                continue
            ours = order_by_exchange_id(tx, fill.order_id)
            client_order_id = ours.spec.client_order_id if ours else None
            if ours is None:
                foreign.append(f"fill of order {fill.order_id} in {fill.product_id}")
            book_fill(tx, log, desk, replace(fill, client_order_id=client_order_id), product, now)
        return foreign

    def _follow(self, tx: Transaction, theirs: ExchangeOrder, now: datetime) -> None:
        """Bring one of our orders to where the exchange has it. An ended order stays ended."""
        ours = read_order(tx, theirs.client_order_id)
        if ours is None or not (ours.live or ours.state is OrderState.ABSENT):
            return
        if ours.state is OrderState.CANCELLING and theirs.state is OrderState.WORKING:
            return  # the look may be older than our cancel; the sweep asks again if it is not
        try:
            move(
                tx,
                self._desk.store.log,
                theirs.client_order_id,
                theirs.state,
                now,
                order_id=theirs.order_id,
                reported_filled=theirs.filled,
                detail=theirs.detail,
            )
        except IllegalMove as odd:
            body = {"client_order_id": theirs.client_order_id, "why": str(odd)}
            self._desk.store.log.append(
                tx, desk=self._desk.name, kind="odd_report", actor="exchange", now=now, body=body
            )

    def _give_up_absent(self, tx: Transaction, listed: set[str], now: datetime) -> None:
        """An order that the exchange does not list once its token is past its life never got there."""
        for order in live_orders(tx, self._desk.name):
            id = order.spec.client_order_id
            doubtful = order.state in (OrderState.RESERVED, OrderState.UNKNOWN)
            if (
                doubtful
                and id not in listed
                and not self._sender.on_its_way(id)
                and now - order.created_at > ABSENT_AFTER
            ):
                detail = "the exchange does not have it"
                move(tx, self._desk.store.log, id, OrderState.ABSENT, now, detail=detail)
