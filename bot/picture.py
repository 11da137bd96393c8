"""One desk as the store has it at one instant: everything that the looking commands show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.books import Account, Books, DayPnl, UnknownMark, day_name, day_pnl, total
from core.flatten import Job
from core.gate import Page, Row
from core.margin import liquidation_price
from core.modes import Constraint, Control
from core.orders import Kind, Order, OrderState, closing_side
from core.positions import Position
from core.products import Mark, Product
from core.requests import Request
from store.control import read_constraints, read_control, read_row
from store.flattening import latest_job
from store.heartbeats import Heartbeat, read_heartbeats
from store.ledger import held, read_day, read_positions
from store.observations import (
    Read,
    read_account,
    read_held_there,
    read_marks,
    read_products,
    read_reads,
)
from store.orders import live_orders
from store.own_cash import read_accepted, read_high_water, read_opening
from store.page import GatePage, PageUnreadable
from store.reconciliation import Reconciliation, read_reconciliation
from store.requests import open_requests
from store.store import Store, Transaction

ACCOUNT_FRESH_FOR = timedelta(seconds=60)
"""The exchange's own figures of the account that are older say nothing about now."""

FRESH_FOR = timedelta(seconds=15)
"""A look that is older than this says nothing about now."""

MARK_FRESH_S = 10
"""A mark that is older than this says nothing about what a position is worth now."""


@dataclass(frozen=True, slots=True)
class Held:
    """One open position with what protects it, and its worth at the last mark."""

    position: Position
    product: Product | None
    mark: Mark | None
    mark_fresh: bool
    stops: tuple[Order, ...]
    there: int | None

    @property
    def covered(self) -> int:
        return sum(order.left for order in self.stops)

    @property
    def contracts(self) -> int:
        """Signed: ours, or the exchange's where our books have none."""
        return self.position.contracts or self.there or 0

    @property
    def protected(self) -> bool:
        """Whether resting stops would close all of it, by our books and by the exchange's."""
        return self.covered >= max(abs(self.position.contracts), abs(self.there or 0))

    @property
    def unrealised_usd(self) -> Decimal | None:
        """None without a mark, and where our books do not know at what price it was entered."""
        if self.mark is None or not self.position.contracts:
            return None
        return self.position.unrealised_usd(self.mark.price)

    @property
    def notional_usd(self) -> Decimal | None:
        if self.mark is None or self.product is None:
            return None
        return self.product.notional_usd(self.contracts, self.mark.price)


@dataclass(frozen=True, slots=True)
class Picture:
    """The desk. `books` and `today` are None before the first look, or name the mark that is missing."""

    desk: str
    now: datetime
    now_ns: int
    control: Control
    row: Row
    constraints: list[Constraint]
    page: Page | None
    kill_file: bool
    positions: list[Held]
    live: list[Order]
    account: Account | None
    books: Books | UnknownMark | None
    today: DayPnl | None
    drawdown_usd: Decimal | None
    requests: list[Request]
    job: Job | None
    heartbeats: list[Heartbeat]
    reads: dict[str, Read]
    reconciliation: Reconciliation | None

    @property
    def looked_at(self) -> datetime | None:
        """When orders, fills and positions were last read whole."""
        found = [read.ok_at for name, read in self.reads.items() if "positions" in name]
        return found[0] if found else None

    @property
    def unknown(self) -> str | None:
        """Why positions and orders are not known now, or None when they are."""
        if self.looked_at is None:
            return "the exchange has not been read yet"
        failing = [
            read for name, read in self.reads.items() if "positions" in name and read.failing
        ]
        if failing:
            return f"the exchange does not answer ({failing[0].error})"
        if self.now - self.looked_at > FRESH_FOR:
            return "nobody has read the exchange lately; is the trader running?"
        return None

    @property
    def worth_unknown(self) -> str | None:
        """Why equity, P&L and leverage are not known now, or None when they are."""
        if self.books is None:
            return "the exchange has not been read yet"
        if isinstance(self.books, UnknownMark):
            return f"{self.books.product_id} has no mark price"
        for position in self.positions:
            if position.mark is None:  # held there and not in our books
                return f"{position.position.product_id} has no mark price"
            if not position.mark_fresh:
                return f"the mark price of {position.position.product_id} is old"
        return self.unknown

    def liquidation_unknown(self, held: Held) -> str | None:
        """Why it is not known how far this position is from liquidation, or None when it is."""
        if held.product is None:
            return "the exchange does not list the product"
        if held.mark is None or not held.mark_fresh:
            return "there is no fresh mark"
        if self.account is None or self.now - self.account.at > ACCOUNT_FRESH_FOR:
            return "the account was not read lately"
        return None if self.account.buffer_pct is not None else "the exchange tells no buffer"

    def liquidation_price(self, held: Held) -> Decimal | None:
        """Where the account would be liquidated if this position alone moved; None: unknown, or nowhere."""
        product, mark, account = held.product, held.mark, self.account
        if product is None or mark is None or account is None or account.buffer_pct is None:
            return None
        if self.liquidation_unknown(held):
            return None
        return liquidation_price(
            product, held.contracts, mark.price, account.equity_usd, account.buffer_pct
        )

    @property
    def gross_usd(self) -> Decimal | None:
        """Sum of the positions' worth; None when one has no mark."""
        worths = [held.notional_usd for held in self.positions]
        known = [worth for worth in worths if worth is not None]
        return sum(known, Decimal(0)) if len(known) == len(worths) else None

    @property
    def leverage(self) -> Decimal | None:
        """Gross worth over our equity; None when either is not known or equity is gone."""
        gross, books = self.gross_usd, self.books
        if gross is None or not isinstance(books, Books) or books.equity_usd <= 0:
            return None
        return gross / books.equity_usd


