"""The exact worst case, by brute force: every position that some subset of fills leads to."""

from collections.abc import Iterable

Movable = tuple[int, int]
"""What one order may still do: its sign (+1 buys, -1 sells) and the contracts left of it."""


def reachable(position: int, orders: Iterable[Movable]) -> frozenset[int]:
    """Every order fills by any part of itself, in every combination with the others."""
    found = {position}
    for sign, left in orders:
        found = {before + sign * part for before in found for part in range(left + 1)}
    return frozenset(found)


def growing(position: int, orders: Iterable[Movable]) -> list[int]:
    """The positions within reach that are larger than this one, or on its other side."""
    low, high = min(0, position), max(0, position)
    return sorted(p for p in reachable(position, orders) if not low <= p <= high)
