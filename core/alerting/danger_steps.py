"""Figures on their way to a limit: at which level of its rule each stands, without chatter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.alerting.heard import ALERT_OF
from core.alerting.hysteresis import Watch, observe
from core.alerting.levels import Level
from core.alerting.rules import AS_USUAL, Named, thresholds_of
from core.modes import Rule


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a rule that has thresholds. None where it is not known."""

    rule: str
    symbol: str
    value: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """The level that one figure has reached; None: it is below all of them again."""

    rule: str
    symbol: str
    level: Level | None
    text: str


Key = tuple[str, str]
Watches = Mapping[Key, Watch]

GONE = Decimal(0)
"""What a figure of something that is not held any more comes to."""


def watches_of(steps: Iterable[Step]) -> Watches:
    """What was remembered by whoever recorded these steps: a level that is off since is left by it."""
    return {(step.rule, step.symbol): _watch_at(step) for step in steps}


def _watch_at(step: Step) -> Watch:
    reached = step.level
    if reached is None:
        return Watch()
    return Watch(frozenset(level for level in Level if level <= reached))


def take_steps(
    watches: Watches,
    found: Iterable[Figure],
    in_force: frozenset[Rule],
    released: frozenset[Rule],
    now: datetime,
    named: Named = AS_USUAL,
) -> tuple[Watches, list[Step]]:
    """The watches after these figures, and the steps that were taken.

    A rule in force speaks for its figure, so that this stays at its level until the rule lets go. A
    release clears the alert: a figure that is still at some level is then told once more.
    """
    speaking = {ALERT_OF.get(rule) for rule in in_force}
    freed = {ALERT_OF.get(rule) for rule in released}
    after, steps = dict(watches), []
    figures = {(figure.rule, figure.symbol): figure for figure in found}
    for rule, symbol in watches:
        if symbol and (rule, symbol) not in figures:
            figures[rule, symbol] = Figure(rule, symbol, GONE, "not held any more")
    for key, figure in figures.items():
        thresholds = thresholds_of(figure.rule, named)
        spoken_for = figure.rule in speaking and not figure.symbol
        value = None if spoken_for else figure.value
        watch, news = observe(thresholds, watches.get(key, Watch()), value, now)
        after[key] = watch
        again = figure.rule in freed and not figure.symbol and watch.level is not None
        if news is not None or again:
            steps.append(Step(figure.rule, figure.symbol, watch.level, figure.text))
    return {key: watch for key, watch in after.items() if watch.on or watch.since}, steps
