"""The feed believes nothing it cannot check, and comes back by itself from whatever breaks it."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.products import Mark
from tests.sandbox.exchange_process import BIP, ExchangeProcess, wait_until
from trader.coinbase.feed import Feed, FeedBroken, FeedTarget, FrameReader, Sink
from trader.coinbase.parse import PayloadUnusable
from trader.coinbase.signing import load_key

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Heard:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.orders = 0
        self.missed: list[str] = []

    def sink(self) -> Sink:
        return Sink(self.marks.append, self._order, self.missed.append)

    def _order(self) -> None:
        self.orders += 1


def frame(number: int, channel: str = "heartbeats", events: Any = ()) -> str:
    body = {"channel": channel, "sequence_num": number, "events": list(events)}
    return json.dumps(body)


def ticker(bid: str = "10", ask: str = "12") -> dict[str, Any]:
    one = {"product_id": BIP, "best_bid": bid, "best_ask": ask}
    return {"type": "update", "tickers": [one]}


def test_frames_in_order_are_handed_on() -> None:
    heard = Heard()
    reader = FrameReader(heard.sink(), lambda: NOW)
    reader.take(frame(0))
    reader.take(frame(1, "ticker", [ticker()]))
    reader.take(frame(2, "user", [{}]))
    assert [mark.price for mark in heard.marks] == [11]
    assert heard.orders == 1


def test_a_repeated_frame_is_dropped() -> None:
    heard = Heard()
    reader = FrameReader(heard.sink(), lambda: NOW)
    reader.take(frame(0, "ticker", [ticker()]))
    reader.take(frame(0, "ticker", [ticker()]))
    assert len(heard.marks) == 1


@pytest.mark.parametrize("numbers", [[1], [0, 2], [0, 1, 5]])
def test_a_missing_frame_ends_the_connection(numbers: list[int]) -> None:
    reader = FrameReader(Heard().sink(), lambda: NOW)
    with pytest.raises(FeedBroken):
        for number in numbers:
            reader.take(frame(number))


def test_an_error_frame_ends_the_connection() -> None:
    reader = FrameReader(Heard().sink(), lambda: NOW)
    with pytest.raises(FeedBroken, match="authentication failure"):
        reader.take('{"type": "error", "message": "authentication failure"}')


@pytest.mark.parametrize(
    "raw",
    [
        "<html>",
        "[]",
        '"text"',
        '{"channel": "ticker"}',
        '{"channel": "ticker", "sequence_num": "0"}',
        '{"channel": "ticker", "sequence_num": 0, "events": null}',
        '{"channel": "ticker", "sequence_num": 0, "events": [{"tickers": null}]}',
    ],
)
def test_a_frame_that_makes_no_sense_ends_the_connection(raw: str) -> None:
    with pytest.raises(PayloadUnusable):
        FrameReader(Heard().sink(), lambda: NOW).take(raw)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    process = ExchangeProcess(tmp_path_factory.mktemp("exchange"), "--no-rate-limits")
    yield process
    process.stop()


@pytest.fixture
def running(exchange: ExchangeProcess) -> Iterator[tuple[Feed, Heard]]:
    def wall() -> datetime:
        return datetime.now(UTC)  # noqa: TID251 (this test's composition root)

    heard = Heard()
    url = exchange.url.replace("https", "wss")
    target = FeedTarget("market", url, Path(exchange.ca), ("ticker", "user"), (BIP,))
    key = load_key(Path(exchange.key_file("trader")))
    feed = Feed(target, key, wall, wall, heard.sink())
    feed.start()
    wait_until(lambda: bool(heard.marks))
    yield feed, heard
    feed.stop()
    exchange.clear_faults()


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("close", {"code": 1000}),
        ("close", {"code": 1001}),
        ("close", {"code": 1011}),
        ("close", {"code": 4000}),
        ("close", {"code": 1006}),
        ("gap", {}),
        ("null_fields", {"fields": ["events"]}),
    ],
)
def test_whatever_breaks_a_connection_a_fresh_one_brings_marks_again(
    exchange: ExchangeProcess, running: tuple[Feed, Heard], kind: str, args: dict[str, Any]
) -> None:
    feed, heard = running
    before = feed.status.connections
    exchange.fault(kind, match={"channel": "ticker"}, args=args, count=1)
    wait_until(lambda: feed.status.connections > before, seconds=10)
    seen = len(heard.marks)
    wait_until(lambda: len(heard.marks) > seen, seconds=5)
    assert len(heard.missed) >= 2, "whoever listens is told to read again"


def test_a_silent_connection_is_given_up(
    exchange: ExchangeProcess, running: tuple[Feed, Heard]
) -> None:
    feed, _heard = running
    before = feed.status.connections
    fault = exchange.fault("half_open", match={"socket": True}, args={"s": 60}, count=1)
    began = time.monotonic()
    wait_until(lambda: not feed.status.connected or feed.status.connections > before, seconds=15)
    exchange.control("DELETE", f"/_sim/faults/{fault}")
    wait_until(lambda: feed.status.connections > before, seconds=15)
    assert time.monotonic() - began < 20