def read_picture(store: Store, desk: str, now: datetime, now_ns: int) -> Picture:
    """Everything in one snapshot. Raises UnknownDesk."""
    page = _read_page(store, desk)
    return store.read(
        lambda connection: _compose(
            connection, desk, now, now_ns, page, store.home.kill_file.exists()
        )
    )


def _read_page(store: Store, desk: str) -> Page | None:
    page = GatePage(store.home.page(desk))
    try:
        return page.read()
    except PageUnreadable:
        return None
    finally:
        page.close()


def _compose(
    connection: Transaction,
    desk: str,
    now: datetime,
    now_ns: int,
    page: Page | None,
    kill_file: bool,
) -> Picture:
    marks = read_marks(connection, desk)
    live = live_orders(connection, desk)
    everything = read_positions(connection, desk)
    opening = read_opening(connection, desk)
    prices = {product_id: mark.price for product_id, mark in marks.items()}
    accepted_usd = read_accepted(connection, desk)
    books = total(*opening, everything, prices, accepted_usd) if opening else None
    day = read_day(connection, desk, day_name(now))
    return Picture(
        desk=desk,
        now=now,
        now_ns=now_ns,
        control=read_control(connection, desk),
        row=read_row(connection, desk),
        constraints=read_constraints(connection, desk),
        page=page,
        kill_file=kill_file,
        positions=_held(connection, desk, now, everything, marks, live),
        live=live,
        account=read_account(connection, desk),
        books=books,
        today=day_pnl(day.opening, books) if day and isinstance(books, Books) else None,
        drawdown_usd=_drawdown(read_high_water(connection, desk), books),
        requests=open_requests(connection, desk),
        job=latest_job(connection, desk),
        heartbeats=read_heartbeats(connection, desk),
        reads=read_reads(connection, desk),
        reconciliation=read_reconciliation(connection, desk),
    )


def _drawdown(high_water: Decimal | None, books: Books | UnknownMark | None) -> Decimal | None:
    if high_water is None or not isinstance(books, Books):
        return None
    return max(Decimal(0), high_water - books.own_equity_usd)


def _held(
    connection: Transaction,
    desk: str,
    now: datetime,
    everything: list[Position],
    marks: dict[str, Mark],
    live: list[Order],
) -> list[Held]:
    """What we hold by our books, and what the exchange says is held and we do not know of."""
    products = {product.product_id: product for product in read_products(connection, desk)}
    there = read_held_there(connection, desk)
    ours = {position.product_id: position for position in held(everything)}
    found = []
    for product_id in sorted(ours.keys() | {p for p, h in there.items() if h.contracts}):
        product = products.get(product_id)
        position = ours.get(product_id) or Position(
            product_id, product.contract_size if product else Decimal(1)
        )
        mark = marks.get(product_id)
        elsewhere = there.get(product_id)
        found.append(
            Held(
                position,
                product,
                mark,
                mark is not None and mark.age_s(now) <= MARK_FRESH_S,
                _stops(position, live),
                elsewhere.contracts if elsewhere else 0,
            )
        )
    return found


def _stops(position: Position, live: Iterable[Order]) -> tuple[Order, ...]:
    """Stops that rest at the exchange and would close some of this position."""
    if not position.contracts:
        return ()
    return tuple(
        order
        for order in live
        if order.spec.product_id == position.product_id
        and order.spec.kind is Kind.STOP
        and order.state is OrderState.WORKING
        and order.spec.side is closing_side(position.contracts)
    )
