"""One pass over the exchange: what is asked, in which order, and what came back. Books nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.books import Account
from core.orders import Fill, Order
from core.products import Product
from store.ledger import newest_fill_at
from store.own_cash import read_opened_at
from store.store import Transaction
from trader.coinbase.client import Exchange
from trader.coinbase.parse import ExchangeOrder, ExchangePosition

RECENT = timedelta(minutes=10)
OVERLAP = timedelta(seconds=60)
A_DAY = timedelta(days=1)
"""How far back executions are read while positions differ: one may be listed late."""
LISTED_WITHIN = timedelta(seconds=5)
"""How long an order may take into the exchange's lists."""
LOOKUPS_MAX = 10
SOURCES = ("RETAIL_ADVANCED", "RETAIL_SIMPLE")
"""Orders placed in the exchange's own app are listed apart."""

Together = Callable[[Sequence[Callable[[], Any]]], list[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """What one pass has to ask for."""

    orders_since: datetime
    fills_since: datetime
    unlisted: tuple[str, ...]
    """Live orders that the lists ought to have, or are too old for: if not listed, looked up singly."""
    products: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What the exchange said in one pass. Read in this order, so that positions are the newest."""

    orders: tuple[ExchangeOrder, ...]
    fills: tuple[Fill, ...]
    positions: tuple[ExchangePosition, ...]
    account: Account
    products: tuple[Product, ...] | None
    missing: tuple[str, ...] = ()
    """Live orders that are in no list, and that the exchange says it does not have."""


def question(
    c: Transaction,
    desk: str,
    live: Sequence[Order],
    now: datetime,
    there: datetime,
    *,
    products: bool,
    a_day: bool,
) -> Question:
    """What to ask when it is `there` at the exchange, so that no gap, however long, hides anything."""
    nameless = [o.created_at for o in live if o.order_id is None]
    newest = newest_fill_at(c, desk) or read_opened_at(c, desk) or there - RECENT
    fills_since = newest - OVERLAP
    unlisted = [o.order_id for o in live if o.order_id and o.updated_at < now - LISTED_WITHIN]
    turn = int(there.timestamp()) % max(1, len(unlisted))
    return Question(
        orders_since=min([there - RECENT, *(at - OVERLAP for at in nameless)]),
        fills_since=min(fills_since, there - A_DAY) if a_day else fills_since,
        unlisted=tuple(unlisted[turn:] + unlisted[:turn]),
        products=products,
    )


def look(exchange: Exchange, asked_for: Question, together: Together) -> Look:
    """Ask the exchange. Raises ReadFailed as soon as one part fails: half a look is no look.

    Orders before fills before positions: an order that has ended then has its fills in the same look.
    """
    asked: list[Callable[[], Any]] = [partial(exchange.open_orders, source) for source in SOURCES]
    asked.append(partial(exchange.orders, asked_for.orders_since))
    if asked_for.products:
        asked.append(exchange.perpetuals)
    answers = together(asked)
    lists = answers[: len(SOURCES) + 1]
    found = {order.order_id: order for listed in lists for order in listed}
    gone = [id for id in asked_for.unlisted if id not in found][:LOOKUPS_MAX]
    looked_up = together([partial(exchange.order, order_id) for order_id in gone])
    found |= {order.order_id: order for order in looked_up if order is not None}
    missing = tuple(id for id, order in zip(gone, looked_up, strict=True) if order is None)
    fills = exchange.fills(asked_for.fills_since)
    positions, account = together([exchange.positions, exchange.account])
    products = tuple(answers[-1]) if asked_for.products else None
    orders = tuple(found.values())
    return Look(orders, tuple(fills), tuple(positions), account, products, missing)
