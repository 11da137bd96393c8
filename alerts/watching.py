"""Absence and trends: what no fact reports, because something is missing, slow or slowly getting worse."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alerts.figures import Figure, figures
from core.alerting.alert import Alert
from core.alerting.events import Cleared, Fired
from core.alerting.hysteresis import Watch, observe
from core.alerting.rules import RULES, Named, thresholds_of
from store.alerting.alerts import open_alerts
from store.alerting.arranged import thresholds_in_force
from store.alerting.facts import clear_alert, raise_alert
from store.store import Store, Transaction

EVERY = timedelta(seconds=1)
Key = tuple[str, str, str]


class Watching:
    """Compares figures with their thresholds. What it remembers it can learn again from open alerts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._started_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._watches: dict[Key, Watch] = {}

    def look(self, now: datetime) -> int:
        """Raise and clear what the figures say; how many facts that made."""
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return 0
        if self._started_at is None:
            self._started_at = now
            self._watches = dict(map(_watch_of, self._store.read(open_alerts)))
        self._looked_at, started_at = now, self._started_at
        home = self._store.home
        found, named = self._store.read(
            lambda c: (list(figures(c, home, started_at, now)), thresholds_in_force(c))
        )
        news = list(self._news(found, named, now))
        if news:
            self._store.write(lambda tx: _note(tx, news, now))
        return len(news)

    def _news(
        self, found: list[Figure], named: Named, now: datetime
    ) -> Iterator[tuple[Figure, Fired | Cleared]]:
        for figure in found:
            thresholds = thresholds_of(figure.rule, named)
            key = (figure.desk, figure.rule, figure.symbol)
            before = self._watches.get(key, Watch())
            self._watches[key], said = observe(thresholds, before, figure.value, now)
            if said is not None:
                yield figure, said


def _note(tx: Transaction, news: list[tuple[Figure, Fired | Cleared]], now: datetime) -> None:
    for figure, said in news:
        if isinstance(said, Fired):
            raise_alert(
                tx, figure.desk, figure.rule, said.level, figure.text, now, symbol=figure.symbol
            )
        else:
            clear_alert(tx, figure.desk, figure.rule, now, symbol=figure.symbol)


def _watch_of(alert: Alert) -> tuple[Key, Watch]:
    """An alert that is open and not cleared says which levels its figure had reached."""
    identity = alert.identity
    key = (identity.desk, identity.rule, identity.symbol)
    rule = RULES.get(identity.rule)
    if rule is None or rule.thresholds is None or alert.cleared:
        return key, Watch()
    on = [one.level for one in rule.thresholds.levels if one.level <= alert.level]
    return key, Watch(frozenset(on))
