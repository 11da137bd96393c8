"""The section `levels`: what a level does otherwise than usual."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, model_validator

from core.alerting.defaults import DEFAULT
from core.alerting.policy import LevelPolicy, Need, OnUnacked, Policy, Step, Tell, Tightening, Who
from core.oncall.contacts import Means
from store.escalation.fields import LEVELS, LevelName, Seconds, Strict, one_of

MEANS = {
    "channel": Means.CHANNEL,
    "dm": Means.DM,
    "push": Means.PUSH,
    "sms": Means.SMS,
    "voice": Means.VOICE,
    "email": Means.EMAIL,
    "apprise": Means.APPRISE,
    "pagerduty": Means.PAGERDUTY,
    "webhook": Means.WEBHOOK,
    "file": Means.LOCAL,
}
WHO = {
    "channel": Who.CHANNEL,
    "services": Who.SERVICES,
    "primary": Who.PRIMARY,
    "backup": Who.BACKUP,
    "team_lead": Who.TEAM_LEAD,
    "everyone": Who.EVERYONE,
}
ACTIONS = {"reduce-only": Tightening.REDUCE_ONLY, "hold": Tightening.HOLD}
NEEDS = {"nobody": Need.NOBODY, "one": Need.ONE, "all": Need.ALL}

TellMap = Annotated[
    Mapping[
        Annotated[str, one_of(WHO, "one to tell")],
        Annotated[tuple[Annotated[str, one_of(MEANS, "means")], ...], Field(min_length=1)],
    ],
    Field(min_length=1),
]


def _tells(wanted: Mapping[str, tuple[str, ...]]) -> tuple[Tell, ...]:
    return tuple(
        Tell(WHO[who], tuple(MEANS[name] for name in means)) for who, means in wanted.items()
    )


class StepSection(Strict):
    """Who is told so long after the first step, and by which means."""

    at: Seconds = Field(description="after the first step, which is at 0s")
    tell: TellMap = Field(
        description="whom (channel, services, primary, backup, team_lead, everyone) by which means"
        " (channel, dm, push, sms, voice, email, pagerduty, webhook, file)"
    )

    def step(self) -> Step:
        return Step(self.at, _tells(self.tell))


class UnackedSection(Strict):
    """What the system does when nobody answers. Nothing here makes a desk looser."""

    after: Seconds = Field(description="so long after its steps began")
    action: Annotated[str, one_of(ACTIONS, "action that reduces")] = Field(
        description="reduce-only or hold"
    )
    announce: Seconds = Field(default=60, description="so long before, with a button to stop it")
    dry_run: bool = Field(default=False, description="announce it, and do nothing")

    @model_validator(mode="after")
    def _announced_in_time(self) -> "UnackedSection":
        if not 0 < self.announce <= self.after:
            raise ValueError(f"announce it between 1 s and {self.after} s ahead")
        return self

    def value(self) -> OnUnacked:
        return OnUnacked(self.after, ACTIONS[self.action], self.announce, self.dry_run)


class LevelSection(Strict):
    """What is different from the usual for one level."""

    steps: tuple[StepSection, ...] | None = Field(default=None, min_length=1)
    ack: Annotated[str, one_of(NEEDS, "answer to who has to acknowledge")] | None = Field(
        default=None, description="who has to acknowledge: nobody, one, all; level 4: all"
    )
    repeats: int | None = Field(
        default=None, ge=0, le=1000, description="how often the steps are repeated; not of level 4"
    )
    repeat_every: Seconds | None = Field(
        default=None, ge=1, description="from the last step to the first of the next round"
    )
    repeat_from: int | None = Field(
        default=None, ge=1, description="with which step a round begins; the first is 1"
    )
    fallback: TellMap | None = Field(
        default=None, description="as `tell`: once the rounds are used up, again and again"
    )
    fallback_every: Seconds | None = Field(default=None, ge=1, description="how often that is told")
    group_wait: Seconds | None = Field(
        default=None, le=3600, description="how long it waits for others, to be one message"
    )
    hold: Seconds | None = Field(
        default=None, description="how long an acknowledgement stands before its owner is reminded"
    )
    grace: Seconds | None = Field(
        default=None, description="from the reminder until the others are told again"
    )
    snooze_max: Seconds | None = Field(
        default=None, description="the longest snooze; not of level 4"
    )
    clear_after: Seconds | None = Field(
        default=None, description="how long the condition has to be gone"
    )
    on_unacked: UnackedSection | None = None

    @model_validator(mode="after")
    def _steps_in_order(self) -> "LevelSection":
        times = [step.at for step in self.steps or ()]
        if times and (times[0] != 0 or times != sorted(set(times))):
            raise ValueError("the first step is at 0s, and each is later than the one before")
        return self

    def policy(self, usual: LevelPolicy) -> LevelPolicy:
        """The usual, with what is said here in its place. Raises ValueError for what does not fit it."""
        said: dict[str, Any] = {
            "steps": tuple(step.step() for step in self.steps) if self.steps else None,
            "need": NEEDS[self.ack] if self.ack else None,
            "repeats": self.repeats,
            "repeat_every_s": self.repeat_every,
            "repeat_from": self.repeat_from - 1 if self.repeat_from else None,
            "fallback": _tells(self.fallback) if self.fallback else None,
            "fallback_every_s": self.fallback_every,
            "group_wait_s": self.group_wait,
            "hold_s": self.hold,
            "grace_s": self.grace,
            "snooze_max_s": self.snooze_max,
            "clear_after_s": self.clear_after,
            "on_unacked": self.on_unacked.value() if self.on_unacked else None,
        }
        return replace(usual, **{name: value for name, value in said.items() if value is not None})


LevelSections = Mapping[LevelName, LevelSection]


def policy_of(sections: Mapping[str, LevelSection]) -> Policy:
    """The usual policy, with what the file changes of it. Raises ValueError."""
    levels = dict(DEFAULT.levels)
    for name, section in sections.items():
        levels[LEVELS[name]] = section.policy(levels[LEVELS[name]])
    return replace(DEFAULT, levels=levels)
