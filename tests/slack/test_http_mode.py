"""HTTP mode: Slack calls the bot, and only what Slack signed a moment ago is listened to."""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier

from core.modes import Mode
from tests.ports import free_ports
from tests.slack.home import BotProcess, Home
from tests.slack.workspace_process import DESK_ID, IDS, TEAM, WorkspaceProcess, wait_until
from tests.slack.world import memory

OLD_S = 6 * 60


class Called:
    """A bot in HTTP mode and the workspace that calls it."""

    def __init__(self, place: Path) -> None:
        self.home = Home(place / "home")
        self.home.begin("spare")
        self.workspace = WorkspaceProcess(place / "slack")
        port = free_ports()
        self.url = f"http://127.0.0.1:{port}/slack/events"
        http = {"SLACK_MODE": "http", "SLACK_HTTP_PORT": str(port)}
        self.bot = BotProcess(self.home.home, self.workspace.environment | http)
        self.bot.wait_ready()
        wait_until(self._listens, "the bot to listen")
        self.workspace.must("/_sim/delivery", {"mode": "http", "url": self.url})

    def _listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", int(self.url.split(":")[2].split("/")[0]))) == 0

    def send(self, body: str, headers: Mapping[str, str]) -> requests.Response:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        with requests.Session() as session:
            session.trust_env = False
            return session.post(self.url, data=body, headers={**kind, **headers}, timeout=5)

    def signed(self, body: str, at_s: float, secret: str | None = None) -> dict[str, str]:
        """As Slack signs, at some moment."""
        verifier = SignatureVerifier(secret or self.workspace.signing_secret)
        signature = verifier.generate_signature(timestamp=str(int(at_s)), body=body)
        assert signature is not None
        return {"X-Slack-Request-Timestamp": str(int(at_s)), "X-Slack-Signature": signature}

    def close(self) -> None:
        self.bot.stop()
        self.workspace.stop()
        self.home.close()


@pytest.fixture(scope="module")
def called() -> Iterator[Called]:
    with memory() as place:
        called = Called(place)
        yield called
        called.close()


def command(desk: str) -> str:
    return urlencode(
        {
            "command": "/perps",
            "text": f"kill {desk} now",
            "user_id": IDS["alice"],
            "user_name": "alice",
            "team_id": TEAM,
            "channel_id": DESK_ID,
            "response_url": "http://127.0.0.1:9/nowhere",
            "trigger_id": f"1.2.{desk}",
            "api_app_id": "A0PERPS01",
        }
    )


def now_s() -> float:
    return time.time()  # noqa: TID251 (Slack signs with its own clock)


def test_what_slack_signed_is_done(called: Called) -> None:
    desk = called.home.trading("signed")
    body = command(desk)

    reply = called.send(body, called.signed(body, now_s()))

    assert reply.status_code == 200
    wait_until(lambda: called.home.mode(desk) is Mode.HELD)


def test_what_was_changed_after_it_was_signed_is_refused(called: Called) -> None:
    desk, body = called.home.trading("changed"), command("changed")

    reply = called.send(body + "&text=kill", called.signed(body, now_s()))

    assert reply.status_code == 401
    assert called.home.mode(desk) is Mode.ACTIVE


@pytest.mark.parametrize("off_s", [-OLD_S, OLD_S])
def test_what_was_signed_long_ago_is_refused(called: Called, off_s: float) -> None:
    desk = called.home.trading(f"old{off_s:+.0f}")
    body = command(desk)

    reply = called.send(body, called.signed(body, now_s() + off_s))

    assert reply.status_code == 401
    assert called.home.mode(desk) is Mode.ACTIVE


def test_another_secret_or_none_is_refused(called: Called) -> None:
    desk = called.home.trading("unsigned")
    body = command(desk)

    for headers in (called.signed(body, now_s(), "another secret"), {}, {"X-Slack-Signature": "x"}):
        assert called.send(body, headers).status_code == 401

    assert called.home.mode(desk) is Mode.ACTIVE


def test_the_same_request_twice_is_one_kill(called: Called) -> None:
    desk = called.home.trading("twice")
    body = command(desk)

    for _ in range(2):
        assert called.send(body, called.signed(body, now_s())).status_code == 200

    wait_until(lambda: called.home.mode(desk) is Mode.HELD)
    assert len(called.home.requests(desk)) == 1


def test_an_event_that_slack_sends_again_is_done_once(called: Called) -> None:
    desk = called.home.trading("again")
    event = {
        "type": "app_mention",
        "user": IDS["alice"],
        "team": TEAM,
        "channel": DESK_ID,
        "ts": "1.000001",
        "text": f"<@U0PERPS01> note it is late --desk {desk}",
    }
    body = json.dumps(
        {"type": "event_callback", "event_id": "Ev1", "team_id": TEAM, "event": event}
    )
    kind = {"Content-Type": "application/json"}
    again = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}

    for more in ({}, again):
        headers = called.signed(body, now_s()) | kind | more
        assert called.send(body, headers).status_code == 200
    last = command(desk)
    assert called.send(last, called.signed(last, now_s())).status_code == 200
    wait_until(lambda: called.home.mode(desk) is Mode.HELD)

    assert len([event for event in called.home.events(desk) if event.kind == "note"]) == 1


def test_slack_asks_whether_the_address_is_ours(called: Called) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "are you it?"})
    headers = called.signed(body, now_s()) | {"Content-Type": "application/json"}

    reply = called.send(body, headers)

    assert reply.status_code == 200
    assert "are you it?" in reply.text


def test_two_people_kill_a_desk_over_http(called: Called) -> None:
    desk = called.home.trading("both")
    workspace = called.workspace
    assert workspace.command("alice", f"kill {desk} fills without orders")["ok"]
    wait_until(lambda: workspace.said_by_bot(f" {desk}: HELD"))
    [card] = workspace.said_by_bot(f" {desk}: HELD")

    assert workspace.click("bob", card, "request_confirm")["ok"]

    wait_until(lambda: called.home.mode(desk) is Mode.KILLED)
    assert called.home.request(desk).decided_by == "bob"
