"""One delivery to the app, from its sending to its acknowledgement; and the ring of all of them."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.clock import rfc3339
from sandbox.workspace.call import Json

RING_SIZE = 20_000


class Kind(StrEnum):
    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


class Outcome(StrEnum):
    PENDING = "pending"
    ACKED = "acked"
    TIMEOUT = "timeout"
    LATE = "late"
    """Acknowledged after people had been told that it was not."""
    UNDELIVERED = "undelivered"


@dataclass(slots=True)
class Envelope:
    id: str
    kind: Kind
    payload: Json
    due: datetime
    """Until when an acknowledgement counts."""
    sent_ns: int
    sent_at: datetime
    retry_attempt: int = 0
    retry_reason: str = ""
    connection: str | None = None
    acked_ns: int | None = None
    ack_payload: Any = None
    outcome: Outcome = Outcome.PENDING
    trouble: str = ""
    """What went wrong in the words of a command's error; empty as long as nothing did."""
    no_retry: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_open(self) -> bool:
        return self.outcome is Outcome.PENDING

    def frame(self) -> Json:
        """As Socket Mode sends it."""
        frame: Json = {
            "envelope_id": self.id,
            "payload": self.payload,
            "type": self.kind,
            "accepts_response_payload": self.kind is not Kind.EVENT,
        }
        if self.kind is Kind.EVENT:
            frame |= {"retry_attempt": self.retry_attempt, "retry_reason": self.retry_reason}
        return frame

    def view(self) -> Json:
        return {
            "envelope_id": self.id,
            "type": self.kind,
            "sent_monotonic_ns": self.sent_ns,
            "sent_at": rfc3339(self.sent_at),
            "acked_monotonic_ns": self.acked_ns,
            "connection": self.connection,
            "payload": self.payload,
            "ack_payload": self.ack_payload,
            "retry_attempt": self.retry_attempt,
            "outcome": self.outcome,
        }


class Envelopes:
    """The latest ones, by id and in order."""

    def __init__(self) -> None:
        self._ring: deque[Envelope] = deque()
        self._by_id: dict[str, Envelope] = {}

    def add(self, envelope: Envelope) -> None:
        if len(self._ring) >= RING_SIZE:
            del self._by_id[self._ring.popleft().id]
        self._ring.append(envelope)
        self._by_id[envelope.id] = envelope

    def find(self, envelope_id: object) -> Envelope | None:
        return self._by_id.get(envelope_id) if isinstance(envelope_id, str) else None

    def since(self, since_ns: int, limit: int) -> list[Json]:
        """The oldest ``limit`` sent after ``since_ns``."""
        found: list[Json] = []
        for envelope in self._ring:
            if len(found) >= limit:
                break
            if envelope.sent_ns > since_ns:
                found.append(envelope.view())
        return found

    def pending(self) -> list[Envelope]:
        return [envelope for envelope in self._ring if envelope.is_open]
