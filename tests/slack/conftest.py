"""A desk beside a workspace; homes lie in memory, where a disk's every fsync would be most of the time."""

from collections.abc import Iterator, Mapping

import pytest

from bot.picture import Picture
from tests.bot.conftest import terminal as terminal
from tests.bot.conftest import tmp_path as tmp_path
from tests.slack.seen import flat_desk, long_desk, never_read
from tests.slack.workspace_process import WorkspaceProcess
from tests.slack.world import World, a_world, memory


@pytest.fixture(scope="session")
def desks() -> Iterator[Mapping[str, Picture]]:
    """Pictures of a flat desk, of one that is held with four contracts, and of one that nobody has read."""
    with memory() as home:
        yield {
            "flat": flat_desk(home / "flat"),
            "long": long_desk(home / "long"),
            "never read": never_read(home / "never"),
        }


@pytest.fixture(scope="session")
def _one_world() -> Iterator[World]:
    with memory() as place, a_world(place) as world:
        yield world


@pytest.fixture
def world(_one_world: World) -> Iterator[World]:
    """A workspace with a bot, as every story finds them."""
    _one_world.workspace.begin_story()
    yield _one_world
    _one_world.restore()


@pytest.fixture(scope="session")
def _one_workspace() -> Iterator[WorkspaceProcess]:
    with memory() as place:
        workspace = WorkspaceProcess(place)
        yield workspace
        workspace.stop()


@pytest.fixture
def workspace(_one_workspace: WorkspaceProcess) -> Iterator[WorkspaceProcess]:
    """To which no bot is connected."""
    yield _one_workspace
    _one_workspace.clear_faults()
