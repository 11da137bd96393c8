"""A second run on the same home, also after a kill; and who may speak to the server at all."""

import json
import stat
from pathlib import Path

import pytest

from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import (
    WorkspaceProcess,
    asking,
    section,
)

DESK = "C0DESK001"


def test_a_second_run_remembers(tmp_path: Path) -> None:
    first = WorkspaceProcess(tmp_path)
    root = first.call("chat.postMessage", channel=DESK, text="root")["ts"]
    metadata = {"event_type": "x", "event_payload": {"id": "7"}}
    reply = first.call(
        "chat.postMessage", channel=DESK, text="reply", thread_ts=root, metadata=metadata
    )["ts"]
    first.call("reactions.add", channel=DESK, timestamp=root, name="eyes")
    whispered = first.call("chat.postEphemeral", channel=DESK, user="U0BOB0001", text="gone")
    made = first.call("conversations.create", name="inc-1")["channel"]["id"]
    first.call("conversations.setTopic", channel=made, topic="SEV1")
    first.tell("/_sim/member", user="dave", deleted=True)
    first.tell("/_sim/usergroup", handle="oncall", users=["bob"])
    home = {"type": "home", "blocks": [section("home")]}
    view = first.call("views.publish", user_id="U0BOB0001", view=home)["view"]["id"]
    tokens = (first.bot_token, first.app_token, first.signing_secret)
    first.kill()

    second = WorkspaceProcess(tmp_path)
    assert (second.bot_token, second.app_token, second.signing_secret) == tokens
    thread = second.call("conversations.replies", channel=DESK, ts=root, include_all_metadata=True)[
        "messages"
    ]
    assert [message["ts"] for message in thread] == [root, reply]
    assert thread[0]["reactions"][0]["name"] == "eyes" and thread[1]["metadata"] == metadata
    assert whispered["message_ts"] not in [one["ts"] for one in second.messages()]
    assert second.call("conversations.info", channel=made)["channel"]["topic"]["value"] == "SEV1"
    assert second.call("users.info", user="U0DAVE001")["user"]["deleted"]
    users = second.call("usergroups.users.list", usergroup="S0ONCALL1")["users"]
    assert users == ["U0BOB0001"]
    assert second.ask("/_ui/home?as=bob")["view"]["id"] == view
    assert second.call("chat.postMessage", channel=DESK, text="later")["ts"] > reply
    assert second.call("conversations.create", name="inc-2")["channel"]["id"] != made
    assert second.stop() == 0


def test_tokens_are_for_their_owner_only(live: WorkspaceProcess) -> None:
    file = live.home / "sandbox" / "slack" / "slack.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text())
    assert set(told) == {"bot_token", "app_token", "signing_secret", "base_url"}
    assert told["base_url"] == f"{live.url}/api/"
    assert told["bot_token"].startswith("xoxb-") and told["app_token"].startswith("xapp-1-A")


def test_a_moved_clock_and_a_scheduled_message_survive(tmp_path: Path) -> None:
    first = WorkspaceProcess(tmp_path, "--manual-clock")
    first.advance(3600)
    now = int(float(first.call("chat.postMessage", channel=DESK, text="x")["ts"]))
    assert first.call("chat.scheduleMessage", channel=DESK, text="later", post_at=now + 60)["ok"]
    assert first.stop() == 0
    second = WorkspaceProcess(tmp_path, "--manual-clock")
    second.advance(61)
    later = second.messages()[-1]
    assert later["text"] == "later" and float(later["ts"]) >= now + 60
    assert second.stop() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "127.0.0.1.evil.example:8970"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/page/main.js"),
        ("GET", "/_ui/state?as=alice"),
        ("GET", "/_ui/socket?as=alice"),
        ("GET", "/_sim/messages?channel=perps-desk"),
        ("POST", "/_sim/command"),
        ("POST", "/_ui/exchange/_sim/market"),
        ("POST", "/response/x"),
        ("GET", "/link/?ticket=x"),
        ("POST", "/api/api.test"),
        ("POST", "/api/blocks.validate"),
    ],
)
def test_foreign_pages_are_refused(
    live: WorkspaceProcess, method: str, path: str, headers: dict[str, str]
) -> None:
    assert live.raw(method, path, headers=headers).status_code == 403


def test_a_client_with_a_token_may_come_by_any_name(live: WorkspaceProcess) -> None:
    headers = {"Host": "slack.internal", "Authorization": f"Bearer {live.bot_token}"}
    assert live.raw("POST", "/api/auth.test", headers=headers).json()["ok"]


def test_views_live_only_as_long_as_the_page(tmp_path: Path) -> None:
    first = WorkspaceProcess(tmp_path)
    with PlainApp(first) as app:
        first.command("/perps form")
        trigger = app.payloads[0]["trigger_id"]
        title = {"type": "plain_text", "text": "A form"}
        view = {"type": "modal", "title": title, "submit": title, "blocks": [asking("a", "b")]}
        assert first.call("views.open", trigger_id=trigger, view=view)["ok"]
    assert first.stop() == 0
    second = WorkspaceProcess(tmp_path)
    assert second.ask("/_ui/views?as=alice")["stack"] == []
    assert second.stop() == 0
