"""The demo as a newcomer has it: one command, one URL, and a kill by two people in its own Slack."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

READY_S = 90.0
SOON_S = 30.0
PORTS = 4


class Demo:
    """One running demo, and its Slack's controls."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url

    def ask(self, path: str, order: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if order is None else json.dumps(order).encode()
        request = urllib.request.Request(self.url + path, data)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=SOON_S) as reply:
            found: dict[str, Any] = json.load(reply)
            return found

    def say(self, user: str, text: str) -> dict[str, Any]:
        return self.ask("/_sim/command", {"user": user, "channel": "perps-desk", "text": text})

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/_sim/messages?channel=perps-desk")["messages"]
        return found

    def card(self, words: str) -> dict[str, Any]:
        """The card whose text begins with these words, once it stands there."""

        def found() -> dict[str, Any] | None:
            cards = [m for m in self.messages() if words in m["text"] and not m["ephemeral_to"]]
            return cards[-1] if cards else None

        card: dict[str, Any] = until(found, f"a card with {words!r}")
        return card

    def press(self, user: str, card: dict[str, Any], action: str) -> dict[str, Any]:
        order = {"user": user, "channel": "perps-desk", "ts": card["ts"], "action_id": action}
        return self.ask("/_sim/click", order)


def until(what: Callable[[], Any], name: str) -> Any:
    deadline = time.monotonic() + SOON_S
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"{name} did not come"
        time.sleep(0.05)


def free_ports() -> int:
    """The first of several free ports in a row."""
    for base in range(20_000, 40_000, 10):
        with contextlib.ExitStack() as held:
            try:
                for port in range(base, base + PORTS):
                    taken = held.enter_context(socket.socket())
                    taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo") / "home"
    command = [sys.executable, "-m", "bot", "demo", f"--home={home}", "--no-browser"]
    command.append(f"--port-base={free_ports()}")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home.parent
    )
    try:
        yield Demo(process, ready_url(process))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=READY_S)
    assert process.returncode == 0


def ready_url(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("ready "):
            return line.split()[1]
    raise AssertionError("".join(said))


def test_two_people_kill_the_desk_in_the_demos_own_slack(demo: Demo) -> None:
    assert demo.say("alice", "/perps status")["ok"]
    assert demo.say("alice", "/perps kill it looks wrong")["ok"]

    card = demo.card("main: HELD, kill asked by alice")
    assert "it looks wrong" in card["text"]
    assert {"bob", "carol"} <= set(card["would_notify"])
    assert "alice" not in card["would_notify"]

    demo.press("alice", card, "request_confirm")
    until(
        lambda: any(
            "nobody confirms their own request" in m["text"] and m["ephemeral_to"] == "alice"
            for m in demo.messages()
        ),
        "the refusal",
    )

    demo.press("bob", card, "request_confirm")
    done = demo.card("main: KILLED, flat and verified")
    assert done["ts"] == card["ts"], "one card, edited in place"
    assert "confirmed by" in done["text"]


def test_two_people_let_it_trade_again(demo: Demo) -> None:
    assert demo.say("alice", "/perps resume it was a drill")["ok"]
    demo.press("carol", demo.card("main: KILLED, alice asks to resume"), "request_confirm")
    demo.card("main: resumed, ACTIVE now")
