"""The worst that working orders can do to a position, whichever subset of them fills."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.orders import Side, closing_side


@dataclass(frozen=True, slots=True)
class Reservation:
    """Contracts that a live order may still fill."""

    side: Side
    contracts: int


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The lowest and highest position (signed contracts) that any subset of fills can reach."""

    lowest: int
    highest: int


def worst_case(position: int, live: Iterable[Reservation]) -> WorstCase:
    """Fills of one side only push one way, so the extremes are all sells, or all buys."""
    buys = sells = 0
    for reservation in live:
        if reservation.side is Side.BUY:
            buys += reservation.contracts
        else:
            sells += reservation.contracts
    return WorstCase(position - sells, position + buys)


def room_to_reduce(position: int, live: Iterable[Reservation]) -> int:
    """How many more contracts may be sent towards flat without any subset of fills flipping the sign."""
    if position == 0:
        return 0
    closing = closing_side(position)
    reserved = sum(r.contracts for r in live if r.side is closing)
    return max(0, abs(position) - reserved)
