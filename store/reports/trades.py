"""Executions and round trips of a stretch of time, with what is needed to count them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from core.orders import Fill
from core.reports.trips import Trip, round_trips
from store.ledger import fills_between, read_positions
from store.observations import read_products

TRIPS_SINCE = timedelta(days=30)
"""A round trip that was closed in the stretch may have begun so long before."""
_END = datetime.fromisoformat("9000-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Trades:
    """Oldest first. A trip counts where it was closed."""

    fills: Sequence[Fill]
    trips: Sequence[Trip]


def read_trades(connection: Connection, desk: str, since: datetime, until: datetime) -> Trades:
    """Both ends included."""
    sizes = {p.product_id: p.contract_size for p in read_products(connection, desk)}
    fills = fills_between(connection, desk, since, until)
    return Trades(fills, trips_between(connection, desk, since, until, sizes))


def trips_between(
    connection: Connection,
    desk: str,
    since: datetime,
    until: datetime,
    sizes: Mapping[str, Decimal],
) -> list[Trip]:
    every = fills_between(connection, desk, since - TRIPS_SINCE, until)
    known = [fill for fill in every if fill.product_id in sizes]
    found = round_trips(known, sizes, _held_before(connection, desk, until, every))
    return [trip for trip in found if trip.closed_at >= since]


def _held_before(
    connection: Connection, desk: str, until: datetime, since_then: Sequence[Fill]
) -> dict[str, int]:
    """What is held now less every fill since: what was held before the first of them."""
    after = fills_between(connection, desk, until + timedelta(microseconds=1), _END)
    before = {p.product_id: p.contracts for p in read_positions(connection, desk)}
    for fill in (*since_then, *after):
        before[fill.product_id] = before.get(fill.product_id, 0) - fill.side.sign * fill.contracts
    return before
