"""Keeps the alerts: hears the record, settles facts and timers, carries out what was decided."""

import logging
from collections.abc import Callable
from datetime import datetime

from alerts.watching import Watching
from core.alerting.rules import RULES
from store.alerting.acts import carry_out
from store.alerting.alerts import next_due, waiting_acts
from store.alerting.arranged import Arrangements, keep_arrangements
from store.alerting.facts import any_facts, clear_alert, raise_alert
from store.alerting.hearing import has_news, hear
from store.alerting.plans import people_on_duty
from store.alerting.settlement import NewId, Settlement, begin_shifts
from store.control import desks
from store.store import Store, Transaction

log = logging.getLogger(__name__)

BROKEN = "escalation_broken"
ROUNDS_MAX = 1_000
"""So many transactions make one tick at most: a storm is worked off, and the loop still breathes."""


class Keeper:
    """One tick does all that is to be done at an instant. A start is a tick like any other."""

    def __init__(
        self,
        store: Store,
        arranged: Callable[[], Arrangements],
        new_id: NewId,
        trouble: Callable[[], str | None],
    ) -> None:
        """`trouble` is what is wrong with escalation.yaml as it stands, or None."""
        self._store = store
        self._arranged = arranged
        self._in_force: Arrangements | None = None
        self._trouble = trouble
        self._told_trouble: str | None = ""
        self._watching = Watching(store)
        self._on_duty: frozenset[str] | None = None
        self._new_id = new_id

    def tick(self, now: datetime) -> datetime | None:
        """When something is due next, as far as alerts know by themselves."""
        self._arrange(now)
        self._watching.look(now)
        if self._store.read(has_news):
            self._store.write(lambda tx: hear(tx, now))
        for _ in range(ROUNDS_MAX):
            if not self._store.read(lambda c: _waits(c, now)):
                break
            self._store.write(lambda tx: self._settle(tx, now))
            self._act(now)
        self._shifts(now)
        self._act(now)  # what a process before this one decided
        return self._store.read(next_due)

    def _act(self, now: datetime) -> None:
        for act in self._store.read(waiting_acts):
            outcome = carry_out(self._store, act, now)
            log.warning("alert %s: %s: %s", act.alert_id, act.action, outcome or "NOT ON RECORD")

    def _arrange(self, now: datetime) -> None:
        """What escalation.yaml says now is in force before anything is decided by it."""
        wanted = self._arranged()
        if wanted != self._in_force:
            self._store.write(lambda tx: keep_arrangements(tx, wanted, now))
            self._in_force = wanted
        trouble = self._trouble()
        if trouble != self._told_trouble:
            self._store.write(lambda tx: _tell_trouble(tx, trouble, now))
            self._told_trouble = trouble

    def _shifts(self, now: datetime) -> None:
        """Whoever comes on duty hears of what is open and has nobody."""
        on_duty = self._store.read(lambda c: people_on_duty(c, now))
        came = on_duty - (on_duty if self._on_duty is None else self._on_duty)
        self._on_duty = on_duty
        if came:
            self._store.write(lambda tx: begin_shifts(tx, self._store.log, sorted(came), now))

    def _settle(self, tx: Transaction, now: datetime) -> None:
        settlement = Settlement(tx, self._store.log, now)
        settlement.settle_facts(self._new_id)
        settlement.settle_due()
        settlement.flush_groups()
        settlement.write()


def _tell_trouble(tx: Transaction, trouble: str | None, now: datetime) -> None:
    for desk in desks(tx):
        if trouble is None:
            clear_alert(tx, desk, BROKEN, now)
        else:
            raise_alert(tx, desk, BROKEN, RULES[BROKEN].level, trouble, now)


def _waits(connection: Transaction, now: datetime) -> bool:
    """Whether there are facts or timers to settle."""
    due = next_due(connection)
    return any_facts(connection) or (due is not None and due <= now)
