"""Warnings of a storm: what comes in while others of its rule wait for the rest waits with them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.alerting.alert import Identity, Why
from core.alerting.effects import NoticeKind, Notify
from core.alerting.grouping import GATHERED_WITHIN
from core.alerting.levels import Level
from core.oncall.contacts import Means
from store.alerting.outbox import enqueue
from store.alerting.outbox_schema import outbox
from store.store import Store

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SOON = NOW + GATHERED_WITHIN
LATER = NOW + timedelta(milliseconds=20)


def told(
    store: Store,
    *names: str,
    at: datetime,
    level: Level = Level.INTERVENTION,
    rule: str = "drift",
    by: Means = Means.WEBHOOK,
) -> None:
    notices = [
        (
            Identity("main", rule, name),
            Notify(name, name, 0, "", by, NoticeKind.RAISED, Why.RAISED, level),
        )
        for name in names
    ]
    store.write(lambda tx: enqueue(tx, notices, at))


def due(store: Store, *names: str) -> set[datetime]:
    asked = select(outbox.c.due).where(outbox.c.key.in_(names))
    return set(store.read(lambda c: c.scalars(asked).all()))


@pytest.fixture
def gathering(store: Store) -> Store:
    """Two warnings of one rule were put off until the others of their storm are there."""
    told(store, "a", "b", at=NOW)
    store.write(lambda tx: tx.execute(outbox.update().values(due=SOON)))
    return store


def test_they_wait_until_the_same_instant(gathering: Store) -> None:
    told(gathering, "c", "d", at=LATER)
    assert due(gathering, "c", "d") == {SOON}


@pytest.mark.parametrize(
    "other",
    [{"rule": "spread"}, {"by": Means.PAGERDUTY}, {"level": Level.CRITICAL}],
    ids=["another rule", "another way", "a page never waits"],
)
def test_nothing_else_waits(gathering: Store, other: dict[str, object]) -> None:
    told(gathering, "c", "d", at=LATER, **other)  # type: ignore[arg-type]
    assert due(gathering, "c", "d") == {LATER}


def test_who_is_put_off_for_longer_is_not_waited_for(gathering: Store) -> None:
    """A destination that asked for an hour's rest gathers nothing."""
    hour = NOW + timedelta(hours=1)
    gathering.write(lambda tx: tx.execute(outbox.update().values(due=hour)))
    told(gathering, "c", "d", at=LATER)
    assert due(gathering, "c", "d") == {LATER}


def test_nothing_that_was_tried_is_waited_for(gathering: Store) -> None:
    gathering.write(lambda tx: tx.execute(outbox.update().values(attempts=1)))
    told(gathering, "c", "d", at=LATER)
    assert due(gathering, "c", "d") == {LATER}
