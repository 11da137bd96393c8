"""A demo on ports of its own, and what a person with a terminal, a Slack account or a phone does there."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from tests.ports import free_ports

WORKSPACE, PAGER, EXCHANGE, ALERTS, TRADER, BOT = 0, 2, 3, 4, 6, 7
PORTS = 8
WAIT_S, WAIT_STEP_S, TYPED_S, END_S = 30, 0.1, 60, 60
ENVIRONMENT = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
Found = TypeVar("Found")


@dataclass(frozen=True)
class Typed:
    code: int
    said: str


def perps_bot(*words: str, **environment: str) -> Typed:
    """As typed in a terminal: its exit code, what it printed and what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=TYPED_S,
        check=False,
    )
    return Typed(done.returncode, done.stdout + done.stderr)


def wait_for(what: str, look: Callable[[], Found], seconds: float = WAIT_S) -> Found:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(WAIT_STEP_S)
    return found


class Demo:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.base = free_ports(PORTS)
        self._web = requests.Session()
        self._web.trust_env = False
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "bot", "demo", "--no-browser"),
                *(f"--home={home}", f"--port-base={self.base}"),
            ],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert self.process.stdout is not None
            assert any(line.startswith("ready") for line in self.process.stdout), "it ended"
            wait_for("the desk may trade", lambda: self.health()["code"] == 0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._web.close()
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(timeout=END_S)

    # The terminal

    def type(self, *words: str, by: str = "") -> Typed:
        who = ("--as", by, "--code", self._code(by)) if by else ()
        return perps_bot(*words, *who, f"--home={self.home}")

    def _code(self, name: str) -> str:
        """A code works once, so that the next may take until the next half minute."""
        return perps_bot("people", "code", name, f"--home={self.home}").said.split()[-1]

    def json(self, *words: str) -> Any:
        return json.loads(self.type(*words, "--json").said)

    def status(self) -> Any:
        return self.json("status")

    def health(self) -> Any:
        return self.json("health")

    def pid(self, process: str) -> int:
        every = self.status()["processes"]
        return int(next(one["pid"] for one in every if one["process"] == process))

    # What listens

    def url(self, part: int, path: str) -> str:
        return f"http://127.0.0.1:{self.base + part}{path}"

    def get(self, part: int, path: str) -> requests.Response:
        return self._web.get(self.url(part, path), timeout=10)

    def post(self, part: int, path: str, body: Any, **headers: str) -> requests.Response:
        return self._web.post(self.url(part, path), json=body, headers=headers, timeout=10)

    def metric(self, part: int, name: str) -> float | None:
        lines = self.get(part, "/metrics").text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), None)

    # Slack

    def command(self, user: str, text: str) -> str:
        """What whoever typed it is answered."""
        before = {message["ts"] for message in self.messages()}
        sent = {"user": user, "channel": "perps-desk", "text": f"/perps {text}".rstrip()}
        assert self.post(WORKSPACE, "/_sim/command", sent).json()["ok"]
        return wait_for(
            f"an answer to {text}",
            lambda: next(
                (
                    str(message["text"])
                    for message in self.messages()
                    if message["ephemeral_to"] == user and message["ts"] not in before
                ),
                "",
            ),
        )

    def messages(self, channel: str = "perps-desk") -> list[Any]:
        found: list[Any] = self.get(
            WORKSPACE, f"/_sim/messages?channel={channel}&since_ts=0"
        ).json()["messages"]
        return found

    def card(self, *sayings: str, channel: str = "perps-desk") -> Any:
        """The newest message to everybody that says all of this."""

        def found() -> Any:
            said = [
                message
                for message in self.messages(channel)
                if message["ephemeral_to"] is None
                and all(saying in message["text"] for saying in sayings)
            ]
            return said[-1] if said else None

        return wait_for(f"a card that says {sayings}", found)

    def click(self, user: str, card: Any, action: str, channel: str = "perps-desk") -> None:
        body = {"user": user, "channel": channel, "ts": card["ts"], "action_id": action}
        assert self.post(WORKSPACE, "/_sim/click", body).json()["ok"]

    # Phones and the exchange

    def pages(self, saying: str) -> list[Any]:
        every = self.get(PAGER, "/_sim/pages").json()["pages"]
        return [page for page in every if saying in page["text"]]

    def fault(self, **fault: Any) -> None:
        assert "id" in self.post(EXCHANGE, "/_sim/fault", {"count": None, **fault}).json()

    def heal(self) -> None:
        self._web.delete(self.url(EXCHANGE, "/_sim/faults"), timeout=10)

    def orders_since(self, monotonic_ns: int) -> list[Any]:
        """Requests to place an order that the exchange has read since then."""
        asked = self.get(EXCHANGE, f"/_sim/requests?since_ns={monotonic_ns}").json()["requests"]
        return [one for one in asked if one["method"] == "POST" and one["path"].endswith("/orders")]

    # Two people

    def resume(self, why: str) -> None:
        """Back to trading, by alice and bob."""
        self.command("alice", f"resume {why}")
        self.click("bob", self.card("asks to resume", why), "request_confirm")
        wait_for("the desk trades", lambda: self.status()["mode"] == "ACTIVE")
