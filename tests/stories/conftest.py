"""A world for each story, and one exchange process for each; homes in memory: fsyncs are not the point."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.conftest import tmp_path as tmp_path
from tests.sandbox.exchange_process import ExchangeProcess
from tests.stories.world import World


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[ExchangeProcess]:
    process = ExchangeProcess(tmp_path / "exchange", "--manual-clock", "--seed", "7")
    yield process
    process.stop()


@pytest.fixture
def world(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[World]:
    built = World(exchange, tmp_path / "home")
    yield built
    built.close()
