"""Calls of the Web API: tokens, scopes, arguments in every form, unknown methods, rate limits."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.workspace.workspace_process import Json, WorkspaceProcess

DESK = "C0DESK001"


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[WorkspaceProcess]:
    workspace = WorkspaceProcess(tmp_path, "--manual-clock")
    yield workspace
    assert workspace.stop() == 0


def test_auth_test_says_who_we_are(live: WorkspaceProcess) -> None:
    told = live.client().auth_test()
    assert (told["team_id"], told["team"]) == ("T0PERPS01", "Perps desk")
    assert (told["user_id"], told["user"], told["bot_id"]) == ("U0PERPS01", "perps", "B0PERPS01")
    assert told["is_enterprise_install"] is False
    assert "chat:write" in told.headers["x-oauth-scopes"].split(",")
    as_app = live.client(live.app_token).auth_test()
    assert as_app["app_id"] == "A0PERPS01"


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", None, "not_authed"),
        ("auth.test", "xoxb-guessed", "invalid_auth"),
        ("apps.connections.open", "bot", "not_allowed_token_type"),
        ("chat.postMessage", "app", "not_allowed_token_type"),
        ("chat.postMessage", "xoxp-guessed", "invalid_auth"),
    ],
)
def test_the_wrong_token(
    live: WorkspaceProcess, method: str, token: str | None, error: str
) -> None:
    assert live.call(method, token=token)["error"] == error


def test_a_missing_scope_is_named(live: WorkspaceProcess) -> None:
    live.tell("/_sim/scopes", remove=["usergroups:read", "chat:write.public"])
    told = live.call("usergroups.list")
    assert (told["error"], told["needed"]) == ("missing_scope", "usergroups:read")
    assert "users:read" in told["provided"] and "usergroups:read" not in told["provided"]
    live.call("conversations.leave", channel="C0PNL0001")
    not_in = live.call("chat.postMessage", channel="C0PNL0001", text="x")
    assert not_in["error"] == "not_in_channel"
    live.tell("/_sim/scopes", restore=True)
    assert live.call("chat.postMessage", channel="C0PNL0001", text="x")["ok"]
    assert live.call("conversations.join", channel="C0PNL0001")["ok"]
    assert live.call("usergroups.list")["ok"]
    assert "no scope 'admin'" in live.refused("/_sim/scopes", remove=["admin"])


def test_without_the_scope_for_emails_none_are_shown(live: WorkspaceProcess) -> None:
    profile = live.call("users.info", user="U0BOB0001")["user"]["profile"]
    assert profile["email"] == "bob@perps.example"
    live.tell("/_sim/scopes", only=["users:read"])
    assert "email" not in live.call("users.info", user="U0BOB0001")["user"]["profile"]


def test_an_uninstalled_app_has_no_say(live: WorkspaceProcess) -> None:
    live.tell("/_sim/uninstall")
    assert live.call("auth.test")["error"] == "account_inactive"
    live.tell("/_sim/uninstall", restore=True)
    assert live.call("auth.test")["ok"]


def test_methods_that_are_not_there(live: WorkspaceProcess) -> None:
    told = live.call("chat.shout")
    assert (told["error"], told["req_method"]) == ("unknown_method", "chat.shout")
    assert live.call("files.upload")["error"] == "method_deprecated"
    for slacks in ("chat.unfurl", "admin.users.list"):
        told = live.call(slacks)
        assert told["error"] == "not_served_by_sandbox" and slacks in told["detail"]


def _as_query(args: Json) -> Json:
    return {"params": args}


def _as_form(args: Json) -> Json:
    return {"data": args}


def _as_multipart(args: Json) -> Json:
    return {"files": {name: (None, value) for name, value in args.items()}}


@pytest.mark.parametrize("form", [_as_query, _as_form, _as_multipart])
@pytest.mark.parametrize("token_in_body", [False, True])
def test_arguments_come_in_every_form(
    live: WorkspaceProcess, form: Any, token_in_body: bool
) -> None:
    """Python's client uses query and JSON, Node's a form with the token in it."""
    blocks = json.dumps([{"type": "divider"}])
    args = {"channel": DESK, "text": "é & ü", "blocks": blocks, "unfurl_links": "false"}
    headers = {"Authorization": f"Bearer {live.bot_token}"}
    options: Json = {"headers": headers}
    if token_in_body:
        args["token"], options = live.bot_token, {}
    told = live.raw("POST", "/api/chat.postMessage", **form(args), **options).json()
    assert told["ok"], told
    assert told["message"]["text"] == "é &amp; ü"
    assert told["message"]["blocks"][0]["type"] == "divider"


def test_get_works_too(live: WorkspaceProcess) -> None:
    params = {"token": live.bot_token, "user": "U0ALICE01"}
    told = live.raw("GET", "/api/users.info", params=params).json()
    assert told["user"]["name"] == "alice"


def test_query_and_body_are_merged(live: WorkspaceProcess) -> None:
    told = live.raw(
        "POST",
        "/api/conversations.info?include_num_members=1",
        json={"channel": DESK},
        headers={"Authorization": f"Bearer {live.bot_token}"},
    ).json()
    assert told["channel"]["num_members"] == 6


@pytest.mark.parametrize(("body", "error"), [(b"{", "invalid_json"), (b"[1]", "json_not_object")])
def test_a_body_that_is_not_what_it_says(live: WorkspaceProcess, body: bytes, error: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {live.bot_token}"}
    assert live.raw("POST", "/api/auth.test", data=body, headers=headers).json()["error"] == error


def test_a_missing_argument_is_named(live: WorkspaceProcess) -> None:
    told = live.call("chat.postMessage", text="x")
    assert told["error"] == "invalid_arguments"
    assert told["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


def test_api_test_gives_back_what_it_got(live: WorkspaceProcess) -> None:
    assert live.call("api.test", token=None, foo="bar")["args"] == {"foo": "bar"}
    assert live.call("api.test", token=None, error="my_error")["error"] == "my_error"


def test_the_log_never_shows_a_token(live: WorkspaceProcess) -> None:
    live.raw("POST", "/api/auth.test", data={"token": live.bot_token})
    live.raw("GET", "/api/auth.test", params={"token": live.bot_token})
    assert live.bot_token not in live.raw("GET", "/_sim/requests").text


def test_requests_are_on_record(live: WorkspaceProcess) -> None:
    live.call("chat.postMessage", channel=DESK, text="on record")
    record = live.ask("/_sim/requests?limit=200000")["requests"][-1]
    assert (record["method"], record["path"]) == ("POST", "/api/chat.postMessage")
    assert (record["status"], record["body"]["text"]) == (200, "on record")
    assert live.ask(f"/_sim/requests?since_ns={record['monotonic_ns']}")["requests"] == []


def test_posting_is_limited_in_each_channel(limited: WorkspaceProcess) -> None:
    client = limited.client()
    with pytest.raises(SlackApiError) as caught:
        for _ in range(20):
            client.chat_postMessage(channel=DESK, text="storm")
    reply = caught.value.response
    assert (reply.status_code, reply["error"]) == (429, "ratelimited")
    assert int(reply.headers["Retry-After"]) >= 1
    assert (
        limited.call("chat.postMessage", channel="#perps-desk", text="x")["error"] == "ratelimited"
    )
    assert client.chat_postMessage(channel="C0PNL0001", text="elsewhere")["ok"]
    limited.advance(int(reply.headers["Retry-After"]))
    assert client.chat_postMessage(channel=DESK, text="again")["ok"]


def test_each_method_has_its_own_limit(limited: WorkspaceProcess) -> None:
    codes = []
    for _ in range(21):
        headers = {"Authorization": f"Bearer {limited.bot_token}"}
        codes.append(limited.raw("POST", "/api/usergroups.list", headers=headers).status_code)
    assert codes == [200] * 20 + [429]
    assert limited.call("users.info", user="U0BOB0001")["ok"]
    limited.advance(60)
    assert limited.call("usergroups.list")["ok"]
