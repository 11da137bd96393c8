"""An alert: its identity, its states and the table of legal moves, and its due times as data."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.alerting.levels import Level
from core.oncall.contacts import Means


@dataclass(frozen=True, slots=True)
class Identity:
    """What an alert is about. Level, value and text are no part of it: a raise is the same alert."""

    desk: str
    rule: str
    symbol: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.desk, self.rule, self.symbol) if part)


class AlertState(StrEnum):
    """Where an alert stands with people. Whether it is silenced is decided at each send, not stored."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


TRANSITIONS: dict[AlertState, frozenset[AlertState]] = {
    AlertState.FIRING: frozenset(
        {AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.RESOLVED}
    ),
    # Back to firing: raised, given back, escalated by hand, or its owner fell silent.
    AlertState.ACKNOWLEDGED: frozenset(
        {AlertState.FIRING, AlertState.SNOOZED, AlertState.RESOLVED}
    ),
    AlertState.SNOOZED: frozenset(
        {AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.RESOLVED}
    ),
    # Only while its reopen window lasts; afterwards the same condition is a new alert.
    AlertState.RESOLVED: frozenset({AlertState.FIRING}),
}


class IllegalMove(Exception):
    """An alert was asked to go where its table has no way; nothing was changed."""


def move(state: AlertState, to: AlertState) -> AlertState:
    """The new state. The same state again is no move. Raises IllegalMove when the table has none."""
    if to is state or to in TRANSITIONS[state]:
        return to
    raise IllegalMove(f"an alert that is {state} cannot become {to}")


class Why(StrEnum):
    """Why somebody is told something."""

    RAISED = "the alert was raised"
    LEVEL_RAISED = "its level rose"
    REOPENED = "it came back"
    UNACKNOWLEDGED = "nobody has acknowledged it"
    REPEATED = "still nobody has acknowledged it"
    OTHERS_MISSING = "not everybody has acknowledged it"
    EXHAUSTED = "every step was tried and nobody has acknowledged it"
    ESCALATED = "somebody escalated it"
    GIVEN_BACK = "its owner gave it back"
    HANDED_OVER = "it was handed over"
    ACK_LAPSED = "its owner has not been heard of since acknowledging it"
    SNOOZE_ENDED = "its snooze is over"
    NOBODY_ON_DUTY = "nobody is on duty for it"
    ACKNOWLEDGED = "somebody took charge"
    RESOLVED = "it is resolved"
    CLEARED = "its condition has cleared"
    COUNTDOWN = "the system will act unless somebody takes charge"
    ACTED = "the system acted because nobody took charge"
    INHERITED = "a shift began with it open"


class TimerKind(StrEnum):
    """What an alert waits for. In the order in which timers due at the same time are handled."""

    CLEAR = "clear"
    SNOOZE = "snooze"
    ACK = "ack"
    ACT = "act"
    STEP = "step"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Timers:
    """The instants at which something is due, by what it is."""

    clear: datetime | None = None
    snooze: datetime | None = None
    ack: datetime | None = None
    act: datetime | None = None
    step: datetime | None = None
    edit: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        return min(filter(None, self._every), default=None)

    def due(self, now: datetime) -> TimerKind | None:
        """The timer to handle first. A clear comes before a page, however late both are."""
        for kind in TimerKind:
            at: datetime | None = getattr(self, kind.value)
            if at is not None and at <= now:
                return kind
        return None

    def earlier(self, by: timedelta) -> "Timers":
        """All of them by so much, as when the clock that they were set by is set back."""
        return Timers(*(at and at - by for at in self._every))

    def without(self, kind: TimerKind) -> "Timers":
        return replace(self, **{kind.value: None})

    @property
    def _every(self) -> tuple[datetime | None, ...]:
        return self.clear, self.snooze, self.ack, self.act, self.step, self.edit


@dataclass(frozen=True, slots=True)
class Ack:
    """A person who took charge at this level, and when."""

    person: str
    at: datetime


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """One way to one person, or to a place when there is no person."""

    person: str
    by: Means


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as the store knows it.

    `peak` decides who is paged: a drop is shown but calls nobody off. `generation` grows whenever what is
    pending loses its sense; `turn` counts the steps that ran; `episode` counts openings.
    """

    id: str
    identity: Identity
    level: Level
    peak: Level
    state: AlertState
    policy_hash: str
    opened_at: datetime
    seen_at: datetime
    cause: Why
    text: str = ""
    drill: bool = False
    version: int = 0
    generation: int = 0
    episode: int = 1
    step: int = 0
    loop: int = 0
    turn: int = 0
    fire_count: int = 1
    acks: tuple[Ack, ...] = ()
    cleared_at: datetime | None = None
    slowed: bool = False
    resolved_at: datetime | None = None
    resolved_by: str = ""
    reopen_until: datetime | None = None
    flaps: tuple[datetime, ...] = ()
    paged_at: datetime | None = None
    paged_level: Level | None = None
    told: frozenset[Destination] = frozenset()
    """To whom a firing notice was really sent in this episode."""
    withheld: str = ""
    announced: bool = False
    acted: bool = False
    """Whether the automatic action of this episode was done, refused or objected to."""
    edited_at: datetime | None = None
    timers: Timers = Timers()

    @property
    def due(self) -> datetime | None:
        """When the machine has to look at it again."""
        return self.timers.next_at

    @property
    def cleared(self) -> bool:
        return self.cleared_at is not None

    @property
    def open(self) -> bool:
        return self.state is not AlertState.RESOLVED

    @property
    def owner(self) -> str | None:
        """Who has it: the last who took charge, while that stands."""
        return self.acks[-1].person if self.state is AlertState.ACKNOWLEDGED else None

    @property
    def in_charge(self) -> frozenset[str]:
        """Who took charge in this round and is not paged again for it."""
        return frozenset(ack.person for ack in self.acks)
