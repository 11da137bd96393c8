"""Alerts about people who could not be reached: over as soon as they can be again."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from core.alerting.alert import Destination
from core.alerting.delivery import DELIVERY_FAILED, failed_by
from core.alerting.paging import NOBODY_ON_CALL
from store.alerting.facts import clear_alert
from store.alerting.kept import alert_of
from store.alerting.plans import Plans
from store.alerting.schema import alerts
from store.columns import spelled
from store.control import desks

_OPEN = select(alerts.c.body).where(
    alerts.c.desk == bindparam("desk"),
    alerts.c.rule == bindparam("rule"),
    alerts.c.state != spelled("resolved"),
)


def nobody_called(connection: Connection) -> list[str]:
    """Desks where an alert says that nobody on some duty could be reached."""
    return [desk for desk in desks(connection) if _symbols(connection, desk, NOBODY_ON_CALL)]


def everybody_called(tx: Connection, lacking: Iterable[str], now: datetime) -> None:
    """Clear it where each duty has somebody who can be reached. Raises NothingArranged."""
    if all(Plans(tx, now).roster.on.values()):
        for desk in lacking:
            clear_alert(tx, desk, NOBODY_ON_CALL, now)


def arrived(tx: Connection, desk: str, to: Iterable[Destination], now: datetime) -> None:
    """Messages got there: that earlier ones did not is over."""
    works = {failed_by(one.person, one.by) for one in to}
    for symbol in _symbols(tx, desk, DELIVERY_FAILED) & works:
        clear_alert(tx, desk, DELIVERY_FAILED, now, symbol=symbol)


def _symbols(connection: Connection, desk: str, rule: str) -> set[str]:
    """Of open alerts of a rule whose condition still holds."""
    found = map(alert_of, connection.scalars(_OPEN, {"desk": desk, "rule": rule}))
    return {alert.identity.symbol for alert in found if not alert.cleared}
