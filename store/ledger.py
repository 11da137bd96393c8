"""The ledger: fills, positions and funding, booked once each, and the days they make up."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from core.books import Books, Day, day_name, loss_from
from core.orders import Fill, Side
from core.positions import ZERO, Position, apply_fill, apply_funding, taken_over
from core.products import Product
from store.books_schema import days, fills, funding, orders, positions
from store.events import EventLog

_POSITIONS = (
    select(positions).where(positions.c.desk == bindparam("desk")).order_by(positions.c.product_id)
)

_DAY = select(days).where(days.c.desk == bindparam("desk"), days.c.day == bindparam("day"))


def adopt_position(
    tx: Connection, log: EventLog, desk: str, position: Position, now: datetime
) -> None:
    """Take over a position that was there before our books began."""
    tx.execute(insert(positions).values(desk=desk, **asdict(position)))
    body = {
        "product": position.product_id,
        "contracts": position.contracts,
        "average_price": str(position.average_price),
    }
    log.append(tx, desk=desk, kind="position_adopted", actor="trader", now=now, body=body)


def adopt_fills(tx: Connection, desk: str, known: Iterable[Fill]) -> None:
    """Mark executions as booked that the adopted positions contain already."""
    for fill in known:
        _insert_fill(tx, desk, fill)


def take_position(
    tx: Connection, desk: str, product: Product, contracts: int, average_price: Decimal
) -> tuple[int, Decimal]:
    """Two people take the exchange's position for true: by how much contracts and cost changed."""
    before = read_position(tx, desk, product.product_id)
    position = before or Position(product.product_id, product.contract_size)
    after = taken_over(position, contracts, average_price)
    _write_position(tx, desk, after, new=before is None)
    return after.contracts - position.contracts, after.cost - position.cost


def booked_fills(connection: Connection, desk: str, since: datetime) -> dict[str, Fill]:
    """The executions booked with a time since then, by their keys."""
    query = select(fills).where(fills.c.desk == desk, fills.c.at >= since)
    return {row.entry_id: fill_of(row) for row in connection.execute(query)}


def booked_since(connection: Connection, desk: str, since: datetime) -> frozenset[str]:
    """Keys of the executions booked with a time since then."""
    query = select(fills.c.entry_id).where(fills.c.desk == desk, fills.c.at >= since)
    return frozenset(connection.scalars(query))


def book_fill(
    tx: Connection, log: EventLog, desk: str, fill: Fill, product: Product, now: datetime
) -> bool:
    """Book one execution on its order and position. False when it was booked before."""
    known = select(fills.c.entry_id).where(fills.c.desk == desk, fills.c.entry_id == fill.entry_id)
    if tx.execute(known).first():
        return False
    _insert_fill(tx, desk, fill)
    if fill.client_order_id is not None:
        tx.execute(
            update(orders)
            .where(orders.c.client_order_id == fill.client_order_id)
            .values(filled=orders.c.filled + fill.contracts, updated_at=now)
        )
    before = read_position(tx, desk, fill.product_id)
    position = before or Position(fill.product_id, product.contract_size)
    _write_position(tx, desk, apply_fill(position, fill), new=before is None)
    body = {
        "entry_id": fill.entry_id,
        "order_id": fill.order_id,
        "client_order_id": fill.client_order_id,
        "product": fill.product_id,
        "side": fill.side,
        "contracts": fill.contracts,
        "price": str(fill.price),
        "fee": str(fill.fee),
    }
    log.append(tx, desk=desk, kind="fill", actor="exchange", now=now, body=body)
    return True


def _insert_fill(tx: Connection, desk: str, fill: Fill) -> None:
    tx.execute(
        insert(fills).values(
            desk=desk,
            entry_id=fill.entry_id,
            order_id=fill.order_id,
            client_order_id=fill.client_order_id,
            product_id=fill.product_id,
            side=fill.side,
            contracts=fill.contracts,
            price=fill.price,
            fee=fill.fee,
            maker=int(fill.maker),
            at=fill.at,
        )
    )


