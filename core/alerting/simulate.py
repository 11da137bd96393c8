"""What would happen, to whom, at which second: the machine run on paper from policy and schedule."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.alerting.alert import Alert, Identity
from core.alerting.effects import (
    FIRING_KINDS,
    Effect,
    Notify,
    Open,
    Outcome,
    RaiseAlso,
    Spared,
    Tighten,
    Withheld,
)
from core.alerting.events import Due, Event, Fired, Sent
from core.alerting.levels import Level
from core.alerting.machine import advance, fire
from core.alerting.paging import Plan
from core.alerting.policy import Policy
from core.alerting.quieting import NOTHING_QUIET, Quieting
from core.oncall.contacts import Contact, Means
from core.oncall.roster import Roster, roster
from core.oncall.schedule import Schedule

LINES_MAX = 500


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that people or rules do, so many seconds after the alert was raised."""

    at_s: int
    event: Event


@dataclass(frozen=True, slots=True)
class Scenario:
    """An alert that is raised, and what happens to it while it is looked at."""

    identity: Identity
    level: Level
    raised_at: datetime
    for_s: int
    happens: tuple[Happening, ...] = ()
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happens: at which second, to whom, by which means, and why."""

    at_s: int
    who: str
    what: str
    by: tuple[Means, ...]
    why: str

    def __str__(self) -> str:
        means = f" by {', '.join(self.by)}" if self.by else ""
        return f"{clock_text(self.at_s)}  {self.who}: {self.what}{means} ({self.why})"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything in order, and the alert as it stands at the end."""

    lines: tuple[Line, ...]
    alert: Alert

    def told(self, who: str) -> list[int]:
        """The seconds at which somebody is told something."""
        return [line.at_s for line in self.lines if line.who == who and line.by]


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a simulation: the schedule and by which means each can be told."""

    schedule: Schedule
    contacts: tuple[Contact, ...]


def simulate(
    policy: Policy, cast: Cast, scenario: Scenario, quieting: Quieting = NOTHING_QUIET
) -> Timeline:
    """The timeline of a scenario, as if every message were delivered the moment it is sent."""
    start = scenario.raised_at
    end = start + timedelta(seconds=scenario.for_s)
    script = sorted(scenario.happens, key=lambda one: one.at_s)
    plan = _plan(policy, cast, quieting, start)
    raised = Fired(scenario.level)
    outcome = fire(None, scenario.identity, raised, plan, "simulated", start, scenario.drill)
    lines = list(_lines(outcome, plan.roster, 0))
    alert = _delivered(outcome, plan, start)
    while len(lines) < LINES_MAX:
        step = _next(alert, script, start)
        if step is None or step[0] > end:
            break
        now, event = step
        at_s = (now - start) // timedelta(seconds=1)
        plan = _plan(policy, cast, quieting, now)
        outcome = advance(alert, event, plan, now)
        lines += _event_lines(event, outcome, at_s)
        lines += _lines(outcome, plan.roster, at_s)
        alert = _delivered(outcome, plan, now)
    return Timeline(tuple(lines[:LINES_MAX]), alert)


def clock_text(at_s: int) -> str:
    """Seconds as h:mm:ss, or m:ss within the first hour."""
    minutes, secs = divmod(at_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def _next(alert: Alert, script: list[Happening], start: datetime) -> tuple[datetime, Event] | None:
    """What comes first: somebody's deed or a timer. At the same instant the deed."""
    deed_at = start + timedelta(seconds=script[0].at_s) if script else None
    if deed_at is not None and (alert.due is None or deed_at <= alert.due):
        return deed_at, script.pop(0).event
    return (alert.due, Due(alert.generation)) if alert.due is not None else None


def _plan(policy: Policy, cast: Cast, quieting: Quieting, now: datetime) -> Plan:
    return Plan(policy, roster(cast.schedule, cast.contacts, now), quieting)


def _delivered(outcome: Outcome, plan: Plan, now: datetime) -> Alert:
    alert = outcome.alert
    for one in outcome.effects:
        if isinstance(one, Notify) and one.kind in FIRING_KINDS and one.held_until is None:
            alert = advance(alert, Sent(one.person, one.by), plan, now).alert
    return alert


def _event_lines(event: Event, outcome: Outcome, at_s: int) -> Iterator[Line]:
    if not isinstance(event, Due):
        who = getattr(event, "person", "") or getattr(event, "by", "") or "the rule"
        yield Line(at_s, who, type(event).__name__.lower(), (), outcome.said)


def _lines(outcome: Outcome, people: Roster, at_s: int) -> Iterator[Line]:
    """One line for each person and reason, naming all the means used at once; then what the system does."""
    messages: dict[tuple[str, str, str], list[Means]] = {}
    for one in outcome.effects:
        if isinstance(one, Notify):
            who = _named(one, people)
            held = f", held until {one.held_until:%H:%M} UTC" if one.held_until else ""
            messages.setdefault((who, one.kind.value, one.why.value + held), []).append(one.by)
    for (who, kind, why), by in messages.items():
        yield Line(at_s, who, kind, tuple(by), why)
    yield from _system(outcome.effects, at_s)


def _named(notice: Notify, people: Roster) -> str:
    return notice.person or notice.by.value


def _system(effects: Iterable[Effect], at_s: int) -> Iterator[Line]:
    for one in effects:
        match one:
            case Tighten():
                yield Line(at_s, "the system", one.action.value, (), one.why)
            case Spared():
                yield Line(at_s, "the system", f"leaves out {one.action}", (), one.reason)
            case Open():
                yield Line(at_s, "the system", f"opens the {one.what}", (), "the level does so")
            case Withheld():
                yield Line(at_s, "nobody", "is told", (), one.reason)
            case RaiseAlso():
                yield Line(at_s, "the system", f"raises {one.rule}", (), one.text)
            case _:
                pass
