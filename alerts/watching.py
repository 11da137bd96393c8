"""Absence and trends: what no fact reports, because something is missing, slow or slowly getting worse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from alerts.figures.book import BOOK
from alerts.figures.exchange import EXCHANGE
from alerts.figures.figure import Figure, Group, Look
from alerts.figures.machine import Machine
from alerts.figures.market import MARKET
from alerts.figures.orders import ORDERS
from alerts.figures.record import RECORD
from alerts.figures.silence import SILENCE
from core.alerting.alert import Alert
from core.alerting.events import Cleared, Fired
from core.alerting.hysteresis import Thresholds, Watch, observe
from core.alerting.levels import Level
from core.alerting.rules import RULES, Named, thresholds_of
from store.alerting.alerts import open_alerts
from store.alerting.arranged import thresholds_in_force
from store.alerting.facts import clear_alert, raise_alert
from store.control import desks
from store.store import Store, Transaction

Key = tuple[str, str, str]
WELL_BEYOND = Decimal(10) ** 12
"""Of a figure that ought to be high, and belongs to something that is gone."""


@dataclass(frozen=True, slots=True)
class News:
    """A figure that has come to a level of its rule, or gone back below all of them."""

    desk: str
    figure: Figure
    said: Fired | Cleared


class Watching:
    """Compares figures with their thresholds. What it remembers it can learn again from open alerts."""

    def __init__(self, store: Store, machine: Machine) -> None:
        self._store = store
        self._groups = (SILENCE, EXCHANGE, ORDERS, BOOK, MARKET, RECORD, machine.group)
        self._looked_at: dict[frozenset[str], datetime] = {}
        self._started_at: datetime | None = None
        self._watches: dict[Key, Watch] = {}

    def look(self, now: datetime) -> int:
        """Raise and clear what the figures say; how many facts that made."""
        due = [group for group in self._groups if self._is_due(group, now)]
        if not due:
            return 0
        if self._started_at is None:
            self._started_at = now
            self._watches = dict(map(_watch_of, self._store.read(open_alerts)))
        started_at = self._started_at
        news = self._store.read(lambda c: list(self._news(c, due, started_at, now)))
        self._looked_at |= {group.rules: now for group in due}
        if news:
            self._store.write(lambda tx: _note(tx, news, now))
        return len(news)

    def _is_due(self, group: Group, now: datetime) -> bool:
        at = self._looked_at.get(group.rules)
        return at is None or now - at >= group.every

    def _news(
        self, c: Transaction, groups: Sequence[Group], started_at: datetime, now: datetime
    ) -> Iterator[News]:
        named = thresholds_in_force(c)
        for desk in desks(c):
            look = Look(c, desk, started_at, now)
            for group in groups:
                found = list(group.find(look))
                for figure in [*found, *self._gone(desk, group, found, named)]:
                    said = self._observe(desk, figure, named, now)
                    if said is not None:
                        yield News(desk, figure, said)

    def _gone(
        self, desk: str, group: Group, found: Sequence[Figure], named: Named
    ) -> Iterator[Figure]:
        """What was watched and is not there any more: a position that was closed, a stream left out."""
        there = {(figure.rule, figure.symbol) for figure in found}
        for (of, rule, symbol), watch in self._watches.items():
            if of == desk and rule in group.rules and watch.on and (rule, symbol) not in there:
                yield Figure(rule, symbol, _well(thresholds_of(rule, named)), "gone")

    def _observe(
        self, desk: str, figure: Figure, named: Named, now: datetime
    ) -> Fired | Cleared | None:
        key = (desk, figure.rule, figure.symbol)
        before = self._watches.get(key, Watch())
        self._watches[key], said = observe(
            thresholds_of(figure.rule, named), before, figure.value, now
        )
        return said


def _well(thresholds: Thresholds) -> Decimal:
    return Decimal(0) if thresholds.above else WELL_BEYOND


def _note(tx: Transaction, news: Sequence[News], now: datetime) -> None:
    for one in news:
        figure = one.figure
        if isinstance(one.said, Fired):
            raise_alert(
                tx, one.desk, figure.rule, one.said.level, figure.text, now, symbol=figure.symbol
            )
        else:
            clear_alert(tx, one.desk, figure.rule, now, symbol=figure.symbol)


def _watch_of(alert: Alert) -> tuple[Key, Watch]:
    """An alert that is open and not cleared says which levels its figure had reached.

    One of them may have been taken away in escalation.yaml since; then the next look leaves it.
    """
    identity = alert.identity
    key = (identity.desk, identity.rule, identity.symbol)
    rule = RULES.get(identity.rule)
    if rule is None or rule.thresholds is None or alert.cleared:
        return key, Watch()
    return key, Watch(frozenset(level for level in Level if level <= alert.level))
