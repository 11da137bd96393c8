"""Everything that the store has of one order."""

from sqlalchemy import Connection, func, or_, select

from core.chain import Event
from core.order_trace import NOT_SENT, REFUSED, TOLD, Trace
from store.books_schema import fills, orders
from store.events import event_of
from store.ledger import fill_of
from store.orders import order_of
from store.schema import events


def read_trace(connection: Connection, desk: str, id: str) -> Trace | None:
    """By our id or the exchange's; None where nothing is on record of it."""
    row = connection.execute(
        select(orders).where(
            orders.c.desk == desk, or_(orders.c.client_order_id == id, orders.c.order_id == id)
        )
    ).first()
    client_order_id = row.client_order_id if row else id
    their_id = func.json_extract(events.c.body, "$.client_order_id")
    of_it = select(events).where(
        events.c.desk == desk, events.c.kind.in_(TOLD), their_id == client_order_id
    )
    if row is not None:
        of_it = of_it.where(events.c.at >= row.created_at)
    told = [event_of(found) for found in connection.execute(of_it.order_by(events.c.seq))]
    executed = connection.execute(
        select(fills)
        .where(fills.c.desk == desk, fills.c.client_order_id == client_order_id)
        .order_by(fills.c.at)
    )
    filled = [fill_of(found) for found in executed]
    if row is None and not told and not filled:
        return None
    order = order_of(row) if row else None
    return Trace(client_order_id, order, row.mark_price if row else None, told, filled)


def latest_refused(connection: Connection, desk: str, limit: int) -> list[Event]:
    """The last orders that this desk itself kept back, newest first."""
    rows = connection.execute(
        select(events)
        .where(events.c.desk == desk, events.c.kind.in_([REFUSED, NOT_SENT]))
        .order_by(events.c.seq.desc())
        .limit(limit)
    )
    return [event_of(row) for row in rows]
