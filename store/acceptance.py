"""Differences that two people accepted: booked so that the books balance, and on record for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, insert, select

from core.positions import ZERO
from core.reconcile import Discrepancy, What
from store.books_schema import accepted
from store.events import EventLog
from store.ledger import take_position
from store.observations import read_account, read_held_there, read_product
from store.orders import adopt_order
from store.own_cash import accept_cash, read_cash
from store.reconciliation import read_open, remove

Figures = Mapping[str, Mapping[str, str]]
"""What two people saw, by the discrepancy's id."""

_FIRST = (What.ORDER, What.FILL, What.POSITION, What.CASH)
"""Cash comes last: it is compared once everything else is on the books."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted difference, and by how much it changed the books."""

    discrepancy: str
    what: What
    product_id: str | None
    says: str
    contracts: int
    cost_usd: Decimal
    cash_usd: Decimal
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What accepting did to a position, its cost and the books' cash."""

    contracts: int = 0
    cost_usd: Decimal = ZERO
    cash_usd: Decimal = ZERO


class NotAcceptable(Exception):
    """It is not what two people saw, or cannot be taken over; nothing was booked. Says why."""


def accept(
    tx: Connection,
    log: EventLog,
    desk: str,
    seen: Figures,
    actor: str,
    reason: str,
    now: datetime,
) -> list[Accepted]:
    """Book all of these as the last look has them. Raises NotAcceptable, and then books none."""
    current = {one.discrepancy.id: one.discrepancy for one in read_open(tx, desk)}
    wrong = [says for says in (_changed(id, current, seen) for id in seen) if says]
    if wrong:
        raise NotAcceptable("; ".join(wrong))
    found = sorted((current[id] for id in seen), key=lambda one: (_FIRST.index(one.what), one.id))
    return [_one(tx, log, desk, discrepancy, actor, reason, now) for discrepancy in found]


def accepted_ids(connection: Connection, desk: str) -> frozenset[str]:
    """Ids of everything that was ever accepted."""
    query = select(accepted.c.discrepancy).where(accepted.c.desk == desk)
    return frozenset(connection.scalars(query))


def latest_accepted(connection: Connection, desk: str, limit: int) -> list[Accepted]:
    """Newest first."""
    rows = connection.execute(
        select(accepted).where(accepted.c.desk == desk).order_by(accepted.c.seq.desc()).limit(limit)
    )
    return [
        Accepted(
            row.discrepancy,
            What(row.what),
            row.product_id,
            row.says,
            row.contracts,
            row.cost_usd,
            row.cash_usd,
            row.actor,
            row.reason,
            row.at,
        )
        for row in rows
    ]


def _changed(id: str, current: Mapping[str, Discrepancy], seen: Figures) -> str | None:
    if id not in current:
        return f"{id} is not there any more"
    if dict(current[id].figures) != dict(seen[id]):
        return f"{id} has changed since it was seen: {current[id].says}"
    return None


def _one(
    tx: Connection,
    log: EventLog,
    desk: str,
    found: Discrepancy,
    actor: str,
    reason: str,
    now: datetime,
) -> Accepted:
    change = Change()
    if found.what is What.ORDER:
        _take_order(tx, log, desk, found, actor, now)
    elif found.what is What.POSITION:
        change = _take_position(tx, desk, found)
    elif found.what is What.CASH:
        change = Change(cash_usd=_take_cash(tx, log, desk, actor, now))
    done = Accepted(
        found.id,
        found.what,
        found.product_id,
        found.says,
        change.contracts,
        change.cost_usd,
        change.cash_usd,
        actor,
        reason,
        now,
    )
    _write(tx, log, desk, done)
    remove(tx, desk, found.id)
    return done


def _take_order(
    tx: Connection, log: EventLog, desk: str, found: Discrepancy, actor: str, now: datetime
) -> None:
    figures = found.figures
    if "status" in figures:
        raise NotAcceptable(
            f"{found.id} is an order of this desk; it ends when the exchange says so"
        )
    if "contracts" not in figures or "limit_price" not in figures:
        raise NotAcceptable(
            f"{found.id} does not tell its size and limit price, so it cannot be counted: cancel it"
        )
    adopt_order(tx, log, desk, found.product_id or "", figures, actor, now)


def _take_position(tx: Connection, desk: str, found: Discrepancy) -> Change:
    product_id = found.product_id or ""
    product = read_product(tx, desk, product_id)
    if product is None:
        raise NotAcceptable(
            f"{product_id} is no perp that the exchange lists, so its size is not known: "
            "close it in the exchange's app"
        )
    there = read_held_there(tx, desk).get(product_id)
    contracts = there.contracts if there else 0
    price = there.average_price if there else ZERO
    more, cost = take_position(tx, desk, product, contracts, price)
    return Change(more, cost * product.contract_size)


def _take_cash(tx: Connection, log: EventLog, desk: str, actor: str, now: datetime) -> Decimal:
    account, ours_usd = read_account(tx, desk), read_cash(tx, desk)
    assert account is not None and ours_usd is not None, "without both there is no difference"
    return accept_cash(tx, log, desk, account.cash_beside(ours_usd), actor, now)


def _write(tx: Connection, log: EventLog, desk: str, done: Accepted) -> None:
    last = tx.scalar(select(func.max(accepted.c.seq)).where(accepted.c.desk == desk)) or 0
    tx.execute(
        insert(accepted).values(
            desk=desk,
            seq=last + 1,
            discrepancy=done.discrepancy,
            what=done.what,
            product_id=done.product_id,
            says=done.says,
            contracts=done.contracts,
            cost_usd=done.cost_usd,
            cash_usd=done.cash_usd,
            actor=done.actor,
            reason=done.reason,
            at=done.at,
        )
    )
    body = {
        "discrepancy": done.discrepancy,
        "says": done.says,
        "contracts": done.contracts,
        "cost_usd": str(done.cost_usd),
        "cash_usd": str(done.cash_usd),
        "reason": done.reason,
    }
    log.append(tx, desk=desk, kind="difference_accepted", actor=done.actor, now=done.at, body=body)
