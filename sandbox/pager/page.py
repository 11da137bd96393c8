"""One page: whatever reached, or tries to reach, a person; its state, and how that came about."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.clock import parse_rfc3339, rfc3339

Json = dict[str, Any]


class Provider(StrEnum):
    SMS = "twilio-sms"
    VOICE = "twilio-voice"
    PUSH = "ntfy"
    INCIDENT = "pagerduty"
    MAIL = "smtp"
    WEBHOOK = "webhook"


@dataclass(slots=True)
class Page:
    """`detail` is the provider's own; `id` is what the provider calls it."""

    id: str
    provider: Provider
    to: str
    text: str
    at: datetime
    monotonic_ns: int
    state: str
    dedup_key: str = ""
    is_reply: bool = False
    """A person's own words, on their way to the app."""
    detail: Json = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)
    number: int = 0
    """In the order in which they came."""

    def view(self) -> Json:
        return {
            "id": self.id,
            "provider": self.provider.value,
            "to": self.to,
            "text": self.text,
            "dedup_key": self.dedup_key,
            "state": self.state,
            "monotonic_ns": self.monotonic_ns,
            "at": rfc3339(self.at),
            "is_reply": self.is_reply,
            "history": self.history,
            "detail": self.detail,
            "number": self.number,
        }


def page_of(view: Json) -> Page:
    """The page that a view was made of."""
    return Page(
        id=view["id"],
        provider=Provider(view["provider"]),
        to=view["to"],
        text=view["text"],
        at=parse_rfc3339(view["at"]),
        monotonic_ns=view["monotonic_ns"],
        state=view["state"],
        dedup_key=view["dedup_key"],
        is_reply=view["is_reply"],
        detail=view["detail"],
        history=view["history"],
        number=view["number"],
    )
