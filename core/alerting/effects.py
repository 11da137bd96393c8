"""What the machine wants done, as values, and what it answers to whoever caused an event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.alerting.alert import Alert, Why
from core.alerting.levels import Level
from core.alerting.policy import Opening, Tightening
from core.oncall.contacts import Means


class NoticeKind(StrEnum):
    """What sort of message it is. Only a page may interrupt a night."""

    PAGE = "page"
    RAISED = "raised"
    REMINDER = "reminder"
    TAKEN = "taken"
    RESOLVED = "resolved"
    CLEARED = "cleared"
    COUNTDOWN = "countdown"
    ACTED = "acted"
    INHERITED = "inherited"


FIRING_KINDS = frozenset({NoticeKind.PAGE, NoticeKind.RAISED, NoticeKind.INHERITED})
"""Messages that say an alert wants somebody; whoever got one is told how it ended."""


@dataclass(frozen=True, slots=True)
class Notify:
    """One message to one person by one means, or (no person) to a place. `key` is sent once."""

    key: str
    alert_id: str
    generation: int
    person: str
    by: Means
    kind: NoticeKind
    why: Why
    level: Level
    late_s: int = 0
    unrecorded: bool = False
    """Sent although the store could not keep it."""
    held_until: datetime | None = None
    """Its reader's hours are quiet until then; what is over by then is not sent."""


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Look at this alert again then."""

    alert_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """Bring the alert's message up to date now."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Pages of generations before this one that have not been sent are not sent any more."""

    alert_id: str
    before: int


@dataclass(frozen=True, slots=True)
class Tighten:
    """Make the desk stricter. A `key` is carried out once."""

    key: str
    desk: str
    action: Tightening
    why: Why


class NotActed(StrEnum):
    """Why an automatic action was left out."""

    CLEARED = "what caused the alert has cleared"
    DRILL = "it is a drill"
    DRY_RUN = "the policy says dry run"


@dataclass(frozen=True, slots=True)
class Spared:
    """An automatic action that was due and was not done."""

    alert_id: str
    action: Tightening
    reason: NotActed


@dataclass(frozen=True, slots=True)
class Open:
    """Open something for people, once for a `key`."""

    key: str
    alert_id: str
    what: Opening


@dataclass(frozen=True, slots=True)
class RaiseAlso:
    """Raise another alert about this one's way to people."""

    rule: str
    level: Level
    text: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A step that told nobody, the reason, and when it is tried again."""

    alert_id: str
    reason: str
    until: datetime


Effect = Notify | WakeAt | Edit | Withdraw | Tighten | Spared | Open | RaiseAlso | Withheld


class Said(StrEnum):
    """What came of an event, as an answer to whoever caused it."""

    OPENED = "raised"
    REFIRED = "seen again; nobody is told twice"
    LEVEL_RAISED = "the level rose; acknowledgements and snoozes no longer count"
    REOPENED = "it came back; the same alert is open again"
    REOPENED_FLAPPING = "it keeps coming and going; it is paged again only now and then"
    NOT_REOPENED = "its reopen window is over; this is a new alert"
    CLEARING = "the condition is gone; it is watched for a while"
    NOTHING = "nothing changed"
    ACKNOWLEDGED = "you have it"
    HELPING = "somebody has it already; you are noted as helping"
    ALREADY_YOURS = "you have it already"
    OTHERS_MISSING = "noted; at this level everybody has to acknowledge"
    RAISED_SINCE = "its level rose after you were told; look again and acknowledge that"
    ALREADY_RESOLVED = "it is resolved already"
    NOT_IN_CHARGE = "you have not acknowledged it, so there is nothing to give away"
    GIVEN_BACK = "given back; the steps begin again"
    HANDED_OVER = "handed over; they are being told"
    NO_SUCH_PERSON = "that person has no means by which they could be told"
    SNOOZED = "snoozed; it comes back by itself"
    SNOOZE_NOT_HERE = "alerts of this level cannot be snoozed"
    SNOOZE_TOO_LONG = "this level cannot be snoozed for so long"
    SNOOZE_PAST = "that time is past"
    ESCALATED = "the next step runs now"
    ALREADY_ESCALATED = "it was escalated already since you looked"
    RESOLVED = "resolved"
    RESOLVED_WHILE_ACTIVE = "resolved, but its condition still holds: it comes back when seen again"
    ACTION_STOPPED = "the automatic action will not be done"
    NO_ACTION_PENDING = "no automatic action was announced"
    STALE = "this timer belongs to an earlier generation"
    NOT_DUE = "nothing is due yet"
    STEPPED = "a step ran"
    WITHHELD = "the step told nobody, for a named reason"
    REMINDED = "its owner was reminded"
    WOKEN = "its time is up; the steps begin again"
    WAITING = "it is watched a little longer before it is closed"
    SLOWED = "cleared, but a person has to say so"
    ANNOUNCED = "the automatic action was announced"
    ACTED = "the automatic action was decided"
    SHOWN = "its message is brought up to date"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The alert after an event, what has to be done, and the answer."""

    alert: Alert
    effects: tuple[Effect, ...]
    said: Said
