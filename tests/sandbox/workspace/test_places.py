"""conversations.*, users.*, usergroups.*, files.*, reactions, pins and bookmarks."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import Json, WorkspaceProcess, wait_until

DESK = "C0DESK001"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50


def posted(live: WorkspaceProcess) -> str:
    ts: str = live.call("chat.postMessage", channel=DESK, text="marked")["ts"]
    return ts


def test_channels_are_listed_in_pages(live: WorkspaceProcess) -> None:
    client = live.client()
    first = client.conversations_list(limit=2)
    second = client.conversations_list(limit=1000, cursor=first["response_metadata"]["next_cursor"])
    names = [channel["name"] for page in (first, second) for channel in page["channels"]]
    assert names[:3] == ["perps-desk", "perps-alerts", "pnl"]
    desk = first["channels"][0]
    assert desk["id"] == DESK and desk["is_member"] and desk["is_channel"]
    assert desk["is_ext_shared"] and "T0OTHER01" in desk["shared_team_ids"]
    assert second["response_metadata"]["next_cursor"] == ""
    with pytest.raises(SlackApiError, match="invalid_cursor"):
        client.conversations_list(cursor="guess")
    with pytest.raises(SlackApiError, match="invalid_types"):
        client.conversations_list(types="secret_channel")


def test_the_life_of_a_channel(live: WorkspaceProcess) -> None:
    client = live.client()
    channel = client.conversations_create(name="inc-20260105-btc")["channel"]
    id = channel["id"]
    assert id.startswith("C") and channel["is_member"]
    with pytest.raises(SlackApiError, match="name_taken"):
        client.conversations_create(name="inc-20260105-btc")
    client.conversations_setTopic(channel=id, topic="SEV2 | lead <@U0ALICE01>")
    client.conversations_setPurpose(channel=id, purpose="an incident")
    client.conversations_invite(channel=id, users="U0ALICE01,U0BOB0001")
    info = client.conversations_info(channel=id, include_num_members=True)["channel"]
    assert info["topic"]["value"].startswith("SEV2") and info["num_members"] == 3
    members = client.conversations_members(channel=id)["members"]
    assert members == ["U0PERPS01", "U0ALICE01", "U0BOB0001"]
    assert client.conversations_rename(channel=id, name="inc-btc")["channel"]["name"] == "inc-btc"
    assert client.conversations_archive(channel=id)["ok"]
    with pytest.raises(SlackApiError, match="is_archived"):
        client.chat_postMessage(channel=id, text="too late")
    with pytest.raises(SlackApiError, match="already_archived"):
        client.conversations_archive(channel=id)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_arguments"),
        ("x" * 81, "invalid_name_maxlength"),
        ("Upper", "invalid_name_specials"),
        ("a b", "invalid_name_specials"),
        ("--", "invalid_name_punctuation"),
        ("pnl", "name_taken"),
    ],
)
def test_names_that_slack_refuses(live: WorkspaceProcess, name: str, error: str) -> None:
    assert live.call("conversations.create", name=name)["error"] == error


def test_inviting_goes_wrong_as_in_slack(live: WorkspaceProcess) -> None:
    def invite(users: str, **more: Any) -> Json:
        return live.call("conversations.invite", channel="C0PNL0001", users=users, **more)

    assert invite("U0ALICE01")["error"] == "already_in_channel"
    assert invite("U0NOSUCH1")["error"] == "user_not_found"
    assert invite("U0PERPS01")["error"] == "cant_invite_self"
    assert invite("U0ALICE01,U0NOSUCH1", force=True)["ok"]
    told = live.call("conversations.setTopic", channel="C0PNL0001", topic="x" * 251)
    assert told["error"] == "too_long"


def test_a_private_channel_without_the_bot_is_not_there(live: WorkspaceProcess) -> None:
    id = live.call("conversations.create", name="secret", is_private=True)["channel"]["id"]
    assert live.call("conversations.info", channel=id)["channel"]["is_private"]
    assert live.call("conversations.leave", channel=id)["ok"]
    for method in ("conversations.info", "conversations.history", "conversations.join"):
        assert live.call(method, channel=id)["error"] == "channel_not_found"


def test_a_direct_conversation_is_not_a_channel(live: WorkspaceProcess) -> None:
    id = live.call("conversations.open", users="U0BOB0001", return_im=True)["channel"]["id"]
    assert live.call("conversations.info", channel=id)["channel"]["user"] == "U0BOB0001"
    for method in ("leave", "archive", "join"):
        told = live.call(f"conversations.{method}", channel=id)
        assert told["error"] == "method_not_supported_for_channel_type"
    assert live.call("conversations.close", channel=id)["ok"]
    for nobody in ("USLACKBOT", "U0PERPS01", "U0NOSUCH1"):
        assert live.call("conversations.open", users=nobody)["error"] == "user_not_found"
        told = live.call("chat.postMessage", channel=nobody, text="x")
        assert told["error"] == "channel_not_found"


def test_members(live: WorkspaceProcess) -> None:
    client = live.client()
    alice = client.users_info(user="U0ALICE01")["user"]
    assert alice["real_name"] == "Alice Moreau" and alice["team_id"] == "T0PERPS01"
    assert alice["profile"]["email"] == "alice@perps.example"
    assert not (alice["is_bot"] or alice["deleted"] or alice["is_restricted"])
    eve = client.users_info(user="U0EVE0001")["user"]
    assert eve["is_stranger"] and eve["team_id"] == "T0OTHER01"
    bot = client.users_info(user="U0PERPS01")["user"]
    assert bot["is_bot"] and bot["profile"]["api_app_id"] == "A0PERPS01"
    listed = [user["name"] for user in client.users_list()["members"]]
    assert listed == ["alice", "bob", "carol", "dave", "perps", "slackbot"]
    assert client.users_lookupByEmail(email="bob@perps.example")["user"]["id"] == "U0BOB0001"
    for unknown in ("nobody@perps.example", "eve@other.example"):
        with pytest.raises(SlackApiError, match="users_not_found"):
            client.users_lookupByEmail(email=unknown)
    with pytest.raises(SlackApiError, match="user_not_found"):
        client.users_info(user="U0NOSUCH1")


def test_a_member_changes_and_the_app_is_told(live: WorkspaceProcess, app: PlainApp) -> None:
    live.tell("/_sim/member", user="dave", deleted=True)
    assert live.call("users.info", user="U0DAVE001")["user"]["deleted"]
    assert live.call("conversations.open", users="U0DAVE001")["error"] == "user_disabled"
    live.tell("/_sim/member", user="dave", deleted=False, is_guest=True)
    assert live.call("users.info", user="U0DAVE001")["user"]["is_restricted"]
    live.tell("/_sim/member", user="dave", is_guest=False)
    wait_until(lambda: len(app.events("user_change")) == 3)
    assert app.events("user_change")[0]["user"]["deleted"]


def test_user_groups(live: WorkspaceProcess, app: PlainApp) -> None:
    client = live.client()
    groups = {group["handle"]: group for group in client.usergroups_list()["usergroups"]}
    assert {"perps-traders", "perps-approvers", "oncall"} <= set(groups)
    assert "users" not in groups["oncall"]
    oncall = groups["oncall"]["id"]
    assert client.usergroups_users_list(usergroup=oncall)["users"] == ["U0ALICE01"]
    client.usergroups_users_update(usergroup=oncall, users=["U0BOB0001", "U0CAROL01"])
    wait_until(lambda: bool(app.events("subteam_members_changed")))
    event = app.events("subteam_members_changed")[0]
    assert event["added_users"] == ["U0BOB0001", "U0CAROL01"]
    assert event["removed_users"] == ["U0ALICE01"]
    assert app.events("subteam_updated")[0]["subteam"]["id"] == oncall
    with pytest.raises(SlackApiError, match="no_users_provided"):
        client.usergroups_users_update(usergroup=oncall, users=[])
    with pytest.raises(SlackApiError, match="invalid_users"):
        client.usergroups_users_update(usergroup=oncall, users=["U0NOSUCH1"])
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        client.usergroups_users_list(usergroup="S0NOSUCH1")
    live.tell("/_sim/usergroup", handle="oncall", users=["alice"])
    assert client.usergroups_users_list(usergroup=oncall)["users"] == ["U0ALICE01"]


def test_a_new_user_group(live: WorkspaceProcess) -> None:
    client = live.client()
    made = client.usergroups_create(name="Night watch", handle="night-watch")["usergroup"]
    assert made["id"].startswith("S")
    with pytest.raises(SlackApiError, match="name_already_exists"):
        client.usergroups_create(name="Night watch", handle="night-watch-2")
    with pytest.raises(SlackApiError, match="handle_already_exists"):
        client.usergroups_create(name="Another", handle="night-watch")
    assert client.usergroups_update(usergroup=made["id"], name="Night")["usergroup"]["name"]
    assert client.usergroups_disable(usergroup=made["id"])["ok"]
    handles = [group["handle"] for group in client.usergroups_list()["usergroups"]]
    assert "night-watch" not in handles


def test_an_upload_in_three_steps(live: WorkspaceProcess) -> None:
    told = live.client().files_upload_v2(
        file=PNG, filename="pnl.png", title="P&L", alt_txt="up 3 %", channel=DESK,
        initial_comment="today",
    )  # fmt: skip
    file_id = told["file"]["id"]

    def shown() -> list[Json]:
        return [message for message in live.messages() if message["files"]]

    wait_until(lambda: bool(shown()) and shown()[-1]["text"] == "today")
    shown_ts, file = shown()[-1]["ts"], shown()[-1]["files"][0]
    assert (file["id"], file["title"], file["alt_txt"]) == (file_id, "P&L", "up 3 %")
    assert (file["mimetype"], file["size"]) == ("image/png", len(PNG))
    assert live.raw("GET", f"/_ui/file/{file_id}").content == PNG
    private = file["url_private"].removeprefix(live.url)
    token = {"Authorization": f"Bearer {live.bot_token}"}
    assert live.raw("GET", private, headers=token).content == PNG
    assert live.raw("GET", private, allow_redirects=False).status_code == 302
    assert live.client().files_info(file=file_id)["file"]["name"] == "pnl.png"
    assert file_id in [one["id"] for one in live.client().files_list(channel=DESK)["files"]]
    assert live.client().files_delete(file=file_id)["ok"]
    assert live.raw("GET", f"/_ui/file/{file_id}").status_code == 404
    assert live.message(shown_ts)["files"] == []


def test_a_file_shows_in_blocks_once_it_is_processed(live: WorkspaceProcess) -> None:
    client = live.client()
    announced = client.files_getUploadURLExternal(filename="a.png", length=len(PNG))
    file_id = announced["file_id"]
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_completeUploadExternal(files=[{"id": file_id}])
    path = announced["upload_url"].removeprefix(live.url)
    assert live.raw("POST", path, data=PNG).text == f"OK - {len(PNG)}"
    assert client.files_completeUploadExternal(files=[{"id": file_id}])["files"]
    block = {"type": "image", "alt_text": "a chart", "slack_file": {"id": file_id}}

    def post() -> Json:
        return live.call("chat.postMessage", channel=DESK, text="chart", blocks=[block])

    assert post()["error"] == "invalid_blocks"
    wait_until(lambda: bool(post()["ok"]))


def test_reactions(live: WorkspaceProcess) -> None:
    ts, client = posted(live), live.client()
    client.reactions_add(channel=DESK, timestamp=ts, name="white_check_mark")
    with pytest.raises(SlackApiError, match="already_reacted"):
        client.reactions_add(channel=DESK, timestamp=ts, name="white_check_mark")
    told = live.tell(
        "/_sim/react", user="bob", channel="perps-desk", ts=ts, name="white_check_mark"
    )
    assert told["reactions"] == [{"name": "white_check_mark", "users": ["perps", "bob"]}]
    message = client.reactions_get(channel=DESK, timestamp=ts)["message"]
    assert message["reactions"][0]["count"] == 2
    client.reactions_remove(channel=DESK, timestamp=ts, name="white_check_mark")
    with pytest.raises(SlackApiError, match="no_reaction"):
        client.reactions_remove(channel=DESK, timestamp=ts, name="white_check_mark")
    for wrong, code in (("nope!", "invalid_name"), ("eyes", "message_not_found")):
        with pytest.raises(SlackApiError, match=code):
            at = ts if code == "invalid_name" else "1000000000.000001"
            client.reactions_add(channel=DESK, timestamp=at, name=wrong)


def test_pins(live: WorkspaceProcess) -> None:
    ts, client = posted(live), live.client()
    client.pins_add(channel=DESK, timestamp=ts)
    with pytest.raises(SlackApiError, match="already_pinned"):
        client.pins_add(channel=DESK, timestamp=ts)
    pinned = [item["message"]["ts"] for item in client.pins_list(channel=DESK)["items"]]
    assert ts in pinned and live.message(ts)["pinned"]
    client.pins_remove(channel=DESK, timestamp=ts)
    with pytest.raises(SlackApiError, match="no_pin"):
        client.pins_remove(channel=DESK, timestamp=ts)


def test_bookmarks(live: WorkspaceProcess) -> None:
    client = live.client()
    link = "https://example.com/runbook"
    made = client.bookmarks_add(channel_id=DESK, title="Runbook", type="link", link=link)
    id = made["bookmark"]["id"]
    edited = client.bookmarks_edit(channel_id=DESK, bookmark_id=id, title="The runbook")
    assert edited["bookmark"]["title"] == "The runbook"
    assert [one["id"] for one in client.bookmarks_list(channel_id=DESK)["bookmarks"]] == [id]
    client.bookmarks_remove(channel_id=DESK, bookmark_id=id)
    with pytest.raises(SlackApiError, match="not_found"):
        client.bookmarks_remove(channel_id=DESK, bookmark_id=id)
    with pytest.raises(SlackApiError, match="invalid_link"):
        client.bookmarks_add(channel_id=DESK, title="x", type="link", link="javascript:1")


def test_the_rest_answers(live: WorkspaceProcess) -> None:
    client = live.client()
    assert client.bots_info(bot="B0PERPS01")["bot"]["user_id"] == "U0PERPS01"
    assert client.team_info()["team"]["domain"] == "perps-desk"
    assert client.emoji_list()["emoji"] == {}
    assert client.dnd_info(user="U0BOB0001")["dnd_enabled"] is False
    assert client.users_conversations(user="U0EVE0001")["channels"][0]["id"] == DESK


def test_events_follow_the_subscription(live: WorkspaceProcess, app: PlainApp) -> None:
    before = live.tell("/_sim/subscriptions")["events"]
    assert "message.im" in before and "message.channels" not in before
    live.tell("/_sim/subscriptions", events=["message.channels", "reaction_added"])
    ts = live.tell("/_sim/post", user="bob", channel="perps-desk", text="hi")["ts"]
    live.tell("/_sim/react", user="bob", channel="perps-desk", ts=ts, name="eyes")
    live.call("chat.delete", channel=DESK, ts=posted(live))
    wait_until(lambda: len(app.envelopes) == 4)
    kinds = [(event["type"], event.get("subtype")) for event in app.events("message")]
    assert kinds == [("message", None), ("message", None), ("message", "message_deleted")]
    first = app.events("message")[0]
    assert (first["channel_type"], first["channel"], first["ts"]) == ("channel", DESK, ts)
    payload = app.payloads[0]
    assert payload["type"] == "event_callback" and payload["event_id"].startswith("Ev")
    assert payload["authorizations"][0]["user_id"] == "U0PERPS01"
    assert payload["is_ext_shared_channel"] is True
    assert "no event 'nonsense'" in live.refused("/_sim/subscriptions", events=["nonsense"])


def test_every_event_of_the_workspace_can_be_had(live: WorkspaceProcess) -> None:
    kinds = {
        "channel_created",
        "channel_rename",
        "channel_archive",
        "member_joined_channel",
        "subteam_created",
        "file_shared",
        "reaction_removed",
        "app_uninstalled",
        "tokens_revoked",
        "message.groups",
    }
    live.tell("/_sim/subscriptions", events=sorted(kinds))
    with PlainApp(live) as app:
        id = live.call("conversations.create", name="inc-events", is_private=True)["channel"]["id"]
        live.call("conversations.invite", channel=id, users="U0BOB0001")
        ts = live.call("chat.postMessage", channel=id, text="begun")["ts"]
        live.call("chat.update", channel=id, ts=ts, text="edited")
        where = {"channel": id, "timestamp": ts, "name": "eyes"}
        live.call("reactions.add", **where)
        live.call("reactions.remove", **where)
        live.client().files_upload_v2(content="x", filename="x.txt", channel=id)
        wait_until(lambda: bool(app.events("file_shared")))
        live.call("conversations.rename", channel=id, name="inc-renamed")
        live.call("conversations.archive", channel=id)
        live.tell("/_sim/usergroup", handle="new-group", users=["alice"])
        live.tell("/_sim/uninstall")
        live.tell("/_sim/uninstall", restore=True)
        wait_until(lambda: bool(app.events("tokens_revoked")))
        seen = {event["type"] for kind in kinds for event in app.events(kind)}
        subtypes = [event.get("subtype") for event in app.events("message")]
    assert seen == kinds - {"message.groups"}
    assert subtypes[:2] == [None, "message_changed"]


def test_direct_messages_reach_the_app(live: WorkspaceProcess, app: PlainApp) -> None:
    live.ask("/_ui/state?as=carol")
    live.tell("/_sim/post", user="carol", channel="D0CAROL01", text="status")
    wait_until(lambda: bool(app.events("message")))
    event = app.events("message")[0]
    assert (event["channel_type"], event["user"], event["text"]) == ("im", "U0CAROL01", "status")
