"""The ring of every request a sandbox server has read, with the instant its last byte arrived."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.clock import rfc3339

RING_SIZE = 200_000


@dataclass(slots=True)
class Record:
    monotonic_ns: int
    at: datetime
    method: str
    path: str
    query: str
    client: str
    body: Any
    status: int | None = None
    """None while under way, and for good when no reply was sent."""

    def view(self) -> dict[str, Any]:
        return {
            "monotonic_ns": self.monotonic_ns,
            "at": rfc3339(self.at),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "client": self.client,
            "body": self.body,
        }


class RequestLog:
    def __init__(self, size: int = RING_SIZE) -> None:
        self._ring: deque[Record] = deque(maxlen=size)

    def add(self, record: Record) -> Record:
        self._ring.append(record)
        return record

    def since(self, since_ns: int, limit: int) -> list[dict[str, Any]]:
        """The oldest ``limit`` requests read after ``since_ns``, oldest first."""
        found: list[dict[str, Any]] = []
        for record in self._ring:
            if len(found) >= limit:
                break
            if record.monotonic_ns > since_ns:
                found.append(record.view())
        return found
