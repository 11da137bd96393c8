"""Margin: how far an account is from liquidation, what the night asks for, and what would restore it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from core.positions import ZERO, Position
from core.products import Mark, Product

STEP_NEAR = timedelta(minutes=30)
"""How long before the overnight margin applies a desk has to be ready for it."""
WINDOW_BELIEVED = timedelta(minutes=5)
"""A window that was not read for so long may end at any moment."""
PART = Decimal("0.25")
"""How much of a position one step of de-risking closes at most."""
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class MarginWindow:
    """Whether the lower intraday margin applies, until when, and when the exchange said so."""

    intraday: bool
    ends_at: datetime
    at: datetime

    def step_ahead(self, now: datetime) -> bool:
        """Whether the overnight margin is about to apply, or nobody knows that it is not."""
        if not self.intraday or now >= self.ends_at:
            return False
        return self.ends_at - now <= STEP_NEAR or now - self.at > WINDOW_BELIEVED


def buffer_pct_of(equity_usd: Decimal, needed_usd: Decimal) -> Decimal:
    """How much more equity there is than margin asks for, in percent of that margin."""
    return (equity_usd - needed_usd) / needed_usd * 100


def overnight_usd(
    positions: Iterable[Position], products: Mapping[str, Product], marks: Mapping[str, Mark]
) -> Decimal:
    """Margin at the overnight rates of what is held, as far as it can be valued."""
    needed = ZERO
    for position in positions:
        product, mark = products.get(position.product_id), marks.get(position.product_id)
        if product is not None and mark is not None:
            needed += overnight_margin_usd(product, position.contracts, mark.price)
    return needed


def overnight_margin_usd(product: Product, contracts: int, price: Decimal) -> Decimal:
    """What so many contracts, signed, ask for overnight."""
    rate = product.long_margin_rate if contracts > 0 else product.short_margin_rate
    return product.notional_usd(contracts, price) * rate


def share_too_much(buffer_pct: Decimal, wanted_pct: Decimal) -> Decimal:
    """Which part of all that is held has to go until the buffer is as wanted; 0 to 1."""
    share = 1 - (100 + buffer_pct) / (100 + wanted_pct)
    return min(ONE, max(ZERO, share))


def missing_usd(equity_usd: Decimal, buffer_pct: Decimal, wanted_pct: Decimal) -> Decimal:
    """How many dollars paid in would restore the buffer without closing anything."""
    if buffer_pct >= wanted_pct:
        return ZERO
    if buffer_pct <= -100:
        return max(ZERO, -equity_usd)
    needed_usd = equity_usd / (1 + buffer_pct / 100)
    return (needed_usd * (wanted_pct - buffer_pct) / 100).quantize(
        Decimal("0.01"), rounding=ROUND_CEILING
    )


def liquidation_price(
    product: Product, contracts: int, price: Decimal, equity_usd: Decimal, buffer_pct: Decimal
) -> Decimal | None:
    """Where the account would be liquidated if this product alone moved; None where no price does it.

    All positions share one margin. A long one's is taken to stay as it falls, a short one's to grow at
    the overnight rate as it rises: while today's margin applies, the true price is no nearer than this.
    """
    needed_usd = equity_usd / (1 + buffer_pct / 100) if buffer_pct > -100 else equity_usd
    room_usd = max(ZERO, equity_usd - needed_usd)
    base = product.base_size(abs(contracts))
    if contracts > 0:
        reached = price - room_usd / base
        return reached if reached > 0 else None
    return price + room_usd / (base * (1 + product.short_margin_rate))


@dataclass(frozen=True, slots=True)
class Part:
    """What one step of de-risking closes: so many contracts of one position, never more than it holds."""

    product_id: str
    contracts: int


def next_part(
    positions: Iterable[Position], marks: Mapping[str, Mark], share: Decimal
) -> Part | None:
    """A part of the position that is worth most; None where nothing has to go or can be valued."""
    worth = {
        position: position.notional_usd(marks[position.product_id].price)
        for position in positions
        if position.contracts and position.product_id in marks
    }
    if not worth or share <= 0:
        return None
    largest = max(worth, key=lambda position: (worth[position], position.product_id))
    held = abs(largest.contracts)
    too_much_usd = sum(worth.values()) * share
    one_usd = worth[largest] / held
    enough = int((too_much_usd / one_usd).to_integral_value(ROUND_CEILING))
    part = int((held * PART).to_integral_value(ROUND_CEILING))
    return Part(largest.product_id, min(enough, part, held))
