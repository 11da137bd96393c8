"""What comes back from a phone: delivery reports in any order, key presses, replies."""

from enum import StrEnum


class Receipt(StrEnum):
    """What a provider reports later. In the order in which it can only go on."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ANSWERED_BY_NOBODY = "answered, but no key was pressed"
    ACKNOWLEDGED = "acknowledged by key or reply"


RECEIPT_WAYS: dict[Receipt, frozenset[Receipt]] = {
    Receipt.QUEUED: frozenset(Receipt) - {Receipt.QUEUED},
    Receipt.SENT: frozenset(Receipt) - {Receipt.QUEUED, Receipt.SENT},
    Receipt.DELIVERED: frozenset({Receipt.ANSWERED_BY_NOBODY, Receipt.ACKNOWLEDGED}),
    Receipt.UNDELIVERED: frozenset({Receipt.ACKNOWLEDGED}),
    Receipt.ANSWERED_BY_NOBODY: frozenset({Receipt.ACKNOWLEDGED}),
    Receipt.ACKNOWLEDGED: frozenset(),
}

UNREACHED = frozenset({Receipt.UNDELIVERED, Receipt.ANSWERED_BY_NOBODY})
"""Nobody heard it: the next means is tried at once."""


def receipt(known: Receipt, reported: Receipt) -> Receipt:
    """What is known after a report. Reports arrive in any order; an older one changes nothing."""
    return reported if reported in RECEIPT_WAYS[known] else known


_REPORTED = {
    "queued": Receipt.QUEUED,
    "sent": Receipt.SENT,
    "delivered": Receipt.DELIVERED,
    "undelivered": Receipt.UNDELIVERED,
    "failed": Receipt.UNDELIVERED,
    "busy": Receipt.UNDELIVERED,
    "no-answer": Receipt.UNDELIVERED,
    "canceled": Receipt.UNDELIVERED,
    "completed": Receipt.ANSWERED_BY_NOBODY,
}


def reported(status: str) -> Receipt | None:
    """What a provider's word for a message's or call's state means; None for one on its way.

    A call that is over was answered by a voicemail, unless a key was pressed in it.
    """
    return _REPORTED.get(status)


class Reply(StrEnum):
    """What a key press or a short reply from a phone means."""

    ACKNOWLEDGE = "acknowledge"
    ESCALATE = "escalate"
    STOP = "stop"
    START = "start"
    UNKNOWN = "not understood"


_REPLIES = {
    "4": Reply.ACKNOWLEDGE,
    "ack": Reply.ACKNOWLEDGE,
    "5": Reply.ESCALATE,
    "esc": Reply.ESCALATE,
    "stop": Reply.STOP,
    "start": Reply.START,
    "unstop": Reply.START,
    "stopall": Reply.STOP,
    "unsubscribe": Reply.STOP,
    "cancel": Reply.STOP,
    "end": Reply.STOP,
    "quit": Reply.STOP,
    "optout": Reply.STOP,
    "revoke": Reply.STOP,
}


def reply(text: str) -> Reply:
    """The meaning of a reply. Silence and noise, as a voicemail makes, mean nothing."""
    words = text.strip().lower().split()
    return _REPLIES.get(words[0], Reply.UNKNOWN) if words else Reply.UNKNOWN
