"""The trading limits of a profile: every one typed, each with its unit in its name."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """What a desk may do at most. Percentages are of 100; base sizes are in the underlying coin."""

    max_position_base: Mapping[str, Decimal]
    """Largest position per underlying; an underlying that is not named is not traded."""
    max_order_contracts: int
    max_order_notional_usd: Decimal
    max_position_notional_usd: Decimal
    max_leverage: Decimal
    daily_loss_usd: Decimal
    max_orders_per_minute: int
    price_collar_pct: Decimal
    """How far from the mark an entry or exit may be priced."""
    emergency_collar_pct: Decimal
    """How far from the mark a flatten may be priced, and no further."""
    mark_stale_s: Decimal
    stop_distance_pct: Decimal
    """Where the protective stop of every position rests, from its entry."""
    entry_lifetime_s: int
    """Resting entries are good till this long after they are sent, so that they end with the host."""
    max_drawdown_pct: Decimal = Decimal(5)
    """How far equity may fall from the highest it has ever reached, both net of transfers."""

    @property
    def underlyings(self) -> tuple[str, ...]:
        return tuple(self.max_position_base)

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of every limit, in the order they are declared, for showing."""
        return [(field.name, _shown(getattr(self, field.name))) for field in fields(self)]


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {size}" for name, size in value.items())
    return str(value)
