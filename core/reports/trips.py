"""Round trips, from flat to flat, and how many of them won: never a rate without its number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import sqrt

from core.orders import Fill
from core.positions import ZERO, Position, apply_fill

Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Trip:
    """From flat to flat, or to the other side. `net_usd` is after fees and before funding."""

    product_id: str
    closed_at: datetime
    net_usd: Decimal


@dataclass(frozen=True, slots=True)
class Tally:
    """How trips ended. One that made nothing counts apart from both."""

    won: int
    lost: int
    even: int
    average_win_usd: Decimal | None
    average_loss_usd: Decimal | None

    @property
    def n(self) -> int:
        return self.won + self.lost + self.even

    def __str__(self) -> str:
        if not self.n:
            return "no round trip was closed"
        low, high = wilson(self.won, self.n)
        rate = 100 * self.won / self.n
        return f"{self.won} of {self.n} won ({rate:.0f} %; 95 % interval {low:.0%} to {high:.0%})"


def wilson(won: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927): honest for few trials, where others are not."""
    share, z2 = won / n, Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def round_trips(
    fills: Iterable[Fill], contract_sizes: Mapping[str, Decimal], held_before: Mapping[str, int]
) -> list[Trip]:
    """Fills oldest first. A position that was open before them is left out: its cost is not known."""
    found: list[Trip] = []
    positions: dict[str, Position] = {}
    unknown = {product_id: held for product_id, held in held_before.items() if held}
    for fill in fills:
        product_id = fill.product_id
        if product_id in unknown:
            _run_down(unknown, fill)
            continue
        before = positions.get(product_id) or Position(product_id, contract_sizes[product_id])
        after = apply_fill(before, fill)
        if before.contracts and before.contracts * after.contracts <= 0:
            found.append(Trip(product_id, fill.at, after.realised_usd - after.fees_usd))
            after = Position(
                product_id, after.contract_size, after.contracts, after.cost
            )  # what the next trip makes begins at nothing
        positions[product_id] = after
    return found


def _run_down(unknown: dict[str, int], fill: Fill) -> None:
    left = unknown[fill.product_id] + fill.side.sign * fill.contracts
    if left * unknown[fill.product_id] <= 0:
        del unknown[fill.product_id]
    else:
        unknown[fill.product_id] = left


def tally(trips: Sequence[Trip]) -> Tally:
    wins = [trip.net_usd for trip in trips if trip.net_usd > 0]
    losses = [trip.net_usd for trip in trips if trip.net_usd < 0]
    return Tally(
        len(wins),
        len(losses),
        len(trips) - len(wins) - len(losses),
        sum(wins, ZERO) / len(wins) if wins else None,
        sum(losses, ZERO) / len(losses) if losses else None,
    )
