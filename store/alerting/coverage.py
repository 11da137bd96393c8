"""Gaps in who is on call, days before they come: a warning that clears once somebody has the duty."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from core.alerting.levels import Level
from core.alerting.reach import Fault, Finding, findings
from store.alerting.alerts import open_alerts
from store.alerting.arranged import read_arrangements
from store.alerting.facts import clear_alert, raise_alert
from store.alerting.plans import schedule_of
from store.control import desks

GAP = "coverage_gap"
DAYS = 7
TOLD_MAX = 3


def gaps_ahead(connection: Connection, now: datetime) -> str:
    """What is missing in the coming days, in words; empty when nothing is. Raises NothingArranged."""
    arranged = read_arrangements(connection)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)  # so that words stay the same
    found = findings(arranged.policy, schedule_of(connection), arranged.contacts, today, DAYS)
    ahead = [one for one in found if one.end > now]
    return _in_words([one for one in ahead if one.fault is not Fault.SAME_PERSON])


def told_of(connection: Connection) -> str:
    """The gaps that an open alert tells of."""
    told = [alert for alert in open_alerts(connection) if alert.identity.rule == GAP]
    return next((alert.text for alert in told if not alert.cleared), "")


def warn_of_gaps(tx: Connection, gaps: str, now: datetime) -> None:
    for desk in desks(tx):
        if gaps:
            raise_alert(tx, desk, GAP, Level.WARNING, gaps, now)
        else:
            clear_alert(tx, desk, GAP, now)


def _in_words(found: Iterable[Finding]) -> str:
    told = [str(one) for one in found]
    more = len(told) - TOLD_MAX
    return "; ".join(told[:TOLD_MAX]) + (f"; and {more} more" if more > 0 else "")
