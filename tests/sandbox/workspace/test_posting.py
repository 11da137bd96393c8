"""chat.*: shapes, threads, edits, ephemerals, and who would be notified."""

import re
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import (
    Json,
    WorkspaceProcess,
    actions,
    button,
    section,
    wait_until,
)

DESK = "C0DESK001"


def post(live: WorkspaceProcess, text: str = "a card", **more: Any) -> str:
    told = live.call("chat.postMessage", **{"channel": DESK, "text": text, **more})
    assert told["ok"], told
    ts: str = told["ts"]
    return ts


def history(live: WorkspaceProcess, **more: Any) -> list[Json]:
    messages: list[Json] = live.call("conversations.history", channel=DESK, **more)["messages"]
    return messages


def test_a_posted_message_has_slacks_shape(live: WorkspaceProcess) -> None:
    reply = live.client().chat_postMessage(
        channel="#perps-desk", text="hello", blocks=[section("*hello*"), actions(button("go"))]
    )
    assert reply["channel"] == DESK
    message = reply["message"]
    assert message["ts"] == reply["ts"] and message["type"] == "message"
    assert (message["user"], message["bot_id"]) == ("U0PERPS01", "B0PERPS01")
    assert (message["app_id"], message["team"]) == ("A0PERPS01", "T0PERPS01")
    assert message["bot_profile"]["user_id"] == "U0PERPS01"
    assert all(block["block_id"] for block in message["blocks"])
    assert message["blocks"][1]["elements"][0]["action_id"] == "go"


def test_timestamps_are_unique_and_grow(live: WorkspaceProcess) -> None:
    stamps = [post(live) for _ in range(5)]
    assert stamps == sorted(set(stamps))
    assert all(re.fullmatch(r"\d{10}\.\d{6}", ts) for ts in stamps)


def test_a_permalink_leads_to_the_page(live: WorkspaceProcess) -> None:
    ts = post(live)
    link = live.call("chat.getPermalink", channel=DESK, message_ts=ts)["permalink"]
    assert link == f"{live.url}/archives/{DESK}/p{ts.replace('.', '')}"
    reply = live.raw("GET", link.removeprefix(live.url), allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (302, f"/?channel={DESK}&ts={ts}")


def test_a_reply_goes_into_the_thread(live: WorkspaceProcess) -> None:
    root = post(live)
    reply = post(live, "below", thread_ts=root)
    deeper = post(live, "deeper", thread_ts=reply)
    thread = live.call("conversations.replies", channel=DESK, ts=root)["messages"]
    assert [message["ts"] for message in thread] == [root, reply, deeper]
    assert thread[1]["parent_user_id"] == "U0PERPS01"
    assert thread[0]["reply_count"] == 2 and thread[0]["latest_reply"] == deeper
    assert all(message["thread_ts"] == root for message in thread)
    assert reply not in [message["ts"] for message in history(live)]


def test_a_reply_may_be_shown_in_the_channel_too(live: WorkspaceProcess) -> None:
    root = post(live)
    reply = post(live, "for all", thread_ts=root, reply_broadcast=True)
    newest = history(live)[0]
    assert (newest["ts"], newest["subtype"]) == (reply, "thread_broadcast")


def test_a_reply_to_nothing_goes_top_level(live: WorkspaceProcess) -> None:
    gone = post(live)
    live.call("chat.delete", channel=DESK, ts=gone)
    for missing in (gone, "1000000000.000001"):
        told = live.call("chat.postMessage", channel=DESK, text="lost", thread_ts=missing)
        assert told["ok"] and "thread_ts" not in told["message"]


def test_an_edit_without_blocks_takes_them_away(live: WorkspaceProcess) -> None:
    metadata = {"event_type": "perps", "event_payload": {"id": "7"}}
    ts = post(live, blocks=[section("old")], metadata=metadata, attachments=[{"color": "#ff0000"}])
    told = live.call("chat.update", channel=DESK, ts=ts, text="new")
    assert told["text"] == "new" and "blocks" not in told["message"]
    newest = history(live, include_all_metadata=True)[0]
    assert newest["metadata"] == metadata and "blocks" not in newest
    assert newest["attachments"][0]["color"] == "ff0000"
    assert newest["edited"]["user"] == "B0PERPS01"
    assert "metadata" not in history(live)[0]


def test_an_edit_of_blocks_only_is_not_marked(live: WorkspaceProcess) -> None:
    ts = post(live, blocks=[section("old")])
    live.call("chat.update", channel=DESK, ts=ts, text="a card", blocks=[section("new")])
    shown = live.message(ts)
    assert (shown["edited"], shown["edits"]) == (False, 1)
    assert shown["blocks"][0]["text"]["text"] == "new"


def test_an_edit_notifies_nobody(live: WorkspaceProcess) -> None:
    ts = post(live)
    live.call("chat.update", channel=DESK, ts=ts, text="now <@U0BOB0001>")
    assert live.message(ts)["would_notify"] == []


def test_people_can_be_posted_to_directly(live: WorkspaceProcess) -> None:
    told = live.call("chat.postMessage", channel="U0DAVE001", text="psst")
    assert told["channel"] == "D0DAVE001"
    assert live.messages("D0DAVE001")[-1]["would_notify"] == ["dave"]
    opened = live.call("conversations.open", users="U0DAVE001")
    assert opened["channel"]["id"] == "D0DAVE001" and opened["already_open"]


def test_an_ephemeral_message_is_for_one_and_in_no_history(live: WorkspaceProcess) -> None:
    told = live.call("chat.postEphemeral", channel=DESK, user="U0BOB0001", text="just you")
    ts = told["message_ts"]
    assert ts not in [message["ts"] for message in history(live)]
    assert live.message(ts)["ephemeral_to"] == "bob"
    seen = {name: live.ask(f"/_ui/messages?as={name}&channel={DESK}") for name in ("alice", "bob")}
    stamps = {name: [one["ts"] for one in told["messages"]] for name, told in seen.items()}
    assert ts in stamps["bob"] and ts not in stamps["alice"]
    assert live.call("chat.update", channel=DESK, ts=ts, text="x")["error"] == "message_not_found"


def test_a_deleted_message_is_gone_for_clients(live: WorkspaceProcess) -> None:
    ts = post(live)
    assert live.call("chat.delete", channel=DESK, ts=ts)["ok"]
    assert ts not in [message["ts"] for message in history(live)]
    assert live.message(ts)["deleted"]
    assert live.call("chat.delete", channel=DESK, ts=ts)["error"] == "message_not_found"


def test_long_texts_are_cut_when_posted(live: WorkspaceProcess) -> None:
    ts = post(live, "x" * 50_000)
    assert len(live.message(ts)["text"]) == 40_000


def test_a_scheduled_message_waits_for_the_clock(manual: WorkspaceProcess) -> None:
    client = manual.client()
    now = int(float(client.chat_postMessage(channel=DESK, text="now")["ts"]))
    kept = client.chat_scheduleMessage(channel=DESK, text="later", post_at=now + 60)
    gone = client.chat_scheduleMessage(channel=DESK, text="never", post_at=now + 60)
    client.chat_deleteScheduledMessage(
        channel=DESK, scheduled_message_id=gone["scheduled_message_id"]
    )
    listed = client.chat_scheduledMessages_list(channel=DESK)["scheduled_messages"]
    assert [one["id"] for one in listed] == [kept["scheduled_message_id"]]
    manual.advance(59)
    assert manual.messages()[-1]["text"] == "now"
    manual.advance(2)
    assert manual.messages()[-1]["text"] == "later"
    assert not client.chat_scheduledMessages_list()["scheduled_messages"]
    with pytest.raises(SlackApiError, match="time_in_past"):
        client.chat_scheduleMessage(channel=DESK, text="x", post_at=now)


RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U0BOB0001"}]}
    ],
}
EVERYBODY = ["alice", "bob", "carol", "dave", "eve"]


