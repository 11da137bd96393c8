"""What time brings: market steps, funding at full hours, the day's roll, liquidation."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from sandbox.exchange.candles import Candles
from sandbox.exchange.market import Market, Trade, instant_of, step_of
from sandbox.exchange.products import Kind
from sandbox.exchange.session import DAY_ROLLS_AT_HOUR
from sandbox.exchange.state import State
from sandbox.exchange.venue import Venue
from sandbox.exchange.wave import STEPS_PER_SECOND

STEPS_AT_ONCE_MAX = 10_000
STRIDE_MAX = 60 * STEPS_PER_SECOND
WARM_UP_STEPS = 100 * STEPS_PER_SECOND
LIVE_STEPS = 5 * STEPS_PER_SECOND
"""Sockets are shown the last seconds of a long way, not every step of it."""


class Audience(Protocol):
    def stepped(self, trades: Mapping[str, Trade], now: datetime) -> None: ...

    def second_passed(self, now: datetime) -> None: ...


class Timeline:
    def __init__(
        self,
        venue: Venue,
        candles: Mapping[str, Candles],
        state: State,
        audience: Audience,
        on_day: Callable[[], None],
    ) -> None:
        self._venue = venue
        self._candles = candles
        self._state = state
        self._audience = audience
        self._on_day = on_day
        self.step = 0

    def start(self, now: datetime, remembered_step: int | None) -> None:
        """Goes on from the step of an earlier run, or warms a new market up."""
        self.step = remembered_step or step_of(now) - WARM_UP_STEPS
        self.run_until(now)

    def run_until(self, now: datetime) -> None:
        target = step_of(now)
        stride = _stride(target - self.step)
        while self.step < target:
            before = self.step
            self.step = min(target, (before // stride + 1) * stride)
            self._one(before, shown=target - self.step < LIVE_STEPS)
        self.save()

    def touch(self, market: Market) -> None:
        """A market that control bent shows and matches at once, in the same step."""
        now = instant_of(self.step)
        trade = market.move_to(self.step)
        trades = {} if trade is None else {market.product.id: trade}
        for product_id, printed in trades.items():
            self._record(product_id, printed)
        self._venue.matching.step(market, now)
        self._audience.stepped(trades, now)
        self.save()

    def save(self) -> None:
        memory = {key: market.memory() for key, market in self._venue.markets.items()}
        self._state.put("markets", memory)
        for product_id, candles in self._candles.items():
            minute = candles.current()
            if minute is not None:
                self._state.put_minute(product_id, minute.start, minute.row())
        self._venue.ledger.commit()

    def _one(self, before: int, shown: bool) -> None:
        now = instant_of(self.step)
        trades: dict[str, Trade] = {}
        for product_id, market in self._venue.markets.items():
            trade = market.move_to(self.step)
            if trade is not None:
                trades[product_id] = trade
                self._record(product_id, trade)
            self._venue.matching.step(market, now)
        if self.step // STEPS_PER_SECOND != before // STEPS_PER_SECOND:
            self._pass_second(before // STEPS_PER_SECOND, now)
            if shown:
                self._audience.second_passed(now)
        if shown:
            self._audience.stepped(trades, now)

    def _record(self, product_id: str, trade: Trade) -> None:
        closed = self._candles[product_id].record(trade, self.step // STEPS_PER_SECOND)
        if closed is not None:
            self._state.put_minute(product_id, closed.start, closed.row())

    def _pass_second(self, second_before: int, now: datetime) -> None:
        hour = self.step // STEPS_PER_SECOND // 3600
        if hour != second_before // 3600:
            self._fund(now)
            if hour % 24 == DAY_ROLLS_AT_HOUR:
                self._venue.ledger.roll_day()
                self._on_day()
        account = self._venue.ledger.account
        if account.positions and self._venue.margin().buffer <= 0:
            self._venue.liquidate()

    def _fund(self, now: datetime) -> None:
        hour = now.replace(minute=0, second=0, microsecond=0)
        for product_id in list(self._venue.ledger.account.positions):
            market = self._venue.markets[product_id]
            if market.product.kind is Kind.PERP:
                self._venue.ledger.fund(product_id, market.funding_rate(hour), market.mid, hour)


def _stride(steps: int) -> int:
    """A long way is walked in longer strides; each divides the minute, so full hours are met."""
    for stride in (1, 4, 20, 40, 80, STRIDE_MAX):
        if steps <= STEPS_AT_ONCE_MAX * stride:
            return stride
    return STRIDE_MAX
