"""The products the exchange can list: twenty perps, four by default, one dated future, one spot pair."""

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


_ALWAYS: tuple[Product, ...] = (
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
_MORE_PERPS: tuple[Product, ...] = (
    _perp("DOP", "DOGE", "5000", "0.0001", "0.1400", 60, "0.000010"),
    _perp("ADP", "ADA", "1000", "0.0001", "0.4200", 50, "0.000009"),
    _perp("LNP", "LINK", "50", "0.001", "13.200", 40, "0.000008"),
    _perp("LCP", "LTC", "5", "0.01", "81.50", 40, "0.000007"),
    _perp("AVP", "AVAX", "10", "0.01", "13.40", 40, "0.000009"),
    _perp("BHP", "BCH", "1", "0.05", "520.00", 30, "0.000006"),
    _perp("XLP", "XLM", "5000", "0.0001", "0.2300", 40, "0.000007"),
    _perp("HBP", "HBAR", "5000", "0.0001", "0.1300", 40, "0.000008"),
    _perp("SUP", "SUI", "500", "0.0005", "1.5000", 40, "0.000010"),
    _perp("DTP", "DOT", "100", "0.001", "2.150", 40, "0.000008"),
    _perp("NRP", "NEAR", "100", "0.001", "1.800", 40, "0.000008"),
    _perp("UNP", "UNI", "50", "0.001", "5.600", 40, "0.000007"),
    _perp("AAP", "AAVE", "1", "0.05", "165.00", 30, "0.000009"),
    _perp("APP", "APT", "100", "0.001", "1.900", 40, "0.000008"),
    _perp("ARP", "ARB", "2000", "0.0001", "0.2000", 40, "0.000008"),
    _perp("TAP", "TAO", "1", "0.05", "280.00", 30, "0.000011"),
)
# Appended: a product's place seeds its market.
_ALL = _ALWAYS + _MORE_PERPS
PERPS_MIN = sum(product.kind is Kind.PERP for product in _ALWAYS)
PERPS_MAX = PERPS_MIN + len(_MORE_PERPS)
BY_ID: dict[str, Product] = {product.id: product for product in _ALL}


def listed(perps: int) -> tuple[Product, ...]:
    """What an exchange with so many perps lists; PERPS_MIN to PERPS_MAX."""
    return _ALL[: len(_ALWAYS) + perps - PERPS_MIN]
