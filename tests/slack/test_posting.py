"""A message stands in Slack once, whatever becomes of a request or of its reply."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import clock
from bot.slack.posting import NotNow, Place, Posting, Refused
from store.slack_posts import claim, read_post
from tests.slack.component import saying, with_posting
from tests.slack.home import Home
from tests.slack.workspace_process import DESK_ID, WorkspaceProcess

CHANNEL = Place(DESK_ID)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.begin()
    yield made
    made.close()


def put(workspace: WorkspaceProcess, home: Home, key: str, text: str, **more: Any) -> str:
    place = more.pop("place", CHANNEL)

    async def work(posting: Posting) -> str:
        return await posting.put(key, "main", place, saying(text), **more)

    return with_posting(workspace, home, work)


def standing(workspace: WorkspaceProcess, text: str) -> list[Any]:
    return [message for message in workspace.messages() if message["text"] == text]


def test_it_is_posted_once_and_then_edited(workspace: WorkspaceProcess, home: Home) -> None:
    first = put(workspace, home, "a", "a one")
    again = put(workspace, home, "a", "a one")
    edited = put(workspace, home, "a", "a two")

    assert first == again == edited
    assert standing(workspace, "a one") == []
    [there] = standing(workspace, "a two")
    assert (there["ts"], there["edits"]) == (first, 1), "an equal message is no edit"
    assert there["metadata"]["event_payload"] == {"id": "a"}


def test_a_restart_finds_what_stands_and_edits_it(workspace: WorkspaceProcess, home: Home) -> None:
    first = put(workspace, home, "b", "b one")
    home.close()
    again = Home(home.home)

    assert put(workspace, again, "b", "b two") == first
    again.close()


def test_a_lost_reply_is_found_and_nothing_is_posted_twice(
    workspace: WorkspaceProcess, home: Home
) -> None:
    workspace.api_fault("drop_after", "chat.postMessage")
    with pytest.raises(NotNow) as lost:
        put(workspace, home, "c", "c one")
    assert lost.value.again_s <= 1
    [there] = standing(workspace, "c one")

    assert put(workspace, home, "c", "c one") == there["ts"]
    assert len(standing(workspace, "c one")) == 1


def test_a_lost_reply_is_found_among_many_messages(workspace: WorkspaceProcess, home: Home) -> None:
    workspace.api_fault("drop_after", "chat.postMessage")
    with pytest.raises(NotNow):
        put(workspace, home, "d", "d one")
    client = workspace.client()
    for number in range(230):
        client.chat_postMessage(channel=DESK_ID, text=f"chatter {number}")

    put(workspace, home, "d", "d one")

    assert len(standing(workspace, "d one")) == 1


def test_while_slack_does_not_say_whether_it_stands_nothing_is_sent(
    workspace: WorkspaceProcess, home: Home
) -> None:
    workspace.api_fault("drop_after", "chat.postMessage")
    with pytest.raises(NotNow):
        put(workspace, home, "e", "e one")
    workspace.api_fault("drop_before", "conversations.history", count=None)

    for _ in range(3):
        with pytest.raises(NotNow):
            put(workspace, home, "e", "e one")

    assert len(standing(workspace, "e one")) == 1
    workspace.clear_faults()
    put(workspace, home, "e", "e one")
    assert len(standing(workspace, "e one")) == 1


def test_what_was_announced_and_never_sent_is_sent(workspace: WorkspaceProcess, home: Home) -> None:
    home.write(lambda _store, tx: claim(tx, "f", "main", DESK_ID, clock()))

    put(workspace, home, "f", "f one")

    assert len(standing(workspace, "f one")) == 1


def test_a_request_that_never_arrived_is_sent_again(
    workspace: WorkspaceProcess, home: Home
) -> None:
    workspace.api_fault("drop_before", "chat.postMessage")
    with pytest.raises(NotNow):
        put(workspace, home, "g", "g one")

    put(workspace, home, "g", "g one")

    assert len(standing(workspace, "g one")) == 1


def test_somebody_elses_equal_words_are_not_taken_for_ours(
    workspace: WorkspaceProcess, home: Home
) -> None:
    home.write(lambda _store, tx: claim(tx, "h", "main", DESK_ID, clock()))
    workspace.client().chat_postMessage(
        channel=DESK_ID,
        text="h one",
        metadata={"event_type": "perps_post", "event_payload": {"id": "another"}},
    )

    put(workspace, home, "h", "h one")

    assert len(standing(workspace, "h one")) == 2


def test_a_deleted_message_is_posted_anew(workspace: WorkspaceProcess, home: Home) -> None:
    first = put(workspace, home, "i", "i one")
    workspace.client().chat_delete(channel=DESK_ID, ts=first)

    second = put(workspace, home, "i", "i two")

    assert second != first
    assert len(standing(workspace, "i two")) == 1
    assert put(workspace, home, "i", "i three") == second


def test_slack_says_how_long_to_wait(workspace: WorkspaceProcess, home: Home) -> None:
    args = {"code": 429, "retry_after": 7}
    workspace.api_fault("status", "chat.postMessage", args=args)

    with pytest.raises(NotNow) as asked:
        put(workspace, home, "j", "j one")

    assert asked.value.again_s == 7
    assert standing(workspace, "j one") == []
    put(workspace, home, "j", "j one")
    assert len(standing(workspace, "j one")) == 1


@pytest.mark.parametrize("kind", ["html", "half_open"])
def test_an_answer_that_is_none_is_not_taken_for_one(
    workspace: WorkspaceProcess, home: Home, kind: str
) -> None:
    workspace.api_fault(kind, "chat.postMessage")

    with pytest.raises((NotNow, Refused)):
        put(workspace, home, f"k {kind}", f"k {kind}")

    put(workspace, home, f"k {kind}", f"k {kind}")
    assert len(standing(workspace, f"k {kind}")) == 1


def test_what_slack_refuses_is_told_as_its_own_trouble(
    workspace: WorkspaceProcess, home: Home
) -> None:
    first = put(workspace, home, "l", "l one")
    workspace.api_fault("auth_error", "chat.update", args={"error": "edit_window_closed"})

    with pytest.raises(Refused) as refused:
        put(workspace, home, "l", "l two")

    assert "edit_window_closed" in str(refused.value)
    assert refused.value.ts == first


@pytest.mark.parametrize("error", ["channel_not_found", "is_archived", "invalid_auth"])
def test_what_nothing_passes_is_told_as_the_channels_trouble(
    workspace: WorkspaceProcess, home: Home, error: str
) -> None:
    workspace.api_fault("auth_error", "chat.postMessage", args={"error": error})

    with pytest.raises(NotNow, match=error):
        put(workspace, home, f"o {error}", "o")


def test_a_reply_stands_in_the_thread_once(workspace: WorkspaceProcess, home: Home) -> None:
    parent = put(workspace, home, "m", "m card")
    below = Place(DESK_ID, parent, broadcast=True)
    workspace.api_fault("drop_after", "chat.postMessage")
    with pytest.raises(NotNow):
        put(workspace, home, "m/1", "m reply", place=below)

    put(workspace, home, "m/1", "m reply", place=below)
    put(workspace, home, "m/1", "m reply", place=below, final=True)

    [reply] = standing(workspace, "m reply")
    assert reply["thread_ts"] == parent
    post = home.read(lambda c: read_post(c, "m/1"))
    assert (post.ts, post.final) == (reply["ts"], True)


def test_a_lost_reply_of_an_edit_is_edited_again(workspace: WorkspaceProcess, home: Home) -> None:
    first = put(workspace, home, "n", "n one")
    workspace.api_fault("drop_after", "chat.update")
    with pytest.raises(NotNow):
        put(workspace, home, "n", "n two")

    assert put(workspace, home, "n", "n two") == first
    assert len(standing(workspace, "n two")) == 1
