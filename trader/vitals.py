"""What the trading loop measures of itself: how the exchange answers, and how its streams fare."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from store.vitals import Measure, Vital
from trader.coinbase.feed import FeedStatus
from trader.coinbase.timing import Pace

CONNECTED_WITHIN = timedelta(minutes=5)

Streams = Callable[[], Sequence[FeedStatus]]


class Vitals:
    """`measure` once a second."""

    def __init__(self, pace: Callable[[], Pace], streams: Streams) -> None:
        self._pace = pace
        self._streams = streams
        self._first_seen: dict[str, datetime] = {}
        self._connections: dict[str, int] = {}
        self._connected: deque[datetime] = deque()

    def measure(self, now: datetime) -> list[Measure]:
        return [*self._of_calls(), *self._of_streams(now)]

    def _of_calls(self) -> Iterator[Measure]:
        pace = self._pace()
        yield Measure(Vital.API_CALLS_A_MINUTE, Decimal(pace.calls))
        if pace.p95_ms is None:
            return
        yield Measure(Vital.API_P95_MS, Decimal(pace.p95_ms))
        share = (Decimal(100 * pace.failed) / pace.calls).quantize(Decimal("0.1"))
        yield Measure(Vital.API_ERRORS_PCT, share)

    def _of_streams(self, now: datetime) -> Iterator[Measure]:
        streams = self._streams()
        for one in streams:
            since = one.last_message_at or self._first_seen.setdefault(one.name, now)
            silent_s = max(0, (now - since) // timedelta(seconds=1))
            yield Measure(Vital.FEED_SILENT_S, Decimal(silent_s), one.name)
            fresh = one.connections - self._connections.get(one.name, 1)
            self._connections[one.name] = max(1, one.connections)
            self._connected.extend([now] * max(0, fresh))
        while self._connected and now - self._connected[0] > CONNECTED_WITHIN:
            self._connected.popleft()
        if streams:
            yield Measure(Vital.FEED_CONNECTIONS, Decimal(len(self._connected)))
