"""`python -m alerts escalation check|simulate|coverage|who`: what escalation.yaml would do, and to whom."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.alerting.alert import Identity
from core.alerting.levels import Level
from core.alerting.reach import DAYS, findings
from core.alerting.simulate import Cast, Scenario, simulate
from core.oncall.schedule import Duty, shifts, who
from store.alerting.arranged import Arrangements
from store.alerting.usual import arrangements_of
from store.escalation.file import load_escalation

WELL, WRONG, NOT_UNDERSTOOD = 0, 1, 2
SIMULATED_S = 3600
USAGE = "escalation check | simulate RULE LEVEL | coverage | who"


@dataclass(frozen=True, slots=True)
class Told:
    """Lines for people, and an exit code."""

    lines: Sequence[str]
    code: int = WELL


def escalation_command(words: Sequence[str], people_file: Path, now: datetime) -> Told:
    """Raises PeopleUnusable: an unusable file is told with line and column."""
    arranged = arrangements_of(load_escalation(people_file))
    match words:
        case ["check"]:
            return _check(arranged, people_file, now)
        case ["coverage"]:
            return Told(list(_coverage(arranged, now)))
        case ["who"]:
            return Told([_on_duty(arranged, duty, now) for duty in Duty])
        case ["simulate", rule, ("1" | "2" | "3" | "4") as level]:
            return _simulate(arranged, rule, Level(int(level)), now)
        case _:
            return Told([f"not understood; usage: {USAGE}"], NOT_UNDERSTOOD)


def _check(arranged: Arrangements, people_file: Path, now: datetime) -> Told:
    found = findings(arranged.policy, arranged.schedule, arranged.contacts, now)
    told = [f"{people_file}: can be used, {len(arranged.contacts)} people can be told"]
    told += [f"{'WRONG' if one.refuses else 'note'}: {one}" for one in found]
    if not found:
        told.append(f"every level reaches somebody, each of the next {DAYS} days")
    return Told(told, WRONG if any(one.refuses for one in found) else WELL)


def _coverage(arranged: Arrangements, now: datetime) -> Iterator[str]:
    end = now + timedelta(days=DAYS)
    for duty in Duty:
        hours: Counter[str] = Counter()
        for shift in shifts(arranged.schedule, duty, now, end):
            hours[", ".join(shift.people) or "NOBODY"] += (shift.end - shift.start) // timedelta(
                hours=1
            )
        split = ", ".join(f"{name} {count} h" for name, count in hours.most_common())
        yield f"{duty.value}: {split}"
    for one in findings(arranged.policy, arranged.schedule, arranged.contacts, now):
        yield f"{'WRONG' if one.refuses else 'note'}: {one}"


def _on_duty(arranged: Arrangements, duty: Duty, now: datetime) -> str:
    on = who(arranged.schedule, duty, now)
    return f"{duty.value}: {', '.join(on.people) or 'NOBODY'} ({on.because})"


def _simulate(arranged: Arrangements, rule: str, level: Level, now: datetime) -> Told:
    """An hour in which nobody answers."""
    cast = Cast(arranged.schedule, arranged.contacts)
    scenario = Scenario(Identity("main", rule), level, now, SIMULATED_S)
    timeline = simulate(arranged.policy, cast, scenario)
    head = f"{rule} at {level}, raised now; nobody answers for an hour:"
    return Told([head, *map(str, timeline.lines)])
