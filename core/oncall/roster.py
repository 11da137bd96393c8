"""The people whom a page can mean at one instant, with the means that reach them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.oncall.contacts import Contact
from core.oncall.schedule import Duty, Schedule, who


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is on which duty now, and everybody who can be told anything."""

    on: Mapping[Duty, tuple[Contact, ...]]
    everyone: tuple[Contact, ...]
    at_rest: frozenset[str] = frozenset()
    """Whose hours are quiet now."""


def roster(schedule: Schedule, contacts: Iterable[Contact], now: datetime) -> Roster:
    """The roster at an instant. Who has no means left, or no contact at all, is on no roster."""
    known = {contact.person: contact for contact in contacts if contact.means}
    on = {
        duty: tuple(known[name] for name in who(schedule, duty, now).people if name in known)
        for duty in Duty
    }
    at_rest = {name for name, one in known.items() if one.rest and one.rest.until(now)}
    return Roster(on, tuple(known.values()), frozenset(at_rest))
