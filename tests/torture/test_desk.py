"""The harness itself: what it starts, it ends, and what never came whole is no order."""

import http.client
import ssl
from pathlib import Path

import pytest

from tests.sandbox.exchange_process import ExchangeProcess
from tests.torture.desk import RealDesk


def test_a_desk_that_cannot_begin_leaves_nothing_running(tmp_path: Path) -> None:
    begun: list[ExchangeProcess] = []

    def fails(exchange: ExchangeProcess) -> None:
        begun.append(exchange)
        raise AssertionError("it did not begin")

    with pytest.raises(AssertionError, match="did not begin"):
        RealDesk(tmp_path, begin=fails)
    assert [exchange.process.poll() for exchange in begun] == [0]


def test_an_order_whose_sender_died_half_way_is_none(tmp_path: Path) -> None:
    desk = RealDesk(tmp_path)
    try:
        trusted = ssl.create_default_context(cafile=desk.exchange.ca)
        dying = http.client.HTTPSConnection(desk.exchange.host, context=trusted, timeout=5)
        dying.putrequest("POST", "/api/v3/brokerage/orders")
        dying.putheader("Content-Length", "100")
        dying.endheaders(b'{"client_order_id": "e-')
        dying.close()
        desk.until(lambda: "<cancelled>" in _bodies(desk), 5)
        assert all(isinstance(order["body"], dict) for order in desk.order_requests())
    finally:
        desk.close()


def _bodies(desk: RealDesk) -> list[object]:
    return [one["body"] for one in desk.exchange.ask("/_sim/requests?since_ns=0")["requests"]]
