"""A workspace that runs as a process of its own, and what tests say to it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from slack_sdk import WebClient

Json = dict[str, Any]


class WorkspaceProcess:
    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        command = [sys.executable, "-m", "sandbox", "workspace", "--home", str(home)]
        self.process = subprocess.Popen(
            [*command, "--port", "0", *options], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:2] == ["ready", "workspace"], words
        self.url = words[2]
        told = json.loads((home / "sandbox" / "slack" / "slack.json").read_text())
        self.bot_token: str = told["bot_token"]
        self.app_token: str = told["app_token"]
        self.signing_secret: str = told["signing_secret"]
        self.base_url: str = told["base_url"]
        self.session = requests.Session()
        self.session.trust_env = False

    def client(self, token: str | None = None) -> WebClient:
        """The official one."""
        return WebClient(token or self.bot_token, base_url=self.base_url, retry_handlers=[])

    def call(self, method: str, token: str | None = "bot", **args: Any) -> Json:
        """A call as plain JSON; what Slack answers, also when it is an error."""
        headers = {} if token is None else {"Authorization": f"Bearer {self._token(token)}"}
        reply = self.raw("POST", f"/api/{method}", json=args, headers=headers)
        told: Json = reply.json()
        return told

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", 10)
        return self.session.request(method, self.url + path, **options)

    def ask(self, path: str) -> Any:
        reply = self.raw("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def tell(self, path: str, **body: Any) -> Json:
        reply = self.raw("POST", path, json=body)
        assert reply.status_code == 200, reply.text
        told: Json = reply.json()
        return told

    def refused(self, path: str, **body: Any) -> str:
        reply = self.raw("POST", path, json=body)
        assert reply.status_code == 400, reply.text
        error: str = reply.json()["error"]
        return error

    def command(self, text: str, user: str = "alice", channel: str = "perps-desk") -> Json:
        return self.tell("/_sim/command", user=user, channel=channel, text=text)

    def click(self, ts: str, action_id: str, user: str = "alice", **more: Any) -> Json:
        more = {"channel": "perps-desk", **more}
        return self.tell("/_sim/click", user=user, ts=ts, action_id=action_id, **more)

    def messages(self, channel: str = "perps-desk", since_ts: str = "0") -> list[Json]:
        found: list[Json] = self.ask(f"/_sim/messages?channel={channel}&since_ts={since_ts}")[
            "messages"
        ]
        return found

    def message(self, ts: str, channel: str = "perps-desk") -> Json:
        return next(message for message in self.messages(channel) if message["ts"] == ts)

    def said_to(self, member: str, channel: str = "perps-desk") -> list[str]:
        """Texts of the ephemeral messages that a member sees."""
        return [m["text"] for m in self.messages(channel) if m["ephemeral_to"] == member]

    def envelopes(self, since_ns: int = 0) -> list[Json]:
        found: list[Json] = self.ask(f"/_sim/envelopes?since_ns={since_ns}")["envelopes"]
        return found

    def envelope(self, envelope_id: str) -> Json:
        return next(one for one in self.envelopes() if one["envelope_id"] == envelope_id)

    def events(self, kind: str, since_ns: int = 0) -> list[Json]:
        return [
            envelope["payload"]["event"]
            for envelope in self.envelopes(since_ns)
            if envelope["type"] == "events_api" and envelope["payload"]["event"]["type"] == kind
        ]

    def fault(self, kind: str, **order: Any) -> int:
        fault_id: int = self.tell("/_sim/fault", kind=kind, **order)["id"]
        return fault_id

    def clear_faults(self) -> None:
        self.raw("DELETE", "/_sim/faults")

    def advance(self, seconds: float) -> None:
        self.tell("/_sim/clock", advance_s=seconds)

    def connections(self) -> int:
        count: int = self.ask("/_ui/state?as=alice")["app"]["connections"]
        return count

    def kill(self) -> None:
        self.process.kill()
        self._forget()

    def stop(self) -> int:
        self.process.terminate()
        return self._forget()

    def _token(self, which: str) -> str:
        return {"bot": self.bot_token, "app": self.app_token}.get(which, which)

    def _forget(self) -> int:
        code = self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.session.close()
        return code


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    """A bounded wait on a real process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def button(action_id: str, value: str = "1") -> Json:
    text = {"type": "plain_text", "text": action_id}
    return {"type": "button", "action_id": action_id, "text": text, "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def modal(*blocks: Json, **more: Any) -> Json:
    title = {"type": "plain_text", "text": "A form"}
    submit = {"type": "plain_text", "text": "Send"}
    return {"type": "modal", "title": title, "submit": submit, "blocks": list(blocks), **more}


def asking(block_id: str, action_id: str, **element: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": block_id},
        "element": {"type": "plain_text_input", "action_id": action_id, **element},
    }
