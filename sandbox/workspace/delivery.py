"""Hands envelopes to the app and waits for their acknowledgements; events are tried again."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.workspace.call import Json
from sandbox.workspace.envelope import Envelope, Envelopes, Kind, Outcome
from sandbox.workspace.timetable import Timetable
from sandbox.workspace.watchers import Watchers

ACK_WITHIN_S = 3.0
RETRY_AFTER_S = (0, 60, 300)
TIMED_OUT, DISPATCH_FAILED = "operation_timeout", "dispatch_failed"


class Carrier(Protocol):
    """A way to the app."""

    def carry(self, envelope: Envelope) -> str | None:
        """Starts to deliver; the name of the connection, or None when there is none."""


class Delivery:
    def __init__(self, clock: Clock, timetable: Timetable, watchers: Watchers) -> None:
        self._clock = clock
        self._timetable = timetable
        self._watchers = watchers
        self.envelopes = Envelopes()
        self.carrier: Carrier

    def send(self, kind: Kind, payload: Json, attempt: int = 0, reason: str = "") -> Envelope:
        now = self._clock.now()
        envelope = Envelope(
            id=str(uuid.uuid4()),
            kind=kind,
            payload=payload,
            due=now + timedelta(seconds=ACK_WITHIN_S),
            sent_ns=self._clock.monotonic_ns(),
            sent_at=now,
            retry_attempt=attempt,
            retry_reason=reason,
        )
        self.envelopes.add(envelope)
        envelope.connection = self.carrier.carry(envelope)
        if envelope.connection is None:
            self.fail(envelope, Outcome.UNDELIVERED, DISPATCH_FAILED)
        elif envelope.is_open:
            asyncio.get_running_loop().call_later(ACK_WITHIN_S, self._expire, envelope)
            self._show(envelope)
        return envelope

    async def answered(self, envelope: Envelope) -> bool:
        """Whether it was acknowledged in time."""
        await envelope.settled.wait()
        return envelope.outcome is Outcome.ACKED

    def acknowledge(self, envelope_id: object, payload: Any) -> None:
        envelope = self.envelopes.find(envelope_id)
        if envelope is None or envelope.acked_ns is not None:
            return
        envelope.acked_ns, envelope.ack_payload = self._clock.monotonic_ns(), payload
        envelope.outcome = Outcome.ACKED if envelope.is_open else Outcome.LATE
        envelope.settled.set()
        self._show(envelope)

    def fail(self, envelope: Envelope, outcome: Outcome, trouble: str, reason: str = "") -> None:
        """``reason`` is what a retry of an event says about this attempt."""
        if not envelope.is_open:
            return
        envelope.outcome, envelope.trouble = outcome, trouble
        envelope.settled.set()
        self._show(envelope)
        if envelope.kind is Kind.EVENT and not envelope.no_retry:
            self._retry_later(envelope, reason or "timeout")

    def expire_due(self) -> None:
        """After the clock was moved by hand."""
        for envelope in self.envelopes.pending():
            if envelope.due <= self._clock.now():
                self._expire(envelope)

    def _expire(self, envelope: Envelope) -> None:
        self.fail(envelope, Outcome.TIMEOUT, TIMED_OUT)

    def _retry_later(self, envelope: Envelope, reason: str) -> None:
        attempt = envelope.retry_attempt + 1
        if attempt > len(RETRY_AFTER_S):
            return
        instant = self._clock.now() + timedelta(seconds=RETRY_AFTER_S[attempt - 1])

        def again() -> None:
            self.send(Kind.EVENT, envelope.payload, attempt, reason)

        self._timetable.at(instant, again)

    def _show(self, envelope: Envelope) -> None:
        self._watchers.tell(lambda: {"kind": "envelope", "envelope": envelope.view()})
