"""What a kill came to: which orders were cancelled, and what was closed at which price."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, func, select

from core.flatten import Closed, Job
from core.orders import OrderState, Side
from store.books_schema import fills, orders, products

CLOCKS_APART = timedelta(minutes=1)
"""How much earlier than ours the exchange's clock may say that a fill was."""


def closed_by(connection: Connection, job: Job) -> list[Closed]:
    """Per product and side, from the booked fills of the flatten's own orders."""
    found = connection.execute(
        select(
            fills.c.product_id,
            fills.c.side,
            fills.c.contracts,
            fills.c.price,
            fills.c.fee,
            products.c.contract_size,
        )
        .join(
            products,
            and_(products.c.desk == fills.c.desk, products.c.product_id == fills.c.product_id),
        )
        .where(
            fills.c.desk == job.desk,
            fills.c.at >= job.asked_at - CLOCKS_APART,
            fills.c.client_order_id.startswith(f"{job.id}-", autoescape=True),
        )
        .order_by(fills.c.product_id)
    )
    each = defaultdict(list)
    for row in found:
        each[row.product_id, Side(row.side)].append(row)
    marks = {leg.product_id: leg.mark_price for leg in job.legs}
    return [_closed(marks.get(id), id, side, rows) for (id, side), rows in each.items()]


def _closed(mark_price: Decimal | None, product_id: str, side: Side, rows: Sequence[Any]) -> Closed:
    contracts = sum(row.contracts for row in rows)
    paid = sum((row.price * row.contracts for row in rows), Decimal(0))
    return Closed(
        product_id,
        side,
        contracts,
        paid / contracts,
        sum((row.fee for row in rows), Decimal(0)),
        None
        if mark_price is None
        else side.sign * (paid - mark_price * contracts) * rows[0].contract_size,
    )


def cancelled_since(connection: Connection, desk: str, since: datetime) -> int:
    """Orders of the desk that ended as cancelled after a moment."""
    return (
        connection.scalar(
            select(func.count())
            .select_from(orders)
            .where(
                orders.c.desk == desk,
                orders.c.created_at <= since,
                orders.c.state == OrderState.CANCELLED,
                orders.c.updated_at >= since,
            )
        )
        or 0
    )
