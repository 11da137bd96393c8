"""One pager for the whole run, whose clock the tests move; each test has a number of its own."""

import itertools
from collections.abc import Iterator

import pytest

from tests.sandbox.pager.paged_app import PagedApp
from tests.sandbox.pager.pager_process import PagerProcess

_numbers = itertools.count(15550100000)


@pytest.fixture(scope="session")
def pager_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagerProcess]:
    home = tmp_path_factory.mktemp("pager")
    pager = PagerProcess(home, "--manual-clock", "--no-rate-limits")
    yield pager
    assert pager.stop() == 0


@pytest.fixture
def pager(pager_process: PagerProcess) -> Iterator[PagerProcess]:
    yield pager_process
    pager_process.raw("DELETE", "/_sim/faults")
    pager_process.tell("/_sim/hooks", sms_url="", pagerduty_url="")


@pytest.fixture
def app() -> Iterator[PagedApp]:
    with PagedApp() as listening:
        yield listening


@pytest.fixture
def number() -> str:
    """A phone that nobody else rings."""
    return f"+{next(_numbers)}"
