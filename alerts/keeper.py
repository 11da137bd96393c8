"""Keeps the alerts: hears the record, settles facts and timers, carries out what was decided."""

import logging
from collections.abc import Callable
from datetime import datetime

from alerts.figures.machine import Machine
from alerts.shifts import Shifts
from alerts.watching import Watching
from core.alerting.rules import RULES
from store.alerting.acts import carry_out
from store.alerting.agreed import agreed_by, follow_arrangements
from store.alerting.alerts import next_due, waiting_acts
from store.alerting.arranged import Arrangements, keep_arrangements
from store.alerting.facts import any_facts, clear_alert, raise_alert
from store.alerting.hearing import has_news, hear
from store.alerting.posted import any_over, end_posted
from store.alerting.settlement import BATCH, NewId, Settlement, lift
from store.control import desks
from store.store import Store, Transaction

log = logging.getLogger(__name__)

BROKEN = "escalation_broken"
ROUNDS_MAX = 4
"""So many transactions make one tick at most: in a storm the clock must not stand still."""


class Keeper:
    """One tick does all that is to be done at an instant. A start is a tick like any other."""

    def __init__(
        self,
        store: Store,
        arranged: Callable[[], Arrangements],
        new_id: NewId,
        trouble: Callable[[], str | None],
        machine: Machine,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """`trouble` is what is wrong with escalation.yaml as it stands, or None.

        `told` is called, in the tick's thread, whenever there may be something new to send.
        """
        self._told = told
        self._store = store
        self._arranged = arranged
        self._followed: tuple[Arrangements, object] | None = None
        self._trouble = trouble
        self._told_trouble: str | None = ""
        self._watching = Watching(store, machine)
        self._shifts = Shifts(store)
        self._new_id = new_id

    def tick(self, now: datetime) -> datetime | None:
        """When something is due next, as far as alerts know by themselves."""
        self._arrange(now)
        self._settle_all(now)  # at first what somebody waits for
        self._watching.look(now)
        self._shifts.look(now)
        return self._settle_all(now)

    def _settle_all(self, now: datetime) -> datetime | None:
        """What waits, as much as fits one tick; when something is due next."""
        for _ in range(ROUNDS_MAX):
            waits, due = self._store.read(lambda c: _waits(c, now))
            if not waits:
                break
            self._store.write(lambda tx: self._settle(tx, now))
            self._told()
            self._act(now)
        else:
            due = now
        self._act(now)  # what a process before this one decided
        return due

    def _act(self, now: datetime) -> None:
        for act in self._store.read(waiting_acts):
            outcome = carry_out(self._store, act, now)
            log.warning("alert %s: %s: %s", act.alert_id, act.action, outcome or "NOT ON RECORD")

    def _arrange(self, now: datetime) -> None:
        """What escalation.yaml says now is in force before anything is decided by it."""
        wanted = self._arranged(), self._store.read(agreed_by)
        if wanted != self._followed:
            self._store.write(lambda tx: self._follow(tx, wanted[0], now))
            self._followed = wanted[0], self._store.read(agreed_by)
        trouble = self._trouble()
        if trouble != self._told_trouble:
            self._store.write(lambda tx: _tell_trouble(tx, trouble, now))
            self._told_trouble = trouble

    def _follow(self, tx: Transaction, wanted: Arrangements, now: datetime) -> None:
        in_force = follow_arrangements(tx, self._store.log, wanted, self._new_id, now)
        if keep_arrangements(tx, in_force, now):
            lift(tx, self._store.log, now)

    def _settle(self, tx: Transaction, now: datetime) -> None:
        if has_news(tx):
            hear(tx, now)
        end_posted(tx, now, BATCH)
        self.settle(tx, now)

    @property
    def arranged(self) -> bool:
        """Whether escalation.yaml is in force; before that nothing can be settled."""
        return self._followed is not None

    def settle(self, tx: Transaction, now: datetime) -> None:
        """What waits, as much as fits a transaction, the most urgent first."""
        settlement = Settlement(tx, self._store.log, now)
        settlement.settle_facts(self._new_id)
        told = settlement.settle_due()
        settlement.flush_groups(BATCH - told)
        settlement.write()


def _tell_trouble(tx: Transaction, trouble: str | None, now: datetime) -> None:
    for desk in desks(tx):
        if trouble is None:
            clear_alert(tx, desk, BROKEN, now)
        else:
            raise_alert(tx, desk, BROKEN, RULES[BROKEN].level, trouble, now)


def _waits(connection: Transaction, now: datetime) -> tuple[bool, datetime | None]:
    """Whether there is something to hear or to settle, and when the next timer is due."""
    due = next_due(connection)
    is_due = due is not None and due <= now
    found = any_facts(connection) or has_news(connection) or any_over(connection, now)
    return is_due or found, due
