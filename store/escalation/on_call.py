"""The section `on_call`: who takes which duty when, in layers, and who stands in for whom."""

from datetime import date, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import ANYBODY, Duty, Layer, Override, Schedule
from store.escalation.fields import (
    Clock,
    Day,
    HoursSection,
    Moment,
    Strict,
    Zone,
    at_instant,
    one_of,
)

UTC = ZoneInfo("UTC")
DUTIES = {
    "primary": Duty.PRIMARY,
    "backup": Duty.BACKUP,
    "team_lead": Duty.TEAM_LEAD,
}


class Turns(Strict):
    """People who take turns: each for `count` times `every`, handing over `at` that time of day."""

    people: tuple[str, ...] = Field(min_length=1)
    every: Literal["hour", "day", "week", "month"] = "week"
    count: int = Field(default=1, ge=1, le=366)
    begins: Day = date(2026, 1, 5)
    at: Clock = time(0)
    zone: Zone | None = None
    hours: HoursSection | None = None

    def layer(self, usual: ZoneInfo) -> Layer:
        zone = self.zone or usual
        turns = Rotation(self.people, zone, self.begins, self.at, Unit(self.every), self.count)
        return Layer(turns, self.hours.hours(zone) if self.hours else None)


class OverrideSection(Strict):
    """Somebody takes a duty for a while: in place of one person, or of whoever has it."""

    duty: Annotated[str, one_of(DUTIES, "duty")]
    person: str
    instead_of: str = ANYBODY
    begins: Moment = Field(alias="from")
    until: Moment
    zone: Zone | None = None

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

    zone: Zone = UTC
    primary: Layers
    backup: Layers
    team_lead: Layers
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
