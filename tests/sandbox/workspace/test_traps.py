"""The traps of Slack's own libraries: the workspace springs them as Slack does, and shows the way out."""

import asyncio
import time
from collections.abc import Callable

import pytest
from aiohttp import ServerDisconnectedError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.workspace.workspace_process import WorkspaceProcess

DESK = "C0DESK001"


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


def handshakes(live: WorkspaceProcess) -> list[int | None]:
    requests = live.ask("/_sim/requests?limit=200000")["requests"]
    return [one["status"] for one in requests if one["path"] == "/link/"]


def test_one_failed_handshake_wedges_the_client_until_its_address_is_taken_away(
    live: WorkspaceProcess,
) -> None:
    async def wedged() -> None:
        web = AsyncWebClient(base_url=live.base_url)
        client = SocketModeClient(live.app_token, web_client=web, ping_interval=0.1)
        before = len(handshakes(live))
        live.fault("handshake_503")
        connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        try:
            await until(lambda: handshakes(live)[before:][:4] == [503, 408, 408, 408])
            assert live.connections() == 0
            client.wss_uri = None
            await until(lambda: live.connections() == 1)
        finally:
            await connecting
            await client.close()  # type: ignore[no-untyped-call]

    asyncio.run(wedged())


@pytest.mark.parametrize(("careful", "posted"), [(False, 2), (True, 1)])
def test_the_usual_client_posts_twice_when_a_reply_is_lost(
    live: WorkspaceProcess, careful: bool, posted: int
) -> None:
    text = f"KILL SWITCH ENGAGED, careful: {careful}"

    async def post() -> None:
        client = AsyncWebClient(live.bot_token, base_url=live.base_url)
        if careful:
            client.retry_handlers.clear()
        live.fault("drop_after", match={"path": "/api/chat.postMessage"})
        if careful:
            with pytest.raises(ServerDisconnectedError):
                await client.chat_postMessage(channel=DESK, text=text)
        else:
            assert (await client.chat_postMessage(channel=DESK, text=text))["ok"]

    asyncio.run(post())
    assert [message["text"] for message in live.messages()].count(text) == posted


def test_a_half_open_connection_is_noticed_and_replaced(live: WorkspaceProcess) -> None:
    async def replaced() -> None:
        web = AsyncWebClient(base_url=live.base_url)
        client = SocketModeClient(live.app_token, web_client=web, ping_interval=0.3)
        await client.connect()  # type: ignore[no-untyped-call]
        try:
            before = len(handshakes(live))
            live.fault("half_open", match={"socket": True}, args={"s": 60})
            await until(lambda: len(handshakes(live)) > before, 20)
        finally:
            await client.close()  # type: ignore[no-untyped-call]

    asyncio.run(replaced())
