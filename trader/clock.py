"""How far our clock is from the exchange's, measured now and then."""

from concurrent.futures import Future
from datetime import datetime, timedelta

from store.observations import read_failed, read_succeeded
from trader.coinbase.parse import ReadFailed
from trader.desk import Desk
from trader.lanes import Lane

MEASURE_EVERY = timedelta(seconds=30)
WHAT = "the exchange's time"


class ExchangeClock:
    """The last measured drift."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked_at: datetime | None = None
        self.drift: timedelta | None = None
        """How far ours is ahead; None before the first measurement."""

    def tick(self, now: datetime) -> None:
        if self._asked_at is not None and now - self._asked_at < MEASURE_EVERY:
            return
        started = self._desk.calls.start(
            "clock", Lane.READ, self._desk.exchange.clock_drift, self._took
        )
        if started:
            self._asked_at = now

    def _took(self, future: "Future[timedelta]", now: datetime) -> None:
        try:
            self.drift = future.result()
        except ReadFailed as error:
            told = str(error)
            self._desk.write(lambda tx: read_failed(tx, self._desk.name, WHAT, told, now))
            return
        self._desk.write(lambda tx: read_succeeded(tx, self._desk.name, WHAT, now))
