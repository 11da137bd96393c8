"""The products the exchange lists: four perps, one dated future and one spot pair."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    PERP = "perp"
    DATED = "dated"
    SPOT = "spot"


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    kind: Kind
    root: str
    name: str
    contract_size: Decimal
    tick: Decimal
    start_price: Decimal
    """About where the market moves; USD per unit of the root."""
    depth_contracts: int
    funding_rate: Decimal = Decimal(0)
    """The middle around which the hourly rate swings, as a fraction of notional."""
    size_max: int = 5000
    expiry: datetime = datetime(2030, 12, 20, 16, tzinfo=UTC)

    @property
    def is_future(self) -> bool:
        return self.kind is not Kind.SPOT


@dataclass(frozen=True, slots=True)
class MarginRates:
    long: Decimal
    short: Decimal


INTRADAY_RATES = MarginRates(Decimal("0.1000185"), Decimal("0.1000008"))
OVERNIGHT_RATES = MarginRates(Decimal("0.245625"), Decimal("0.306375"))
TAKER_RATE = Decimal("0.0008")
MAKER_RATE = Decimal("0.00075")
FLAT_FEE_PER_CONTRACT = Decimal("0.15")


def _perp(code: str, root: str, size: str, tick: str, price: str, depth: int, rate: str) -> Product:
    return Product(
        id=f"{code}-20DEC30-CDE",
        kind=Kind.PERP,
        root=root,
        name=f"{root} PERP",
        contract_size=Decimal(size),
        tick=Decimal(tick),
        start_price=Decimal(price),
        depth_contracts=depth,
        funding_rate=Decimal(rate),
    )


PRODUCTS: tuple[Product, ...] = (
    _perp("BIP", "BTC", "0.01", "5", "69000", 40, "0.000013"),
    _perp("ETP", "ETH", "0.10", "0.5", "2100", 60, "0.000011"),
    _perp("SLP", "SOL", "5", "0.01", "84.00", 50, "0.000009"),
    _perp("XPP", "XRP", "500", "0.0001", "1.3500", 50, "0.000008"),
    Product(
        id="BIT-26MAR27-CDE",
        kind=Kind.DATED,
        root="BTC",
        name="BTC 26 MAR 27",
        contract_size=Decimal("0.01"),
        tick=Decimal("5"),
        start_price=Decimal("70200"),
        depth_contracts=25,
        expiry=datetime(2027, 3, 26, 16, tzinfo=UTC),
    ),
    Product(
        id="BTC-USD",
        kind=Kind.SPOT,
        root="BTC",
        name="BTC-USD",
        contract_size=Decimal(1),
        tick=Decimal("0.01"),
        start_price=Decimal("68950"),
        depth_contracts=3,
    ),
)
BY_ID: dict[str, Product] = {product.id: product for product in PRODUCTS}
