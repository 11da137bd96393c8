"""Slack's limits and codes: messages, blocks, views."""

from typing import Any

import pytest

from tests.sandbox.workspace.plain_app import PlainApp
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
OPTION = {"text": {"type": "plain_text", "text": "o"}, "value": "o"}


def refusal(live: WorkspaceProcess, **content: Any) -> Json:
    told = live.call("chat.postMessage", **{"channel": DESK, **content})
    assert not told["ok"], told
    return told


def header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def context(count: int) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * count}


def menu(kind: str, count: int) -> Json:
    return actions({"type": kind, "action_id": "m", "options": [OPTION] * count})


TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}


@pytest.mark.parametrize(
    ("block", "what", "pointer"),
    [
        (section("x" * 3001), "must be less than 3001 characters", "/blocks/0/text/text"),
        (section(""), "must be more than 0 characters", "/blocks/0/text/text"),
        ({"type": "section"}, "missing required field: text or fields", "/blocks/0"),
        (
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11},
            "no more than 10 items allowed",
            "/blocks/0/fields",
        ),
        (header("x" * 151), "must be less than 151 characters", "/blocks/0/text/text"),
        (
            {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
            "must be a valid enum value: plain_text",
            "/blocks/0/text/type",
        ),
        (context(11), "no more than 10 items allowed", "/blocks/0/elements"),
        (actions(*[button(f"a{n}") for n in range(26)]), "no more than 25", "/blocks/0/elements"),
        (actions(), "no fewer than 1 items", "/blocks/0/elements"),
        (actions(button("a", "x" * 2001)), "less than 2001", "/blocks/0/elements/0/value"),
        (actions(button("x" * 76)), "less than 76", "/blocks/0/elements/0/text/text"),
        (actions(button("a"), button("a")), "action_id a already exists", "/blocks/0"),
        (menu("overflow", 6), "no more than 5", "/blocks/0/elements/0/options"),
        (menu("static_select", 101), "no more than 100", "/blocks/0/elements/0/options"),
        (menu("checkboxes", 11), "no more than 10", "/blocks/0/elements/0/options"),
        ({"type": "image", "image_url": "https://x.example/a.png"}, "alt_text", "/blocks/0"),
        ({"type": "nonsense"}, "unsupported type: nonsense", "/blocks/0/type"),
        ({"type": "alert"}, "unsupported type: alert", "/blocks/0/type"),
        ({"text": "x"}, "missing required field: type", "/blocks/0"),
        ({"type": "container", "elements": 5}, "must be an array", "/blocks/0/elements"),
        ({**section("x"), "colour": "red"}, "invalid additional property", "/blocks/0"),
        ({**section("x"), "block_id": "x" * 256}, "less than 256", "/blocks/0/block_id"),
        ({"type": "markdown", "text": "x" * 12_001}, "less than 12001", "/blocks/0/text"),
        (
            {"type": "image", "alt_text": "x", "slack_file": {"id": "F0NOSUCH1"}},
            "invalid slack file",
            "/blocks/0/slack_file",
        ),
    ],
)
def test_a_wrong_block_is_told_with_its_place(
    live: WorkspaceProcess, block: Json, what: str, pointer: str
) -> None:
    told = refusal(live, text="x", blocks=[block])
    assert told["error"] == "invalid_blocks"
    (message,) = told["response_metadata"]["messages"]
    assert message.startswith("[ERROR] ") and what in message
    assert message.endswith(f"[json-pointer:{pointer}]")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"blocks": "not json"}, "invalid_blocks_format"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "divider", "block_id": "a"}] * 2}, "invalid_blocks"),
        ({"blocks": [TABLE, TABLE]}, "invalid_blocks"),
        ({"blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        (
            {"text": "x", "metadata": {"event_type": "x", "event_payload": {"a": "x" * 20_000}}},
            "metadata_too_large",
        ),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "channel": "C0NOSUCH1"}, "channel_not_found"),
        ({"text": "x", "channel": "#nowhere"}, "channel_not_found"),
    ],
)
def test_a_message_that_slack_refuses(live: WorkspaceProcess, content: Json, error: str) -> None:
    assert refusal(live, **content)["error"] == error


