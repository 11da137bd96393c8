"""The sections of escalation.yaml about alerts: how people are reached, who is on call, what levels do."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.alerting.defaults import DEFAULT
from core.alerting.digest import DigestTime
from core.alerting.levels import Level
from core.alerting.policy import LevelPolicy, OnUnacked, Policy, Step, Tell, Tightening, Who
from core.oncall.contacts import Means
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import Duty, Layer, Schedule

_SPAN = re.compile(r"(\d{1,6})\s*(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_MEANS = {
    "channel": Means.CHANNEL,
    "dm": Means.DM,
    "push": Means.PUSH,
    "sms": Means.SMS,
    "voice": Means.VOICE,
    "email": Means.EMAIL,
    "pagerduty": Means.PAGERDUTY,
    "webhook": Means.WEBHOOK,
    "file": Means.LOCAL,
}
_WHO = {
    "channel": Who.CHANNEL,
    "services": Who.SERVICES,
    "primary": Who.PRIMARY,
    "backup": Who.BACKUP,
    "team_lead": Who.TEAM_LEAD,
    "everyone": Who.EVERYONE,
}
_ACTIONS = {"reduce-only": Tightening.REDUCE_ONLY, "hold": Tightening.HOLD}


def _one_of(known: Mapping[str, object], what: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, str) and value in known:
            return value
        near = difflib.get_close_matches(str(value), known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"{value!r} is no {what}; {hint}there are {', '.join(known)}")

    return BeforeValidator(check)


def _seconds(value: object) -> object:
    found = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no time; write 90s, 15m or 2h")
    return int(found[1]) * _SECONDS[found[2]]


def _zone(value: object) -> object:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError) as bad:
        raise ValueError(f"{value!r} is no time zone; write one such as Europe/London") from bad


def _clock(value: object) -> object:
    """YAML reads 9:30 without quotes as a number."""
    if isinstance(value, int) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    return value


Seconds = Annotated[int, BeforeValidator(_seconds)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Clock = Annotated[time, BeforeValidator(_clock)]
Number = Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]


class Strict(BaseModel):
    """A section in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Contacts(Strict):
    """How a person is reached beside Slack, the best means first as here."""

    push: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    sms: Number | None = None
    voice: Number | None = None
    email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")

    def by_means(self) -> dict[Means, str]:
        having = {
            Means.PUSH: self.push,
            Means.SMS: self.sms,
            Means.VOICE: self.voice,
            Means.EMAIL: self.email,
        }
        return {by: to for by, to in having.items() if to is not None}


class Turns(Strict):
    """Whose turns a duty goes by."""

    people: tuple[str, ...] = Field(min_length=1)
    every: Literal["hour", "day", "week", "month"] = "week"
    count: int = Field(default=1, ge=1, le=366)
    begins: date = date(2026, 1, 5)
    at: Clock = time(0)


class OnCall(Strict):
    """Who is on call; no duty is left blank."""

    zone: Zone = ZoneInfo("UTC")
    primary: Turns
    backup: Turns
    team_lead: Turns

    def schedule(self) -> Schedule:
        turns = {Duty.PRIMARY: self.primary, Duty.BACKUP: self.backup}
        turns[Duty.TEAM_LEAD] = self.team_lead
        return Schedule({duty: (Layer(self._rotation(one)),) for duty, one in turns.items()})

    def _rotation(self, turns: Turns) -> Rotation:
        unit = Unit(turns.every)
        return Rotation(turns.people, self.zone, turns.begins, turns.at, unit, turns.count)

    def names(self) -> set[str]:
        return {*self.primary.people, *self.backup.people, *self.team_lead.people}


class DigestSection(Strict):
    """When the daily digest is posted."""

    zone: Zone = ZoneInfo("UTC")
    at: Clock = time(0, 5)

    def when(self) -> DigestTime:
        return DigestTime(self.zone, self.at)


class StepSection(Strict):
    """Who is told so long after the first step, and by which means."""

    at: Seconds
    tell: Mapping[
        Annotated[str, _one_of(_WHO, "one to tell")],
        tuple[Annotated[str, _one_of(_MEANS, "means")], ...],
    ] = Field(min_length=1)

    def step(self) -> Step:
        tells = [
            Tell(_WHO[who], tuple(_MEANS[name] for name in means))
            for who, means in self.tell.items()
        ]
        return Step(self.at, tuple(tells))


class UnackedSection(Strict):
    """What the system does when nobody answers. Nothing here makes a desk looser."""

    after: Seconds
    action: Annotated[str, _one_of(_ACTIONS, "action that reduces")]
    announce: Seconds = 60
    dry_run: bool = False

    @model_validator(mode="after")
    def _announced_in_time(self) -> "UnackedSection":
        if not 0 < self.announce <= self.after:
            raise ValueError(f"announce it between 1 s and {self.after} s ahead")
        return self

    def value(self) -> OnUnacked:
        return OnUnacked(self.after, _ACTIONS[self.action], self.announce, self.dry_run)


class LevelSection(Strict):
    """What is different from the usual for one level."""

    steps: tuple[StepSection, ...] | None = Field(default=None, min_length=1)
    repeats: int | None = Field(default=None, ge=0, le=1000)
    repeat_every: Seconds | None = None
    hold: Seconds | None = None
    snooze_max: Seconds | None = None
    clear_after: Seconds | None = None
    on_unacked: UnackedSection | None = None

    @model_validator(mode="after")
    def _steps_in_order(self) -> "LevelSection":
        times = [step.at for step in self.steps or ()]
        if times and (times[0] != 0 or times != sorted(set(times))):
            raise ValueError("the first step is at 0s, and each is later than the one before")
        return self

    def policy(self, usual: LevelPolicy) -> LevelPolicy:
        steps = tuple(step.step() for step in self.steps) if self.steps else usual.steps
        unacked = self.on_unacked.value() if self.on_unacked else usual.on_unacked
        return replace(
            usual,
            steps=steps,
            on_unacked=unacked,
            repeats=_or(self.repeats, usual.repeats),
            repeat_every_s=self.repeat_every or usual.repeat_every_s,
            hold_s=_or(self.hold, usual.hold_s),
            snooze_max_s=usual.snooze_max_s if self.snooze_max is None else self.snooze_max,
            clear_after_s=usual.clear_after_s if self.clear_after is None else self.clear_after,
        )


LEVELS = {str(level.value): level for level in Level}
# The rightmost is asked first: YAML reads the key as a number.
LevelName = Annotated[str, _one_of(LEVELS, "level"), BeforeValidator(str)]


@dataclass(frozen=True, slots=True)
class AlertSections:
    """What the file says about alerts. None where it says nothing."""

    addresses: Mapping[str, Mapping[Means, str]] = field(default_factory=dict)
    schedule: Schedule | None = None
    digest: DigestTime | None = None
    policy: Policy = DEFAULT


NOTHING_SAID = AlertSections()


def policy_of(sections: Mapping[str, LevelSection]) -> Policy:
    """The usual policy, with what the file changes of it."""
    levels = dict(DEFAULT.levels)
    for name, section in sections.items():
        levels[LEVELS[name]] = section.policy(levels[LEVELS[name]])
    return replace(DEFAULT, levels=levels)


def _or(given: int | None, usual: int | None) -> int | None:
    return usual if given is None else given
