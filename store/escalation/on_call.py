"""The section `on_call`: who takes which duty when, in layers, and who stands in for whom."""

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from core.oncall.rotation import HandOvers, Rotation, Unit
from core.oncall.schedule import ANYBODY, Duty, Layer, Override, Schedule
from store.escalation.fields import (
    DAYS,
    LIST_MAX,
    Clock,
    Day,
    HoursSection,
    Moment,
    Strict,
    Weekday,
    Zone,
    at_instant,
    one_of,
)

UTC = ZoneInfo("UTC")
COUNTED = {"every", "count", "days", "begins", "at"}
"""What says by counting when turns begin."""
DUTIES = {
    "primary": Duty.PRIMARY,
    "backup": Duty.BACKUP,
    "team_lead": Duty.TEAM_LEAD,
}


class Turns(Strict):
    """People who take turns: each for `count` times `every`, handing over `at` that time of day."""

    people: tuple[str, ...] = Field(min_length=1, description="in the order of their turns")
    every: Literal["hour", "day", "week", "month"] = Field(
        default="week", description="hour, day, week or month"
    )
    count: int = Field(default=1, ge=1, le=366, description="a turn is so many of these")
    days: tuple[Weekday, ...] = Field(
        default=(), description="on which turns begin instead, such as [mon, fri]"
    )
    begins: Day = Field(default=date(2026, 1, 5), description="the first turn's first day")
    at: Clock = Field(default=time(0), description="the hand-over's time of day")
    handovers: tuple[Moment, ...] = Field(
        default=(),
        max_length=LIST_MAX,
        description='instead: when each turn begins, "2026-12-24 18:00"',
    )
    zone: Zone | None = Field(default=None, description="else that of `on_call`")
    hours: HoursSection | None = Field(
        default=None, description="only then; outside of them the next layer is asked"
    )

    @model_validator(mode="after")
    def _counted_in_one_way(self) -> "Turns":
        if self.days and {"every", "count"} & self.model_fields_set:
            raise ValueError("say `days`, or `every` and `count`, not both")
        if self.handovers and COUNTED & self.model_fields_set:
            raise ValueError("say `handovers`, or how turns are counted, not both")
        instants = [at_instant(one, self.zone or UTC) for one in self.handovers]
        if any(later <= earlier for earlier, later in pairwise(instants)):
            raise ValueError("each of the `handovers` is later than the one before it")
        return self

    def layer(self, usual: ZoneInfo) -> Layer:
        zone = self.zone or usual
        hours = self.hours.hours(zone) if self.hours else None
        if self.handovers:
            instants = tuple(at_instant(one, zone) for one in self.handovers)
            return Layer(HandOvers(self.people, instants), hours)
        days = tuple(sorted({DAYS.index(day) for day in self.days}))
        turns = Rotation(
            self.people, zone, self.begins, self.at, Unit(self.every), self.count, days
        )
        return Layer(turns, hours)


class OverrideSection(Strict):
    """Somebody takes a duty for a while: in place of one person, or of whoever has it."""

    duty: Annotated[str, one_of(DUTIES, "duty")] = Field(description="primary, backup or team_lead")
    person: str = Field(description="who comes")
    instead_of: str = Field(default=ANYBODY, description="who goes; else whoever has the duty")
    begins: Moment = Field(alias="from", description='"2026-12-24 18:00"')
    until: Moment = Field(description="likewise, and later")
    zone: Zone | None = Field(default=None, description="else that of `on_call`")

    def override(self, usual: ZoneInfo) -> Override:
        """Made when it begins: what people type during it comes later, and decides."""
        zone = self.zone or usual
        begins, ends = at_instant(self.begins, zone), at_instant(self.until, zone)
        return Override(DUTIES[self.duty], begins, ends, begins, self.person, self.instead_of)

    @model_validator(mode="after")
    def _ends_later(self) -> "OverrideSection":
        zone = self.zone or UTC
        if at_instant(self.until, zone) <= at_instant(self.begins, zone):
            raise ValueError("`until` has to be later than `from`")
        return self


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


Layers = Annotated[tuple[Turns, ...], Field(min_length=1), BeforeValidator(_listed)]


class OnCallSection(Strict):
    """Who is on call; no duty is left blank. Of a duty's layers the first that has somebody decides."""

    zone: Zone = Field(default=UTC, description="of every time here that has none of its own")
    primary: Layers = Field(description="one rotation, or a list of them: layers")
    backup: Layers = Field(description="likewise")
    team_lead: Layers = Field(description="likewise")
    overrides: tuple[OverrideSection, ...] = ()

    def schedule(self) -> Schedule:
        layers = {
            duty: tuple(turns.layer(self.zone) for turns in getattr(self, name))
            for name, duty in DUTIES.items()
        }
        return Schedule(layers, tuple(one.override(self.zone) for one in self.overrides))

    def names(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Everybody named, with the place where."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        for duty in DUTIES:
            for at, turns in enumerate(getattr(self, duty)):
                found += [((duty, at, "people", n), name) for n, name in enumerate(turns.people)]
        for at, one in enumerate(self.overrides):
            found.append((("overrides", at, "person"), one.person))
            if one.instead_of != ANYBODY:
                found.append((("overrides", at, "instead_of"), one.instead_of))
        return found
