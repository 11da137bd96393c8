"""What every store test speaks of: one desk, one instant, five people and one product."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from core.books import Account
from core.limits import Limits
from core.modes import Mode
from core.orders import Fill, Kind, OrderSpec, OrderType, Side
from core.people import Actor, Person, Role, shell_actor
from core.positions import Position
from core.products import Mark, Product
from core.risk import CheckedOrder
from store.control import set_mode
from store.ledger import adopt_position
from store.observations import write_account, write_marks, write_products
from store.own_cash import open_books
from store.store import Store

DESK = "main"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BTC = "BIP-20DEC30-CDE"
ETH = "ETP-20DEC30-CDE"
BTC_PRICE = Decimal(60_000)
ETH_PRICE = Decimal(3_000)
CASH = Decimal(50_000)


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)


def person(name: str, *roles: Role) -> Actor:
    return Actor(name, Person(name, name.title(), frozenset(roles)))


ALICE = person("alice", Role.OPERATOR, Role.APPROVER)
BOB = person("bob", Role.OPERATOR, Role.APPROVER)
CAROL = person("carol", Role.COMMANDER)
DAVE = person("dave", Role.VIEWER)
OLIVE = person("olive", Role.OPERATOR)
SHELL = shell_actor("root")

LIMITS = Limits(
    max_position_base={"BTC": Decimal("0.10"), "ETH": Decimal(2)},
    max_order_contracts=5,
    max_order_notional_usd=Decimal(10_000),
    max_position_notional_usd=Decimal(15_000),
    max_leverage=Decimal(3),
    daily_loss_usd=Decimal(1_000),
    max_orders_per_minute=1_000,
    price_collar_pct=Decimal(1),
    emergency_collar_pct=Decimal(8),
    mark_stale_s=Decimal(10),
    stop_distance_pct=Decimal(3),
    entry_lifetime_s=60,
)
"""Ten contracts of BTC at most: 0.10 BTC, of 0.01 each."""

BTC_PRODUCT = Product(
    product_id=BTC,
    name="BTC PERP",
    underlying="BTC",
    contract_size=Decimal("0.01"),
    price_increment=Decimal(5),
    min_contracts=1,
    max_contracts=1_000,
    session_open=True,
    trading_disabled=False,
    cancel_only=False,
    post_only=False,
    view_only=False,
    funding_rate=Decimal("0.0001"),
    funding_time=None,
    long_margin_rate=Decimal("0.1"),
    short_margin_rate=Decimal("0.1"),
)
ETH_PRODUCT = replace(
    BTC_PRODUCT,
    product_id=ETH,
    name="ETH PERP",
    underlying="ETH",
    contract_size=Decimal("0.1"),
    price_increment=Decimal("0.5"),
)


def mark(product_id: str = BTC, price: Decimal = BTC_PRICE, at: datetime = NOW) -> Mark:
    return Mark(product_id, price, price - 1, price + 1, at, "feed")


def see_the_exchange(tx: Connection) -> None:
    """Two products with marks, and an account with cash in it."""
    write_products(tx, DESK, [BTC_PRODUCT, ETH_PRODUCT])
    write_marks(tx, DESK, [mark(), mark(ETH, ETH_PRICE)])
    write_account(tx, DESK, Account(CASH, Decimal(0), Decimal(0), CASH, "100", NOW))


def begin_books(store: Store) -> None:
    """The ledger of an account that has made and lost nothing: how far it has fallen is known."""
    store.write(lambda tx: open_books(tx, store.log, DESK, CASH, NOW))


def hold(
    store: Store, contracts: int, product: Product = BTC_PRODUCT, price: Decimal = BTC_PRICE
) -> None:
    """A position in our own books."""
    position = Position(product.product_id, product.contract_size, contracts, contracts * price)
    store.write(lambda tx: adopt_position(tx, store.log, DESK, position, NOW))


def order(
    id: str,
    kind: Kind = Kind.ENTRY,
    side: Side = Side.BUY,
    contracts: int = 1,
    product_id: str = BTC,
    limit_price: Decimal = BTC_PRICE,
) -> OrderSpec:
    return OrderSpec(
        client_order_id=id,
        desk=DESK,
        product_id=product_id,
        kind=kind,
        side=side,
        contracts=contracts,
        order_type=OrderType.STOP_LIMIT if kind is Kind.STOP else OrderType.LIMIT_IOC,
        limit_price=limit_price,
    )


def checked(spec: OrderSpec) -> CheckedOrder:
    """As risk would hand it on; the store judges it again."""
    return CheckedOrder(spec)


def fill(
    entry_id: str,
    client_order_id: str | None = None,
    side: Side = Side.BUY,
    contracts: int = 1,
    price: Decimal = BTC_PRICE,
    at: datetime = NOW,
) -> Fill:
    return Fill(
        entry_id=entry_id,
        order_id=f"order-of-{entry_id}",
        client_order_id=client_order_id,
        product_id=BTC,
        side=side,
        contracts=contracts,
        price=price,
        fee=Decimal("0.15"),
        at=at,
        maker=False,
    )


def set_to(store: Store, mode: Mode) -> None:
    """What two people decided, carried through row and page."""
    store.brake(DESK).loosen(
        lambda tx: set_mode(tx, store.log, DESK, mode, reason="test", actor="two", now=NOW)
    )
