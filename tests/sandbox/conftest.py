"""Two exchanges for the whole run: one on the wall clock, one whose clock the tests move."""

from collections.abc import Iterator

import pytest

from tests.sandbox.exchange_process import ExchangeProcess


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    exchange = ExchangeProcess(tmp_path_factory.mktemp("live"), "--no-rate-limits")
    yield exchange
    assert exchange.stop() == 0


@pytest.fixture(scope="session")
def manual_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    home = tmp_path_factory.mktemp("manual")
    exchange = ExchangeProcess(home, "--manual-clock", "--token-clock", "wall")
    yield exchange
    assert exchange.stop() == 0


@pytest.fixture
def manual(manual_process: ExchangeProcess) -> Iterator[ExchangeProcess]:
    """Flat, without orders and faults, before and after each test."""
    yield manual_process
    manual_process.clear_faults()
    for product in ("BIP-20DEC30-CDE", "ETP-20DEC30-CDE", "SLP-20DEC30-CDE", "XPP-20DEC30-CDE"):
        manual_process.bend(
            product, session="auto", freeze=False, drift_pct_per_min=0, depth_contracts=50
        )
    manual_process.flatten()
