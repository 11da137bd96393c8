"""A perpetual future as the exchange describes it: sizes, ticks, session and flags."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from core.orders import Side


@dataclass(frozen=True, slots=True)
class Product:
    """Contract terms and trading flags. `contract_size` is base units per contract."""

    product_id: str
    name: str
    underlying: str
    contract_size: Decimal
    price_increment: Decimal
    min_contracts: int
    max_contracts: int
    session_open: bool
    trading_disabled: bool
    cancel_only: bool
    post_only: bool
    view_only: bool
    funding_rate: Decimal | None
    funding_time: datetime | None
    long_margin_rate: Decimal
    short_margin_rate: Decimal

    def notional_usd(self, contracts: int, price: Decimal) -> Decimal:
        """Absolute value of so many contracts at a price."""
        return abs(contracts) * self.contract_size * price

    def base_size(self, contracts: int) -> Decimal:
        return contracts * self.contract_size

    def contracts_for(self, notional_usd: Decimal, price: Decimal) -> int:
        """How many whole contracts a notional buys, rounded down."""
        return int(notional_usd / (self.contract_size * price))

    def tick(self, price: Decimal, side: Side) -> Decimal:
        """The nearest allowed price that is at least as easy to fill: up for a buy, down for a sell."""
        rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
        ticked = (price / self.price_increment).to_integral_value(rounding) * self.price_increment
        return max(ticked, self.price_increment)

    def closed_because(self) -> str | None:
        """Why this product takes no new risk now, or None when it does."""
        if self.view_only:
            return "it has expired and can only be viewed"
        if self.trading_disabled:
            return "the exchange has disabled trading in it"
        if self.cancel_only:
            return "the exchange takes only cancels for it"
        if self.post_only:
            return "the exchange takes only orders that rest, so nothing could be closed at once"
        if not self.session_open:
            return "its trading session is closed"
        return None

    def shut_because(self) -> str | None:
        """Why nothing can be closed in this product for a while, or None when it can."""
        if self.trading_disabled:
            return "the exchange has disabled trading in it"
        if self.cancel_only:
            return "the exchange takes only cancels for it"
        return None if self.session_open else "its session is closed"


@dataclass(frozen=True, slots=True)
class Mark:
    """The price a position is valued at: mid of the best bid and ask, with its age and origin."""

    product_id: str
    price: Decimal
    bid: Decimal
    ask: Decimal
    at: datetime
    source: str

    def age_s(self, now: datetime) -> float:
        return (now - self.at).total_seconds()
