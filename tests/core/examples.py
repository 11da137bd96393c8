"""What the rules are asked about: one product, one mark, a cast of people, and orders for them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings

from core.books import Account
from core.limits import Limits
from core.orders import Fill, Kind, OrderSpec, OrderType, Side
from core.people import Actor, Person, Role, shell_actor
from core.products import Mark, Product
from core.risk import Book

quick = settings(max_examples=60, deadline=None)
"""Small properties, run often; a noisy machine is no failure."""

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)

BTC = Product(
    product_id="BIP-20DEC30-CDE",
    name="BTC PERP",
    underlying="BTC",
    contract_size=Decimal("0.01"),
    price_increment=Decimal(5),
    min_contracts=1,
    max_contracts=1000,
    session_open=True,
    trading_disabled=False,
    cancel_only=False,
    post_only=False,
    view_only=False,
    funding_rate=None,
    funding_time=None,
    long_margin_rate=Decimal("0.1"),
    short_margin_rate=Decimal("0.1"),
)

LIMITS = Limits(
    max_position_base={"BTC": Decimal("0.15")},
    max_order_contracts=10,
    max_order_notional_usd=Decimal(10_100),
    max_position_notional_usd=Decimal(15_000),
    max_leverage=Decimal(3),
    daily_loss_usd=Decimal(500),
    max_orders_per_minute=30,
    price_collar_pct=Decimal(1),
    emergency_collar_pct=Decimal(5),
    mark_stale_s=Decimal(10),
    stop_distance_pct=Decimal(2),
    entry_lifetime_s=60,
)

BOOK = Book(
    others=(),
    others_overnight_usd=Decimal(0),
    others_resting_usd=Decimal(0),
    account=Account(Decimal(10**9), Decimal(0), Decimal(0), Decimal(10**9), "1000", NOW),
    window=None,
    fallen_pct=Decimal(0),
    lowest=None,
    highest=None,
    same_sent_at=None,
)
"""A rich account, and nothing else held: what only looks at one product is decided by that alone."""


def mark_at(price: Decimal | int, age_s: float = 0) -> Mark:
    price = Decimal(price)
    return Mark(BTC.product_id, price, price, price, NOW - timedelta(seconds=age_s), "test")


def order(kind: Kind, side: Side = Side.BUY, contracts: int = 1, **other: Any) -> OrderSpec:
    """An order for BTC at 100,000 unless told otherwise."""
    spec = OrderSpec(
        client_order_id="order-1",
        desk="main",
        product_id=BTC.product_id,
        kind=kind,
        side=side,
        contracts=contracts,
        order_type=OrderType.STOP_LIMIT if kind is Kind.STOP else OrderType.LIMIT_IOC,
        limit_price=Decimal(100_000),
        stop_price=Decimal(100_000) if kind is Kind.STOP else None,
    )
    return replace(spec, **other)


def fill(number: int, side: Side, contracts: int, price: Decimal, fee: Decimal) -> Fill:
    return Fill(
        entry_id=f"fill-{number}",
        order_id=f"exchange-{number}",
        client_order_id=None,
        product_id=BTC.product_id,
        side=side,
        contracts=contracts,
        price=price,
        fee=fee,
        at=NOW,
        maker=False,
    )


def person(name: str, *roles: Role) -> Actor:
    """Somebody who has proved who they are."""
    return Actor(name, Person(name, name.title(), frozenset(roles)))


ALICE = person("alice", Role.OPERATOR, Role.APPROVER)
BOB = person("bob", Role.OPERATOR, Role.APPROVER)
OPAL = person("opal", Role.OPERATOR)
CARO = person("caro", Role.COMMANDER)
VERA = person("vera", Role.VIEWER)
SHELL = shell_actor("deploy")
