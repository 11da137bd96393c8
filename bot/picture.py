"""One desk as the store has it at one instant: everything that the looking commands show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.books import Account, Books, DayPnl, UnknownMark, day_name, day_pnl, total
from core.flatten import Job
from core.gate import Page, Row
from core.modes import Constraint, Control
from core.orders import Kind, Order, OrderState, closing_side
from core.positions import Position
from core.products import Mark, Product
from core.requests import Request
from store.control import read_constraints, read_control, read_row
from store.flattening import latest_job
from store.heartbeats import Heartbeat, read_heartbeats
from store.ledger import held, read_day, read_high_water, read_opening, read_positions
from store.observations import (
    Read,
    read_account,
    read_held_there,
    read_marks,
    read_products,
    read_reads,
)
from store.orders import live_orders
from store.page import GatePage, PageUnreadable
from store.requests import open_requests
from store.store import Store, Transaction

FRESH_FOR = timedelta(seconds=15)
"""A look that is older than this says nothing about now."""


@dataclass(frozen=True, slots=True)
class Held:
    """One open position with what protects it."""

    position: Position
    product: Product | None
    mark: Mark | None
    stops: tuple[Order, ...]
    there: int | None

    @property
    def covered(self) -> int:
        return sum(order.left for order in self.stops)

    @property
    def unrealised_usd(self) -> Decimal | None:
        return self.position.unrealised_usd(self.mark.price) if self.mark else None

    @property
    def notional_usd(self) -> Decimal | None:
        return self.position.notional_usd(self.mark.price) if self.mark else None


@dataclass(frozen=True, slots=True)
class Picture:
    """The desk. `books` and `today` are None before the first look, or name the mark that is missing."""

    desk: str
    now: datetime
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
    def gross_usd(self) -> Decimal | None:
        """Sum of the positions' worth; None when one has no mark."""
        worths = [held.notional_usd for held in self.positions]
        known = [worth for worth in worths if worth is not None]
        return sum(known, Decimal(0)) if len(known) == len(worths) else None


def read_picture(store: Store, desk: str, now: datetime) -> Picture:
    """Everything in one snapshot. Raises UnknownDesk."""
    page = _read_page(store, desk)
    return store.read(
        lambda connection: _compose(connection, desk, now, page, store.home.kill_file.exists())
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
    connection: Transaction, desk: str, now: datetime, page: Page | None, kill_file: bool
) -> Picture:
    control = read_control(connection, desk)
    marks = read_marks(connection, desk)
    live = live_orders(connection, desk)
    everything = read_positions(connection, desk)
    opening = read_opening(connection, desk)
    prices = {product_id: mark.price for product_id, mark in marks.items()}
    books = total(*opening, everything, prices) if opening else None
    day = read_day(connection, desk, day_name(now))
    high = read_high_water(connection, desk)
    known = isinstance(books, Books)
    return Picture(
        desk=desk,
        now=now,
        control=control,
        row=read_row(connection, desk),
        constraints=read_constraints(connection, desk),
        page=page,
        kill_file=kill_file,
        positions=_held(connection, desk, everything, marks, live),
        live=live,
        account=read_account(connection, desk),
        books=books,
        today=day_pnl(day.opening, books) if day and isinstance(books, Books) else None,
        drawdown_usd=(
            max(Decimal(0), high - books.equity_usd + books.transfers_usd)
            if known and high is not None and isinstance(books, Books)
            else None
        ),
        requests=open_requests(connection, desk),
        job=latest_job(connection, desk),
        heartbeats=read_heartbeats(connection, desk),
        reads=read_reads(connection, desk),
    )


def _held(
    connection: Transaction,
    desk: str,
    everything: list[Position],
    marks: dict[str, Mark],
    live: list[Order],
) -> list[Held]:
    products = {product.product_id: product for product in read_products(connection, desk)}
    there = read_held_there(connection, desk)
    ours = {position.product_id: position for position in held(everything)}
    found = []
    for product_id in sorted(ours.keys() | {p for p, h in there.items() if h.contracts}):
        product = products.get(product_id)
        position = ours.get(product_id) or Position(
            product_id, product.contract_size if product else Decimal(1)
        )
        stops = tuple(
            order
            for order in live
            if order.spec.product_id == product_id
            and order.spec.kind is Kind.STOP
            and order.state is OrderState.WORKING
            and position.contracts
            and order.spec.side is closing_side(position.contracts)
        )
        elsewhere = there.get(product_id)
        found.append(
            Held(
                position,
                product,
                marks.get(product_id),
                stops,
                elsewhere.contracts if elsewhere else 0,
            )
        )
    return found
