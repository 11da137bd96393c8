"""What the desk's own record says to the alert rules: events in, conditions found or gone out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.alerting.levels import Level
from core.alerting.rules import RULES
from core.chain import Event
from core.modes import Mode, Rule


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition found, at a level, or (None) gone."""

    rule: str
    level: Level | None
    text: str = ""
    symbol: str = ""
    ended_by: str = ""
    """The people whose doing it is that it is gone: nobody else need take charge of it any more."""


ALERT_OF: dict[str, str | None] = {
    Rule.DAILY_LOSS: "daily_loss",
    Rule.DRAWDOWN: "drawdown",
    Rule.LIQUIDATION_BUFFER: "liquidation_buffer",
    Rule.LEVERAGE: "leverage",
    Rule.STALE_MARK: "stale_mark",
    Rule.POSITION_WITHOUT_STOP: "position_without_stop",
    Rule.POSITION_DRIFT: "position_drift",
    Rule.UNKNOWN_ORDER: "unknown_order",
    Rule.READ_FAILED: "read_failed",
    Rule.ERROR_STREAK: "error_streak",
    Rule.REJECTION_STREAK: "rejection_streak",
    Rule.AUTHENTICATION: "auth_failures",
    Rule.CLOCK_DRIFT: "clock_drift",
    Rule.CASH_OFF: "cash_off",
    Rule.SUSPECTED_COMPROMISE: "key_compromise",
    Rule.MARGIN_STEP: "margin_step",
    Rule.DISK_LOW: "disk_full",
    # Nobody can say by alert that alerts are silent.
    Rule.ALERTS_SILENT: None,
    # People asked for these, and know.
    Rule.STARTED_REDUCE_ONLY: None,
    Rule.STARTED_HELD: None,
    Rule.DRAINING: None,
}
"""The alert that a constraint raises. A rule that is new here raises one of its own name."""


def facts_in(event: Event) -> list[Fact]:
    """What an event says; most say nothing."""
    say = _SAYS.get(event.kind)
    return list(say({**event.body, "actor": event.actor})) if say is not None else []


def of_constraint(rule: str, reason: str) -> Iterator[Fact]:
    """A constraint that was put in force."""
    name = _alert_of(rule)
    if name is not None:
        yield Fact(name, _level_of(name), reason)


def _constrained(body: Mapping[str, Any]) -> Iterator[Fact]:
    yield from of_constraint(body["rule"], body["reason"])


def _released(body: Mapping[str, Any]) -> Iterator[Fact]:
    name = _alert_of(body["rule"])
    if name is not None:
        yield Fact(name, None)


def _mode_set(body: Mapping[str, Any]) -> Iterator[Fact]:
    if body["to"] == Mode.KILLED.name:
        yield Fact("desk_killed", Level.CRITICAL, body["reason"])
    elif body["from"] == Mode.KILLED.name:
        yield Fact("desk_killed", None, ended_by=body["actor"])
    if body["to"] != Mode.HELD.name:  # it was confirmed, or two people agreed to go on
        yield Fact("kill_unconfirmed", None)


def _flatten(body: Mapping[str, Any]) -> Iterator[Fact]:
    if body.get("state") == "residual":
        yield Fact("flatten_residual", Level.CRITICAL, str(body.get("outcome", "")))
    elif body.get("state") == "flat_verified":
        yield Fact("flatten_residual", None)


def _danger_step(body: Mapping[str, Any]) -> Iterator[Fact]:
    """A figure came to a level of its own, or (level 0) went back below all of them."""
    level = int(body["level"])
    yield Fact(
        str(body["rule"]),
        Level(level) if level else None,
        str(body.get("text", "")),
        str(body.get("symbol", "")),
    )


def _gone(rule: str) -> Callable[[Mapping[str, Any]], Iterator[Fact]]:
    """An event that ends a condition."""
    return lambda _body: iter([Fact(rule, None)])


def _plain(rule: str, *names: str) -> Callable[[Mapping[str, Any]], Iterator[Fact]]:
    """An event that is a fact by itself; `names` are what its text tells of the body."""

    def say(body: Mapping[str, Any]) -> Iterator[Fact]:
        text = ", ".join(str(body[name]) for name in names if body.get(name))
        yield Fact(rule, RULES[rule].level, text)

    return say


_SAYS: dict[str, Callable[[Mapping[str, Any]], Iterator[Fact]]] = {
    "constrained": _constrained,
    "released": _released,
    "mode_set": _mode_set,
    "flatten": _flatten,
    "danger_step": _danger_step,
    "kill_unconfirmed": _plain("kill_unconfirmed", "reason"),
    "guard_stood_in": _plain("guard_acts", "because"),
    "armed": _gone("guard_acts"),
    "abuse_suspected": _plain("abuse", "voice", "what"),
}
"""Events that say something, by their kind."""


def _alert_of(rule: str) -> str | None:
    return ALERT_OF.get(rule, rule)


def _level_of(name: str) -> Level:
    """What constrains a desk is as serious as its rule can be, but for what only a person can know."""
    rule = RULES.get(name)
    return max(rule.levels) if rule is not None else Level.CRITICAL
