"""Two workspaces for the whole run: one on the wall clock, one whose clock the tests move."""

from collections.abc import Iterator

import pytest

from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import WorkspaceProcess, wait_until


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK heeds these and not NO_PROXY."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def live_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceProcess]:
    workspace = WorkspaceProcess(tmp_path_factory.mktemp("workspace"), "--no-rate-limits")
    yield workspace
    assert workspace.stop() == 0


@pytest.fixture(scope="session")
def manual_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceProcess]:
    home = tmp_path_factory.mktemp("manual")
    workspace = WorkspaceProcess(home, "--manual-clock", "--no-rate-limits")
    yield workspace
    assert workspace.stop() == 0


def _as_it_was(workspace: WorkspaceProcess) -> Iterator[WorkspaceProcess]:
    """Without connections before a test; after it as at the start, but for what was said."""
    wait_until(lambda: workspace.connections() == 0)
    yield workspace
    workspace.clear_faults()
    workspace.tell("/_sim/scopes", restore=True)
    workspace.tell("/_sim/subscriptions", restore=True)
    workspace.tell("/_sim/uninstall", restore=True)
    workspace.tell("/_sim/delivery", mode="socket")


@pytest.fixture
def live(live_process: WorkspaceProcess) -> Iterator[WorkspaceProcess]:
    yield from _as_it_was(live_process)


@pytest.fixture
def manual(manual_process: WorkspaceProcess) -> Iterator[WorkspaceProcess]:
    yield from _as_it_was(manual_process)


@pytest.fixture
def app(live: WorkspaceProcess) -> Iterator[PlainApp]:
    """Connected to the live workspace, acknowledging everything."""
    with PlainApp(live) as connected:
        yield connected
