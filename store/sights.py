"""The desk as it is seen at one instant, for whoever is asked to take risk on it again."""

from datetime import datetime

from sqlalchemy import Connection

from core.sight import Seen, Sight
from store.control import read_constraints, read_row
from store.ledger import held, read_positions
from store.observations import read_held_there, read_marks


def read_sight(connection: Connection, desk: str, now: datetime) -> Sight:
    """By our books, and by the exchange's figures where our books have nothing."""
    marks = read_marks(connection, desk)
    contracts = {p.product_id: p.contracts for p in held(read_positions(connection, desk))}
    for product_id, there in read_held_there(connection, desk).items():
        if there.contracts:
            contracts.setdefault(product_id, there.contracts)
    return Sight(
        now,
        read_row(connection, desk).mode.name,
        frozenset(str(c.rule) for c in read_constraints(connection, desk)),
        {
            product_id: Seen(size, marks[product_id].price if product_id in marks else None)
            for product_id, size in contracts.items()
        },
    )
