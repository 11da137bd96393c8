"""Funding: booked once for each product and full hour, at the rate and mark the exchange showed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from store.events import EventLog
from store.ledger import book_funding
from store.observations import read_mark, read_products
from store.store import Transaction

EVERY = timedelta(hours=1)
HOURS_MAX = 24 * 14
"""A desk that was away for longer has its cash accepted by two people instead."""


@dataclass(frozen=True, slots=True)
class Due:
    """One product's funding at one full hour. Its rate is the one told for it, or the last one known."""

    at: datetime
    product_id: str
    rate: Decimal


def due_between(c: Transaction, desk: str, since: datetime | None, there: datetime) -> list[Due]:
    """What came due after the last good look and by this one, in the exchange's time, oldest first.

    After a gap the hours that nobody saw have no rate of their own: they take the last one told.
    """
    due = []
    for product in read_products(c, desk):
        at, rate = product.funding_time, product.funding_rate
        if at is None or rate is None:
            continue
        for _ in range(HOURS_MAX):
            if at > there:
                break
            if since is not None and at > since:
                due.append(Due(at, product.product_id, rate))
            at += EVERY
    return sorted(due, key=lambda one: (one.at, one.product_id))


def book_due(tx: Transaction, log: EventLog, desk: str, due: Due) -> None:
    """On the position as the books have it now. Without a mark there is nothing to go by."""
    mark = read_mark(tx, desk, due.product_id)
    if mark is not None:
        book_funding(tx, log, desk, due.product_id, mark.price, due.rate, due.at)