@pytest.mark.parametrize(
    ("content", "notified"),
    [
        ({"text": "hello"}, []),
        ({"text": "<@U0ALICE01> and <@U0BOB0001|bob>"}, ["alice", "bob"]),
        ({"text": "<!subteam^S0APPROVE>"}, ["alice", "bob", "carol"]),
        ({"text": "<!here> look"}, EVERYBODY),
        ({"text": "<!channel|x>"}, EVERYBODY),
        ({"text": "<!date^0^{date}|today> &lt;!here&gt; @here"}, []),
        ({"text": "@bob @perps-traders", "link_names": True}, ["alice", "bob"]),
        ({"text": "x", "blocks": [section("<@U0DAVE001>")]}, ["dave"]),
        ({"text": "x", "blocks": [RICH]}, ["bob"]),
        ({"text": "x", "attachments": [{"blocks": [section("<!everyone>")]}]}, EVERYBODY),
        (
            {
                "text": "x",
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}
                ],
            },
            [],
        ),
    ],
)
def test_who_would_be_notified(live: WorkspaceProcess, content: Json, notified: list[str]) -> None:
    ts = live.call("chat.postMessage", channel=DESK, **content)["ts"]
    assert live.message(ts)["would_notify"] == notified


def test_history_is_paged_from_the_newest(live: WorkspaceProcess) -> None:
    stamps = [post(live, f"page {number}") for number in range(5)]
    first = live.call("conversations.history", channel=DESK, limit=2, oldest=stamps[0])
    assert [one["ts"] for one in first["messages"]] == stamps[:2:-1]
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    second = live.call(
        "conversations.history", channel=DESK, limit=2, oldest=stamps[0], cursor=cursor
    )
    assert [one["ts"] for one in second["messages"]] == stamps[2:0:-1]
    assert not second["has_more"]
    inclusive = history(live, oldest=stamps[3], latest=stamps[3], inclusive=True)
    assert [one["ts"] for one in inclusive] == [stamps[3]]


def test_a_person_types_and_mentions_the_bot(live: WorkspaceProcess, app: PlainApp) -> None:
    ts = live.tell("/_sim/post", user="bob", channel="perps-desk", text="@perps status?")["ts"]
    wait_until(lambda: bool(app.events("app_mention")))
    event = app.events("app_mention")[0]
    assert (event["user"], event["channel"], event["ts"]) == ("U0BOB0001", DESK, ts)
    assert event["text"] == "<@U0PERPS01> status?"
