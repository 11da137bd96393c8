"""What monitors read of alerts: how many are open, what waits to be sent, and since when."""

from collections.abc import Iterator
from datetime import datetime

from core.alerting.alert import AlertState
from core.alerting.levels import Level
from store.alerting.alerts import open_alerts
from store.alerting.outbox import depths
from store.control import desks
from store.monitor.gauge import Gauge, age_s
from store.store import Transaction


def alert_gauges(c: Transaction, now: datetime) -> list[Gauge]:
    """Of every desk; zero is said, too."""
    return [*_open(c), *_waiting(c, now)]


def _open(c: Transaction) -> Iterator[Gauge]:
    alerts = open_alerts(c)
    for desk in desks(c):
        mine = [alert for alert in alerts if alert.identity.desk == desk]
        for level in Level:
            here = [alert for alert in mine if alert.peak is level]
            labels = {"desk": desk, "level": str(level.value)}
            yield Gauge("perps_alerts_open", "Open alerts", len(here), labels)
            firing = sum(alert.state is AlertState.FIRING for alert in here)
            yield Gauge("perps_alerts_firing", "Nobody has taken charge", firing, labels)


def _waiting(c: Transaction, now: datetime) -> Iterator[Gauge]:
    found = {depth.level: depth for depth in depths(c)}
    for level in Level:
        depth, labels = found.get(level), {"level": str(level.value)}
        waiting = depth.waiting if depth else 0
        oldest = age_s(depth.since, now) if depth else 0.0
        yield Gauge("perps_outbox_waiting", "Messages that wait to be sent", waiting, labels)
        yield Gauge("perps_outbox_oldest_seconds", "Age of the oldest of them", oldest, labels)
