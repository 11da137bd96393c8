"""What the alert machine goes by in one transaction: policies, who is on call now, what keeps quiet."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from core.alerting.alert import Alert
from core.alerting.paging import Plan
from core.alerting.policy import Policy
from core.alerting.quieting import Inhibition, Quieting
from core.oncall.roster import Roster, roster
from core.oncall.schedule import Duty, Schedule, who
from store.alerting.arranged import read_arrangements, read_with_hash
from store.alerting.kept import alert_of, policy_of
from store.alerting.oncall import read_overrides, windows_at
from store.alerting.schema import alert_policies, alerts
from store.alerting.stopped import reachable
from store.columns import spelled


class Plans:
    """Plans at one instant. An alert in flight keeps the policy it was raised under."""

    def __init__(self, tx: Connection, now: datetime) -> None:
        """Raises NothingArranged."""
        self._tx = tx
        self._arrangements, self._hash = read_with_hash(tx)
        self._now = now
        self._roster: Roster | None = None
        self._quieting: Quieting | None = None
        self._plans: dict[str, Plan] = {}

    @property
    def newest(self) -> Plan:
        """For an alert that begins now."""
        return self._plan(self._hash)

    def of(self, alert: Alert) -> Plan:
        return self._plan(alert.policy_hash)

    def note(self, alert: Alert) -> None:
        """An alert changed in this transaction; it may keep others quiet from now on."""
        if self._plans and any(
            one.source.covers(alert.identity) for one in self._arrangements.quieting.inhibitions
        ):
            self._quieting = None
            self._plans.clear()

    @property
    def roster(self) -> Roster:
        if self._roster is None:
            known = self._arrangements
            schedule = _with_overrides(self._tx, known.schedule)
            self._roster = roster(schedule, reachable(self._tx, known), self._now)
        return self._roster

    def _plan(self, hash: str) -> Plan:
        if hash not in self._plans:
            policy = self._arrangements.policy if hash == self._hash else self._earlier(hash)
            self._plans[hash] = Plan(policy, self.roster, self._quiet(), hash)
        return self._plans[hash]

    def _earlier(self, hash: str) -> Policy:
        """The policy of an alert in flight; the present one should its own be gone."""
        body = self._tx.scalar(select(alert_policies.c.body).where(alert_policies.c.hash == hash))
        return self._arrangements.policy if body is None else _parsed(body)

    def _quiet(self) -> Quieting:
        if self._quieting is None:
            known = _with_windows(self._tx, self._arrangements.quieting, self._now)
            others = tuple(self._inhibitors(known.inhibitions))
            self._quieting = replace(known, others=others)
        return self._quieting

    def _inhibitors(self, inhibitions: tuple[Inhibition, ...]) -> Iterable[Alert]:
        """Only open alerts that can keep others quiet: of ten thousand the rest need not be read."""
        if not inhibitions:
            return
        rows = self._tx.execute(
            select(alerts.c.body, alerts.c.rule).where(alerts.c.state != spelled("resolved"))
        )
        names = [one.source.rule for one in inhibitions]
        for row in rows:
            if any(name in ("", row.rule) or name.endswith("*") for name in names):
                yield alert_of(row.body)


def schedule_of(connection: Connection) -> Schedule:
    """The rotations with every override, from the file or by command. Raises NothingArranged."""
    return _with_overrides(connection, read_arrangements(connection).schedule)


def quieting_of(connection: Connection, now: datetime) -> Quieting:
    """What keeps alerts quiet, by file or by command; other alerts aside. Raises NothingArranged."""
    return _with_windows(connection, read_arrangements(connection).quieting, now)


def _with_windows(connection: Connection, known: Quieting, now: datetime) -> Quieting:
    silences, windows = windows_at(connection, now)
    return replace(
        known,
        silences=(*known.silences, *silences),
        maintenance=(*known.maintenance, *windows),
    )


def people_on_duty(connection: Connection, now: datetime) -> frozenset[str]:
    """Everybody who has a duty now. Raises NothingArranged."""
    schedule = schedule_of(connection)
    return frozenset(person for duty in Duty for person in who(schedule, duty, now).people)


def _with_overrides(connection: Connection, schedule: Schedule) -> Schedule:
    return replace(schedule, overrides=(*schedule.overrides, *read_overrides(connection)))


@lru_cache(maxsize=64)
def _parsed(body: str) -> Policy:
    return policy_of(body)
