"""Alerts look themselves through once a minute: what they find is an alert, and a line in the log."""

import logging
from collections.abc import Sequence
from datetime import datetime

from core.alerting.rules import RULES
from store.alerting.arranged import NothingArranged
from store.alerting.audit import Found, audit
from store.alerting.facts import clear_alert, raise_alert
from store.control import desks
from store.store import Store, Transaction

log = logging.getLogger(__name__)

RULE = RULES["self_check"]
EVERY_S = 60.0
TOLD_MAX = 5


class Auditing:
    """Remembers only which desks it has spoken of."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: set[str] | None = None
        """None until the first look: an alert of an earlier process may be open."""

    def look(self, now: datetime) -> list[Found]:
        try:
            found = self._store.read(lambda c: audit(c, now))
        except NothingArranged:  # nothing was raised yet
            return []
        for one in found:
            log.error("self-check: %s: %s", one.desk, one)
        wrong = {one.desk for one in found}
        if self._told is None or wrong or self._told:
            told = self._told
            self._store.write(lambda tx: _tell(tx, found, told, now))
        self._told = wrong
        return found


def _tell(tx: Transaction, found: Sequence[Found], told: set[str] | None, now: datetime) -> None:
    for desk in desks(tx):
        mine = [str(one) for one in found if one.desk == desk]
        if mine:
            more = f" and {len(mine) - TOLD_MAX} more" if len(mine) > TOLD_MAX else ""
            text = "; ".join(mine[:TOLD_MAX]) + more
            raise_alert(tx, desk, RULE.name, RULE.level, text, now)
        elif told is None or desk in told:
            clear_alert(tx, desk, RULE.name, now)
