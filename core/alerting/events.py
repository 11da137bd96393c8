"""What can happen to an alert. People's events carry what they saw, so that a stale click is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.alerting.levels import Level
from core.oncall.contacts import Means


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule found its condition, for the first time or again."""

    level: Level
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A rule found its condition gone."""


@dataclass(frozen=True, slots=True)
class Acked:
    """A person takes charge of what was shown to them: an alert that had risen to `seen_peak`."""

    person: str
    seen_peak: Level


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A person gives an alert back, or on to somebody."""

    person: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """A person wants to be told again later."""

    person: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Escalated:
    """A person wants the next step now. `seen_turn` is the alert's turn when the button was drawn."""

    person: str
    seen_turn: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """A person, or the source by its name, says that it is over."""

    by: str


@dataclass(frozen=True, slots=True)
class Objected:
    """A person stops the automatic action that was announced."""

    person: str


@dataclass(frozen=True, slots=True)
class ShiftBegan:
    """Somebody came on duty."""

    person: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A firing notice left for good, to a person or (no name) to a place."""

    person: str
    by: Means


@dataclass(frozen=True, slots=True)
class Lifted:
    """A silence, window or inhibition ended before its time."""


@dataclass(frozen=True, slots=True)
class Flushed:
    """The group that it waits in is sent now."""


@dataclass(frozen=True, slots=True)
class SetBack:
    """The machine's clock was set back by so much while nobody kept alerts: what was set goes by before."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """A timer of this generation has run out."""

    generation: int


Event = (
    Fired
    | Cleared
    | Acked
    | HandedOver
    | Snoozed
    | Escalated
    | Resolved
    | Objected
    | ShiftBegan
    | Sent
    | Lifted
    | Flushed
    | SetBack
    | Due
)
