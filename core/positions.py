"""Average-cost books for one product: what fills and funding do to a position and its P&L.

Formulas are the usual average-cost ones: adding moves the average, reducing realises
sign(q)·c·(p − avg)·m and leaves it, crossing zero closes the whole and opens the rest at the price.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from core.orders import Fill

ZERO = Decimal(0)
_SHARE_PLACES = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Position:
    """Signed contracts with average entry price, and the P&L they have made so far, all in USD.

    `cost` is the signed sum of contracts × price still open, kept instead of the average so that
    books stay exact: an average of thirds is not representable, its sum is.
    """

    product_id: str
    contract_size: Decimal
    contracts: int = 0
    cost: Decimal = ZERO
    realised_usd: Decimal = ZERO
    fees_usd: Decimal = ZERO
    funding_usd: Decimal = ZERO

    @property
    def average_price(self) -> Decimal:
        """Average entry price, zero when flat. For showing; the books use `cost`."""
        return self.cost / self.contracts if self.contracts else ZERO

    @property
    def net_usd(self) -> Decimal:
        """Realised plus funding less fees: what this product has done to cash."""
        return self.realised_usd + self.funding_usd - self.fees_usd

    def unrealised_usd(self, price: Decimal) -> Decimal:
        return (self.contracts * price - self.cost) * self.contract_size

    def notional_usd(self, price: Decimal) -> Decimal:
        return abs(self.contracts) * self.contract_size * price


def apply_fill(position: Position, fill: Fill) -> Position:
    """The position after one fill. Raises ValueError for a fill of another product."""
    if fill.product_id != position.product_id:
        raise ValueError(f"a fill of {fill.product_id} cannot be booked on {position.product_id}")
    change = fill.side.sign * fill.contracts
    after = replace(position, fees_usd=position.fees_usd + fill.fee)
    if position.contracts * change >= 0:
        return replace(
            after,
            contracts=position.contracts + change,
            cost=position.cost + change * fill.price,
        )
    return _reduce(after, change, fill.price)


def _reduce(position: Position, change: int, price: Decimal) -> Position:
    closed = min(abs(change), abs(position.contracts))
    share = _cost_share(position, closed)
    sign = 1 if position.contracts > 0 else -1
    realised = (sign * closed * price - share) * position.contract_size
    left = position.contracts + change
    opened = left if abs(change) > closed else 0
    return replace(
        position,
        contracts=left,
        cost=opened * price if opened or not left else position.cost - share,
        realised_usd=position.realised_usd + realised,
    )


def _cost_share(position: Position, closed: int) -> Decimal:
    """The part of the cost that `closed` contracts carry; rounding stays in what remains open.

    Rounded to a fixed place, so that taking it from the cost loses no digit.
    """
    if closed == abs(position.contracts):
        return position.cost
    return (position.cost * closed / abs(position.contracts)).quantize(_SHARE_PLACES)


def taken_over(position: Position, contracts: int, average_price: Decimal) -> Position:
    """The position as the exchange has it. What it made so far stays; only what is open changes."""
    return replace(position, contracts=contracts, cost=contracts * average_price)


def apply_funding(position: Position, price: Decimal, rate: Decimal) -> Position:
    """One funding event: longs pay shorts when the rate is positive (−q·m·P·rate)."""
    paid = position.contracts * position.contract_size * price * rate
    return replace(position, funding_usd=position.funding_usd - paid)
