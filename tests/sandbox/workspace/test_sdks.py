"""The official libraries, unmodified, against the workspace."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import requests
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.websockets import (
    AsyncSocketModeHandler as WebsocketsHandler,
)
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.workspace.workspace_process import (
    Json,
    WorkspaceProcess,
    actions,
    asking,
    button,
    modal,
    section,
)

DESK = "C0DESK001"


async def said(live: WorkspaceProcess, path: str, **body: Any) -> Json:
    return await asyncio.to_thread(live.tell, path, **body)


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


def desk_app(live: WorkspaceProcess) -> AsyncApp:
    """Commands answer, a button opens a form, the form answers into the channel."""
    app = AsyncApp(client=AsyncWebClient(live.bot_token, base_url=live.base_url))

    async def on_command(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        await respond(f"did {body['text']}")

    async def on_button(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(
            trigger_id=body["trigger_id"], view=modal(asking("why", "text"), callback_id="form")
        )

    async def on_form(ack: AsyncAck, view: Json, client: AsyncWebClient) -> None:
        await ack()
        why = view["state"]["values"]["why"]["text"]["value"]
        await client.chat_postMessage(channel=DESK, text=f"because {why}")

    async def on_home(event: Json, client: AsyncWebClient) -> None:
        home = {"type": "home", "blocks": [section(f"home of {event['user']}")]}
        await client.views_publish(user_id=event["user"], view=home)

    app.command("/perps")(on_command)
    app.action("go")(on_button)
    app.view("form")(on_form)
    app.event("app_home_opened")(on_home)
    return app


async def a_day_at_the_desk(live: WorkspaceProcess) -> None:
    assert (await said(live, "/_sim/command", user="bob", channel="perps-desk", text="/perps x"))[
        "ok"
    ]
    await until(lambda: live.said_to("bob")[-1:] == ["did x"])
    blocks = [actions(button("go"))]
    ts = live.call("chat.postMessage", channel=DESK, text="x", blocks=blocks)["ts"]
    where = {"user": "bob", "channel": "perps-desk", "ts": ts}
    assert (await said(live, "/_sim/click", action_id="go", **where))["ok"]

    def form() -> list[Json]:
        found: list[Json] = live.ask("/_ui/views?as=bob")["stack"]
        return found

    await until(lambda: bool(form()))
    values = {"why": {"text": "it looks wrong"}}
    view_id = form()[-1]["id"]
    assert (await said(live, "/_sim/submit", user="bob", view_id=view_id, values=values))["ok"]
    await until(lambda: live.messages()[-1]["text"] == "because it looks wrong")
    await said(live, "/_sim/home", user="bob")
    await until(lambda: live.ask("/_ui/home?as=bob")["view"] is not None)


Handler = type[AsyncSocketModeHandler] | type[WebsocketsHandler]


@asynccontextmanager
async def connected(
    live: WorkspaceProcess, app: AsyncApp, handler: Handler = AsyncSocketModeHandler
) -> AsyncIterator[None]:
    socket = handler(app, live.app_token, web_client=AsyncWebClient(base_url=live.base_url))
    await socket.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await socket.close_async()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("handler", [AsyncSocketModeHandler, WebsocketsHandler])
def test_bolt_spends_a_day_at_the_desk(live: WorkspaceProcess, handler: Handler) -> None:
    async def day() -> None:
        async with connected(live, desk_app(live), handler):
            await a_day_at_the_desk(live)

    asyncio.run(day())


def test_one_of_two_connections_is_always_there_during_a_refresh(live: WorkspaceProcess) -> None:
    async def refreshed() -> None:
        app = desk_app(live)
        async with connected(live, app), connected(live, app):
            await until(lambda: live.connections() == 2)
            since = live.envelopes()[-1]["sent_monotonic_ns"]
            await said(live, "/_sim/refresh", now=True)
            where = {"user": "bob", "channel": "perps-desk"}

            def names() -> set[str]:
                return {envelope["connection"] for envelope in live.envelopes(since)}

            deadline = time.monotonic() + 10
            while len(names()) < 3:
                assert time.monotonic() < deadline, names()
                assert (await said(live, "/_sim/command", text="/perps x", **where))["ok"]

    asyncio.run(refreshed())


def test_the_synchronous_client(live: WorkspaceProcess) -> None:
    client = SocketModeClient(live.app_token, web_client=live.client())
    seen: list[str] = []

    def listen(socket: BaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type != "slash_commands":
            return  # news of what an earlier test left behind
        seen.append(request.type)
        socket.send_socket_mode_response(
            SocketModeResponse(request.envelope_id, {"text": "sync hello"})
        )

    client.socket_mode_request_listeners.append(listen)
    client.connect()
    try:
        assert live.command("/perps x", user="dave")["ok"]
    finally:
        client.close()
    assert seen == ["slash_commands"] and live.said_to("dave")[-1] == "sync hello"


def test_a_limited_client_waits_and_posts_everything(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    limited = WorkspaceProcess(tmp_path_factory.mktemp("limited"))

    async def storm() -> None:
        handlers: list[AsyncRetryHandler] = [AsyncRateLimitErrorRetryHandler(max_retry_count=2)]
        client = AsyncWebClient(
            limited.bot_token, base_url=limited.base_url, retry_handlers=handlers
        )
        for number in range(12):
            await client.chat_postMessage(channel=DESK, text=f"alert {number}")

    asyncio.run(storm())
    assert [one["text"] for one in limited.messages()] == [f"alert {n}" for n in range(12)]
    codes = [one["status"] for one in limited.ask("/_sim/requests")["requests"]]
    assert 429 in codes
    assert limited.stop() == 0


def test_two_hundred_commands_at_once(live: WorkspaceProcess) -> None:
    """With authorisation prepared, as the desk's bot does it."""

    async def on_command(ack: AsyncAck) -> None:
        await ack()

    async def all_at_once() -> list[Json]:
        app = AsyncApp(client=AsyncWebClient(live.bot_token, base_url=live.base_url))
        app.command("/perps")(on_command)
        async with connected(live, app):
            return await asyncio.gather(*(asyncio.to_thread(command, n) for n in range(200)))

    def command(number: int) -> Json:
        where = {"user": "alice", "channel": "perps-desk"}
        reply = requests.post(
            f"{live.url}/_sim/command", json={**where, "text": f"/perps {number}"}, timeout=30
        )
        told: Json = reply.json()
        return told

    replies = asyncio.run(all_at_once())
    assert all(reply["ok"] for reply in replies), [one for one in replies if not one["ok"]][:3]
    assert len({reply["envelope_id"] for reply in replies}) == 200


def test_a_call_takes_about_a_millisecond(live: WorkspaceProcess) -> None:
    """The client's own share included, so the bound is generous."""
    headers = {"Authorization": f"Bearer {live.bot_token}"}
    took_ms = []
    for _ in range(300):
        began = time.perf_counter()
        live.raw("POST", "/api/users.info", data={"user": "U0BOB0001"}, headers=headers)
        took_ms.append((time.perf_counter() - began) * 1000)
    assert statistics.median(took_ms) < 8, statistics.quantiles(took_ms)
