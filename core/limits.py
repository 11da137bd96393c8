"""The trading limits of a profile: every one typed, each with its unit in its name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any, get_type_hints

NONE = "none"
"""How a limit is shown that holds for no underlying."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a desk may do at most. Percentages are of 100; base sizes are in the underlying coin."""

    max_position_base: Mapping[str, Decimal]
    """Largest position per underlying; an underlying that is not named is not traded."""
    max_order_contracts: int
    max_order_notional_usd: Decimal
    max_position_notional_usd: Decimal
    max_leverage: Decimal
    """All that the desk could hold, in times its equity."""
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
    max_gross_notional_usd: Decimal = Decimal(1_000_000)
    """All that the desk could hold, long and short added up."""
    max_net_notional_usd: Decimal = Decimal(1_000_000)
    """Long less short, or short less long."""
    max_share_pct: Decimal = Decimal(100)
    """How much of the largest book one symbol may take: of a first position's book it is always all."""
    max_one_way_notional_usd: Decimal = Decimal(1_000_000)
    """All longs, or all shorts, each counted as far as it moves with the others."""
    moves_with_market: Mapping[str, Decimal] = field(default_factory=dict)
    """How far an underlying moves with the others, 0 to 1; one that is not named moves with them fully."""
    max_slippage_pct: Decimal = Decimal(1)
    """How far from the mark an entry that fills at once may be expected to."""
    max_move_pct: Decimal = Decimal(100)
    """How far the mark may have moved within ten minutes: beyond it, no entries until that is over."""
    duplicate_window_s: Decimal = Decimal(0)
    """How long the same entry once more counts as sent by mistake."""

    symbol_notional_usd: Mapping[str, Decimal] = field(default_factory=dict)
    """A position's worth per underlying that has a limit of its own, beside the one for all."""
    symbol_leverage: Mapping[str, Decimal] = field(default_factory=dict)
    """What one underlying's position may be worth in times the equity; those that have such a limit."""

    @property
    def underlyings(self) -> tuple[str, ...]:
        return tuple(self.max_position_base)

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of every limit, in the order they are declared, for showing."""
        return [(one.name, _shown(getattr(self, one.name))) for one in fields(self)]


def limits_of(rows: Iterable[tuple[str, str]]) -> Limits:
    """The limits that `rows` shows. Raises ValueError where they are of another version of us."""
    texts, kinds = dict(rows), get_type_hints(Limits)
    try:
        return Limits(
            **{one.name: _read(kinds[one.name], texts[one.name]) for one in fields(Limits)}
        )
    except (KeyError, InvalidOperation) as bad:
        raise ValueError(f"not limits as this version knows them: {bad}") from bad


def _read(kind: object, text: str) -> Any:
    if kind is int:
        return int(text)
    if kind is Decimal:
        return Decimal(text)
    pairs = [] if text == NONE else [one.split(" ", 1) for one in text.split(", ")]
    return {name: Decimal(size) for name, size in pairs}


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {size}" for name, size in value.items()) or NONE
    return str(value)
