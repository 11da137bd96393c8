"""Incidents and the history that reports draw on, in real files."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from core.books import Books
from core.incidents import Incident, IncidentState
from core.positions import Position
from store.events import latest
from store.reports.facts import incident_window, read_facts
from store.reports.history import equity_between, forget_before, marks_between, sample
from store.reports.incidents import (
    IncidentClosed,
    NoSuchIncident,
    assign_incident,
    close_incident,
    find_incident,
    latest_incidents,
    note_in_incident,
    open_incident,
    open_incidents,
    publish_incident,
    read_incident,
)
from store.store import Store
from tests.store.desk import BTC, DESK, NOW, later, mark

MINUTE = timedelta(minutes=1)
HELD = Position(BTC, Decimal("0.01"), 3, 3 * Decimal(59_000), Decimal(7), Decimal(2), Decimal(1))
BOOKS = Books(*(Decimal(n) for n in (1000, 0, 5, 7, 1, 2)))


def opened(
    store: Store, id: str = "inc-1", title: str = "fills without orders", now: datetime = NOW
) -> Incident:
    return store.write(
        lambda tx: open_incident(tx, store.log, id=id, desk=DESK, title=title, by="alice", now=now)
    )


def kinds(store: Store) -> list[str]:
    return [e.kind for e in store.read(lambda c: latest(c, DESK, 50)) if "incident" in e.kind]


def test_an_incident_is_opened_noted_assigned_published_and_closed_on_record(store: Store) -> None:
    incident = opened(store)
    store.write(
        lambda tx: note_in_incident(tx, store.log, incident, "seen", "bob", later(seconds=5))
    )
    store.write(lambda tx: assign_incident(tx, store.log, incident, "bob", "alice", NOW))
    store.write(lambda tx: publish_incident(tx, store.log, incident, "alice, bob", NOW))
    store.write(lambda tx: close_incident(tx, store.log, incident, "alice, bob", later(minutes=9)))

    found = store.read(lambda c: read_incident(c, "inc-1"))
    assert (found.state, found.assignee, found.closed_by) == (
        IncidentState.CLOSED,
        "bob",
        "alice, bob",
    )
    assert found.published_at == NOW
    assert not found.open
    assert kinds(store) == [
        "incident_opened",
        "incident_note",
        "incident_assigned",
        "incident_published",
        "incident_closed",
    ]


def test_a_second_incident_of_a_desk_becomes_a_note_of_the_first(store: Store) -> None:
    first = opened(store)
    assert opened(store, "inc-2", "marks are stale") == first
    assert store.read(lambda c: open_incidents(c, DESK)) == [first]
    assert store.read(lambda c: find_incident(c, "inc-2")) is None
    (note,) = [e for e in store.read(lambda c: latest(c, DESK, 9)) if e.kind == "incident_note"]
    assert note.body == {"incident": "inc-1", "text": "marks are stale"}


def test_opening_it_again_by_the_same_id_changes_nothing(store: Store) -> None:
    assert opened(store) == opened(store)
    assert kinds(store) == ["incident_opened"]


def test_a_closed_incident_takes_nothing_more_and_the_next_one_is_new(store: Store) -> None:
    first = opened(store)
    store.write(lambda tx: close_incident(tx, store.log, first, "alice, bob", NOW))
    closed = store.read(lambda c: read_incident(c, first.id))
    with pytest.raises(IncidentClosed, match="open another"):
        store.write(lambda tx: note_in_incident(tx, store.log, closed, "late", "bob", NOW))
    assert opened(store, "inc-2", now=later(hours=1)).id == "inc-2"
    assert [i.id for i in store.read(lambda c: latest_incidents(c, DESK, 9))][-1] == "inc-1"
    with pytest.raises(NoSuchIncident, match="'inc-9'"):
        store.read(lambda c: read_incident(c, "inc-9"))


def test_its_window_begins_before_it_and_ends_with_it_or_now() -> None:
    incident = Incident("i", DESK, "t", IncidentState.OPEN, "alice", NOW)
    assert incident_window(incident, later(hours=1)) == (NOW - 30 * MINUTE, later(hours=1))
    ended = replace(incident, closed_at=later(minutes=10))
    assert incident_window(ended, later(hours=1))[1] == later(minutes=15)


def take(store: Store, minutes: int, books: Books = BOOKS) -> None:
    at = later(minutes=minutes)
    store.write(lambda tx: sample(tx, DESK, books, [mark(at=at - MINUTE)], [HELD], at))


def test_equity_and_marks_are_kept_exactly_once_for_each_instant(store: Store) -> None:
    take(store, 1)
    take(store, 1)
    take(store, 2, replace(BOOKS, realised_usd=Decimal("5.25")))
    until = later(hours=1)
    found = store.read(lambda c: equity_between(c, DESK, NOW, until))
    assert [s.books.realised_usd for s in found] == [Decimal(5), Decimal("5.25")]
    assert found[0].oldest_mark_at == NOW
    marks = store.read(lambda c: marks_between(c, DESK, NOW, until))
    assert [(m.product_id, m.contracts) for m in marks] == [(BTC, 3)] * 2
    assert marks[0].net_usd == 7 + 3 * 1_000 * Decimal("0.01") + 1 - 2


def test_old_samples_are_forgotten(store: Store) -> None:
    take(store, 1)
    take(store, 2)
    store.write(lambda tx: forget_before(tx, DESK, later(minutes=2)))
    assert len(store.read(lambda c: equity_between(c, DESK, NOW, later(hours=1)))) == 1
    assert len(store.read(lambda c: marks_between(c, DESK, NOW, later(hours=1)))) == 1


def test_a_window_begins_with_the_last_sample_before_it(store: Store) -> None:
    for minutes in (1, 2, 3, 9):
        take(store, minutes)
    facts = store.read(
        lambda c: read_facts(
            c, DESK, later(minutes=2, seconds=30), later(minutes=5), later(hours=1)
        )
    )
    assert [s.at for s in facts.equity] == [later(minutes=2), later(minutes=3)]
    assert [m.at for m in facts.marks] == [later(minutes=3)]
    assert facts.events == []