def book_funding(
    tx: Connection,
    log: EventLog,
    desk: str,
    product_id: str,
    price: Decimal,
    rate: Decimal,
    at: datetime,
) -> bool:
    """Book one funding event of a held position. False when flat or booked before."""
    position = read_position(tx, desk, product_id)
    known = select(funding.c.at).where(
        funding.c.desk == desk, funding.c.product_id == product_id, funding.c.at == at
    )
    if position is None or not position.contracts or tx.execute(known).first():
        return False
    after = apply_funding(position, price, rate)
    amount = after.funding_usd - position.funding_usd
    tx.execute(
        insert(funding).values(
            desk=desk,
            product_id=product_id,
            at=at,
            contracts=position.contracts,
            price=price,
            rate=rate,
            amount_usd=amount,
        )
    )
    _write_position(tx, desk, after, new=False)
    body = {"product": product_id, "rate": str(rate), "amount_usd": str(amount)}
    log.append(tx, desk=desk, kind="funding", actor="exchange", now=at, body=body)
    return True


def _write_position(tx: Connection, desk: str, position: Position, *, new: bool) -> None:
    values = asdict(position)
    if new:
        tx.execute(insert(positions).values(desk=desk, **values))
        return
    tx.execute(
        update(positions)
        .where(positions.c.desk == desk, positions.c.product_id == position.product_id)
        .values(**values)
    )


def read_position(connection: Connection, desk: str, product_id: str) -> Position | None:
    found = [p for p in read_positions(connection, desk) if p.product_id == product_id]
    return found[0] if found else None


def read_positions(connection: Connection, desk: str) -> list[Position]:
    """Every product ever held, flat ones too: their realised P&L belongs to the books."""
    rows = connection.execute(_POSITIONS, {"desk": desk})
    return [
        Position(
            row.product_id,
            row.contract_size,
            row.contracts,
            row.cost,
            row.realised_usd,
            row.fees_usd,
            row.funding_usd,
        )
        for row in rows
    ]


def latest_fills(connection: Connection, desk: str, limit: int) -> list[Fill]:
    """The newest executions, newest first."""
    rows = connection.execute(
        select(fills).where(fills.c.desk == desk).order_by(fills.c.at.desc()).limit(limit)
    )
    return [fill_of(row) for row in rows]


def fills_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[Fill]:
    """Both ends included, oldest first."""
    rows = connection.execute(
        select(fills)
        .where(fills.c.desk == desk, fills.c.at >= since, fills.c.at <= until)
        .order_by(fills.c.at)
    )
    return [fill_of(row) for row in rows]


def fill_of(row: Row[Any]) -> Fill:
    return Fill(
        row.entry_id,
        row.order_id,
        row.client_order_id,
        row.product_id,
        Side(row.side),
        row.contracts,
        row.price,
        row.fee,
        row.at,
        bool(row.maker),
    )


def newest_fill_at(connection: Connection, desk: str) -> datetime | None:
    fill = latest_fills(connection, desk, 1)
    return fill[0].at if fill else None


def snapshot_day(tx: Connection, desk: str, now_books: Books, now: datetime) -> Day:
    """Bring the UTC day up to date; its first snapshot is its opening. Survives any restart."""
    name = day_name(now)
    day = read_day(tx, desk, name)
    if day is None:
        equity = now_books.equity_usd
        tx.execute(
            insert(days).values(
                desk=desk,
                day=name,
                peak_equity_usd=equity,
                equity_usd=equity,
                at=now,
                **asdict(now_books),
            )
        )
        return Day(name, now_books, equity, equity)
    equity = now_books.equity_usd - (now_books.outside_usd - day.opening.outside_usd)
    peak = max(day.peak_equity_usd, equity)
    tx.execute(
        update(days)
        .where(days.c.desk == desk, days.c.day == name)
        .values(peak_equity_usd=peak, equity_usd=equity, at=now)
    )
    return Day(name, day.opening, peak, equity)


def read_day(connection: Connection, desk: str, name: str) -> Day | None:
    row = connection.execute(_DAY, {"desk": desk, "day": name}).first()
    if row is None:
        return None
    opening = Books(
        row.opening_cash_usd,
        row.transfers_usd,
        row.realised_usd,
        row.unrealised_usd,
        row.funding_usd,
        row.fees_usd,
        row.accepted_usd,
    )
    return Day(name, opening, row.peak_equity_usd, row.equity_usd)


def day_loss(connection: Connection, desk: str, now: datetime) -> Decimal:
    """How much the desk has lost today, from its opening or its peak; zero before the first snapshot."""
    day = read_day(connection, desk, day_name(now))
    return loss_from(day) if day else ZERO


def held(all_positions: Iterable[Position]) -> list[Position]:
    return [position for position in all_positions if position.contracts]
