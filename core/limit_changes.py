"""Limits compared: which way of each is the stricter one, and what a change of one comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from core.limits import Limits

HALF = Decimal("0.5")


class Stricter(StrEnum):
    """Which change of a limit takes risk away. Whatever is not stricter takes two people."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"
    """A flatten may be priced so far and no further: less could keep it from closing, more costs money."""


STRICTER: Mapping[str, Stricter] = {
    "max_position_base": Stricter.LOWER,
    "max_order_contracts": Stricter.LOWER,
    "max_order_notional_usd": Stricter.LOWER,
    "max_position_notional_usd": Stricter.LOWER,
    "max_leverage": Stricter.LOWER,
    "daily_loss_usd": Stricter.LOWER,
    "max_orders_per_minute": Stricter.LOWER,
    "price_collar_pct": Stricter.LOWER,
    "emergency_collar_pct": Stricter.NEITHER,
    "mark_stale_s": Stricter.LOWER,
    "stop_distance_pct": Stricter.LOWER,
    "entry_lifetime_s": Stricter.LOWER,
    "max_drawdown_pct": Stricter.LOWER,
    "max_gross_notional_usd": Stricter.LOWER,
    "max_net_notional_usd": Stricter.LOWER,
    "max_share_pct": Stricter.LOWER,
    "max_one_way_notional_usd": Stricter.LOWER,
    "moves_with_market": Stricter.HIGHER,
    "max_slippage_pct": Stricter.LOWER,
    "max_move_pct": Stricter.LOWER,
    "duplicate_window_s": Stricter.HIGHER,
    "symbol_notional_usd": Stricter.LOWER,
    "symbol_leverage": Stricter.LOWER,
}

ENDLESS = frozenset({"symbol_notional_usd", "symbol_leverage"})
"""Limits that an underlying need not have: without one it has none of its own."""

SIZES = (
    "max_order_contracts",
    "max_order_notional_usd",
    "max_position_notional_usd",
    "max_gross_notional_usd",
    "max_net_notional_usd",
    "max_one_way_notional_usd",
)
SIZES_OF_ONE = ("max_position_base.", "symbol_notional_usd.")


WHOLE = frozenset(field.name for field in fields(Limits) if field.type in (int, "int"))


class NoSuchLimit(Exception):
    """No limit has this name; the message lists those that there are."""


class NotALimit(Exception):
    """The value cannot be one of this limit; the message says what can."""


@dataclass(frozen=True, slots=True)
class Change:
    """One limit from a value to another; None: the underlying is not traded, or has no such limit."""

    name: str
    before: Decimal | None
    after: Decimal | None

    @property
    def looser(self) -> bool:
        """Whether it needs two people."""
        kind = self.name.split(".")[0]
        if kind in ENDLESS and None in (self.before, self.after):
            return self.after is None
        match STRICTER[kind]:
            case Stricter.LOWER:
                return (self.after or 0) > (self.before or 0)
            case Stricter.HIGHER:
                return (self.after or 0) < (self.before or 0)
        return True

    def __str__(self) -> str:
        none = "no limit" if self.name.split(".")[0] in ENDLESS else "not traded"
        return f"{self.name} {_shown(self.before, none)} → {_shown(self.after, none)}"


def values(limits: Limits) -> dict[str, Decimal]:
    """Every limit by name; what is per underlying as `max_position_base.BTC`."""
    found: dict[str, Decimal] = {}
    for field in fields(limits):
        value = getattr(limits, field.name)
        if isinstance(value, Mapping):
            found |= {f"{field.name}.{key}": Decimal(one) for key, one in value.items()}
        else:
            found[field.name] = Decimal(value)
    return found


def changes(before: Mapping[str, Decimal], after: Mapping[str, Decimal]) -> list[Change]:
    """What differs, in the order in which limits are declared."""
    names = [*before, *(name for name in after if name not in before)]
    both = (Change(name, before.get(name), after.get(name)) for name in names)
    return [change for change in both if change.before != change.after]


def changed(now: Mapping[str, Decimal], wanted: list[Change]) -> dict[str, Decimal]:
    """The values with these changes made."""
    made = dict(now)
    for change in wanted:
        if change.after is None:
            made.pop(change.name, None)
        else:
            made[change.name] = change.after
    return made


def limits_of(found: Mapping[str, Decimal], like: Limits) -> Limits:
    """`found` as limits. What it does not name, because it is newer than `found`, is as in `like`."""
    given: dict[str, Any] = {}
    for field in fields(like):
        value = getattr(like, field.name)
        if isinstance(value, Mapping):
            start = f"{field.name}."
            given[field.name] = {
                name.removeprefix(start): one
                for name, one in found.items()
                if name.startswith(start)
            }
        elif field.name in found:
            given[field.name] = type(value)(found[field.name])
    return replace(like, **given)


def change_to(now: Mapping[str, Decimal], name: str, text: str) -> Change:
    """The change that a person typed. Raises NoSuchLimit, NotALimit."""
    if name not in (known := {*now, *_endless(now)}):
        raise NoSuchLimit(f"no limit is called {name!r}; there are {', '.join(sorted(known))}")
    try:
        value = Decimal(text)
    except InvalidOperation as why:
        raise NotALimit(f"{text!r} is no number") from why
    if not value.is_finite() or value < 0:
        raise NotALimit(f"{text} is no limit; it has to be 0 or more")
    if name in WHOLE and value % 1:
        raise NotALimit(f"{name} is counted in whole numbers, not {text}")
    return Change(name, now.get(name), value)


def _endless(now: Mapping[str, Decimal]) -> list[str]:
    """The limits that a traded underlying may be given."""
    traded = [name.split(".")[1] for name in now if name.startswith("max_position_base.")]
    return [f"{kind}.{underlying}" for kind in sorted(ENDLESS) for underlying in traded]


def conservative(now: Mapping[str, Decimal]) -> list[Change]:
    """Half of every size, leverage 1: what whoever has a bad feeling does first."""
    halved = {name for name in now if name in SIZES or name.startswith(SIZES_OF_ONE)}
    smaller = {name: _half(name, now[name]) for name in halved}
    if "max_leverage" in now:
        smaller["max_leverage"] = min(now["max_leverage"], Decimal(1))
    return changes(now, {name: smaller.get(name, value) for name, value in now.items()})


def _half(name: str, value: Decimal) -> Decimal:
    half = value * HALF
    return Decimal(int(half)) if name in WHOLE else half


def _shown(value: Decimal | None, none: str) -> str:
    return none if value is None else f"{value.normalize():f}"
