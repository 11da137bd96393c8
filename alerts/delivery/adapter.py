"""What a means of telling people has to be able to do, and how its answers are handed back."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import aiohttp

from core.alerting.delivery import Answer, Failure
from core.alerting.levels import Level


@dataclass(frozen=True, slots=True)
class Part:
    """One of the alerts that a message tells of, as it reads by itself."""

    alert_id: str
    rule: str
    level: Level
    closes: bool
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, ready to be sent. Sent again, it has the same key: providers that can, drop the second."""

    key: str
    to: str
    """The number, topic or account; empty for a place."""
    person: str
    alert_ids: tuple[str, ...]
    parts: tuple[Part, ...]
    """Each of the alerts, for a service that keeps an incident for each; for others, none."""
    rule: str
    level: Level
    closes: bool
    """It tells that the alert is over."""
    title: str
    text: str
    buttons: str
    """What an interactive message's buttons carry: alert, level, turn and desk. Empty: no buttons."""
    answerable: bool
    """It wants somebody to take charge."""
    begun_at: datetime
    """Before this it was not sent."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What the provider said, and how it calls the message."""

    answer: Answer
    provider_id: str = ""


class Adapter(Protocol):
    """One provider."""

    async def send(self, letter: Letter) -> Sending:
        """Raises nothing: whatever happens is an answer."""
        ...

    async def look_up(self, letter: Letter) -> bool | None:
        """Whether a message whose answer was lost is there; None where nobody can say, or need."""
        ...


async def answered(sending: Awaitable[Sending]) -> Sending:
    """What keeps an answer from coming, as an answer."""
    try:
        return await sending
    except aiohttp.ClientConnectorError:
        return Sending(Answer(failure=Failure.NO_CONNECTION))
    except TimeoutError:
        return Sending(Answer(failure=Failure.TIMEOUT))
    except (aiohttp.ClientError, OSError, ValueError):  # the last: what should be JSON is not
        return Sending(Answer(failure=Failure.CUT_OFF))
