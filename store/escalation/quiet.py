"""The sections `silences`, `inhibitions`, `maintenance` and `quiet_hours`. Nothing quiets level 4."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from core.alerting.quieting import (
    SILENCE_MAX,
    Inhibition,
    Maintenance,
    Match,
    Routine,
    Silence,
    silence_refusal,
)
from core.alerting.rules import RULES
from store.escalation.fields import (
    LEVELS,
    HoursSection,
    Moment,
    QuietLevel,
    Reason,
    Strict,
    Zone,
    at_instant,
    near,
)

UTC = ZoneInfo("UTC")
FROM_OUTSIDE = "/"
"""In the names of alerts that another system posts."""


def _pattern(value: object) -> object:
    """The name of a rule, or its beginning and a star."""
    if not isinstance(value, str) or FROM_OUTSIDE in value:
        return value
    begins = value.removesuffix("*")
    if value in RULES or (value.endswith("*") and any(r.startswith(begins) for r in RULES)):
        return value
    raise ValueError(f"{value!r} is no rule; {near(value, RULES)}`rules` in the README lists them")


Pattern = Annotated[str, Field(max_length=80), BeforeValidator(_pattern)]


class MatchSection(Strict):
    """Which alerts: each key an exact word, or a beginning and a star; what is left out may be any."""

    rule: Pattern = Field(default="", description="a rule, or a beginning and a star")
    symbol: str = Field(default="", description="likewise")
    desk: str = Field(default="", description="likewise")

    def match(self) -> Match:
        return Match(self.desk, self.rule, self.symbol)


class SilenceSection(MatchSection):
    """A person's wish not to be told of some alerts for a while."""

    owner: str = Field(description="whose wish it is")
    reason: Reason = Field(description="others will ask")
    begins: Moment = Field(alias="from", description='"2026-12-24 18:00"')
    until: Moment = Field(description="at most 7 days later")
    zone: Zone = Field(default=UTC, description="of both")
    up_to: QuietLevel = Field(default="2", description="the highest level that it hides: 1, 2 or 3")

    def silence(self, number: int) -> Silence:
        return Silence(
            f"file-{number}",
            self.match(),
            self.owner,
            self.reason,
            at_instant(self.begins, self.zone),
            at_instant(self.until, self.zone),
            LEVELS[self.up_to],
        )

    @model_validator(mode="after")
    def _may_be(self) -> "SilenceSection":
        refused = silence_refusal(self.silence(0))
        if refused is not None:
            raise ValueError(refused.value)
        return self


class InhibitionSection(Strict):
    """While one of `source` is open, those of `target` keep quiet; of the same symbol only, if so said."""

    source: MatchSection = Field(description="what speaks: `rule`, `symbol`, `desk`")
    target: MatchSection = Field(description="what is quiet meanwhile: likewise")
    same_symbol: bool = Field(default=False, description="only of the same symbol")

    def inhibition(self) -> Inhibition:
        return Inhibition(self.source.match(), self.target.match(), self.same_symbol)

    @model_validator(mode="after")
    def _apart(self) -> "InhibitionSection":
        for side, section in (("source", self.source), ("target", self.target)):
            if section.match().covers_everything:
                raise ValueError(f"`{side}` has to name a rule or a symbol")
        return self


class MaintenanceSection(MatchSection):
    """A planned window: once (`from`, `until`), or every week (`hours`)."""

    name: Reason = Field(description="what is done")
    begins: Moment | None = Field(default=None, alias="from", description="once: with `until`")
    until: Moment | None = Field(default=None, description="at most 7 days later")
    hours: HoursSection | None = Field(default=None, description="or every week")
    zone: Zone = Field(default=UTC, description="of all these")
    up_to: QuietLevel = Field(default="2", description="the highest level that it hides: 1, 2 or 3")

    def once(self) -> Maintenance | None:
        if self.begins is None or self.until is None:
            return None
        begins, ends = self._instant(self.begins), self._instant(self.until)
        return Maintenance(self.name, self.match(), begins, ends, LEVELS[self.up_to])

    def weekly(self) -> Routine | None:
        if self.hours is None:
            return None
        return Routine(self.name, self.match(), self.hours.hours(self.zone), LEVELS[self.up_to])

    @model_validator(mode="after")
    def _when(self) -> "MaintenanceSection":
        once = self.once()
        given = self.begins is not None or self.until is not None
        if (once is None) == (self.hours is None) or (given and once is None):
            raise ValueError("say when: `from` and `until`, or `hours` of the week")
        if once is not None and once.ends <= once.starts:
            raise ValueError("`until` has to be later than `from`")
        if once is not None and once.ends - once.starts > SILENCE_MAX:
            raise ValueError(f"a window lasts {SILENCE_MAX.days} days at most")
        return self

    def _instant(self, moment: datetime) -> datetime:
        return at_instant(moment, self.zone)
