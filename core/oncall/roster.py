"""The people whom a page can mean at one instant, with the means that reach them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.oncall.contacts import Contact
from core.oncall.schedule import Duty, Schedule, who


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is on which duty now, and everybody who can be told anything."""

    on: Mapping[Duty, tuple[Contact, ...]]
    everyone: tuple[Contact, ...]
    at_rest: Mapping[str, datetime] = field(default_factory=dict)
    """Whose hours are quiet now, and until when."""


def roster(schedule: Schedule, contacts: Iterable[Contact], now: datetime) -> Roster:
    """The roster at an instant. Who has no means left, or no contact at all, is on no roster."""
    known = {contact.person: contact for contact in contacts if contact.means}
    on = {
        duty: tuple(known[name] for name in who(schedule, duty, now).people if name in known)
        for duty in Duty
    }
    ends = {name: one.rest.until(now) for name, one in known.items() if one.rest}
    at_rest = {name: end for name, end in ends.items() if end is not None}
    return Roster(on, tuple(known.values()), at_rest)
