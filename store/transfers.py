"""The account's deposits, withdrawals and sweeps, each on record once, and what the books count of them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, insert, select, update

from core.positions import ZERO
from core.transfers import Transfer
from store.books_schema import books, transfers
from store.events import EventLog


def known_transfers(connection: Connection, desk: str) -> frozenset[str]:
    """Ids of those on record."""
    query = select(transfers.c.id).where(transfers.c.desk == desk)
    return frozenset(connection.scalars(query))


def adopt_transfers(tx: Connection, desk: str, found: Iterable[Transfer]) -> None:
    """Put on record what was there when the books were opened: their opening cash contains it."""
    for transfer in found:
        _insert(tx, desk, transfer, counted=False)


def book_transfer(
    tx: Connection, log: EventLog, desk: str, transfer: Transfer, now: datetime
) -> bool:
    """Book one on the ledger. False when it was booked before."""
    known = select(transfers.c.id).where(transfers.c.desk == desk, transfers.c.id == transfer.id)
    if tx.execute(known).first():
        return False
    _insert(tx, desk, transfer, counted=True)
    before = tx.scalar(select(books.c.transfers_usd).where(books.c.desk == desk)) or ZERO
    after = before + transfer.cash_usd
    tx.execute(update(books).where(books.c.desk == desk).values(transfers_usd=after))
    body = {
        "id": transfer.id,
        "exchange_calls_it": transfer.kind,
        "amount_usd": str(transfer.amount_usd),
        "transfers_usd": str(after),
    }
    kind = "sweep" if transfer.swept else "transfer"
    log.append(tx, desk=desk, kind=kind, actor="exchange", now=now, body=body)
    return True


def latest_transfers(
    connection: Connection, desk: str, limit: int, since: datetime | None = None
) -> list[Transfer]:
    """Those that the books count, and the sweeps beside them, newest first."""
    query = select(transfers).where(transfers.c.desk == desk, transfers.c.counted == 1)
    if since is not None:
        query = query.where(transfers.c.at >= since)
    rows = connection.execute(query.order_by(transfers.c.at.desc()).limit(limit))
    return [Transfer(row.id, row.kind, row.amount_usd, row.at) for row in rows]


def transferred_usd(connection: Connection, desk: str) -> Decimal:
    """Deposits less withdrawals since the books were opened."""
    found = connection.scalar(select(books.c.transfers_usd).where(books.c.desk == desk))
    return ZERO if found is None else found


def _insert(tx: Connection, desk: str, transfer: Transfer, *, counted: bool) -> None:
    tx.execute(
        insert(transfers).values(
            desk=desk,
            id=transfer.id,
            kind=transfer.kind,
            amount_usd=transfer.amount_usd,
            counted=int(counted),
            at=transfer.at,
        )
    )
