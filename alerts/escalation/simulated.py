"""`simulate`: an alert on paper, second by second, with the acknowledgements that one wants to try."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.escalation.known import Known
from alerts.escalation.told import NOT_UNDERSTOOD, Told, minute
from core.alerting.alert import Identity
from core.alerting.events import Acked
from core.alerting.levels import Level
from core.alerting.rules import RULES
from core.alerting.simulate import Cast, Happening, Line, Scenario, simulate

FROM_OUTSIDE = "/"
"""In the names of alerts that another system posts."""
DEAF = " - NOT SET UP, nobody hears it"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The alert to try out. `acks` are people and the second at which each acknowledges."""

    rule: str
    level: Level
    at: datetime
    for_s: int
    acks: Sequence[tuple[str, int]] = ()


def tell_simulated(known: Known, wanted: Wanted) -> Told:
    refused = _refused(known, wanted)
    if refused is not None:
        return Told([refused, "Nothing was simulated."], {"refused": refused}, NOT_UNDERSTOOD)
    happens = tuple(Happening(at_s, Acked(name, wanted.level)) for name, at_s in wanted.acks)
    identity = Identity("main", wanted.rule)
    scenario = Scenario(identity, wanted.level, wanted.at, wanted.for_s, happens)
    arranged = known.arranged
    cast = Cast(arranged.schedule, arranged.contacts)
    timeline = simulate(arranged.policy, cast, scenario, arranged.quieting)
    notes = [*_unusual(wanted), *known.notes()]
    lines = [_head(wanted)]
    lines += [f"{line}{'' if _heard(known, line) else DEAF}" for line in timeline.lines]
    facts = {
        "rule": wanted.rule,
        "level": wanted.level.value,
        "at": wanted.at.isoformat(),
        "lines": [_facts(known, line) for line in timeline.lines],
        "state": timeline.alert.state.value,
        "notes": notes,
    }
    return Told([*lines, *(f"note: {note}" for note in notes)], facts)


def _head(wanted: Wanted) -> str:
    acks = [f"{name} acknowledges after {at_s} s" for name, at_s in wanted.acks]
    then = ", ".join(acks) or "nobody answers"
    return f"{wanted.rule} at {wanted.level}, raised {minute(wanted.at)}; {then}:"


def _refused(known: Known, wanted: Wanted) -> str | None:
    if wanted.rule not in RULES and FROM_OUTSIDE not in wanted.rule:
        return f"There is no rule {wanted.rule!r}.{_near(wanted.rule, RULES)}"
    people = [one.person for one in known.arranged.contacts]
    for name, _ in wanted.acks:
        if name not in people:
            there = f" There are {', '.join(people)}."
            return f"Nobody called {name!r} can be told.{_near(name, people) or there}"
    return None


def _near(word: str, words: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(words), 1)
    return f" Did you mean {found[0]}?" if found else ""


def _unusual(wanted: Wanted) -> Iterator[str]:
    rule = RULES.get(wanted.rule)
    if rule is not None and wanted.level not in rule.levels:
        usual = " and ".join(str(level.value) for level in sorted(rule.levels))
        yield f"{rule.name} is usually raised at level {usual}"


def _heard(known: Known, line: Line) -> bool:
    return not line.by or any(known.hears(by) for by in line.by)


def _facts(known: Known, line: Line) -> dict[str, Any]:
    return {
        "at_s": line.at_s,
        "who": line.who,
        "what": line.what,
        "by": [one.value for one in line.by],
        "why": line.why,
        "heard": _heard(known, line),
    }
