"""Each fault of a call and of a socket, seen through real clients."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.workspace.plain_app import PlainApp
from tests.sandbox.workspace.workspace_process import Json, WorkspaceProcess, wait_until

DESK = "C0DESK001"
POST = {"path": "/api/chat.postMessage"}
SOCKET = {"socket": True}


def texts(live: WorkspaceProcess) -> list[str]:
    return [message["text"] for message in live.messages()]


def post(live: WorkspaceProcess, text: str) -> Any:
    return live.client().chat_postMessage(channel=DESK, text=text)


@pytest.mark.parametrize(("kind", "posted"), [("drop_before", False), ("drop_after", True)])
def test_a_lost_connection_leaves_the_outcome_open(
    live: WorkspaceProcess, kind: str, posted: bool
) -> None:
    live.fault(kind, match=POST)
    with pytest.raises((URLError, ConnectionError)):
        post(live, f"lost {kind}")
    assert (f"lost {kind}" in texts(live)) is posted
    record = live.ask("/_sim/requests?limit=200000")["requests"]
    assert [one["status"] for one in record if one["body"].get("text") == f"lost {kind}"] == [None]
    assert post(live, "fine again")["ok"]


def test_a_lost_reply_can_be_found_in_the_history(live: WorkspaceProcess) -> None:
    live.fault("drop_after", match=POST)
    metadata = {"event_type": "perps_post", "event_payload": {"id": "kill-7"}}
    with pytest.raises((URLError, ConnectionError)):
        live.client().chat_postMessage(channel=DESK, text="x", metadata=metadata)
    found = live.client().conversations_history(channel=DESK, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == metadata


@pytest.mark.parametrize("after", [False, True])
def test_a_server_error_before_and_after_the_effect(live: WorkspaceProcess, after: bool) -> None:
    live.fault("status", match=POST, args={"code": 500, "after": after})
    with pytest.raises(SlackApiError, match="internal_error"):
        post(live, f"error {after}")
    assert (f"error {after}" in texts(live)) is after


def test_too_many_requests_say_when_to_come_back(live: WorkspaceProcess) -> None:
    live.fault("status", match=POST, args={"code": 429, "retry_after": 7})
    with pytest.raises(SlackApiError, match="ratelimited") as caught:
        post(live, "x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"


def test_a_page_instead_of_json(live: WorkspaceProcess) -> None:
    live.fault("html", match={"path": "/api/*"}, args={"code": 503})
    reply = live.raw("POST", "/api/auth.test")
    assert reply.status_code == 503 and "<html>" in reply.text


def test_nulls_where_values_belong(live: WorkspaceProcess) -> None:
    live.fault("null_fields", match=POST, args={"fields": ["ts", "message.text"]})
    told = post(live, "nulls")
    assert told["ts"] is None and told["message"]["text"] is None
    assert "nulls" in texts(live)


def test_a_token_that_is_refused_for_no_reason(live: WorkspaceProcess) -> None:
    live.fault("auth_error", match={"method": "POST"}, args={"error": "token_revoked"})
    with pytest.raises(SlackApiError, match="token_revoked"):
        post(live, "x")


def test_a_slow_answer_comes_after_the_effect(live: WorkspaceProcess) -> None:
    live.fault("latency", match=POST, args={"ms": 700})
    impatient = live.client()
    impatient.timeout = 1
    assert impatient.chat_postMessage(channel=DESK, text="slow but in time")["ok"]
    live.fault("latency", match=POST, args={"ms": 2000})
    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel=DESK, text="slow")
    assert "slow" in texts(live)


def test_a_half_open_connection_never_answers(live: WorkspaceProcess) -> None:
    live.fault("half_open", match=POST, args={"s": 3})
    impatient = live.client()
    impatient.timeout = 1
    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel=DESK, text="never")
    assert "never" not in texts(live)


def test_faults_are_counted_listed_and_deleted(live: WorkspaceProcess) -> None:
    fault_id = live.fault("status", match=POST, args={"code": 500}, count=None)
    for _ in range(2):
        with pytest.raises(SlackApiError):
            post(live, "x")
    (listed,) = live.ask("/_sim/faults")["faults"]
    assert (listed["id"], listed["met"], listed["count"]) == (fault_id, 2, None)
    assert live.raw("DELETE", f"/_sim/faults/{fault_id}").json() == {"removed": 1}
    assert post(live, "x")["ok"]


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"kind": "explode"}, "kind 'explode' is not known for requests"),
        ({"kind": "gap"}, "kind 'gap' is not known for requests"),
        ({"kind": "html", "match": SOCKET}, "kind 'html' is not known for sockets"),
        ({"kind": ["close"], "match": SOCKET}, "is not known for sockets"),
        ({"kind": "html", "match": {"path": 5}}, "match path 5 must be a text"),
        ({"kind": "close", "match": {"socket": "yes"}}, "match socket 'yes' must be true"),
        ({"kind": "html", "args": {"code": "x"}}, "html takes args"),
        ({"kind": "half_open", "args": {"s": "x"}}, "s 'x' must be a number of seconds"),
        ({"kind": "html", "colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    live: WorkspaceProcess, order: Json, told: str
) -> None:
    assert told in live.refused("/_sim/fault", **order)


def test_the_address_to_answer_to_can_fail(live: WorkspaceProcess, app: PlainApp) -> None:
    live.command("/perps talk")
    url = app.payloads[0]["response_url"].removeprefix(live.url)
    live.fault("status", match={"path": "/response/*"}, args={"code": 500})
    assert live.raw("POST", url, json={"text": "lost words"}).status_code == 500
    assert "lost words" not in texts(live)
    assert live.raw("POST", url, json={"text": "found words"}).ok


# Of sockets.


def told_of_lost_command(live: WorkspaceProcess) -> Json:
    """Sends one that will not be acknowledged, and lets its time run out."""
    with ThreadPoolExecutor(1) as person:
        told = person.submit(live.command, "/perps lost")

        def is_pending() -> bool:
            sent = live.envelopes()[-1]
            return (sent["outcome"], sent["payload"].get("text")) == ("pending", "lost")

        wait_until(is_pending)
        live.advance(4)
        return told.result()


@pytest.mark.parametrize("code", [1001, 1006])
def test_a_connection_is_closed_at_once(live: WorkspaceProcess, code: int) -> None:
    with PlainApp(live) as first, PlainApp(live) as second:
        live.fault("close", match=SOCKET, args={"code": code})
        wait_until(lambda: first.closed.is_set() or second.closed.is_set())
        wait_until(lambda: live.connections() == 1)
        assert live.command("/perps survivor")["ok"]


def test_all_connections_can_be_closed(live: WorkspaceProcess) -> None:
    with PlainApp(live) as first, PlainApp(live) as second:
        live.fault("close", match=SOCKET, count=None)
        assert first.closed.wait(5) and second.closed.wait(5)


def test_a_silent_connection_answers_pings_and_delivers_nothing(
    live: WorkspaceProcess, app: PlainApp
) -> None:
    live.fault("silence", match=SOCKET)
    assert told_of_lost_command(live)["error"] == "operation_timeout"
    assert not app.envelopes and app.ping().wait(2)
    live.clear_faults()
    assert live.command("/perps back")["ok"]


def test_a_half_open_connection_answers_no_pings(live: WorkspaceProcess, app: PlainApp) -> None:
    live.fault("half_open", match=SOCKET)
    assert not app.ping().wait(0.5)
    assert told_of_lost_command(live)["error"] == "operation_timeout"
    live.clear_faults()
    assert app.ping().wait(2)
    assert live.command("/perps back")["ok"]


def test_the_server_gives_a_half_open_connection_up_in_the_end(
    live: WorkspaceProcess, app: PlainApp
) -> None:
    live.fault("half_open", match=SOCKET, args={"s": 0.2})
    wait_until(lambda: live.connections() == 0)
    assert app.closed.wait(5)


def test_an_envelope_may_get_lost(live: WorkspaceProcess, app: PlainApp) -> None:
    live.fault("gap", match={"channel": "slash_commands"})
    told = told_of_lost_command(live)
    assert told["error"] == "operation_timeout" and not app.envelopes
    assert live.envelope(told["envelope_id"])["connection"] is not None
    assert live.command("/perps found")["ok"]


def test_an_envelope_may_come_twice(live: WorkspaceProcess) -> None:
    with PlainApp(live) as first, PlainApp(live) as second:
        live.fault("duplicate", match=SOCKET)
        told = live.command("/perps twice")

        def ids() -> list[str]:
            return [one["envelope_id"] for app in (first, second) for one in app.envelopes]

        wait_until(lambda: ids() == [told["envelope_id"]] * 2)
        live.command("/perps once")
        assert len(ids()) == 3


def test_envelopes_may_change_places(live: WorkspaceProcess, app: PlainApp) -> None:
    live.fault("reorder", match={"channel": "events_api"})
    live.tell("/_sim/home", user="alice")
    assert live.command("/perps overtakes")["ok"]
    wait_until(lambda: len(app.envelopes) == 2)
    assert [one["type"] for one in app.envelopes] == ["slash_commands", "events_api"]
    live.fault("reorder", match=SOCKET)
    assert live.command("/perps alone")["ok"], "held back no longer than a second"


def test_a_handshake_can_fail_for_good(live: WorkspaceProcess) -> None:
    fault_id = live.fault("handshake_503", count=None)
    with pytest.raises(Exception, match="503"):
        PlainApp(live)
    live.raw("DELETE", f"/_sim/faults/{fault_id}")
    PlainApp(live).close()


def test_an_address_for_a_connection_can_be_refused(live: WorkspaceProcess) -> None:
    live.fault("status", match={"path": "/api/apps.connections.open"}, args={"code": 500})
    told = live.raw("POST", "/api/apps.connections.open", data={"token": live.app_token})
    assert told.status_code == 500 and json.loads(told.text)["ok"] is False
