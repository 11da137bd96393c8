"""One browser and one workspace for all of these; each test has a page and a channel of its own.

They end with this package: the browser keeps an event loop running, and others start their own.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install playwright")

from playwright.sync_api import Browser

from tests.sandbox.page.browser import launched
from tests.sandbox.page.room import Room
from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import WorkspaceProcess, wait_until

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK heeds these and not NO_PROXY."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceProcess]:
    started = WorkspaceProcess(tmp_path_factory.mktemp("page"), "--no-rate-limits")
    yield started
    assert started.stop() == 0


@pytest.fixture
def app(workspace: WorkspaceProcess) -> Iterator[PlainApp]:
    """Connected, acknowledging everything."""
    wait_until(lambda: workspace.connections() == 0)
    with PlainApp(workspace) as connected:
        yield connected
    workspace.clear_faults()


@contextmanager
def a_room(browser: Browser, workspace: WorkspaceProcess) -> Iterator[Room]:
    made = Room(browser, workspace, f"room-{next(_numbers):03}")
    yield made
    made.close()
    assert made.complaints == []


@pytest.fixture
def room(browser: Browser, workspace: WorkspaceProcess) -> Iterator[Room]:
    """Looked at as alice. A page that complains in its console fails the test."""
    with a_room(browser, workspace) as made:
        yield made


@pytest.fixture(scope="module")
def gallery(browser: Browser, workspace: WorkspaceProcess) -> Iterator[Room]:
    """One room for all the tests of a module that only look at what was posted."""
    with a_room(browser, workspace) as made:
        yield made
