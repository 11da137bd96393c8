"""By which means a person can be told, and which of them wake somebody up."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from core.oncall.hours import Hours


class Means(StrEnum):
    """A way to tell somebody something."""

    CHANNEL = "channel"
    DM = "direct message"
    PUSH = "push"
    SMS = "sms"
    VOICE = "voice"
    EMAIL = "e-mail"
    APPRISE = "apprise"
    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"
    LOCAL = "local file"


PERSONAL = frozenset(
    {Means.DM, Means.PUSH, Means.SMS, Means.VOICE, Means.EMAIL, Means.APPRISE, Means.PAGERDUTY}
)
"""Means that reach one person. A channel, a webhook or a file on the machine reaches nobody for sure."""

PAGING = frozenset({Means.PUSH, Means.SMS, Means.VOICE, Means.PAGERDUTY})
"""Means that wake somebody up."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person and the means that reach them, best first."""

    person: str
    means: tuple[Means, ...]
    rest: Hours | None = None
    """When they are not to hear of warnings. Nothing else respects it: they are on call."""

    @property
    def can_be_paged(self) -> bool:
        return bool(PAGING & set(self.means))

    def by(self, wanted: Iterable[Means]) -> tuple[Means, ...]:
        """The wanted means this person has, or all that they have when there is none of these."""
        having = tuple(means for means in wanted if means in self.means)
        return having or tuple(means for means in self.means if means in PERSONAL)

    def without(self, means: Means) -> "Contact":
        """The same person after a means was taken away, as when a phone answered STOP."""
        return replace(self, means=tuple(having for having in self.means if having is not means))
