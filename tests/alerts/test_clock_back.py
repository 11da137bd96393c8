"""The machine's clock is set back and the alerts process starts anew: nobody is paged later for that."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.alerting.levels import Level
from store.alerting.alerts import history
from store.alerting.clock_back import follow_clock_back
from store.alerting.outbox_schema import outbox
from tests.alerts.night import MIDNIGHT, Night, every_means


@pytest.mark.parametrize("minutes", [5, 60])
def test_the_next_one_is_paged_as_long_after_the_raise_as_ever(night: Night, minutes: int) -> None:
    """At 03:00 positions differ; at 03:01 it is 02:56 again. Ben's phone rings a minute later."""
    night.at("03:00").fires()
    night.at("03:01").told()
    night.clock_is_set_back(minutes)
    night.passes(59)
    assert night.told() == set()
    night.passes(1)
    assert night.told() == every_means("ben")
    night.passes(180)
    assert night.told() == every_means("carol")


def test_twice_is_as_once(night: Night) -> None:
    night.at("03:00").fires()
    night.at("03:01").told()
    night.clock_is_set_back(5)
    night.passes(30)
    night.clock_is_set_back(30)
    night.passes(29)
    assert night.told() == set()
    night.passes(1)
    assert night.told() == every_means("ben")


def test_dead_before_its_first_beat_it_moves_nothing_twice(night: Night) -> None:
    night.at("03:00").fires()
    night.at("03:01").told()
    night.clock_is_set_back(5)
    night.restart()
    night.passes(59)
    assert night.told() == set()
    night.passes(1)
    assert night.told() == every_means("ben")


def test_what_was_raised_by_the_new_clock_goes_by_it(night: Night) -> None:
    night.at("03:01")
    night.clock_is_set_back(5)
    night.fires()
    night.passes(119)
    assert not night.told() & every_means("ben")
    night.passes(1)
    assert night.told() == every_means("ben")


@pytest.mark.parametrize("by_s", [0, 2])
def test_a_clock_that_goes_on_moves_nothing(night: Night, by_s: int) -> None:
    night.at("03:00").fires()
    night.at("03:01").told()
    due = night.alert().due
    night.clock_is_set_back(by_s / 60)
    assert night.alert().due == due


def test_where_alerts_never_ran_nothing_is_moved(night: Night) -> None:
    night.at("03:00").fires()
    now = night.now - timedelta(hours=1)
    moved = night.store.write(lambda tx: follow_clock_back(tx, night.store.log, 7, now))
    assert moved is None


def test_what_is_gone_is_closed_no_later(night: Night) -> None:
    night.at("03:00").fires("read_failed", Level.INTERVENTION)
    night.at("03:00:10").clears("read_failed")
    night.clock_is_set_back(30)
    night.passes(10 * 60)
    assert night.open() == []


def test_retries_are_no_later_and_a_quiet_night_ends_when_it_ends(night: Night) -> None:
    """What waits for the morning was given that hour; a retry was to come in a while."""
    night.at("03:00").fires()
    morning, retry = MIDNIGHT + timedelta(hours=7), night.now + timedelta(seconds=8)
    first, *others = night.store.read(lambda c: c.scalars(select(outbox.c.key)).all())
    held = update(outbox).where(outbox.c.key == first).values(since=morning, due=morning)
    tried = update(outbox).where(outbox.c.key.in_(others)).values(due=retry)
    night.store.write(lambda tx: [tx.execute(change) for change in (held, tried)])
    night.clock_is_set_back(20)
    asked = select(outbox.c.key, outbox.c.due)
    rows = {row.key: row.due for row in night.store.read(lambda c: c.execute(asked).all())}
    assert rows.pop(first) == morning
    assert set(rows.values()) == {retry - timedelta(minutes=20)}


def test_who_looks_sees_that_it_was_moved(night: Night) -> None:
    night.at("03:00").fires()
    night.at("03:01")
    night.clock_is_set_back(5)
    lines = night.store.read(lambda c: history(c, "a1"))
    assert "setback" in [line.event for line in lines]
