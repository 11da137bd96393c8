"""One product's market: price, book and trades at the current step, and what control bends."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.exchange.book import Book, Depth
from sandbox.exchange.decimals import plain
from sandbox.exchange.products import Product
from sandbox.exchange.session import Phase, phase, trading_day
from sandbox.exchange.wave import ONE, STEP_US, STEPS_PER_SECOND, Wave, mixed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TRADES_KEPT = 1_000
TRADES_REPRINTED = 50
DEFAULT_SPREAD_BPS = Decimal("1.5")


def step_of(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=STEP_US)


def instant_of(step: int) -> datetime:
    return EPOCH + timedelta(microseconds=STEP_US * step)


@dataclass(frozen=True, slots=True)
class Trade:
    id: str
    price: Decimal
    size: int
    time: datetime
    maker_side: str


class Market:
    def __init__(self, product: Product, number: int, seed: int) -> None:
        self.product = product
        self._salt = mixed(seed * 64 + number)
        self._wave = Wave(seed * 64 + number)
        self._far = self._wave.twin()
        self.depth = Depth(DEFAULT_SPREAD_BPS, product.depth_contracts, exact=False)
        self.level_ppb = ONE
        self.drift_ppb_per_step = 0
        self.frozen_at: int | None = None
        self.shift = 0
        self.imposed: Phase | None = None
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        self.trade_count = 0
        self.step = 0
        self.mid = product.start_price
        self.last = product.start_price
        self.book = Book(self.mid, product.tick, self.depth, 0)

    def move_to(self, step: int) -> Trade | None:
        """Goes to a step; the result is the market trade that happened there, if open."""
        if self.frozen_at is None and self.drift_ppb_per_step and self.step:
            bend = self.drift_ppb_per_step * (step - self.step)
            self.level_ppb = max(1_000, self.level_ppb * (ONE + bend) // ONE)
        self.step = step
        self._lay()
        if self.phase() is not Phase.OPEN or not self.depth.contracts:
            return None
        noise = mixed(self._salt ^ step)
        side = "BUY" if noise & 1 else "SELL"
        price = self.book.best_bid if side == "BUY" else self.book.best_ask
        return self.traded(price, 1 + (noise >> 8) % 12, side)

    def traded(self, price: Decimal, size: int, maker_side: str) -> Trade:
        """Prints a trade, of the market's own or of an order that was filled."""
        self.trade_count += 1
        trade = Trade(str(self.trade_count), price, size, instant_of(self.step), maker_side)
        self.last = price
        self.trades.appendleft(trade)
        return trade

    def now(self) -> datetime:
        return instant_of(self.step)

    def phase(self) -> Phase:
        return phase(self.product, self.now(), self.imposed)

    def history_price(self, wave: Wave, step: int) -> Decimal:
        """Where the unbent market was at a step before the exchange first started."""
        return self._on_tick(self.product.start_price * wave.at(step) / ONE)

    def history_wave(self) -> Wave:
        return self._wave.twin()

    def settlement_price(self) -> Decimal:
        """The price when the trading day began."""
        start, _ = trading_day(self.now())
        step = step_of(start) - self.shift
        return self._on_tick(self.product.start_price * self._far.at(step) / ONE)

    def funding_rate(self, hour_start: datetime) -> Decimal:
        """The rate charged at that full hour: the product's middle rate, swinging, also below 0."""
        swing = mixed(self._salt ^ step_of(hour_start)) % 401 - 100
        return (self.product.funding_rate * swing / 100).quantize(Decimal("0.000001"))

    # What control bends.

    def jump(self, percent: Decimal) -> None:
        self.level_ppb = max(1_000, int(self.level_ppb * (100 + percent) / 100))
        self._lay()

    def drift(self, percent_per_minute: Decimal) -> None:
        self.drift_ppb_per_step = int(percent_per_minute * ONE / 100 / 60 / STEPS_PER_SECOND)

    def freeze(self, frozen: bool) -> None:
        if frozen and self.frozen_at is None:
            self.frozen_at = self.step
        elif not frozen and self.frozen_at is not None:
            self.shift += self.step - self.frozen_at
            self.frozen_at = None

    def lay_out(self, depth: Depth) -> None:
        self.depth = depth
        self._lay()

    # What a restart brings back.

    def memory(self) -> dict[str, Any]:
        return {
            "level_ppb": self.level_ppb,
            "drift_ppb_per_step": self.drift_ppb_per_step,
            "frozen_at": self.frozen_at,
            "shift": self.shift,
            "imposed": self.imposed,
            "depth": [plain(self.depth.spread_bps), self.depth.contracts, self.depth.exact],
            "trade_count": self.trade_count,
            "step": self.step,
            "last": plain(self.last),
        }

    def remember(self, memory: dict[str, Any]) -> None:
        self.level_ppb = memory["level_ppb"]
        self.drift_ppb_per_step = memory["drift_ppb_per_step"]
        self.frozen_at = memory["frozen_at"]
        self.shift = memory["shift"]
        self.imposed = None if memory["imposed"] is None else Phase(memory["imposed"])
        spread, contracts, exact = memory["depth"]
        self.depth = Depth(Decimal(spread), contracts, exact)
        self.trade_count = memory["trade_count"]
        self._print_recent(memory["step"])
        self.step = memory["step"]
        self.trade_count = memory["trade_count"]
        self.last = Decimal(memory["last"])
        self._lay()

    def _print_recent(self, step: int) -> None:
        """Trades are not kept in the file: the last ones are made again for clients to see."""
        drift, self.drift_ppb_per_step = self.drift_ppb_per_step, 0
        self.trade_count = max(0, self.trade_count - TRADES_REPRINTED)
        for earlier in range(step - TRADES_REPRINTED, step):
            self.move_to(earlier)
        self.drift_ppb_per_step = drift

    def _lay(self) -> None:
        at = (self.step if self.frozen_at is None else self.frozen_at) - self.shift
        factor = self._wave.at(at) * self.level_ppb // ONE
        self.mid = self._on_tick(self.product.start_price * factor / ONE)
        self.book = Book(self.mid, self.product.tick, self.depth, mixed(self._salt + at))

    def _on_tick(self, price: Decimal) -> Decimal:
        tick = self.product.tick
        return max(tick * 100, int(price / tick) * tick)