def test_everything_the_desk_may_post_is_taken(live: WorkspaceProcess) -> None:
    blocks = [
        header("x" * 150),
        section("x" * 3000),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 10},
        {**section("pick"), "accessory": menu("overflow", 2)["elements"][0]},
        context(10),
        actions(*[button(f"a{n}") for n in range(25)]),
        {"type": "divider"},
        {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a chart"},
        TABLE,
        {"type": "markdown", "text": "**x**"},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
        {"type": "data_visualization", "title": "P&L", "chart": {"type": "pie"}},
        asking("why", "why"),
        {
            "type": "video",
            "alt_text": "x",
            "title": {"type": "plain_text", "text": "x"},
            "thumbnail_url": "https://x.example/a.png",
            "video_url": "https://x.example/a",
        },
    ]
    told = live.call("chat.postMessage", channel=DESK, text="all of it", blocks=blocks)
    assert told["ok"], told
    assert live.call("blocks.validate", token=None, blocks=blocks)["ok"]


def test_an_update_is_shorter_than_a_message(live: WorkspaceProcess) -> None:
    ts = live.call("chat.postMessage", channel=DESK, text="x" * 4_001)["ts"]
    told = live.call("chat.update", channel=DESK, ts=ts, text="x" * 4_001)
    assert told["error"] == "msg_too_long"
    assert live.call("chat.update", channel=DESK, ts=ts, text="")["error"] == "no_text"
    assert live.call("chat.update", channel=DESK, ts=ts, text="x" * 4_000)["ok"]


def test_only_own_messages_can_be_changed(live: WorkspaceProcess) -> None:
    ts = live.tell("/_sim/post", user="bob", channel="perps-desk", text="mine")["ts"]
    update = live.call("chat.update", channel=DESK, ts=ts, text="yours")
    assert update["error"] == "cant_update_message"
    assert live.call("chat.delete", channel=DESK, ts=ts)["error"] == "cant_delete_message"


def test_an_update_wants_the_channels_id(live: WorkspaceProcess) -> None:
    ts = live.call("chat.postMessage", channel="perps-desk", text="x")["ts"]
    told = live.call("chat.update", channel="perps-desk", ts=ts, text="y")
    assert told["error"] == "channel_not_found"


def test_an_old_message_cannot_be_edited(manual: WorkspaceProcess) -> None:
    ts = manual.call("chat.postMessage", channel=DESK, text="x")["ts"]
    manual.advance(366 * 86_400)
    told = manual.call("chat.update", channel=DESK, ts=ts, text="y")
    assert told["error"] == "edit_window_closed"


def test_an_ephemeral_message_needs_a_reader_in_the_channel(live: WorkspaceProcess) -> None:
    told = live.call("chat.postEphemeral", channel="C0PNL0001", user="U0EVE0001", text="x")
    assert told["error"] == "user_not_in_channel"


def test_blocks_can_be_validated_without_a_token(live: WorkspaceProcess) -> None:
    told = live.call("blocks.validate", token=None, blocks=[section("x" * 3001)])
    assert told["error"] == "invalid_blocks"
    assert told["errors"][0]["pointer"] == "/blocks/0/text/text"
    assert set(told["errors"][0]) == {"code", "message", "field", "pointer", "constraint"}
    assert live.call("blocks.validate", token=None, view=modal(section("x")))["ok"]


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (modal(section("x"), private_metadata="x" * 3001), "less than 3001"),
        ({**modal(section("x")), "title": {"type": "plain_text", "text": "x" * 25}}, "25"),
        (modal(*[{"type": "divider"}] * 101), "no more than 100 items"),
        (modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
        ({**modal(asking("b", "a")), "submit": None}, "submit is required"),
        ({"type": "home", "blocks": []}, "unsupported type: home"),
        (modal(asking("b", "a"), asking("b", "c")), "block_id b already exists"),
    ],
)
def test_a_view_that_slack_refuses(
    live: WorkspaceProcess, app: PlainApp, view: Json, told: str
) -> None:
    live.command("/perps form")
    trigger = app.payloads[-1]["trigger_id"]
    reply = live.call("views.open", trigger_id=trigger, view=view)
    assert reply["error"] == "invalid_arguments"
    assert any(told in message for message in reply["response_metadata"]["messages"]), reply
    assert live.call("views.open", trigger_id=trigger, view=modal(section("x")))["ok"]


def test_a_view_can_be_too_large(live: WorkspaceProcess) -> None:
    blocks = [section("x" * 3000) for _ in range(90)]
    view = {"type": "home", "blocks": blocks}
    told = live.call("views.publish", user_id="U0BOB0001", view=view)
    assert told["error"] == "view_too_large"
