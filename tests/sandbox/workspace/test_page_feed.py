"""What the page reads, and the frames that keep it current."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

from tests.sandbox.exchange_process import BIP, ExchangeProcess
from tests.sandbox.workspace.plain_app import PlainApp, too_slow
from tests.sandbox.workspace.workspace_process import (
    Json,
    WorkspaceProcess,
    actions,
    button,
    modal,
    section,
)

DESK = "C0DESK001"


class Page:
    """Alice's, unless it says otherwise."""

    def __init__(self, workspace: WorkspaceProcess, member: str = "alice") -> None:
        address = workspace.url.replace("http", "ws", 1)
        self._connection: ClientConnection = connect(
            f"{address}/_ui/socket?as={member}", close_timeout=0.1
        )

    def next(self, kind: str, **wanted: Any) -> Json:
        """The next frame of this kind that has these values; others are passed over."""
        while True:
            frame: Json = json.loads(self._connection.recv(5))
            if frame["kind"] == kind and all(frame.get(k) == v for k, v in wanted.items()):
                return frame

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def page(live: WorkspaceProcess) -> Iterator[Page]:
    opened = Page(live)
    yield opened
    opened.close()


def test_the_state_is_what_a_member_may_see(live: WorkspaceProcess) -> None:
    state = live.ask("/_ui/state?as=bob")
    assert state["me"]["name"] == "bob" and state["team"]["name"] == "Perps desk"
    names = {channel["name"]: channel for channel in state["channels"]}
    assert {"perps-desk", "perps-alerts", "pnl", ""} <= set(names)
    assert names[""]["kind"] == "im" and names[""]["user"] == "U0PERPS01"
    assert state["commands"][0]["command"] == "/perps" and state["exchange"] is False
    assert {shortcut["type"] for shortcut in state["shortcuts"]} == {"global", "message"}
    members = {member["name"]: member for member in state["members"]}
    assert members["eve"]["is_foreign"] and members["perps"]["is_bot"]
    assert [channel["name"] for channel in live.ask("/_ui/state?as=eve")["channels"]] == [
        "perps-desk",
        "",
    ]
    reply = live.raw("GET", f"/_ui/messages?as=eve&channel={'C0PNL0001'}")
    assert reply.status_code == 400 and "eve is not in pnl" in reply.json()["error"]


def test_a_new_and_a_changed_message(live: WorkspaceProcess, page: Page) -> None:
    ts = live.call("chat.postMessage", channel=DESK, text="one <@U0ALICE01>")["ts"]
    frame = page.next("message", channel=DESK)
    message = frame["message"]
    assert (message["ts"], message["user"], message["user_id"]) == (ts, "perps", "U0PERPS01")
    assert message["bot"] and message["would_notify"] == ["alice"] and not message["pinned"]
    live.call("chat.update", channel=DESK, ts=ts, text="two")
    frame = page.next("message", channel=DESK)
    assert (frame["message"]["text"], frame["message"]["edited"]) == ("two", True)


def test_an_ephemeral_message_reaches_one_page_only(live: WorkspaceProcess, page: Page) -> None:
    bobs = Page(live, "bob")
    live.call("chat.postEphemeral", channel=DESK, user="U0BOB0001", text="for bob")
    live.call("chat.postMessage", channel=DESK, text="for all")
    assert bobs.next("message")["message"]["text"] == "for bob"
    assert page.next("message")["message"]["text"] == "for all"
    bobs.close()


def test_envelopes_requests_and_state(live: WorkspaceProcess, page: Page) -> None:
    with PlainApp(live):
        page.next("state")
        live.command("/perps status")
        sent = page.next("envelope")["envelope"]
        assert sent["outcome"] == "pending"
        assert page.next("envelope")["envelope"]["outcome"] == "acked"
    live.call("users.info", user="U0BOB0001")
    request = page.next("request")["request"]
    while request["path"] != "/api/users.info":
        request = page.next("request")["request"]
    assert request["status"] == 200 and "token" not in request["body"]


def test_views_and_home(live: WorkspaceProcess, page: Page) -> None:
    with PlainApp(live) as app:
        live.command("/perps form")
        trigger = app.payloads[0]["trigger_id"]
        live.call("views.open", trigger_id=trigger, view=modal(section("x")))
        (view,) = page.next("views")["stack"]
        live.tell("/_sim/close", user="alice", view_id=view["id"])
        assert page.next("views")["stack"] == []
    home = {"type": "home", "blocks": [section("home")]}
    live.call("views.publish", user_id="U0ALICE01", view=home)
    assert page.next("home")["view"]["blocks"][0]["text"]["text"] == "home"


def test_trouble(live: WorkspaceProcess, page: Page) -> None:
    blocks = [actions(button("go"))]
    ts = live.call("chat.postMessage", channel=DESK, text="x", blocks=blocks)["ts"]
    with PlainApp(live, too_slow(live)):
        live.click(ts, "go")
        frame = page.next("trouble")
        assert (frame["channel"], frame["ts"], frame["action_id"]) == (DESK, ts, "go")
        assert "operation_timeout" in frame["text"] and frame["view_id"] is None
    live.command("/perps nobody there")
    assert page.next("trouble")["text"] == '/perps failed with the error "dispatch_failed"'


def test_the_page_is_served_with_a_policy(live: WorkspaceProcess) -> None:
    reply = live.raw("GET", "/")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'self'")
    for path in ("/page/../server.py", "/page/%2e%2e/server.py", "/page/no.js", "/etc/passwd"):
        assert requests.get(live.url + path, timeout=5).status_code == 404


def test_the_exchange_is_reached_through_the_workspace(tmp_path: Path) -> None:
    exchange = ExchangeProcess(tmp_path, "--manual-clock")
    workspace = WorkspaceProcess(tmp_path, "--exchange-control", exchange.control_url)
    assert workspace.ask("/_ui/state?as=alice")["exchange"] is True
    assert "orders" in workspace.ask("/_ui/exchange/_sim/ledger")
    crash = {"product_id": BIP, "jump_pct": -8}
    assert float(workspace.tell("/_ui/exchange/_sim/market", **crash)["last"]) > 0
    wrong = workspace.raw("POST", "/_ui/exchange/_sim/market", json={"product_id": "X"})
    assert wrong.status_code == 400
    assert workspace.raw("GET", "/_ui/exchange/api/v3/orders").status_code == 404
    assert exchange.stop() == 0
    assert workspace.raw("GET", "/_ui/exchange/_sim/ledger").status_code == 502
    assert workspace.stop() == 0


def test_only_people_look_at_the_page(live: WorkspaceProcess) -> None:
    for nobody in ("perps", "slackbot", "mallory", ""):
        assert live.raw("GET", f"/_ui/state?as={nobody}").status_code == 400


def test_the_exchange_is_not_passed_on_unless_told(live: WorkspaceProcess) -> None:
    reply = live.raw("GET", "/_ui/exchange/_sim/ledger")
    assert reply.status_code == 404 and "--exchange-control" in reply.json()["error"]
