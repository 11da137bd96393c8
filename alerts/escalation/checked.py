"""`check`: whether escalation.yaml can be used, and whom each level would reach in the coming days."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from alerts.adapters.apprise import NOT_INSTALLED, is_installed
from alerts.escalation.duties import finding_facts, finding_line
from alerts.escalation.known import Known
from alerts.escalation.told import WELL, WRONG, Told
from core.alerting.policy import PLACES
from core.alerting.reach import DAYS, findings
from core.oncall.contacts import Means
from store.escalation.places import PeopleUnusable


def tell_unusable(people_file: Path, why: PeopleUnusable) -> Told:
    """Each fault has its own line, with its place and what to write instead."""
    faults = str(why).splitlines()
    lines = [f"{people_file}: cannot be used:", *faults, "What it said before stays in force."]
    return Told(lines, {"file": str(people_file), "usable": False, "faults": faults}, WRONG)


def tell_checked(known: Known, now: datetime) -> Told:
    """1 when something would be refused."""
    arranged = known.arranged
    found = findings(arranged.policy, arranged.schedule, arranged.contacts, now)
    wrong = any(one.refuses for one in found)
    notes = [*known.notes(), *_deaf(known)]
    lines = [f"{known.people_file}: is understood, {len(arranged.contacts)} people can be told"]
    lines += [*map(finding_line, found), *(f"note: {note}" for note in notes)]
    lines += [f"waits for two people: {says}" for says in known.waits]
    if not wrong:
        lines.append(f"every level reaches somebody, each of the next {DAYS} days")
    facts = {
        "file": str(known.people_file),
        "usable": True,
        "people": [one.person for one in arranged.contacts],
        "findings": [*map(finding_facts, found)],
        "notes": notes,
        "waits": [*known.waits],
        "days": DAYS,
    }
    return Told(lines, facts, WRONG if wrong else WELL)


def _deaf(known: Known) -> Iterator[str]:
    """What the file tells by a means that nobody has set up."""
    if not is_installed() and any(one.by is Means.APPRISE for one in known.arranged.addresses):
        yield NOT_INSTALLED
    for contact in known.arranged.contacts:
        missing = [
            address.by.value
            for address in known.arranged.addresses
            if address.person == contact.person and not known.hears(address.by)
        ]
        if missing:
            yield f"{contact.person} has {_listed(missing)}, and that is not set up here"
    for level, policy in known.arranged.policy.levels.items():
        tells = [tell for step in policy.steps for tell in step.tells if tell.who in PLACES]
        means = dict.fromkeys(by.value for tell in tells for by in tell.by if not known.hears(by))
        if means:
            yield f"{level} tells {_listed([*means])}, and that is not set up here"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words)
