"""Alerts look themselves through: a row that somebody broke is found, told of, and cleared again."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from alerts.auditing import Auditing
from core.alerting.alert import AlertState
from core.alerting.audit import Violation
from core.alerting.levels import Level
from store.alerting.outbox_schema import outbox
from store.alerting.schema import alerts
from tests.alerts.night import Night


def wrong(night: Night) -> list[Violation]:
    return [one.violation for one in Auditing(night.store).look(night.now)]


def test_a_night_like_any_other_is_without_fault(night: Night) -> None:
    auditing = Auditing(night.store)
    night.fires(level=Level.CRITICAL)
    night.acks("alice")
    assert auditing.look(night.now) == []
    assert [alert.identity.rule for alert in night.open()] == ["position_drift"]


@pytest.mark.parametrize(
    "values",
    [{"due": None}, {"state": "snoozed"}, {"level": 1}, {"peak": 4}],
    ids=lambda values: next(iter(values)),
)
def test_a_row_that_does_not_say_what_its_alert_says(night: Night, values: dict[str, Any]) -> None:
    night.fires(level=Level.CRITICAL)
    night.store.write(lambda tx: tx.execute(update(alerts).values(**values)))
    assert wrong(night) == [Violation.MISLAID]


def test_an_alert_that_was_resolved_and_still_waits(night: Night) -> None:
    night.fires(level=Level.CRITICAL)
    values = {"state": AlertState.RESOLVED.value}
    night.store.write(lambda tx: tx.execute(update(alerts).values(**values)))
    assert Violation.MISLAID in wrong(night)


def test_what_is_overdue_in_alerts_and_messages(night: Night) -> None:
    night.fires(level=Level.CRITICAL)
    night.now += timedelta(minutes=10)  # nothing settles, nothing is sent
    assert {Violation.OVERDUE, Violation.STUCK, Violation.UNHEARD} <= set(wrong(night))


def test_a_message_whose_sending_does_not_end(night: Night) -> None:
    night.fires(level=Level.CRITICAL)
    begun = night.now
    night.store.write(lambda tx: tx.execute(update(outbox).values(sending_at=begun)))
    night.now += timedelta(minutes=3)
    assert Violation.HANGS in wrong(night)


def test_a_finding_is_an_alert_and_a_line_and_clears(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    night.fires(level=Level.CRITICAL)
    due = night.alert().due
    auditing = Auditing(night.store)
    night.store.write(lambda tx: tx.execute(update(alerts).values(due=None)))
    with caplog.at_level(logging.ERROR):
        auditing.look(night.now)
    assert "main: a1: its row does not say" in caplog.text
    night.tick()
    told = next(alert for alert in night.open() if alert.identity.rule == "self_check")
    assert (told.level, "a1: its row" in told.text) == (Level.INTERVENTION, True)
    mended = update(alerts).where(alerts.c.id == "a1").values(due=due)
    night.store.write(lambda tx: tx.execute(mended))
    assert auditing.look(night.now) == []
    night.tick()
    assert night.alert(told.id).cleared


def test_what_an_earlier_process_told_of_is_cleared_too(night: Night) -> None:
    night.fires("self_check", Level.INTERVENTION)
    night.acks("alice")
    Auditing(night.store).look(night.now)
    night.tick()
    assert night.alert().cleared
