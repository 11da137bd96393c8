"""Ways by which the guard reaches people without the alerts process: PagerDuty and a signed webhook."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

import requests

from trader.settings import Settings

ANSWER_S = (3.0, 10.0)
TEXT_MAX = 1_024
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Message:
    """`key` is one for the whole silence: said again it rings nobody anew. `closes`: it is over."""

    key: str
    desk: str
    text: str
    closes: bool


class NotTaken(Exception):
    """The other side did not take the message; the text says why."""


class LineOut(Protocol):
    """One way out."""

    name: str

    def say(self, message: Message, now: datetime) -> None:
        """Waits for the answer. Raises NotTaken."""


class PagerDutyLine:
    """Events API v2."""

    name = "pagerduty"

    def __init__(self, url: str, routing_key: str) -> None:
        self._url = f"{url.rstrip('/')}/v2/enqueue"
        self._routing_key = routing_key

    def say(self, message: Message, now: datetime) -> None:
        event: dict[str, object] = {
            "routing_key": self._routing_key,
            "event_action": "resolve" if message.closes else "trigger",
            "dedup_key": message.key,
        }
        if not message.closes:
            summary = f"{message.desk}: {message.text}"[:TEXT_MAX]
            event["payload"] = {"summary": summary, "source": message.desk, "severity": "critical"}
        _post(self._url, json.dumps(event).encode(), {})


class WebhookLine:
    """Signed like those of alerts: an HMAC-SHA256 over time, dot and body."""

    name = "webhook"

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()

    def say(self, message: Message, now: datetime) -> None:
        state = "resolved" if message.closes else "firing"
        key = f"{message.key}-{state}"
        told = {
            "key": key,
            "rule": f"{message.desk}/alerts_silent",
            "level": 3,
            "state": state,
            "title": f"{message.desk}: alerts are silent",
            "text": message.text,
        }
        body = json.dumps(told, sort_keys=True).encode()
        at = int(now.timestamp())
        mac = hmac.new(self._secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        _post(self._url, body, {"X-Signature": f"t={at},v1={mac}", "Idempotency-Key": key})


def lines_out(settings: Settings) -> Sequence[LineOut]:
    """Those that are set up, by the same variables as for alerts."""
    found: list[LineOut] = []
    if settings.pagerduty_key:
        found.append(PagerDutyLine(settings.pagerduty_url, settings.pagerduty_key))
    if settings.webhook_url and settings.webhook_secret:
        found.append(WebhookLine(settings.webhook_url, settings.webhook_secret))
    return found


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    sent = {"Content-Type": "application/json", **headers}
    with requests.Session() as session:
        session.trust_env = urlsplit(url).hostname not in LOOPBACK  # no proxy to this machine
        try:
            reply = session.post(
                url, data=body, headers=sent, timeout=ANSWER_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise NotTaken(type(error).__name__) from error
    if not reply.ok or reply.is_redirect:
        raise NotTaken(f"HTTP {reply.status_code}")
