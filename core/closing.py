"""What closing a position would come to, between the best price shown and the furthest allowed."""

from dataclasses import dataclass
from decimal import Decimal

from core.flatten import within
from core.orders import Side, closing_side
from core.positions import Position
from core.products import Mark, Product


@dataclass(frozen=True, slots=True)
class Estimate:
    """At `best` all of it is filled at the best price of the book; beyond `worst` nothing is sent."""

    side: Side
    best: Decimal
    worst: Decimal | None
    """None where no limit is known."""
    best_usd: Decimal
    """What the close would realise at the best price, before fees."""
    worst_usd: Decimal | None
    spread_usd: Decimal
    """How much less the best price brings than the mark."""


def estimate(
    product: Product, position: Position, mark: Mark, collar_pct: Decimal | None
) -> Estimate:
    """How deep the book is nobody keeps: the truth lies between both ends."""
    side = closing_side(position.contracts)
    best = mark.bid if side is Side.SELL else mark.ask
    worst = within(product, mark, side.sign, collar_pct) if collar_pct is not None else None
    best_usd = position.unrealised_usd(best)
    return Estimate(
        side,
        best,
        worst,
        best_usd,
        position.unrealised_usd(worst) if worst is not None else None,
        position.unrealised_usd(mark.price) - best_usd,
    )
