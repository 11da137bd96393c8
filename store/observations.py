"""What was last seen of the exchange: products, marks, the account, and whether reads succeed."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.books import Account
from core.products import Mark, Product
from store.books_schema import accounts, exchange_positions, marks, products, reads

_PRODUCTS = (
    select(products).where(products.c.desk == bindparam("desk")).order_by(products.c.product_id)
)
_PRODUCT = _PRODUCTS.where(products.c.product_id == bindparam("product_id"))
_MARKS = select(marks).where(marks.c.desk == bindparam("desk"))
_MARK = _MARKS.where(marks.c.product_id == bindparam("product_id"))
_ACCOUNT = select(accounts).where(accounts.c.desk == bindparam("desk"))
_HELD_THERE = select(exchange_positions).where(exchange_positions.c.desk == bindparam("desk"))


def _upsert(tx: Connection, table: Table, keys: Iterable[str], values: dict[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if name not in set(keys)}
    tx.execute(
        insert(table)
        .values(**values)
        .on_conflict_do_update(index_elements=list(keys), set_=changed)
    )


def write_products(tx: Connection, desk: str, found: Iterable[Product]) -> None:
    """Replace the desk's list of products by what discovery found."""
    tx.execute(delete(products).where(products.c.desk == desk))
    for product in found:
        tx.execute(insert(products).values(desk=desk, **asdict(product)))


def read_product(connection: Connection, desk: str, product_id: str) -> Product | None:
    row = connection.execute(_PRODUCT, {"desk": desk, "product_id": product_id}).first()
    return _product(row) if row else None


def read_products(connection: Connection, desk: str) -> list[Product]:
    rows = connection.execute(_PRODUCTS, {"desk": desk})
    return [_product(row) for row in rows]


def _product(row: Row[Any]) -> Product:
    return Product(
        product_id=row.product_id,
        name=row.name,
        underlying=row.underlying,
        contract_size=row.contract_size,
        price_increment=row.price_increment,
        min_contracts=row.min_contracts,
        max_contracts=row.max_contracts,
        session_open=bool(row.session_open),
        trading_disabled=bool(row.trading_disabled),
        cancel_only=bool(row.cancel_only),
        post_only=bool(row.post_only),
        view_only=bool(row.view_only),
        funding_rate=row.funding_rate,
        funding_time=row.funding_time,
        long_margin_rate=row.long_margin_rate,
        short_margin_rate=row.short_margin_rate,
    )


def write_marks(tx: Connection, desk: str, found: Iterable[Mark]) -> None:
    for mark in found:
        _upsert(tx, marks, ("desk", "product_id"), {"desk": desk, **asdict(mark)})


def read_mark(connection: Connection, desk: str, product_id: str) -> Mark | None:
    row = connection.execute(_MARK, {"desk": desk, "product_id": product_id}).first()
    return _mark(row) if row else None


def read_marks(connection: Connection, desk: str) -> dict[str, Mark]:
    rows = connection.execute(_MARKS, {"desk": desk})
    return {row.product_id: _mark(row) for row in rows}


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.product_id, row.price, row.bid, row.ask, row.at, row.source)


def write_account(tx: Connection, desk: str, account: Account) -> None:
    _upsert(tx, accounts, ("desk",), {"desk": desk, **asdict(account)})


def read_account(connection: Connection, desk: str) -> Account | None:
    row = connection.execute(_ACCOUNT, {"desk": desk}).first()
    if row is None:
        return None
    return Account(
        row.cash_usd,
        row.unrealised_usd,
        row.initial_margin_usd,
        row.available_margin_usd,
        row.liquidation_buffer_pct,
        row.at,
        row.funding_usd,
        row.pending_usd,
    )


@dataclass(frozen=True, slots=True)
class HeldThere:
    """A position as the exchange last reported it. Contracts are signed."""

    product_id: str
    contracts: int
    average_price: Decimal
    at: datetime


def write_held_there(tx: Connection, desk: str, found: Iterable[HeldThere]) -> None:
    """Replace what the exchange says is held: what it does not list is flat there."""
    tx.execute(delete(exchange_positions).where(exchange_positions.c.desk == desk))
    for position in found:
        tx.execute(insert(exchange_positions).values(desk=desk, **asdict(position)))


def read_held_there(connection: Connection, desk: str) -> dict[str, HeldThere]:
    rows = connection.execute(_HELD_THERE, {"desk": desk})
    return {
        row.product_id: HeldThere(row.product_id, row.contracts, row.average_price, row.at)
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Read:
    """How one kind of read of the exchange fares. Failing: it failed after it last succeeded."""

    what: str
    ok_at: datetime | None
    failed_at: datetime | None
    error: str

    @property
    def failing(self) -> bool:
        return self.failed_at is not None and (self.ok_at is None or self.failed_at >= self.ok_at)


def read_succeeded(tx: Connection, desk: str, what: str, now: datetime) -> None:
    _upsert(tx, reads, ("desk", "what"), {"desk": desk, "what": what, "ok_at": now, "error": ""})


def read_failed(tx: Connection, desk: str, what: str, error: str, now: datetime) -> None:
    values = {"desk": desk, "what": what, "failed_at": now, "error": error}
    _upsert(tx, reads, ("desk", "what"), values)


def read_reads(connection: Connection, desk: str) -> dict[str, Read]:
    rows = connection.execute(select(reads).where(reads.c.desk == desk))
    return {row.what: Read(row.what, row.ok_at, row.failed_at, row.error) for row in rows}
