"""An incident: what people look into together, from its opening to its closing by two of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TITLE_MAX = 150


class IncidentState(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"


TRANSITIONS: dict[IncidentState, frozenset[IncidentState]] = {
    IncidentState.OPEN: frozenset({IncidentState.CLOSED}),
    IncidentState.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Incident:
    """`published_at` is when its report was last put where everybody reads it."""

    id: str
    desk: str
    title: str
    state: IncidentState
    opened_by: str
    opened_at: datetime
    assignee: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def open(self) -> bool:
        return bool(TRANSITIONS[self.state])
