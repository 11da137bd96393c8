"""Delivery over HTTP instead of Socket Mode: signed requests to the app's own address."""

import asyncio
import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.clock import Clock
from sandbox.loopback import LOCAL_NAMES, BadInput, to_json
from sandbox.workspace.call import Json
from sandbox.workspace.delivery import ACK_WITHIN_S, DISPATCH_FAILED, TIMED_OUT, Delivery
from sandbox.workspace.envelope import Envelope, Kind, Outcome
from sandbox.workspace.events import VERIFICATION_TOKEN

FORM = "application/x-www-form-urlencoded"


def check_address(address: object) -> str:
    """Raises BadInput: the sandbox talks to this machine only."""
    parts = urlsplit(address if isinstance(address, str) else "")
    if parts.scheme != "http" or parts.hostname not in LOCAL_NAMES:
        raise BadInput(f"url {address!r} must be http:// on 127.0.0.1 or localhost")
    return parts.geturl()


class HttpMode:
    def __init__(self, delivery: Delivery, clock: Clock, signing_secret: str, address: str) -> None:
        self._delivery = delivery
        self._clock = clock
        self._secret = signing_secret.encode()
        self.address = address
        self._session = ClientSession(
            timeout=ClientTimeout(total=ACK_WITHIN_S), trust_env=False, auto_decompress=True
        )
        self._under_way: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._session.close()

    async def verify(self) -> str | None:
        """What is wrong with the address, in words; None when it answers the challenge."""
        challenge = secrets.token_urlsafe(32)
        told = {"token": VERIFICATION_TOKEN, "challenge": challenge, "type": "url_verification"}
        body = to_json(told)
        try:
            async with self._session.post(
                self.address, data=body, headers=self.signed(body, "application/json")
            ) as reply:
                text = await reply.text()
                if reply.status == 200 and challenge in text:
                    return None
                return f"it answered {reply.status} without the challenge"
        except (ClientError, TimeoutError) as error:
            return f"it does not answer: {type(error).__name__}"

    def carry(self, envelope: Envelope) -> str | None:
        task = asyncio.get_running_loop().create_task(self._post(envelope))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return "http"

    def signed(self, body: bytes, content_type: str) -> dict[str, str]:
        timestamp = str(int(self._clock.token_now().timestamp()))
        message = b"v0:" + timestamp.encode() + b":" + body
        signature = hmac.new(self._secret, message, hashlib.sha256).hexdigest()
        return {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }

    async def _post(self, envelope: Envelope) -> None:
        body, content_type = written(envelope)
        headers = self.signed(body, content_type)
        if envelope.retry_attempt:
            headers["X-Slack-Retry-Num"] = str(envelope.retry_attempt)
            headers["X-Slack-Retry-Reason"] = envelope.retry_reason
        fail = self._delivery.fail
        try:
            async with self._session.post(self.address, data=body, headers=headers) as reply:
                envelope.no_retry = reply.headers.get("X-Slack-No-Retry") == "1"
                text = await reply.text()
                if 200 <= reply.status < 300:
                    self._delivery.acknowledge(envelope.id, read_ack(envelope.kind, text))
                else:
                    fail(envelope, Outcome.UNDELIVERED, DISPATCH_FAILED, "http_error")
        except TimeoutError:
            fail(envelope, Outcome.TIMEOUT, TIMED_OUT, "http_timeout")
        except ClientError:
            fail(envelope, Outcome.UNDELIVERED, DISPATCH_FAILED, "connection_failed")


def written(envelope: Envelope) -> tuple[bytes, str]:
    """The body and its content type."""
    payload: Json = envelope.payload
    if envelope.kind is Kind.EVENT:
        return to_json(payload), "application/json"
    if envelope.kind is Kind.COMMAND:
        return urlencode(payload).encode(), FORM
    return urlencode({"payload": json.dumps(payload)}).encode(), FORM


def read_ack(kind: Kind, text: str) -> Any:
    """A body may be JSON or, for commands, plain text to show."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text} if kind is Kind.COMMAND else None
