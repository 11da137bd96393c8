"""A pager that runs as a process of its own, and what a client of its providers says."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]


class PagerProcess:
    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        command = [sys.executable, "-m", "sandbox", "pager", "--home", str(home)]
        command += ["--port", "0", "--smtp-port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:2] == ["ready", "pager"] and words[3] == "smtp", words
        self.url = words[2]
        self.credentials = home / "sandbox" / "pager.json"
        self.known: Json = json.loads(self.credentials.read_text())
        assert self.known["url"] == self.url
        self.session = requests.Session()
        self.session.trust_env = False

    # The providers.

    def event(self, **event: Any) -> requests.Response:
        key = self.known["pagerduty"]["routing_key"]
        return self.raw("POST", "/v2/enqueue", json={"routing_key": key, **event})

    def trigger(self, dedup_key: str, summary: str = "it is on fire") -> requests.Response:
        payload = {"summary": summary, "source": "desk", "severity": "critical"}
        return self.event(event_action="trigger", dedup_key=dedup_key, payload=payload)

    def twilio(self, method: str, resource: str, **options: Any) -> requests.Response:
        known = self.known["twilio"]
        options.setdefault("auth", (known["account_sid"], known["auth_token"]))
        path = f"/2010-04-01/Accounts/{known['account_sid']}/{resource}.json"
        return self.raw(method, path, **options)

    def text(self, to: str, body: str, **form: str) -> Json:
        return self._created("Messages", To=to, Body=body, **form)

    def call(self, to: str, twiml: str = "", **form: str) -> Json:
        return self._created("Calls", To=to, **({"Twiml": twiml} if twiml else {}), **form)

    def _created(self, resource: str, **form: str) -> Json:
        form = {"From": self.known["twilio"]["from"], **form}
        reply = self.twilio("POST", resource, data=form)
        assert reply.status_code == 201, reply.text
        told: Json = reply.json()
        return told

    # Control.

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

    def answer(self, id: str, **how: Any) -> Json:
        return self.tell("/_sim/answer", id=id, **how)

    def pages(self, to: str = "", replies: bool = False) -> list[Json]:
        found: list[Json] = self.ask(f"/_sim/pages?replies={int(replies)}")["pages"]
        return [page for page in found if to in ("", page["to"])]

    def page(self, id: str) -> Json:
        return next(page for page in self.pages(replies=True) if page["id"] == id)

    def reaches(self, id: str, state: str) -> Json:
        """The page once it has that state."""
        wait_until(lambda: self.page(id)["state"] == state)
        return self.page(id)

    def fault(self, kind: str, path: str, **order: Any) -> None:
        self.tell("/_sim/fault", kind=kind, match={"path": path}, **order)

    def advance(self, seconds: float) -> None:
        self.tell("/_sim/clock", advance_s=seconds)

    def kill(self) -> None:
        self.process.kill()
        self._forget()

    def stop(self) -> int:
        self.process.terminate()
        return self._forget()

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
