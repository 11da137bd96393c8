"""What one transaction does to alerts: each event goes through the machine, all is written at the end."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, update
from sqlalchemy.dialects.sqlite import insert as insert_once

from core.alerting.alert import Alert, Identity
from core.alerting.effects import (
    Edit,
    Effect,
    Notify,
    Open,
    Outcome,
    RaiseAlso,
    Tighten,
    Withdraw,
)
from core.alerting.events import Cleared, Event, Fired, Flushed, Lifted, Resolved, ShiftBegan
from core.alerting.grouping import flushed_with, group_of
from core.alerting.machine import advance, fire, settle
from core.alerting.policy import Opening
from store.alerting.alerts import (
    NoSuchAlert,
    alerts_by_id,
    due_alerts,
    find_alert,
    latest_of,
    open_alerts,
    taken_ids,
    waiting_in,
    withheld_alerts,
)
from store.alerting.facts import raise_alert, settled, waiting_facts
from store.alerting.kept import alert_text
from store.alerting.outbox import enqueue, withdraw
from store.alerting.plans import Plans
from store.alerting.record import actor_of, chained, entry, line
from store.alerting.schema import alert_acts, alert_history, alerts
from store.events import EventLog
from store.reports.incidents import open_incident

BATCH = 40
"""Settled in one transaction, which takes some 10 ms: a brake must not wait for the store any longer."""

# What was still to be shown stays so.
_KEPT = update(alerts).where(
    alerts.c.id == bindparam("was"), alerts.c.version == bindparam("at_version")
)
_KEPT_TO_SHOW = _KEPT.values(shown=0)

NewId = Callable[[], str]


class Settlement:
    """Gathers in memory and writes once: ten thousand alerts are a few statements."""

    def __init__(self, tx: Connection, log: EventLog, now: datetime) -> None:
        self._tx = tx
        self._log = log
        self._plans = Plans(tx, now)
        self._now = now
        self._known: dict[str, Alert] = {}
        self._seen: dict[str, Alert] = {}
        """Read ahead and not touched."""
        self._latest: dict[Identity, Alert | None] = {}
        self._stored: dict[str, int | None] = {}
        """The version that the store has of each alert touched; None for one that begins."""
        self._show: set[str] = set()
        self._history: list[dict[str, Any]] = []
        self._notices: list[tuple[Identity, Notify]] = []
        self._withdrawn: dict[str, int] = {}
        self._chained: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._free_ids: list[str] = []
        self._ids_at_once = 1

    def settle_facts(self, new_id: NewId, limit: int = BATCH) -> int:
        """Whatever waits to be settled, the most urgent first; how many facts that were."""
        rows = waiting_facts(self._tx, limit)
        if not rows:
            return 0
        self._ids_at_once = len(rows)
        self._latest |= latest_of(self._tx, {row.identity for row in rows})
        for row in rows:
            if row.level is None:
                self.clear(row.identity, row.text)
            else:
                self.fire(row.identity, Fired(row.level, row.text), new_id, drill=row.drill)
        settled(self._tx, rows)
        return len(rows)

    def fire(
        self, identity: Identity, fired: Fired, new_id: NewId, *, drill: bool = False
    ) -> Outcome:
        latest = self._latest_of(identity)
        going_on = latest if latest and _goes_on(latest, self._now) else None
        plan = self._plans.of(going_on) if going_on else self._plans.newest
        id = going_on.id if going_on else self._fresh_id(new_id)
        return self._took(
            going_on, fired, fire(going_on, identity, fired, plan, id, self._now, drill)
        )

    def clear(self, identity: Identity, ended_by: str) -> None:
        latest = self._latest_of(identity)
        if latest is not None and latest.open:
            after = self.advance(latest, Cleared()).alert
            if ended_by and after.open:
                self.advance(after, Resolved(ended_by))

    def advance(self, alert: Alert, event: Event) -> Outcome:
        return self._took(alert, event, advance(alert, event, self._plans.of(alert), self._now))

    def apply(self, alert_id: str, event: Event) -> Outcome:
        """What somebody did with an alert. Raises NoSuchAlert."""
        alert = self._known.get(alert_id) or self._seen.get(alert_id)
        alert = alert or find_alert(self._tx, alert_id)
        if alert is None:
            raise NoSuchAlert(f"there is no alert {alert_id!r}")
        return self.advance(alert, event)

    def look_at(self, ids: Iterable[str]) -> None:
        """Read them at once: one by one, a message about hundreds would take as long as its storm."""
        self._seen |= alerts_by_id(self._tx, ids)

    def settle_due(self, limit: int = BATCH) -> int:
        """What time alone has brought about, after the facts of this transaction; how many alerts."""
        due = due_alerts(self._tx, self._now, limit)
        for stored in due:
            alert = self._known.get(stored.id, stored)
            self._took(alert, None, settle(alert, self._plans.of(alert), self._now))
        return len(due)

    def flush_groups(self, limit: int = BATCH) -> int:
        """Alerts that wait for their group go with the first of it; how many that were."""
        if limit <= 0:
            return 0
        going = {group_of(a.identity) for a in self._known.values() if a.paged_at == self._now}
        waiting = [a for a in waiting_in(self._tx, going, limit) if a.id not in self._known]
        ids = set(flushed_with([*self._known.values(), *waiting], self._now))
        flushed = [alert for alert in waiting if alert.id in ids]
        for alert in flushed:
            self.advance(alert, Flushed())
        return len(flushed)

    def write(self) -> bool:
        """Everything gathered; whether there was anything to send or to do."""
        if not self._history:
            return False
        begun = [self._row(self._known[id]) for id, was in self._stored.items() if was is None]
        if begun:
            self._tx.execute(insert(alerts), begun)
        self._overwrite([id for id, was in self._stored.items() if was is not None])
        self._tx.execute(insert(alert_history), self._history)
        self._chain()
        enqueue(self._tx, self._notices, self._now)
        for alert_id, before in self._withdrawn.items():
            withdraw(self._tx, alert_id, before, self._now)
        return True

    def _took(self, before: Alert | None, event: Event | None, outcome: Outcome) -> Outcome:
        alert = outcome.alert
        if before is None or alert.version != before.version:
            self._stored.setdefault(alert.id, before.version if before else None)
            self._known[alert.id] = self._latest[alert.identity] = alert
            self._plans.note(alert)
        self._history.append(line(event, outcome, self._now))
        if chained(event, outcome):
            about = (alert.identity.desk, actor_of(event) or "alerts")
            self._chained.setdefault(about, []).append(entry(outcome))
        for effect in outcome.effects:
            self._carry(alert, effect)
        return outcome

    def _carry(self, alert: Alert, effect: Effect) -> None:
        match effect:
            case Notify():
                self._notices.append((alert.identity, effect))
            case Withdraw(alert_id, before):
                self._withdrawn[alert_id] = max(before, self._withdrawn.get(alert_id, 0))
            case Edit(alert_id):
                self._show.add(alert_id)
            case Tighten(key, desk, action):
                self._decide(key, alert, desk, action)
            case Open(key, _, what) if not alert.drill:
                self._open(key, alert, what)
            case RaiseAlso(rule, level, text, about):
                desk = alert.identity.desk
                raise_alert(self._tx, desk, rule, level, text, self._now, symbol=about)
            case _:
                pass  # spared, withheld and timers are in the alert and its history

    def _open(self, key: str, alert: Alert, what: Opening) -> None:
        if what is Opening.INCIDENT:
            open_incident(
                self._tx,
                self._log,
                id=f"inc-{alert.id}-{alert.episode}",
                desk=alert.identity.desk,
                title=alert.text or alert.identity.rule,
                by="alerts",
                now=self._now,
            )
        elif what is Opening.KILL_CARD:
            self._decide(key, alert, alert.identity.desk, what)

    def _decide(self, key: str, alert: Alert, desk: str, action: str) -> None:
        """Carried out after this transaction, through the brake: that takes page and lock as well."""
        about = {"key": key, "alert_id": alert.id, "desk": desk, "action": action}
        row = {**about, "at": self._now, "outcome": ""}
        self._tx.execute(insert_once(alert_acts).values(row).on_conflict_do_nothing())

    def _chain(self) -> None:
        """On the desks' own record; a storm is one entry there, not ten thousand."""
        for (desk, actor), told in self._chained.items():
            one = len(told) == 1
            self._log.append(
                self._tx,
                desk=desk,
                kind="alert" if one else "alerts",
                actor=actor,
                now=self._now,
                body=told[0] if one else {"alerts": told},
            )

    def _latest_of(self, identity: Identity) -> Alert | None:
        if identity not in self._latest:
            self._latest |= latest_of(self._tx, [identity])
        return self._latest[identity]

    def _fresh_id(self, new_id: NewId) -> str:
        """Ids are short because people speak and type them, so one may be taken."""
        while not self._free_ids:
            drawn = {new_id() for _ in range(self._ids_at_once)}
            self._free_ids = sorted(drawn - taken_ids(self._tx, drawn) - self._known.keys())
        return self._free_ids.pop()

    def _row(self, alert: Alert) -> dict[str, Any]:
        return {
            "id": alert.id,
            "desk": alert.identity.desk,
            "rule": alert.identity.rule,
            "symbol": alert.identity.symbol,
            "state": alert.state.value,
            "level": alert.level.value,
            "peak": alert.peak.value,
            "opened_at": alert.opened_at,
            "due": alert.due,
            "version": alert.version,
            "shown": int(alert.id not in self._show),
            "body": alert_text(alert),
        }

    def _overwrite(self, ids: Iterable[str]) -> None:
        """Every change is from the version that was read, or it is none."""
        by_statement: dict[Update, list[dict[str, Any]]] = {}
        for id in ids:
            row = self._row(self._known[id]) | {"was": id, "at_version": self._stored[id]}
            statement = _KEPT if row.pop("shown") else _KEPT_TO_SHOW
            by_statement.setdefault(statement, []).append(row)
        for statement, rows in by_statement.items():
            changed = self._tx.execute(statement, rows)
            assert changed.rowcount == len(rows), "an alert changed between reading and writing"


def _goes_on(alert: Alert, now: datetime) -> bool:
    """Whether its condition, found again, is the same alert."""
    return alert.open or (alert.reopen_until is not None and now < alert.reopen_until)


def apply(
    tx: Connection,
    log: EventLog,
    alert_id: str,
    event: Event,
    now: datetime,
) -> Outcome:
    """One event of one alert, as a whole. Raises NoSuchAlert, NothingArranged."""
    settlement = Settlement(tx, log, now)
    outcome = settlement.apply(alert_id, event)
    settlement.write()
    return outcome


def lift(tx: Connection, log: EventLog, now: datetime) -> None:
    """Something that kept alerts quiet has ended before its time: they look again."""
    settlement = Settlement(tx, log, now)
    for alert in withheld_alerts(tx):
        settlement.advance(alert, Lifted())
    settlement.write()


def begin_shifts(tx: Connection, log: EventLog, people: Sequence[str], now: datetime) -> None:
    """These people came on duty: they hear of what nobody has taken charge of."""
    settlement = Settlement(tx, log, now)
    for alert in open_alerts(tx):
        for person in people:
            settlement.apply(alert.id, ShiftBegan(person))
    settlement.write()
