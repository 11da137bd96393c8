"""Whether every level reaches somebody: what is found when policy and schedule are laid over each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.alerting.levels import Level
from core.alerting.paging import addressed
from core.alerting.policy import Need, Policy, Who
from core.oncall.contacts import PAGING, Contact
from core.oncall.roster import Roster, roster
from core.oncall.schedule import Duty, Schedule, shifts

DAYS = 90


class Fault(StrEnum):
    """What is wrong with policy and schedule taken together."""

    NOBODY_TOLD = "no step of this level tells a person or a paging service"
    LEVEL_REACHES_NOBODY = "no step of this level would wake anybody"
    NOBODY_NEEDED = "nobody has to acknowledge this level, so nobody is told twice"
    DUTY_BLANK = "nobody ever has this duty"
    DUTY_GAP = "nobody has this duty for a while"
    NOT_PAGEABLE = "on duty, and nothing that this person has would wake them"
    SAME_PERSON = "the same person is primary and backup, so nobody backs them up"


REFUSED = frozenset({Fault.LEVEL_REACHES_NOBODY, Fault.NOBODY_NEEDED, Fault.DUTY_BLANK})
"""Faults with which a configuration is not taken."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, what it is about, and the first stretch in which it holds."""

    fault: Fault
    about: str
    start: datetime
    end: datetime

    @property
    def refuses(self) -> bool:
        return self.fault in REFUSED

    def __str__(self) -> str:
        span = f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"
        return f"{self.about}: {self.fault} ({span})"


def untold(
    policy: Policy,
    schedule: Schedule,
    contacts: Iterable[Contact],
    start: datetime,
    days: int = DAYS,
) -> Finding | None:
    """The first stretch in which a level 3 or 4 would tell nobody by its own steps, if there is one.

    A direct message counts here, though it may wake nobody: `findings` says that.
    """
    stretches = _stretches(schedule, tuple(contacts), start, start + timedelta(days=days))
    found = [
        Finding(Fault.NOBODY_TOLD, str(level), begins, ends)
        for level in (Level.CRITICAL, Level.EMERGENCY)
        for begins, ends, people in stretches
        if not _tells_anybody(policy, level, people)
    ]
    return min(_joined(found), key=lambda one: one.start, default=None)


def _tells_anybody(policy: Policy, level: Level, people: Roster) -> bool:
    return any(
        tell.who is Who.SERVICES or addressed(tell, people)
        for step in policy.levels[level].steps
        for tell in step.tells
    )


Stretch = tuple[datetime, datetime, Roster]


def findings(
    policy: Policy,
    schedule: Schedule,
    contacts: Iterable[Contact],
    start: datetime,
    days: int = DAYS,
) -> list[Finding]:
    """Everything wrong over the coming days, those that refuse first. Stretches that touch are one."""
    stretches = _stretches(schedule, tuple(contacts), start, start + timedelta(days=days))
    found = [*_unreached(policy, stretches), *_blank(stretches), *_people(stretches)]
    return sorted(_joined(found), key=lambda one: (not one.refuses, one.start, one.about))


def reached(policy: Policy, level: Level, people: Roster) -> list[Contact]:
    """The people whom this level's own steps could wake; its fallback is for accidents only."""
    return [
        contact
        for step in policy.levels[level].steps
        for tell in step.tells
        for contact in addressed(tell, people)
        if PAGING & set(contact.by(tell.by))
    ]


def _unreached(policy: Policy, stretches: list[Stretch]) -> Iterable[Finding]:
    for level in (Level.CRITICAL, Level.EMERGENCY):
        for start, end, people in stretches:
            if policy.levels[level].need is Need.NOBODY:
                yield Finding(Fault.NOBODY_NEEDED, str(level), start, end)
            if not reached(policy, level, people):
                yield Finding(Fault.LEVEL_REACHES_NOBODY, str(level), start, end)


def _blank(stretches: list[Stretch]) -> Iterable[Finding]:
    for duty in Duty:
        gaps = [(start, end) for start, end, people in stretches if not people.on[duty]]
        fault = Fault.DUTY_BLANK if len(gaps) == len(stretches) else Fault.DUTY_GAP
        for start, end in gaps:
            yield Finding(fault, duty.value, start, end)


def _people(stretches: list[Stretch]) -> Iterable[Finding]:
    for start, end, people in stretches:
        on = {contact for contacts in people.on.values() for contact in contacts}
        for contact in sorted(on, key=lambda one: one.person):
            if not contact.can_be_paged:
                yield Finding(Fault.NOT_PAGEABLE, contact.person, start, end)
        both = set(people.on[Duty.PRIMARY]) & set(people.on[Duty.BACKUP])
        for contact in sorted(both, key=lambda one: one.person):
            yield Finding(Fault.SAME_PERSON, contact.person, start, end)


def _stretches(
    schedule: Schedule, contacts: tuple[Contact, ...], start: datetime, end: datetime
) -> list[Stretch]:
    """The time cut at every hand-off of any duty, with the roster that holds in each piece."""
    cuts = {shift.start for duty in Duty for shift in shifts(schedule, duty, start, end)}
    edges = [*sorted(cuts), end]
    return [
        (begins, edges[number + 1], roster(schedule, contacts, begins))
        for number, begins in enumerate(edges[:-1])
    ]


def _joined(found: Iterable[Finding]) -> list[Finding]:
    joined: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.fault, one.about, one.start)):
        last = joined[-1] if joined else None
        if last and (last.fault, last.about, last.end) == (one.fault, one.about, one.start):
            joined[-1] = Finding(one.fault, one.about, last.start, one.end)
        else:
            joined.append(one)
    return joined
