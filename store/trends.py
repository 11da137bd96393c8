"""Questions about the last minutes and hours that only trends ask."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, or_, select

from core.orders import Kind, Side
from store.books_schema import fills, orders

BPS = 10_000


def slipped_bps(connection: Connection, desk: str, since: datetime) -> dict[str, Decimal]:
    """By market: what was filled since then came so much worse than the marks its orders were sent at."""
    rows = connection.execute(
        select(
            fills.c.product_id, fills.c.side, fills.c.contracts, fills.c.price, orders.c.mark_price
        )
        .join(orders, orders.c.client_order_id == fills.c.client_order_id)
        .where(fills.c.desk == desk, fills.c.at >= since, orders.c.mark_price.is_not(None))
    )
    worse: dict[str, Decimal] = {}
    worth: dict[str, Decimal] = {}
    for row in rows:
        lost = Side(row.side).sign * (row.price - row.mark_price) * row.contracts
        worse[row.product_id] = worse.get(row.product_id, Decimal(0)) + lost
        at_mark = row.mark_price * row.contracts
        worth[row.product_id] = worth.get(row.product_id, Decimal(0)) + at_mark
    return {product_id: worse[product_id] / worth[product_id] * BPS for product_id in worse}


def close_wanted_since(
    connection: Connection, desk: str, since: datetime
) -> Mapping[str, datetime]:
    """By market: when the first close was sent of those after its latest fill."""
    filled = (
        select(func.max(fills.c.at))
        .where(fills.c.desk == desk, fills.c.product_id == orders.c.product_id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(orders.c.product_id, func.min(orders.c.created_at).label("at"))
        .where(
            orders.c.desk == desk,
            orders.c.kind.in_([Kind.EXIT, Kind.FLATTEN]),
            orders.c.created_at > since,
            or_(filled.is_(None), orders.c.created_at > filled),
        )
        .group_by(orders.c.product_id)
    )
    return {row.product_id: row.at for row in rows}
