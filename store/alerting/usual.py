"""From escalation.yaml to what alerts go by; where it says nothing, everybody who may act takes turns."""

from datetime import date, time
from zoneinfo import ZoneInfo

from core.oncall.contacts import Contact
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import Duty, Layer, Schedule
from core.people import Act
from store.alerting.arranged import Address, Arrangements
from store.escalation.file import Escalation

_BEGINS = date(2026, 1, 5)
_UTC = ZoneInfo("UTC")


def arrangements_of(escalation: Escalation) -> Arrangements:
    """Everybody who may act can be told, by every means that the file gives them, best first."""
    said = escalation.alerts
    told = {
        name: said.addresses[name]
        for name, person in escalation.people.items()
        if said.addresses.get(name) and person.may(Act.TIGHTEN)
    }
    return Arrangements(
        said.policy,
        said.schedule or _turns(tuple(told)),
        tuple(Contact(name, tuple(ways), said.rest.get(name)) for name, ways in told.items()),
        tuple(Address(n, by, to) for n, ways in told.items() for by, to in ways.items()),
        said.quieting,
        said.thresholds,
    )


def _turns(names: tuple[str, ...]) -> Schedule:
    """By the week, each duty one person further."""
    return Schedule(
        {
            duty: (Layer(Rotation(names[at:] + names[:at], _UTC, _BEGINS, time(0), Unit.WEEK)),)
            for at, duty in enumerate(Duty)
        }
    )
