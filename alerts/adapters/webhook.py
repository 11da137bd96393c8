"""A webhook of one's own: signed JSON with a key that stays the same when it is sent again."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

import aiohttp

from alerts.adapters.replies import answer_of
from alerts.delivery.adapter import Letter, Sending


class Webhook:
    """The receiver checks `X-Signature: t=…,v1=…`, an HMAC-SHA256 over time, dot and body."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, secret: str, clock: Callable[[], datetime]
    ) -> None:
        self._session = session
        self._url = url
        self._secret = secret.encode()
        self._clock = clock

    async def send(self, letter: Letter) -> Sending:
        body = payload(letter)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": letter.key,
            "X-Signature": self._signature(body),
        }
        async with self._session.post(
            self._url, data=body, headers=headers, allow_redirects=False
        ) as reply:
            return Sending(answer_of(reply))

    async def look_up(self, letter: Letter) -> bool | None:
        """It cannot be asked; its key says that it is the same."""
        return None

    def _signature(self, body: bytes) -> str:
        at = int(self._clock().timestamp())
        mac = hmac.new(self._secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={at},v1={mac}"


def payload(letter: Letter) -> bytes:
    told = {
        "key": letter.key,
        "alerts": letter.alert_ids,
        "rule": letter.rule,
        "level": letter.level.value,
        "state": "resolved" if letter.closes else "firing",
        "title": letter.title,
        "text": letter.text,
    }
    return json.dumps(told, sort_keys=True).encode()
