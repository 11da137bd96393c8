"""`who` and `coverage`: who is on call at an instant, and how the coming days are shared out."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alerts.escalation.known import Known
from alerts.escalation.told import WELL, WRONG, Told, minute
from core.alerting.reach import Finding, findings
from core.oncall.contacts import PAGING, Contact
from core.oncall.schedule import Duty, next_handoff, shifts, who

HOUR = timedelta(hours=1)


def tell_who(known: Known, at: datetime) -> Told:
    """1 when a duty has nobody, or nobody who could be woken."""
    rows = [_on_duty(known, duty, at) for duty in Duty]
    lines = [f"On call at {minute(at)}:", *map(_duty_line, rows), *_noted(known)]
    code = WELL if all(_wakes(row) for row in rows) else WRONG
    return Told(lines, {"at": at.isoformat(), "duties": rows, "notes": [*known.notes()]}, code)


def tell_coverage(known: Known, start: datetime, days: int) -> Told:
    """1 when something is found with which the file would be refused."""
    arranged = known.arranged
    found = findings(arranged.policy, arranged.schedule, arranged.contacts, start, days)
    hours = {duty: _hours(known, duty, start, days) for duty in Duty}
    lines = [f"{days} days from {minute(start)}:"]
    for duty, split in hours.items():
        shares = ", ".join(f"{name} {count:g} h" for name, count in split.items())
        lines.append(f"{duty.value}: {shares}")
    lines += [*map(finding_line, found), *_noted(known)]
    facts = {
        "from": start.isoformat(),
        "days": days,
        "hours": {duty.value: split for duty, split in hours.items()},
        "findings": [*map(finding_facts, found)],
        "notes": [*known.notes()],
    }
    return Told(lines, facts, WRONG if any(one.refuses for one in found) else WELL)


def finding_line(one: Finding) -> str:
    return f"{'WRONG' if one.refuses else 'note'}: {one}"


def finding_facts(one: Finding) -> dict[str, Any]:
    return {
        "fault": one.fault.name.lower(),
        "about": one.about,
        "from": one.start.isoformat(),
        "until": one.end.isoformat(),
        "refuses": one.refuses,
    }


def _hours(known: Known, duty: Duty, start: datetime, days: int) -> dict[str, float]:
    """Of each person, most first. The hours of everybody on a shift that several have."""
    counted: Counter[str] = Counter()
    for shift in shifts(known.arranged.schedule, duty, start, start + timedelta(days=days)):
        for name in shift.people or ("NOBODY",):
            counted[name] += (shift.end - shift.start) // timedelta(seconds=1)
    return {name: seconds * timedelta(seconds=1) / HOUR for name, seconds in counted.most_common()}


def _on_duty(known: Known, duty: Duty, at: datetime) -> dict[str, Any]:
    schedule = known.arranged.schedule
    on, after = who(schedule, duty, at), next_handoff(schedule, duty, at)
    contacts = {one.person: one for one in known.arranged.contacts}
    return {
        "duty": duty.value,
        "people": [_reached(name, contacts.get(name)) for name in on.people],
        "because": on.because.value,
        "until": after.start.isoformat() if after else None,
        "then": [*after.people] if after else [],
    }


def _reached(name: str, contact: Contact | None) -> dict[str, Any]:
    means = contact.means if contact else ()
    return {
        "person": name,
        "by": [one.value for one in means],
        "wakes": [one.value for one in means if one in PAGING],
    }


def _wakes(row: dict[str, Any]) -> bool:
    return any(one["wakes"] for one in row["people"])


def _duty_line(row: dict[str, Any]) -> str:
    people = ", ".join(map(_person_text, row["people"])) or "NOBODY"
    said = f"{row['duty']}: {people} ({row['because']})"
    if row["until"] is None:
        return said
    then = ", ".join(row["then"]) or "NOBODY"
    return f"{said}; {then} from {minute(datetime.fromisoformat(row['until']))}"


def _person_text(one: dict[str, Any]) -> str:
    if not one["wakes"]:
        return f"{one['person']} (NOTHING SET UP WOULD WAKE THEM)"
    return f"{one['person']} by {', '.join(one['by'])}"


def _noted(known: Known) -> Iterator[str]:
    return (f"note: {note}" for note in known.notes())
