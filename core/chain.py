"""The event log's chain: every event carries an HMAC over its content and the one before it."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened on a desk. `body` is JSON; decimals and times in it are text."""

    desk: str
    seq: int
    at: datetime
    kind: str
    actor: str
    body: Mapping[str, Any]
    mac: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first event at which the chain does not hold, and why."""

    seq: int
    why: str


def canonical(body: Mapping[str, Any]) -> str:
    """The one text form of a body that is stored and signed."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def mac(
    key: bytes, previous: str, desk: str, seq: int, at_us: int, kind: str, actor: str, body: str
) -> str:
    """HMAC-SHA256 (hex) of an event's fields after the MAC of its predecessor."""
    message = json.dumps([previous, desk, seq, at_us, kind, actor, body])
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event exactly as it lies in the store, for checking."""

    desk: str
    seq: int
    at_us: int
    kind: str
    actor: str
    body: str
    mac: str


def verify(key: bytes, events: Iterable[StoredEvent]) -> Broken | None:
    """Walk one desk's events in order; None when every one holds."""
    previous, expected_seq = GENESIS, 1
    for event in events:
        if event.seq != expected_seq:
            return Broken(event.seq, f"event {expected_seq} is missing")
        own = mac(
            key,
            previous,
            event.desk,
            event.seq,
            event.at_us,
            event.kind,
            event.actor,
            event.body,
        )
        if not hmac.compare_digest(own.encode(), event.mac.encode(errors="surrogatepass")):
            return Broken(event.seq, "its content or its place in the chain was changed")
        previous, expected_seq = event.mac, expected_seq + 1
    return None
