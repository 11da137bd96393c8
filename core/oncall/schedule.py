"""The schedule: duties filled by layers of rotations, changed by overrides; who is on, and from when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.oncall.hours import Hours
from core.oncall.rotation import HandOvers, Rotation


class Duty(StrEnum):
    """A role on call. None of them may be left blank."""

    PRIMARY = "primary"
    BACKUP = "backup"
    TEAM_LEAD = "team lead"


ANYBODY = "*"
"""In an override: instead of whoever has the turn, also of nobody."""


class Because(StrEnum):
    """Why these people, or nobody, are on duty."""

    ROTATION = "by rotation"
    OVERRIDE = "by an override"
    REMOVED = "an override leaves nobody"
    NO_LAYER = "no layer covers this time"


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation, on duty always or during some hours. The first layer that has somebody decides."""

    rotation: Rotation | HandOvers
    hours: Hours | None = None

    def person_at(self, now: datetime) -> str | None:
        if self.hours is not None and self.hours.until(now) is None:
            return None
        return self.rotation.person_at(now)

    def changes(self, start: datetime, end: datetime) -> set[datetime]:
        edges = self.hours.edges(start, end) if self.hours is not None else []
        return {*self.rotation.handoffs(start, end), *edges}


@dataclass(frozen=True, slots=True)
class Override:
    """A change to one duty over [start, end). With `person` alone it adds, with `instead_of` alone it
    removes, with both it replaces. The one made last decides."""

    duty: Duty
    start: datetime
    end: datetime
    made_at: datetime
    person: str | None = None
    instead_of: str | None = None

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"an override ends after it starts, not at {self.end}")
        if self.person is None and self.instead_of is None:
            raise ValueError("an override names who comes, who goes, or both")

    def apply(self, people: tuple[str, ...]) -> tuple[str, ...]:
        """The people on duty after it. A replacement for somebody who is not on duty changes nothing."""
        if self.instead_of is None:
            come = self.person
            return people if come is None or come in people else (*people, come)
        stand_in = (self.person,) if self.person is not None else ()
        if self.instead_of == ANYBODY:
            return stand_in
        after = [new for old in people for new in (stand_in if old == self.instead_of else (old,))]
        return tuple(dict.fromkeys(after))


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who is on one duty at one instant, and why."""

    people: tuple[str, ...]
    because: Because


@dataclass(frozen=True, slots=True)
class Schedule:
    """Layers of each duty, in the order in which they are asked, and the overrides made so far."""

    layers: Mapping[Duty, tuple[Layer, ...]]
    overrides: tuple[Override, ...] = ()


def who(schedule: Schedule, duty: Duty, now: datetime) -> OnDuty:
    """Who is on duty at an instant. The same question about the past gives the same answer."""
    asked = (layer.person_at(now) for layer in schedule.layers.get(duty, ()))
    first = next((person for person in asked if person is not None), None)
    rotated: tuple[str, ...] = (first,) if first is not None else ()
    people = rotated
    for override in sorted(schedule.overrides, key=lambda one: one.made_at):
        if override.duty is duty and override.start <= now < override.end:
            people = override.apply(people)
    if people == rotated:
        return OnDuty(people, Because.ROTATION if people else Because.NO_LAYER)
    return OnDuty(people, Because.OVERRIDE if people else Because.REMOVED)


@dataclass(frozen=True, slots=True)
class Shift:
    """A half-open stretch during which the people on one duty stay the same; nobody makes it a gap."""

    duty: Duty
    start: datetime
    end: datetime
    people: tuple[str, ...]
    because: Because

    @property
    def gap(self) -> bool:
        return not self.people


def shifts(schedule: Schedule, duty: Duty, start: datetime, end: datetime) -> list[Shift]:
    """The whole of [start, end) without holes, gaps included."""
    edges = {start} | _edges(schedule, duty, start, end)
    found: list[Shift] = []
    for begins in sorted(edges):
        on = who(schedule, duty, begins)
        if found and found[-1].people == on.people and found[-1].because is on.because:
            continue
        if found:
            found[-1] = _ending(found[-1], begins)
        found.append(Shift(duty, begins, end, on.people, on.because))
    return found


def next_handoff(schedule: Schedule, duty: Duty, now: datetime, days: int = 90) -> Shift | None:
    """The next stretch with other people on duty, as far as `days` ahead, or None."""
    present = who(schedule, duty, now).people
    ahead = shifts(schedule, duty, now, now + timedelta(days=days))
    return next((shift for shift in ahead if shift.people != present), None)


def stand_in(
    duty: Duty, person: str, instead_of: str, shift: tuple[datetime, datetime], agreed_at: datetime
) -> Override:
    """One person takes a stretch of another's. What is past by the time they agree stays as it was.

    Raises ValueError when the whole stretch is past.
    """
    start, end = max(shift[0], agreed_at), shift[1]
    return Override(duty, start, end, agreed_at, person=person, instead_of=instead_of)


def swap(duty: Duty, one: Shift, other: Shift, agreed_at: datetime) -> tuple[Override, Override]:
    """Two people take each other's shift. Each shift has to be one person's."""
    (first,), (second,) = one.people, other.people
    return (
        stand_in(duty, second, first, (one.start, one.end), agreed_at),
        stand_in(duty, first, second, (other.start, other.end), agreed_at),
    )


def _edges(schedule: Schedule, duty: Duty, start: datetime, end: datetime) -> set[datetime]:
    edges: set[datetime] = set()
    for layer in schedule.layers.get(duty, ()):
        edges |= layer.changes(start, end)
    for override in schedule.overrides:
        if override.duty is duty:
            edges |= {override.start, override.end}
    return {edge for edge in edges if start <= edge < end}


def _ending(shift: Shift, end: datetime) -> Shift:
    return Shift(shift.duty, shift.start, end, shift.people, shift.because)
