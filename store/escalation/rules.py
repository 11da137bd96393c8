"""The section `rules`: from which value on a figure raises an alert, level by level."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from core.alerting.hysteresis import Threshold, Thresholds
from core.alerting.levels import Level
from core.alerting.rules import RULES
from store.escalation.fields import LEVELS, LevelName, Seconds, Strict, one_of


def _figure(value: object) -> object:
    """As it stands in the file: a float would make 0.1 something else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is no number")
    return str(value)


Figure = Annotated[Decimal, Field(ge=0, allow_inf_nan=False), BeforeValidator(_figure)]
WITH_FIGURES = [name for name, rule in RULES.items() if rule.thresholds is not None]
RuleName = Annotated[str, one_of(WITH_FIGURES, "rule with a figure")]


class ThresholdSection(Strict):
    """One level of a rule. What is not said is as usual."""

    raise_at: Figure = Field(alias="raise", description="the figure that raises it")
    clear_at: Figure = Field(alias="clear", description="the figure that clears it")
    raise_after: Seconds | None = Field(default=None, description="how long it has to hold")
    clear_after: Seconds | None = Field(default=None, description="how long it has to be better")

    def over(self, level: Level, usual: Threshold | None) -> Threshold:
        known = usual or Threshold(level, self.raise_at, self.clear_at)
        return Threshold(
            level,
            self.raise_at,
            self.clear_at,
            known.raise_after_s if self.raise_after is None else self.raise_after,
            known.clear_after_s if self.clear_after is None else self.clear_after,
        )


MAY_BE_OFF = ("1", "2")


def _or_off(value: object) -> object:
    """YAML reads a bare `off` as false."""
    if value is None:
        raise ValueError("write `off`, or {raise: 40, clear: 35}")
    return None if value is False or value == "off" else value


def _off_where_it_may_be(levels: "Levels") -> "Levels":
    for level, section in levels.items():
        if section is None and level not in MAY_BE_OFF:
            raise ValueError(f"level {level} cannot be off; only levels 1 and 2 can")
    return levels


LevelOrOff = Annotated[ThresholdSection | None, BeforeValidator(_or_off)]
Levels = Mapping[LevelName, LevelOrOff]
RuleSections = Mapping[RuleName, Annotated[Levels, AfterValidator(_off_where_it_may_be)]]


def thresholds_of(sections: Mapping[str, Levels]) -> dict[str, Thresholds]:
    """The thresholds of every rule that the file names. Raises ValueError, naming the rule."""
    return {name: _thresholds(name, said) for name, said in sections.items()}


def _thresholds(name: str, said: Levels) -> Thresholds:
    usual = RULES[name].thresholds
    assert usual is not None, "only rules with figures are known here"
    levels = {one.level: one for one in usual.levels}
    for number, section in said.items():
        level = LEVELS[number]
        if section is None:
            levels.pop(level, None)
        else:
            levels[level] = section.over(level, levels.get(level))
    try:
        return replace(usual, levels=tuple(sorted(levels.values(), key=lambda one: one.level)))
    except ValueError as why:
        raise ValueError(f"{name}: {why}") from why
