"""Two connections to Slack: neither wedges, one is always there, and each envelope is handled once."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.async_app import AsyncAck
from slack_bolt.authorization import AuthorizeResult

from bot.slack.connections import ENVELOPE, SHUT_S, Connections
from tests.slack.component import web, within
from tests.slack.workspace_process import TEAM, WorkspaceProcess


class Ear:
    """An app that remembers what it heard."""

    def __init__(self, connections: Connections, heard: list[dict[str, Any]]) -> None:
        self.connections = connections
        self.heard = heard

    def texts(self) -> list[str]:
        return [body["text"] for body in self.heard]


@asynccontextmanager
async def ear(workspace: WorkspaceProcess) -> AsyncIterator[Ear]:
    """Connected twice."""
    heard: list[dict[str, Any]] = []

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=TEAM,
            bot_user_id="U0PERPS01",
            bot_token=workspace.bot_token,
        )

    async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        heard.append(body)

    async with web(workspace) as slack:
        app = AsyncApp(client=slack, authorize=authorize, signing_secret="not used")
        app.command("/perps")(on_command)
        connections = Connections(app, workspace.app_token, slack, time.monotonic_ns)
        serving = asyncio.create_task(connections.serve())
        try:
            await within(lambda: workspace.connections() == 2)
            yield Ear(connections, heard)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceProcess]:
    """A workspace to which nobody else is connected."""
    made = WorkspaceProcess(Path(tmp_path_factory.mktemp("lonely")))
    yield made
    made.stop()


def hearing(workspace: WorkspaceProcess, work: Callable[[Ear], Awaitable[None]]) -> None:
    async def run() -> None:
        async with ear(workspace) as ear_:
            await work(ear_)

    try:
        asyncio.run(run())
    finally:
        workspace.clear_faults()


async def said(workspace: WorkspaceProcess, text: str) -> Any:
    """Somebody types, on a thread of their own."""
    return await asyncio.to_thread(workspace.command, "alice", text)


def test_commands_arrive_are_acknowledged_and_measured(lonely: WorkspaceProcess) -> None:
    async def work(ear_: Ear) -> None:
        assert (await said(lonely, "one"))["ok"]
        assert ear_.texts() == ["one"]
        assert ear_.heard[0][ENVELOPE]
        await within(lambda: ear_.connections.health().live == 2)
        health = ear_.connections.health()
        assert (health.live, health.wanted, health.repeats, health.trouble) == (2, 2, 0, None)
        assert health.ack_ms_median is not None
        assert health.ack_ms_median < 500

    hearing(lonely, work)


def test_two_hundred_at_once_are_each_handled_once(lonely: WorkspaceProcess) -> None:
    async def work(ear_: Ear) -> None:
        with ThreadPoolExecutor(20) as people:
            loop = asyncio.get_running_loop()
            said_all = [
                loop.run_in_executor(people, lonely.command, "alice", f"n{number}")
                for number in range(200)
            ]
            assert all(answer["ok"] for answer in await asyncio.gather(*said_all))
        assert sorted(ear_.texts()) == sorted(f"n{number}" for number in range(200))

    hearing(lonely, work)


def test_an_envelope_that_comes_twice_is_handled_once_and_acknowledged_twice(
    lonely: WorkspaceProcess,
) -> None:
    async def work(ear_: Ear) -> None:
        lonely.fault("duplicate", match={"socket": True})
        assert (await said(lonely, "twice"))["ok"]
        await within(lambda: ear_.connections.health().repeats == 1)
        assert ear_.texts() == ["twice"]

    hearing(lonely, work)


def test_a_handshake_that_fails_once_does_not_wedge_it(lonely: WorkspaceProcess) -> None:
    """The SDK's own client then tries one used address for ever."""

    async def work(ear_: Ear) -> None:
        lonely.fault("handshake_503", match={"path": "/link/"})
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(lonely.refresh)
        await within(lambda: lonely.requests("/link/")[-1]["status"] == 503)
        await within(lambda: lonely.connections() == 2, seconds=12)
        assert asyncio.get_running_loop().time() - began < 10
        assert (await said(lonely, "after"))["ok"]

    hearing(lonely, work)


def test_a_refresh_leaves_one_connection_live_all_the_time(lonely: WorkspaceProcess) -> None:
    """Slack warns both at once: they were opened at the same moment."""

    async def work(ear_: Ear) -> None:
        for _ in range(12):
            least = asyncio.create_task(asyncio.to_thread(least_connections, lonely))
            await asyncio.to_thread(lonely.refresh, now=False)
            assert await least >= 1
            await within(lambda: lonely.connections() == 2)
        await within(lambda: lonely.connections() == 2)

    hearing(lonely, work)


def least_connections(workspace: WorkspaceProcess) -> int:
    """Looked at again and again for a while."""
    return min(workspace.connections() for _ in range(40))


@pytest.mark.parametrize("kind", ["close", "half_open"])
def test_a_connection_that_is_lost_is_replaced(lonely: WorkspaceProcess, kind: str) -> None:
    """Closed by Slack, or dead without a word: then only the missing pongs tell."""

    async def work(ear_: Ear) -> None:
        opened = len(lonely.requests("/link/"))
        lonely.fault(kind, match={"socket": True})
        await within(lambda: len(lonely.requests("/link/")) > opened, seconds=12)
        await within(lambda: ear_.connections.health().live == 2)
        lonely.clear_faults()
        assert (await said(lonely, f"after {kind}"))["ok"]
        assert ear_.texts() == [f"after {kind}"]

    hearing(lonely, work)


def test_a_refused_connection_is_told_and_asked_for_with_patience(
    lonely: WorkspaceProcess,
) -> None:
    async def work(ear_: Ear) -> None:
        lonely.api_fault("auth_error", "apps.connections.open", count=None)
        asked = len(lonely.requests("/api/apps.connections.open"))
        lonely.fault("close", match={"socket": True}, count=2)
        await within(lambda: ear_.connections.health().trouble is not None, seconds=12)
        assert "Slack refuses a connection" in (ear_.connections.health().trouble or "")
        assert len(lonely.requests("/api/apps.connections.open")) - asked < 10
        lonely.clear_faults()
        await within(lambda: ear_.connections.health().trouble is None, seconds=15)
        await within(lambda: ear_.connections.health().live == 2)

    hearing(lonely, work)


def test_after_the_end_nothing_is_connected(lonely: WorkspaceProcess) -> None:
    async def work(_ear: Ear) -> None:
        assert lonely.connections() == 2

    hearing(lonely, work)

    assert lonely.connections() == 0


@pytest.mark.long
def test_it_ends_although_slack_answers_no_goodbye(lonely: WorkspaceProcess) -> None:
    async def run() -> float:
        async with ear(lonely):
            lonely.process.send_signal(signal.SIGSTOP)
            began_s = time.monotonic()
        return time.monotonic() - began_s

    try:
        assert asyncio.run(run()) < 2 * SHUT_S
    finally:
        lonely.process.send_signal(signal.SIGCONT)
