"""The synthetic depth on both sides of a market, and how an order takes from it."""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.exchange.wave import mixed

LEVELS = 20


@dataclass(frozen=True, slots=True)
class Level:
    price: Decimal
    size: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How a book is laid out; ``exact`` gives every level the same size."""

    spread_bps: Decimal
    contracts: int
    exact: bool


class Book:
    """One step's book. What is taken stays taken until the next step lays a new one."""

    def __init__(self, mid: Decimal, tick: Decimal, depth: Depth, salt: int) -> None:
        gap = max(1, int(mid * depth.spread_bps / 10_000 / tick))
        best_bid = int(mid / tick) - gap // 2
        self._tick = tick
        self._sizes = {
            "BUY": _side(best_bid + gap, 1, depth, salt),
            "SELL": _side(best_bid, -1, depth, salt + 7),
        }
        self.best_bid = best_bid * tick
        self.best_ask = (best_bid + gap) * tick

    def against(self, side: str, limit: Decimal | None = None) -> list[Level]:
        """The levels an order of that side would meet, best first, not beyond its limit."""
        levels = [Level(at * self._tick, size) for at, size in self._sizes[side].items() if size]
        if limit is None:
            return levels
        if side == "BUY":
            return [level for level in levels if level.price <= limit]
        return [level for level in levels if level.price >= limit]

    def bids(self) -> list[Level]:
        return self.against("SELL")

    def asks(self) -> list[Level]:
        return self.against("BUY")

    def crosses(self, side: str, price: Decimal) -> bool:
        return price >= self.best_ask if side == "BUY" else price <= self.best_bid

    def take(self, side: str, size: int, limit: Decimal | None) -> list[Level]:
        """Takes up to ``size`` contracts within ``limit``; the result is what each level gave."""
        taken: list[Level] = []
        for level in self.against(side, limit):
            given = min(size, level.size)
            taken.append(Level(level.price, given))
            self._sizes[side][int(level.price / self._tick)] -= given
            size -= given
            if size == 0:
                break
        return taken


def _side(best: int, away: int, depth: Depth, salt: int) -> dict[int, int]:
    """Tick number → contracts, best first."""
    sizes: dict[int, int] = {}
    at = best
    for number in range(LEVELS):
        noise = mixed(salt * 31 + number)
        size = depth.contracts
        if not depth.exact and size:
            size = 1 + size * (50 + noise % 100) // 100
        sizes[at] = size
        at += away * (1 + (noise >> 20) % 2)
    return sizes
