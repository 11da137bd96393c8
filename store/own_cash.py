"""The account's cash by our own books: what it began with, what came to it, how high equity has been."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, bindparam, insert, select, update

from core.books import Books
from core.positions import ZERO
from store.books_schema import books
from store.events import EventLog
from store.ledger import read_positions

_OWN_CASH = select(
    books.c.opening_cash_usd, books.c.transfers_usd, books.c.accepted_usd, books.c.high_water_usd
).where(books.c.desk == bindparam("desk"))


def open_books(
    tx: Connection, log: EventLog, desk: str, opening_cash_usd: Decimal, now: datetime
) -> None:
    """Begin the ledger of an account with the cash it has, once."""
    if read_opening(tx, desk) is not None:
        return
    tx.execute(
        insert(books).values(
            desk=desk,
            opening_cash_usd=opening_cash_usd,
            transfers_usd=ZERO,
            high_water_usd=opening_cash_usd,
            opened_at=now,
        )
    )
    body = {"opening_cash_usd": str(opening_cash_usd)}
    log.append(tx, desk=desk, kind="books_opened", actor="trader", now=now, body=body)


@dataclass(frozen=True, slots=True)
class OwnCash:
    """What our books of an account began with, and what came to it beside trading."""

    opening_usd: Decimal
    transfers_usd: Decimal
    accepted_usd: Decimal
    """Differences that two people have accepted so far."""
    high_usd: Decimal
    """The highest that equity has been."""


def read_own_cash(connection: Connection, desk: str) -> OwnCash | None:
    """None before the books are opened."""
    row = connection.execute(_OWN_CASH, {"desk": desk}).first()
    if row is None:
        return None
    accepted_usd = ZERO if row.accepted_usd is None else row.accepted_usd
    return OwnCash(row.opening_cash_usd, row.transfers_usd, accepted_usd, row.high_water_usd)


def read_opening(connection: Connection, desk: str) -> tuple[Decimal, Decimal] | None:
    """Opening cash and transfers since, or None before the books are opened."""
    cash = read_own_cash(connection, desk)
    return (cash.opening_usd, cash.transfers_usd) if cash else None


def read_accepted(connection: Connection, desk: str) -> Decimal:
    """Differences of cash that two people have accepted so far."""
    cash = read_own_cash(connection, desk)
    return cash.accepted_usd if cash else ZERO


def read_opened_at(connection: Connection, desk: str) -> datetime | None:
    """When our ledger of the account began."""
    return connection.scalar(select(books.c.opened_at).where(books.c.desk == desk))


def read_cash(connection: Connection, desk: str) -> Decimal | None:
    """What the account's cash must be by our books, or None before they are opened."""
    opening = read_opening(connection, desk)
    if opening is None:
        return None
    made = (p.realised_usd + p.funding_usd - p.fees_usd for p in read_positions(connection, desk))
    return sum(opening, ZERO) + sum(made, ZERO) + read_accepted(connection, desk)


def raise_high_water(tx: Connection, desk: str, now_books: Books) -> Decimal:
    """The highest equity net of transfers ever seen, after this one."""
    row = tx.execute(select(books.c.high_water_usd).where(books.c.desk == desk)).first()
    reached = now_books.own_equity_usd
    high = max(row.high_water_usd, reached) if row else reached
    tx.execute(update(books).where(books.c.desk == desk).values(high_water_usd=high))
    return high


def reset_high_water(
    tx: Connection, log: EventLog, desk: str, now_books: Books, actor: str, now: datetime
) -> None:
    """Two people go on from here: what was lost is no longer counted from the old high."""
    before = read_high_water(tx, desk)
    high = now_books.own_equity_usd
    tx.execute(update(books).where(books.c.desk == desk).values(high_water_usd=high))
    body = {"from_usd": str(before), "to_usd": str(high)}
    log.append(tx, desk=desk, kind="high_water_reset", actor=actor, now=now, body=body)


def accept_cash(
    tx: Connection, log: EventLog, desk: str, theirs_usd: Decimal, actor: str, now: datetime
) -> Decimal:
    """Two people take the account's cash for true: the difference, which is booked."""
    ours_usd = read_cash(tx, desk)
    if ours_usd is None:
        return ZERO
    difference = theirs_usd - ours_usd
    after = read_accepted(tx, desk) + difference
    tx.execute(update(books).where(books.c.desk == desk).values(accepted_usd=after))
    body = {"ours_usd": str(ours_usd), "theirs_usd": str(theirs_usd), "booked_usd": str(difference)}
    log.append(tx, desk=desk, kind="cash_accepted", actor=actor, now=now, body=body)
    return difference


def read_high_water(connection: Connection, desk: str) -> Decimal | None:
    cash = read_own_cash(connection, desk)
    return cash.high_usd if cash else None
