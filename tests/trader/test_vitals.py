"""What the loop measures of itself: how the exchange answers, and how the streams fare."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from store.vitals import Measure, Vital
from trader.coinbase.feed import FeedStatus
from trader.coinbase.timing import Pace, Timing
from trader.vitals import Vitals

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Calls:
    """Calls that take as long as they are told."""

    def __init__(self) -> None:
        self.now = NOW
        self.timing = Timing(lambda: self.now)

    def call(self, ms: int, error: Exception | None = None) -> None:
        with self.timing.timed(lambda error: not isinstance(error, KeyError)):
            self.now += timedelta(milliseconds=ms)
            if error is not None:
                raise error


def test_the_pace_is_that_of_nineteen_calls_in_twenty() -> None:
    calls = Calls()
    assert calls.timing.pace() == Pace(0, 0, None)
    for ms in [*range(1, 20), 5_000]:
        calls.call(ms)
    assert calls.timing.pace() == Pace(20, 0, 19)
    calls.call(5_000)
    assert calls.timing.pace().p95_ms == 5_000


def test_calls_are_forgotten_after_a_minute() -> None:
    calls = Calls()
    calls.call(3_000)
    calls.now += timedelta(seconds=61)
    assert calls.timing.pace() == Pace(0, 0, None)


def test_only_trouble_is_a_failure() -> None:
    calls = Calls()
    with pytest.raises(KeyError):
        calls.call(1, KeyError("no such order"))
    with pytest.raises(OSError, match="reset"):
        calls.call(1, OSError("reset"))
    assert calls.timing.pace() == Pace(2, 1, 1)


def values(found: list[Measure]) -> dict[str, Decimal]:
    return {f"{one.vital}{one.symbol}": one.value for one in found}


def test_calls_are_told_in_shares_and_nothing_is_made_up() -> None:
    pace = Pace(0, 0, None)
    vitals = Vitals(lambda: pace, tuple)
    assert values(vitals.measure(NOW)) == {"api_calls_a_minute": 0}
    pace = Pace(30, 1, 42)
    assert values(vitals.measure(NOW)) == {
        "api_calls_a_minute": 30,
        "api_p95_ms": 42,
        "api_errors_pct": Decimal("3.3"),
    }


def test_a_stream_is_silent_since_its_last_message_and_connects_anew() -> None:
    stream = FeedStatus("market")
    vitals = Vitals(lambda: Pace(0, 0, None), lambda: [stream])

    def seen(after_s: int) -> tuple[int, int]:
        found = values(vitals.measure(NOW + timedelta(seconds=after_s)))
        return int(found["feed_silent_smarket"]), int(found["feed_connections"])

    assert seen(0) == (0, 0)
    assert seen(9) == (9, 0)  # it has never connected
    stream = replace(stream, connections=1, last_message_at=NOW + timedelta(seconds=10))
    assert seen(12) == (2, 0)  # the first connection is none anew
    stream = replace(stream, connections=3)
    assert seen(70) == (60, 2)
    assert seen(371) == (361, 0)
    assert Vital.FEED_CONNECTIONS in {one.vital for one in vitals.measure(NOW)}
