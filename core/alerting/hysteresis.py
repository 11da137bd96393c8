"""Thresholds that do not chatter: one value raises, another clears, and each has to hold for a while."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from core.alerting.events import Cleared, Fired
from core.alerting.levels import Level


@dataclass(frozen=True, slots=True)
class Threshold:
    """One level of a rule: on once `raise_at` was reached for `raise_after_s`, off once the value has been
    better than `clear_at` for `clear_after_s`."""

    level: Level
    raise_at: Decimal
    clear_at: Decimal
    raise_after_s: int = 0
    clear_after_s: int = 60


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The levels of one rule. `above`: high values are bad; else low ones are."""

    above: bool
    levels: tuple[Threshold, ...]

    def __post_init__(self) -> None:
        for one in self.levels:
            if self.beyond(one.clear_at, one.raise_at):
                side = "below" if self.above else "above"
                raise ValueError(
                    f"{one.level}: clear at or {side} what raises it ({one.raise_at}),"
                    f" not at {one.clear_at}"
                )
        ordered = sorted(self.levels, key=lambda one: one.level)
        for low, high in pairwise(ordered):
            if low.level is high.level or self.beyond(low.raise_at, high.raise_at):
                raise ValueError(f"{high.level} has to be raised further out than {low.level}")

    def beyond(self, value: Decimal, limit: Decimal) -> bool:
        return value > limit if self.above else value < limit

    def reached(self, value: Decimal, limit: Decimal) -> bool:
        return value == limit or self.beyond(value, limit)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a rule remembers of one symbol: the levels that are on, since when values contradict that."""

    on: frozenset[Level] = frozenset()
    since: Mapping[Level, datetime] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def level(self) -> Level | None:
        """The highest level that is on."""
        return max(self.on, default=None)


def observe(
    rule: Thresholds, watch: Watch, value: Decimal | None, now: datetime
) -> tuple[Watch, Fired | Cleared | None]:
    """The watch after a value, and what it means: a level reached or left, all clear, or nothing new.

    A value that is not known changes nothing, and stops what was about to clear: unknown is not well.
    """
    after = replace(watch, since=_kept(watch)) if value is None else _after(rule, watch, value, now)
    if after.level is watch.level:
        return after, None
    return after, Fired(after.level) if after.level is not None else Cleared()


def _after(rule: Thresholds, watch: Watch, value: Decimal, now: datetime) -> Watch:
    known = {one.level for one in rule.levels}  # a level may have been taken away since
    on = set(watch.on & known)
    since = {level: at for level, at in watch.since.items() if level in known}
    for one in rule.levels:
        is_on = one.level in watch.on
        if is_on == _speaks_for(rule, one, value, is_on):
            since.pop(one.level, None)
            continue
        begun = since.setdefault(one.level, now)
        needed_s = one.clear_after_s if is_on else one.raise_after_s
        if now - begun >= timedelta(seconds=needed_s):
            on ^= {one.level}
            del since[one.level]
    return Watch(frozenset(on), MappingProxyType(since))


def _speaks_for(rule: Thresholds, one: Threshold, value: Decimal, is_on: bool) -> bool:
    """Whether the value, by itself, says that this level is on."""
    return rule.reached(value, one.clear_at if is_on else one.raise_at)


def _kept(watch: Watch) -> Mapping[Level, datetime]:
    return MappingProxyType({at: since for at, since in watch.since.items() if at not in watch.on})
