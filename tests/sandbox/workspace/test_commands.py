"""Slash commands: their payload, what the acknowledgement may show, and the address to answer to."""

from typing import Any

import pytest

from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import Json, WorkspaceProcess, section


def address_of(app: PlainApp) -> str:
    url: str = app.payloads[-1]["response_url"]
    return url[url.index("/response/") :]


def answer(live: WorkspaceProcess, app: PlainApp, **told: Any) -> Any:
    return live.raw("POST", address_of(app), json=told)


def test_the_payload_has_slacks_fields(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("/perps kill  BTC now", user="bob")
    payload = app.payloads[0]
    assert payload["command"] == "/perps" and payload["text"] == "kill  BTC now"
    assert (payload["user_id"], payload["user_name"]) == ("U0BOB0001", "bob")
    assert (payload["channel_id"], payload["channel_name"]) == ("C0DESK001", "perps-desk")
    assert (payload["team_id"], payload["team_domain"]) == ("T0PERPS01", "perps-desk")
    assert payload["api_app_id"] == "A0PERPS01"
    assert payload["is_enterprise_install"] == "false"
    assert payload["response_url"].startswith(live.url)
    assert payload["trigger_id"]


def test_any_white_space_ends_the_command(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("  /perps\nkill \n it ")
    live.command("/perps")
    assert [payload["text"] for payload in app.payloads] == ["kill \n it", ""]


def test_a_command_in_a_direct_conversation(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("/perps status", channel="D0ALICE01")
    assert app.payloads[0]["channel_name"] == "directmessage"


def test_a_guest_of_another_team_is_told_apart(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("/perps status", user="eve")
    assert app.payloads[0]["team_id"] == "T0OTHER01"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("page @bob", "page <@U0BOB0001|bob>"),
        ("page @oncall", "page <!subteam^S0ONCALL1|@oncall>"),
        ("in #pnl", "in <#C0PNL0001|pnl>"),
        ("tell @here", "tell <!here>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("<@U0BOB0001>", "&lt;@U0BOB0001&gt;"),
        ("see https://example.com/x?y=1", "see <https://example.com/x?y=1>"),
        ("mail a@bob.example and @nobody", "mail a@bob.example and @nobody"),
    ],
)
def test_typed_text_is_escaped(
    live: WorkspaceProcess, app: PlainApp, typed: str, sent: str
) -> None:
    live.command(f"/perps {typed}")
    assert app.payloads[0]["text"] == sent


def test_an_unknown_command_never_reaches_the_app(live: WorkspaceProcess, app: PlainApp) -> None:
    assert live.command("/pers status")["error"] == "unknown_command"
    assert live.said_to("alice")[-1] == "`/pers` is not a valid command."
    assert not app.envelopes


def test_an_acknowledgement_may_show_something_to_one(live: WorkspaceProcess) -> None:
    with PlainApp(live, lambda envelope: {"text": "only you", "blocks": [section("only you")]}):
        live.command("/perps a", user="bob")
    shown = live.messages()[-1]
    assert (shown["text"], shown["ephemeral_to"], shown["user"]) == ("only you", "bob", "perps")
    assert shown["blocks"][0]["type"] == "section"


def test_in_channel_also_shows_what_was_typed(live: WorkspaceProcess) -> None:
    with PlainApp(live, lambda envelope: {"response_type": "in_channel", "text": "to all"}):
        live.command("/perps show", user="bob")
    typed, shown = live.messages()[-2:]
    assert (typed["user"], typed["text"]) == ("bob", "/perps show")
    assert (shown["user"], shown["text"], shown["ephemeral_to"]) == ("perps", "to all", None)


def test_an_empty_acknowledgement_shows_nothing(live: WorkspaceProcess, app: PlainApp) -> None:
    before = len(live.messages())
    live.command("/perps quiet")
    assert len(live.messages()) == before


def test_an_acknowledgement_that_cannot_be_shown(live: WorkspaceProcess) -> None:
    with PlainApp(live, lambda envelope: {"blocks": [{"type": "nonsense"}]}):
        assert live.command("/perps bad")["error"] == "invalid_blocks"


def test_the_address_works_five_times(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("/perps talk", user="dave")
    replies = [answer(live, app, text=f"part {number}") for number in range(6)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [404]
    assert replies[0].text == "ok" and replies[5].json()["error"] == "used_url"
    assert live.said_to("dave")[-5:] == [f"part {number}" for number in range(5)]


def test_the_address_works_for_thirty_minutes(manual: WorkspaceProcess) -> None:
    with PlainApp(manual) as app:
        manual.command("/perps talk")
        manual.advance(29 * 60)
        assert answer(manual, app, text="just in time").status_code == 200
        manual.advance(61)
        late = answer(manual, app, text="too late")
    assert (late.status_code, late.json()["error"]) == (404, "expired_url")


def test_an_unknown_address_is_expired(live: WorkspaceProcess) -> None:
    reply = live.raw("POST", "/response/guessed", json={"text": "hello"})
    assert (reply.status_code, reply.json()["error"]) == (404, "expired_url")


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({}, "invalid_payload"),
        ({"text": ""}, "no_text"),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
    ],
)
def test_the_address_refuses_nonsense(
    live: WorkspaceProcess, app: PlainApp, told: Json, error: str
) -> None:
    live.command("/perps talk")
    reply = answer(live, app, **told)
    assert (reply.status_code, reply.json()["error"]) == (400, error)


def test_the_address_reaches_everybody_or_a_thread(live: WorkspaceProcess, app: PlainApp) -> None:
    root = live.tell("/_sim/post", user="alice", channel="perps-desk", text="root")["ts"]
    live.command("/perps talk")
    answer(live, app, text="all of you", response_type="in_channel")
    answer(live, app, text="in a thread", response_type="in_channel", thread_ts=root)
    everybody, threaded = live.messages()[-2:]
    assert (everybody["text"], everybody["ephemeral_to"]) == ("all of you", None)
    assert (threaded["text"], threaded["thread_ts"]) == ("in a thread", root)


def test_the_address_works_where_the_bot_is_not(live: WorkspaceProcess, app: PlainApp) -> None:
    live.call("conversations.leave", channel="C0PNL0001")
    live.command("/perps talk", channel="pnl")
    assert answer(live, app, text="from outside", response_type="in_channel").status_code == 200
    assert live.messages("pnl")[-1]["text"] == "from outside"
    assert live.call("conversations.join", channel="C0PNL0001")["ok"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"user": "mallory", "channel": "perps-desk", "text": "/perps"}, "there are alice"),
        ({"user": "alice", "channel": "nowhere", "text": "/perps"}, "there are perps-desk"),
        ({"user": "eve", "channel": "pnl", "text": "/perps"}, "eve is not in pnl"),
        ({"user": "perps", "channel": "perps-desk", "text": "/perps"}, "not a person"),
        ({"user": "alice", "channel": "perps-desk", "text": "status"}, "begin with a command"),
        ({"user": "alice", "channel": "perps-desk"}, "text must be"),
        ({"user": "alice", "channel": "perps-desk", "text": "/perps", "x": 1}, "unknown field"),
    ],
)
def test_control_says_what_is_wrong(live: WorkspaceProcess, body: Json, told: str) -> None:
    assert told in live.refused("/_sim/command", **body)
