"""What a kill came to: which orders were cancelled, and what was closed at which price."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, select

from core.flatten import Job
from core.orders import OrderState, Side
from store.schema import fills, orders


@dataclass(frozen=True, slots=True)
class Closed:
    """What a flatten traded of one product on one side, on average."""

    product_id: str
    side: Side
    contracts: int
    average_price: Decimal
    fee_usd: Decimal


CLOCKS_APART = timedelta(minutes=1)
"""How much earlier than ours the exchange's clock may say that a fill was."""


def closed_by(connection: Connection, job: Job) -> list[Closed]:
    """Per product and side, from the booked fills of the flatten's own orders."""
    found = connection.execute(
        select(fills.c.product_id, fills.c.side, fills.c.contracts, fills.c.price, fills.c.fee)
        .join(orders, orders.c.client_order_id == fills.c.client_order_id)
        .where(
            fills.c.desk == job.desk,
            fills.c.at >= job.asked_at - CLOCKS_APART,
            orders.c.reason == f"flatten {job.id}",
        )
        .order_by(fills.c.product_id)
    )
    each = defaultdict(list)
    for row in found:
        each[row.product_id, row.side].append(row)
    return [
        Closed(
            product_id,
            Side(side),
            contracts := sum(row.contracts for row in rows),
            sum((row.price * row.contracts for row in rows), Decimal(0)) / contracts,
            sum((row.fee for row in rows), Decimal(0)),
        )
        for (product_id, side), rows in each.items()
    ]


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
