"""The harness itself: what it starts, it ends."""

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
