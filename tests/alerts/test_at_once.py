"""A fact and a timer of the same alert in one transaction: neither undoes the other."""

from datetime import timedelta

from core.alerting.levels import Level
from store.alerting.facts import clear_alert, raise_alert
from tests.alerts.night import DESK, Night


def test_it_rises_at_the_instant_at_which_a_step_is_due(night: Night) -> None:
    night.fires(level=Level.INTERVENTION)
    late = night.alert().due
    assert late is not None
    night.now = late
    night.store.write(
        lambda tx: raise_alert(
            tx, DESK, "position_drift", Level.CRITICAL, "it got worse", night.now
        )
    )
    night.tick()
    assert (night.alert().level, night.alert().text) == (Level.CRITICAL, "it got worse")


def test_it_clears_while_a_step_is_overdue(night: Night) -> None:
    night.fires()
    night.now += timedelta(hours=1)
    night.store.write(lambda tx: clear_alert(tx, DESK, "position_drift", night.now))
    night.tick()
    assert night.alert().cleared
