"""A workspace that runs as a process of its own, and what its members do and see."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
from slack_sdk import WebClient

DESK = "perps-desk"
DESK_ID = "C0DESK001"
TEAM = "T0PERPS01"
IDS = {
    "alice": "U0ALICE01",
    "bob": "U0BOB0001",
    "carol": "U0CAROL01",
    "dave": "U0DAVE001",
    "eve": "U0EVE0001",
}
Seen = Mapping[str, Any]


class Workspace:
    """What its members do there, see there, and what goes wrong with it."""

    def __init__(self, home: Path, url: str) -> None:
        self.url = url.rstrip("/")
        told = json.loads((home / "sandbox" / "slack" / "slack.json").read_text())
        self.bot_token: str = told["bot_token"]
        self.app_token: str = told["app_token"]
        self.signing_secret: str = told["signing_secret"]
        self.api: str = told["base_url"]
        self._session = requests.Session()
        self._session.trust_env = False
        self._told_before = "0"

    @property
    def environment(self) -> dict[str, str]:
        """What the bot is told about it."""
        return {
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
            "SLACK_API_URL": self.api,
        }

    # What members do

    def command(self, user: str, text: str, channel: str = DESK) -> Any:
        """Type `/perps` and this text; how Slack took it."""
        line = f"/perps {text}".rstrip()
        return self.post("/_sim/command", {"user": user, "channel": channel, "text": line})

    def click(self, user: str, message: Seen, action: str, **more: Any) -> Any:
        where = {"channel": more.pop("channel", DESK), "ts": message["ts"]}
        return self.post("/_sim/click", {"user": user, "action_id": action, **where, **more})

    def write(self, user: str, text: str, channel: str = DESK, thread_ts: str | None = None) -> Any:
        told = {"user": user, "channel": channel, "text": text}
        return self.post("/_sim/post", told | ({"thread_ts": thread_ts} if thread_ts else {}))

    def change_member(self, user: str, **changes: bool) -> None:
        self.must("/_sim/member", {"user": user, **changes})

    def set_group(self, handle: str, users: Sequence[str]) -> None:
        self.must("/_sim/usergroup", {"handle": handle, "users": list(users)})

    # What stands there

    def messages(self, channel: str = DESK) -> list[Any]:
        found: list[Any] = self.get(f"/_sim/messages?channel={channel}&since_ts=0")["messages"]
        return [message for message in found if not message["deleted"]]

    def said_by_bot(self, containing: str, channel: str = DESK) -> list[Any]:
        """What everybody sees of it, threads included."""
        return [
            message
            for message in self.messages(channel)
            if not message["ephemeral_to"] and containing in message["text"] and message["blocks"]
        ]

    def told(self, user: str, channel: str = DESK) -> list[str]:
        """Texts that only this member saw since the story began, oldest first."""
        return [
            message["text"]
            for message in self.messages(channel)
            if message["ephemeral_to"] == user and message["ts"] > self._told_before
        ]

    def begin_story(self) -> None:
        """What was told before is none of its business."""
        self._told_before = max((message["ts"] for message in self.messages()), default="0")

    def home_of(self, user: str) -> Any:
        return self.get(f"/_ui/home?as={user}")["view"]

    def envelopes(self, type: str | None = None) -> list[Any]:
        found: list[Any] = self.get("/_sim/envelopes?limit=10000")["envelopes"]
        return [envelope for envelope in found if type in (None, envelope["type"])]

    def requests(self, path: str) -> list[Any]:
        found: list[Any] = self.get("/_sim/requests?limit=10000")["requests"]
        return [request for request in found if request["path"] == path]

    def connections(self) -> int:
        live: int = self.get("/_ui/state?as=alice")["app"]["connections"]
        return live

    # What goes wrong

    def fault(self, kind: str, **order: Any) -> None:
        """Once, unless a count is given."""
        self.must("/_sim/fault", {"kind": kind, "count": 1, **order})

    def api_fault(self, kind: str, method: str, **order: Any) -> None:
        self.fault(kind, match={"path": f"/api/{method}"}, **order)

    def clear_faults(self) -> None:
        self._session.delete(f"{self.url}/_sim/faults", timeout=5)

    def refresh(self, *, now: bool = True) -> None:
        self.must("/_sim/refresh", {"now": now})

    # How it is spoken to

    def client(self) -> WebClient:
        """Somebody else who holds the bot's token."""
        return WebClient(token=self.bot_token, base_url=self.api, retry_handlers=[])

    def get(self, path: str) -> Any:
        reply = self._session.get(self.url + path, timeout=10)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._session.post(self.url + path, json=body, timeout=15).json()

    def must(self, path: str, body: Mapping[str, Any]) -> Any:
        reply = self._session.post(self.url + path, json=body, timeout=15)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def close(self) -> None:
        self._session.close()


class WorkspaceProcess(Workspace):
    """It runs as a process of its own; the bot reaches it as it would reach Slack."""

    def __init__(self, home: Path, *options: str) -> None:
        command = [sys.executable, "-m", "sandbox", "workspace", "--home", str(home)]
        command += ["--port", "0", "--no-rate-limits", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        if words[:2] != ["ready", "workspace"]:
            self._end()
            raise AssertionError(f"the workspace did not start: {words}")
        super().__init__(home, words[2])

    def stop(self) -> None:
        self.close()
        self._end()

    def _end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def wait_until(condition: Callable[[], object], what: str = "", *, seconds: float = 8) -> None:
    """A bounded wait on real processes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, (
            f"waited {seconds} s in vain{': ' if what else ''}{what}"
        )
        time.sleep(0.02)
