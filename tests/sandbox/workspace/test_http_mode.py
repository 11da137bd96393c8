"""Delivery over HTTP: signed requests, the challenge, and retries of events."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.signature import SignatureVerifier

from tests.sandbox.workspace.workspace_process import (
    Json,
    WorkspaceProcess,
    actions,
    button,
    wait_until,
)


@dataclass
class Received:
    body: str
    headers: dict[str, str]

    @property
    def payload(self) -> Json:
        if self.headers["content-type"] == "application/json":
            told: Json = json.loads(self.body)
            return told
        form = {name: values[0] for name, values in parse_qs(self.body).items()}
        return json.loads(form["payload"]) if "payload" in form else form


Reply = tuple[int, str]


def usual(received: Received) -> Reply:
    return 200, received.payload.get("challenge", "")


@dataclass
class HttpApp:
    answer: Callable[[Received], Reply] = usual
    received: list[Received] = field(default_factory=list)
    reply_headers: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/slack/events"

    def handler(app) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(body, headers)
                app.received.append(received)
                status, text = app.answer(received)
                with suppress(ConnectionError):  # Slack does not wait for ever.
                    self.send_response(status)
                    for name, value in app.reply_headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(text.encode())

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        return Handler


@pytest.fixture
def http_app() -> Iterator[HttpApp]:
    app = HttpApp()
    server = ThreadingHTTPServer(("127.0.0.1", 0), app.handler())
    app.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_address_has_to_answer_a_challenge(live: WorkspaceProcess, http_app: HttpApp) -> None:
    assert live.tell("/_sim/delivery", mode="http", url=http_app.url)["mode"] == "http"
    assert http_app.received[0].payload["type"] == "url_verification"
    http_app.answer = lambda received: (200, "what?")
    told = live.refused("/_sim/delivery", mode="http", url=http_app.url)
    assert "without the challenge" in told
    assert live.ask("/_sim/delivery")["url"] == http_app.url
    assert "does not answer" in live.refused(
        "/_sim/delivery", mode="http", url="http://127.0.0.1:9/"
    )
    assert "must be http://" in live.refused(
        "/_sim/delivery", mode="http", url="https://example.com/"
    )


def test_the_address_can_be_given_at_the_start(tmp_path: Path, http_app: HttpApp) -> None:
    workspace = WorkspaceProcess(tmp_path, "--http-url", http_app.url)
    assert workspace.command("/perps x")["ok"]
    assert [received.payload["text"] for received in http_app.received] == ["x"]
    assert workspace.stop() == 0


def test_requests_are_signed(live: WorkspaceProcess, http_app: HttpApp) -> None:
    live.tell("/_sim/delivery", mode="http", url=http_app.url)
    http_app.answer = lambda received: (200, '{"text":"over HTTP"}')
    told = live.command("/perps status @bob", user="dave")
    received = http_app.received[-1]
    verifier = SignatureVerifier(live.signing_secret)
    assert verifier.is_valid_request(received.body, received.headers)
    assert not verifier.is_valid_request(received.body + "x", received.headers)
    assert received.payload["text"] == "status <@U0BOB0001|bob>"
    assert live.said_to("dave")[-1] == "over HTTP"
    assert live.envelope(told["envelope_id"])["connection"] == "http"


def test_plain_text_is_an_answer_too(live: WorkspaceProcess, http_app: HttpApp) -> None:
    live.tell("/_sim/delivery", mode="http", url=http_app.url)
    http_app.answer = lambda received: (200, "just words")
    assert live.command("/perps x", user="dave")["ok"]
    assert live.said_to("dave")[-1] == "just words"


def test_a_press_comes_as_a_form(live: WorkspaceProcess, http_app: HttpApp) -> None:
    live.tell("/_sim/delivery", mode="http", url=http_app.url)
    blocks = [actions(button("go"))]
    ts = live.call("chat.postMessage", channel="C0DESK001", text="x", blocks=blocks)["ts"]
    assert live.click(ts, "go")["ok"]
    assert http_app.received[-1].payload["type"] == "block_actions"


def test_a_server_error_is_a_failed_dispatch(live: WorkspaceProcess, http_app: HttpApp) -> None:
    live.tell("/_sim/delivery", mode="http", url=http_app.url)
    http_app.answer = lambda received: (500, "oops")
    assert live.command("/perps x")["error"] == "dispatch_failed"


def test_a_slow_answer_is_a_timeout(live: WorkspaceProcess, http_app: HttpApp) -> None:
    live.tell("/_sim/delivery", mode="http", url=http_app.url)
    enough = threading.Event()

    def slow(received: Received) -> Reply:
        enough.wait(5)
        return 200, ""

    http_app.answer = slow
    assert live.command("/perps x")["error"] == "operation_timeout"
    enough.set()


def test_events_are_tried_again(manual: WorkspaceProcess, http_app: HttpApp) -> None:
    manual.tell("/_sim/delivery", mode="http", url=http_app.url)
    http_app.answer = lambda received: (500, "")
    del http_app.received[:]
    manual.tell("/_sim/home", user="alice")
    wait_until(lambda: len(http_app.received) == 2)
    again = http_app.received[1].headers
    assert "x-slack-retry-num" not in http_app.received[0].headers
    assert again["x-slack-retry-num"] == "1" and again["x-slack-retry-reason"] == "http_error"
    http_app.reply_headers = {"X-Slack-No-Retry": "1"}
    wait_until(lambda: manual.envelopes()[-1]["outcome"] == "undelivered")
    manual.advance(60)
    wait_until(lambda: len(http_app.received) == 3)
    wait_until(lambda: manual.envelopes()[-1]["outcome"] == "undelivered")
    manual.advance(600)
    assert len(http_app.received) == 3, "the app asked for no more"
