"""What the desk's own record tells of the last hour: brakes that tripped, starts that nobody asked for."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from alerts.figures.figure import SOON, Figure, Group, Look, seconds
from core.alerting.heard import ALERT_OF
from core.chain import Event
from store.events import events_of_kinds, last_of_kinds

AN_HOUR = timedelta(hours=1)
STARTED, DRAINED = "guard_started", "guard_drained"
TRIPS = frozenset({"constrained", "guard_died", "guard_fenced", "guard_stood_in"})
GUARD = frozenset({STARTED, DRAINED, "guard_died", "guard_fenced", "guard_stood_in"})
RECENT = timedelta(minutes=10)


def _find(look: Look) -> Iterator[Figure]:
    trips = events_of_kinds(look.c, look.desk, TRIPS, look.now - AN_HOUR)
    counted = sum(map(_is_trip, trips))
    says = f"{counted} of the desk's own brakes within an hour"
    yield Figure("guard_trips", "", Decimal(counted), says)
    yield from _restarted(look)


def _is_trip(event: Event) -> bool:
    """What people asked for is none."""
    rule = event.body.get("rule")
    return rule is None or ALERT_OF.get(rule, rule) is not None


def _restarted(look: Look) -> Iterator[Figure]:
    """The first start of a desk, and one after it had drained, are what somebody wanted."""
    starts = events_of_kinds(look.c, look.desk, frozenset({STARTED}), look.now - RECENT)
    if not starts:
        return
    before = last_of_kinds(look.c, look.desk, GUARD, starts[-1].at)
    if before is None or before.kind == DRAINED:
        return
    says = f"the trader was started at {starts[-1].at:%H:%M:%S} UTC, and nobody had stopped it"
    yield Figure("restarted", "", seconds(look.now - starts[-1].at), says)


RECORD = Group(frozenset({"guard_trips", "restarted"}), SOON, _find)
