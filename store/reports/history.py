"""Equity and marks over time, sampled once a minute by the trader: what pictures are drawn from."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.books import Books, total
from core.positions import Position
from core.products import Mark
from core.reports.facts import EquitySample, MarkSample, taken
from store.ledger import read_positions
from store.observations import read_marks
from store.own_cash import read_accepted, read_opening
from store.reports.schema import equity_samples, mark_samples


def sample(
    tx: Connection,
    desk: str,
    books: Books,
    marks: Iterable[Mark],
    positions: Iterable[Position],
    now: datetime,
) -> None:
    """Keep this instant; once is enough for each."""
    equity, seen = taken(books, marks, positions, now)
    row = {"desk": desk, "at": now, "oldest_mark_at": equity.oldest_mark_at, **asdict(books)}
    tx.execute(insert(equity_samples).values(row).on_conflict_do_nothing())
    for mark in seen:
        tx.execute(insert(mark_samples).values(desk=desk, **asdict(mark)).on_conflict_do_nothing())


def present(
    connection: Connection, desk: str, now: datetime
) -> tuple[EquitySample, list[MarkSample]] | None:
    """As a sample of this very moment would be; None while the worth of the desk is not known."""
    opening = read_opening(connection, desk)
    if opening is None:
        return None
    marks, positions = read_marks(connection, desk), read_positions(connection, desk)
    prices = {product_id: mark.price for product_id, mark in marks.items()}
    books = total(*opening, positions, prices, read_accepted(connection, desk))
    return taken(books, marks.values(), positions, now) if isinstance(books, Books) else None


def forget_before(tx: Connection, desk: str, then: datetime) -> None:
    """Samples older than this are of no use to any report."""
    for table in (equity_samples, mark_samples):
        tx.execute(delete(table).where(table.c.desk == desk, table.c.at < then))


def equity_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[EquitySample]:
    """Oldest first, both ends included."""
    rows = connection.execute(
        select(equity_samples)
        .where(
            equity_samples.c.desk == desk,
            equity_samples.c.at >= since,
            equity_samples.c.at <= until,
        )
        .order_by(equity_samples.c.at)
    )
    return [
        EquitySample(
            row.at,
            Books(
                row.opening_cash_usd,
                row.transfers_usd,
                row.realised_usd,
                row.unrealised_usd,
                row.funding_usd,
                row.fees_usd,
                row.accepted_usd,
            ),
            row.oldest_mark_at,
        )
        for row in rows
    ]


def marks_between(
    connection: Connection, desk: str, since: datetime, until: datetime
) -> list[MarkSample]:
    """By product, then oldest first; both ends included."""
    rows = connection.execute(
        select(mark_samples)
        .where(mark_samples.c.desk == desk, mark_samples.c.at >= since, mark_samples.c.at <= until)
        .order_by(mark_samples.c.product_id, mark_samples.c.at)
    )
    return [
        MarkSample(
            row.product_id,
            row.at,
            row.price,
            row.contracts,
            row.realised_usd,
            row.unrealised_usd,
            row.funding_usd,
            row.fees_usd,
        )
        for row in rows
    ]
