"""What two people agree on: the desk as the first one saw it, and whether it is still so for the second."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

MARK_MOVES_PCT = Decimal(1)
"""A mark that has gone farther than this is another market than the one that was looked at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One open position as it was seen; `mark` is None where no price was known."""

    contracts: int
    mark: Decimal | None


@dataclass(frozen=True, slots=True)
class Sight:
    """A desk at one instant, as far as a decision to take risk again rests on it."""

    at: datetime
    mode: str
    constraints: frozenset[str]
    positions: Mapping[str, Seen]

    def body(self) -> dict[str, Any]:
        """As JSON values, for the request that keeps it."""
        return {
            "at": self.at.isoformat(),
            "mode": self.mode,
            "constraints": sorted(self.constraints),
            "positions": {
                product_id: [seen.contracts, None if seen.mark is None else str(seen.mark)]
                for product_id, seen in sorted(self.positions.items())
            },
        }


def sight_of(body: Mapping[str, Any]) -> Sight:
    """The sight that `body` holds. Raises KeyError, ValueError, ArithmeticError for another shape."""
    return Sight(
        datetime.fromisoformat(body["at"]),
        str(body["mode"]),
        frozenset(map(str, body["constraints"])),
        {
            str(product_id): Seen(int(contracts), None if mark is None else Decimal(mark))
            for product_id, (contracts, mark) in body["positions"].items()
        },
    )


def drift(then: Sight, now: Sight) -> list[str]:
    """What is no longer as it was seen, in words; nothing when the decision still rests on it.

    What has become tighter or smaller is no drift, but for a position that turned over or is gone:
    whoever agreed to it agreed to something else.
    """
    return [
        *(f"{rule} constrains the desk now" for rule in sorted(now.constraints - then.constraints)),
        *_positions(then.positions, now.positions),
    ]


def _positions(then: Mapping[str, Seen], now: Mapping[str, Seen]) -> list[str]:
    found = []
    for product_id in sorted(then.keys() | now.keys()):
        before = then.get(product_id, Seen(0, None))
        after = now.get(product_id, Seen(0, None))
        if _another(before.contracts, after.contracts):
            found.append(f"{product_id} was {before.contracts:+d} and is {after.contracts:+d}")
        elif after.contracts:
            found += _moved(product_id, before.mark, after.mark)
    return found


def _another(before: int, after: int) -> bool:
    """Grown, turned over, opened or gone."""
    return (before * after <= 0 and before != after) or abs(after) > abs(before)


def _moved(product_id: str, before: Decimal | None, after: Decimal | None) -> list[str]:
    if after is None:
        return [f"{product_id} has no mark price now"]
    if before is None:
        return []
    moved_pct = (after - before) / before * 100
    if abs(moved_pct) <= MARK_MOVES_PCT:
        return []
    return [f"{product_id} moved {moved_pct:+.2f} % to {after.normalize():f}"]
