"""What a day's digest is made of, read in one snapshot."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from core.reconcile import differences
from core.reports.daily import Beside, Digest, Slipped, digest
from core.reports.facts import Facts
from core.reports.trips import tally
from store.books_schema import fills, orders
from store.ledger import held, read_positions
from store.limits import read_limits
from store.observations import read_account, read_held_there, read_products
from store.own_cash import read_cash
from store.reports.facts import read_facts
from store.reports.incidents import incidents_between
from store.reports.trades import trips_between


def read_digest(
    connection: Connection, desk: str, since: datetime, until: datetime, now: datetime
) -> Digest:
    """Everything about one desk between two instants."""
    facts = read_facts(connection, desk, since, until, now)
    sizes = {p.product_id: p.contract_size for p in read_products(connection, desk)}
    theirs = read_held_there(connection, desk)
    ours = {p.product_id: p.contracts for p in held(read_positions(connection, desk))}
    beside = Beside(
        contract_sizes=sizes,
        slipped=_slipped(connection, facts, sizes),
        trips=tally(trips_between(connection, desk, since, until, sizes)),
        limits=_limits(connection, desk),
        incidents=incidents_between(connection, desk, since, until),
        cash_usd=read_cash(connection, desk),
        account=read_account(connection, desk),
        differs=[
            f"{d.product_id}: ours {d.ours:+d}, theirs {d.theirs:+d}"
            for d in differences(ours, {id: there.contracts for id, there in theirs.items()})
        ],
    )
    return digest(facts, beside)


def _slipped(
    connection: Connection, facts: Facts, sizes: Mapping[str, Decimal]
) -> dict[str, Slipped]:
    """By market, from the mark that was kept with each order."""
    marks = connection.execute(
        select(fills.c.entry_id, orders.c.mark_price)
        .join(orders, orders.c.client_order_id == fills.c.client_order_id)
        .where(fills.c.desk == facts.desk, fills.c.at >= facts.since, fills.c.at <= facts.until)
    )
    known = {row.entry_id: row.mark_price for row in marks if row.mark_price is not None}
    found: dict[str, Slipped] = {}
    for fill in facts.fills:
        so_far = found.get(fill.product_id, Slipped())
        mark, size = known.get(fill.entry_id), sizes.get(fill.product_id)
        if mark is None or size is None:
            found[fill.product_id] = Slipped(so_far.usd, so_far.unknown + 1)
            continue
        worse = fill.side.sign * (fill.price - mark) * fill.contracts * size
        found[fill.product_id] = Slipped(so_far.usd + worse, so_far.unknown)
    return found


def _limits(connection: Connection, desk: str) -> dict[str, Decimal]:
    """Those that are one number."""
    found = read_limits(connection, desk)
    return found.numbers if found else {}
