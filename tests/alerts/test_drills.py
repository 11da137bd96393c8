"""Fire drills: how long it took until the first person took charge."""

from datetime import timedelta

from core.alerting.events import Resolved
from core.alerting.levels import Level
from store.alerting.drills import Drill, latest_drills
from tests.alerts.night import DESK, MIDNIGHT, Night


def drills(night: Night) -> list[Drill]:
    return night.store.read(lambda c: latest_drills(c, DESK, 10))


def test_the_first_who_takes_charge_counts_also_when_it_is_over(night: Night) -> None:
    night.fires("drill", Level.CRITICAL, drill=True)
    assert drills(night) == [Drill("a1", Level.CRITICAL, MIDNIGHT, None, None)]
    night.at("00:00:42")
    night.acks("alice")
    night.at("00:03")
    night.acks("ben")
    night.does(Resolved("ben"))
    taken = timedelta(seconds=42)
    assert drills(night) == [Drill("a1", Level.CRITICAL, MIDNIGHT, "alice", taken)]


def test_an_alert_of_another_system_that_is_called_so_is_no_drill(night: Night) -> None:
    night.fires("drill", Level.CRITICAL)
    assert drills(night) == []
