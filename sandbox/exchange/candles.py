"""Candles: minutes as they were traded, and before the first start the wave itself."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.exchange.decimals import ZERO, plain
from sandbox.exchange.market import Market, Trade
from sandbox.exchange.wave import STEPS_PER_SECOND, mixed

GRANULARITIES: dict[str, int] = {
    "ONE_MINUTE": 60,
    "FIVE_MINUTE": 300,
    "FIFTEEN_MINUTE": 900,
    "THIRTY_MINUTE": 1_800,
    "ONE_HOUR": 3_600,
    "TWO_HOUR": 7_200,
    "FOUR_HOUR": 14_400,
    "SIX_HOUR": 21_600,
    "ONE_DAY": 86_400,
}
BUCKETS_MAX = 350
_POINTS = 8
_CACHE_SIZE = 20_000


@dataclass(slots=True)
class Candle:
    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def add(self, price: Decimal, size: int) -> None:
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += size

    def view(self) -> dict[str, str]:
        return {
            "start": str(self.start),
            "low": plain(self.low),
            "high": plain(self.high),
            "open": plain(self.open),
            "close": plain(self.close),
            "volume": plain(self.volume),
        }

    def row(self) -> list[str | int]:
        prices = (self.open, self.high, self.low, self.close, self.volume)
        return [self.start, *(plain(price) for price in prices)]


class Candles:
    """The candles of one product. Minutes are kept in time order."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._wave = market.history_wave()
        self._minutes: list[Candle] = []
        self._day: Candle | None = None
        self._history: dict[tuple[int, int], Candle] = {}

    def record(self, trade: Trade, unix_s: int) -> Candle | None:
        """Adds a trade to its minute; the result is the minute that it closed, if any."""
        start = unix_s - unix_s % 60
        if self._minutes and self._minutes[-1].start == start:
            self._minutes[-1].add(trade.price, trade.size)
            return None
        closed = self._minutes[-1] if self._minutes else None
        price = trade.price
        self._minutes.append(Candle(start, price, price, price, price, Decimal(trade.size)))
        return closed

    def current(self) -> Candle | None:
        return self._minutes[-1] if self._minutes else None

    def remember(self, rows: list[list[Any]]) -> None:
        self._minutes = [Candle(row[0], *(Decimal(text) for text in row[1:])) for row in rows]

    def between(self, start: int, end: int, seconds: int, limit: int) -> list[Candle]:
        """Buckets that start in [start, end], newest first, at most ``limit``."""
        newest = end - end % seconds
        oldest = max(start + (-start) % seconds, newest - seconds * (limit - 1))
        return [self.bucket(at, seconds) for at in range(newest, oldest - 1, -seconds)]

    def day(self, unix_s: int) -> Candle:
        """The 24 hours up to the last full minute."""
        start = unix_s - unix_s % 60 - 86_400
        if self._day is None or self._day.start != start:
            self._day = self.bucket(start, 86_400)
        return self._day

    def bucket(self, start: int, seconds: int) -> Candle:
        first = bisect_left(self._minutes, start, key=lambda candle: candle.start)
        last = bisect_left(self._minutes, start + seconds, key=lambda candle: candle.start)
        minutes = self._minutes[first:last]
        if not minutes:
            return self._from_history(start, seconds)
        if first == 0 and minutes[0].start > start:
            minutes = [self._from_history(start, minutes[0].start - start), *minutes]
        return Candle(
            start,
            minutes[0].open,
            max(candle.high for candle in minutes),
            min(candle.low for candle in minutes),
            minutes[-1].close,
            sum((candle.volume for candle in minutes), ZERO),
        )

    def _from_history(self, start: int, seconds: int) -> Candle:
        key = (start, seconds)
        if key not in self._history:
            if len(self._history) >= _CACHE_SIZE:
                self._history.clear()
            self._history[key] = self._sampled(start, seconds)
        return self._history[key]

    def _sampled(self, start: int, seconds: int) -> Candle:
        prices = [
            self._market.history_price(
                self._wave, (start + seconds * point // _POINTS) * STEPS_PER_SECOND
            )
            for point in range(_POINTS + 1)
        ]
        volume = Decimal(seconds * (15 + mixed(start) % 20))
        return Candle(start, prices[0], max(prices), min(prices), prices[-1], volume)
