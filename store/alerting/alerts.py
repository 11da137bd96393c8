"""Alerts in the store: found, shown as history, and advanced by an event in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, literal, select, text, tuple_, update

from core.alerting.alert import Alert, AlertState, Identity
from core.alerting.grouping import Group
from core.alerting.levels import Level
from store.alerting.kept import alert_of
from store.alerting.schema import NOT_TOLD, alert_acts, alert_history, alerts
from store.columns import spelled
from store.schema import slack_posts

_OPEN = alerts.c.state != spelled(AlertState.RESOLVED.value)


# Built once: making a statement anew costs more than running it, and each alert takes a dozen.
_DUE = (
    select(alerts.c.body)
    .where(alerts.c.due <= bindparam("now", type_=alerts.c.due.type))
    .order_by(alerts.c.peak.desc(), alerts.c.due)
    .limit(bindparam("most"))
)
_NEXT_DUE = select(alerts.c.due).where(alerts.c.due.is_not(None)).order_by(alerts.c.due).limit(1)
_WAITING = (
    select(alerts.c.body)
    .where(
        tuple_(alerts.c.desk, alerts.c.rule).in_(bindparam("groups", expanding=True)),
        text(NOT_TOLD),
        _OPEN,
    )
    .limit(bindparam("most"))
)
_LATEST = (
    select(alerts.c.body)
    .where(
        tuple_(alerts.c.desk, alerts.c.rule, alerts.c.symbol).in_(
            bindparam("identities", expanding=True)
        )
    )
    .order_by(alerts.c.opened_at)
)
_THOSE = select(alerts.c.body).where(alerts.c.id.in_(bindparam("ids", expanding=True)))
_TAKEN = select(alerts.c.id).where(alerts.c.id.in_(bindparam("drawn", expanding=True)))
_SHOWN = (
    update(alerts)
    .where(alerts.c.id == bindparam("was"), alerts.c.version == bindparam("at_version"))
    .values(shown=1)
)


class NoSuchAlert(Exception):
    """No alert has this id; the message says so."""


def find_alert(connection: Connection, id: str) -> Alert | None:
    """By id, which people may type in capitals."""
    body = connection.scalar(select(alerts.c.body).where(alerts.c.id == id.lower()))
    return None if body is None else alert_of(body)


def alerts_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Alert]:
    """Those that there are."""
    found = map(alert_of, connection.scalars(_THOSE, {"ids": list(ids)}))
    return {alert.id: alert for alert in found}


def read_alert(connection: Connection, id: str) -> Alert:
    """Raises NoSuchAlert."""
    found = find_alert(connection, id)
    if found is None:
        raise NoSuchAlert(f"there is no alert {id!r}")
    return found


def latest_of(
    connection: Connection, identities: Iterable[Identity]
) -> dict[Identity, Alert | None]:
    """The alert of each identity that was opened last, open or not."""
    wanted = [(one.desk, one.rule, one.symbol) for one in identities]
    found: dict[Identity, Alert | None] = {Identity(*one): None for one in wanted}
    for body in connection.scalars(_LATEST, {"identities": wanted}):
        alert = alert_of(body)
        found[alert.identity] = alert
    return found


def taken_ids(connection: Connection, drawn: Iterable[str]) -> set[str]:
    """Those of these ids that an alert has already."""
    return set(connection.scalars(_TAKEN, {"drawn": list(drawn)}))


def open_alerts(connection: Connection, desk: str | None = None) -> list[Alert]:
    """The highest level first, then the oldest."""
    asked = select(alerts.c.body).where(_OPEN)
    if desk is not None:
        asked = asked.where(alerts.c.desk == desk)
    rows = connection.scalars(asked.order_by(alerts.c.peak.desc(), alerts.c.opened_at))
    return [alert_of(body) for body in rows]


def latest_alerts(connection: Connection, desk: str, limit: int) -> list[Alert]:
    """Newest first, open or not."""
    rows = connection.scalars(
        select(alerts.c.body)
        .where(alerts.c.desk == desk)
        .order_by(alerts.c.opened_at.desc())
        .limit(limit)
    )
    return [alert_of(body) for body in rows]


def due_alerts(connection: Connection, now: datetime, limit: int) -> list[Alert]:
    """Those that have something to do, the most urgent first."""
    return [alert_of(body) for body in connection.scalars(_DUE, {"now": now, "most": limit})]


def waiting_in(connection: Connection, groups: Iterable[Group], limit: int) -> list[Alert]:
    """Alerts of these groups that fire and have told nobody so far."""
    wanted = list(groups)
    if not wanted:
        return []
    rows = connection.scalars(_WAITING, {"groups": wanted, "most": limit})
    return [alert_of(body) for body in rows]


def next_due(connection: Connection) -> datetime | None:
    return connection.scalar(_NEXT_DUE)


def unshown(connection: Connection, limit: int) -> list[Alert]:
    """Alerts whose message has to be brought up to date, the most urgent first."""
    rows = connection.scalars(
        select(alerts.c.body)
        .where(alerts.c.shown == spelled(0))
        .order_by(alerts.c.peak.desc(), alerts.c.opened_at)
        .limit(limit)
    )
    return [alert_of(body) for body in rows]


def withheld_alerts(connection: Connection) -> list[Alert]:
    """Alerts of which nobody was told, for a reason that may have ended."""
    rows = connection.scalars(
        select(alerts.c.body).where(_OPEN, func.json_extract(alerts.c.body, "$.withheld") != "")
    )
    return [alert_of(body) for body in rows]


def note_shown(tx: Connection, shown: Iterable[Alert]) -> None:
    """Their messages say what these versions say; one that went on meanwhile is shown again."""
    rows = [{"was": alert.id, "at_version": alert.version} for alert in shown]
    if rows:
        tx.execute(_SHOWN, rows)


def show_again(tx: Connection, id: str) -> None:
    """Something beside the alert changed that its message tells of."""
    tx.execute(update(alerts).where(alerts.c.id == id).values(shown=0))


@dataclass(frozen=True, slots=True)
class Count:
    """So many alerts of one rule and level."""

    peak: Level
    rule: str
    count: int


def without_message(connection: Connection, desk: str) -> list[Count]:
    """Open alerts that no message of their own tells of, the highest level first."""
    told = slack_posts.c.key == literal("alert:") + alerts.c.id
    rows = connection.execute(
        select(alerts.c.peak, alerts.c.rule, func.count().label("how_many"))
        .outerjoin(slack_posts, told)
        .where(_OPEN, alerts.c.desk == desk, alerts.c.shown == 1, slack_posts.c.key.is_(None))
        .group_by(alerts.c.peak, alerts.c.rule)
        .order_by(alerts.c.peak.desc(), func.count().desc())
    )
    return [Count(Level(row.peak), row.rule, row.how_many) for row in rows]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an alert's history."""

    seq: int
    at: datetime
    event: str
    actor: str
    said: str
    did: str


def history(connection: Connection, alert_id: str, after: int = 0) -> list[Line]:
    rows = connection.execute(
        select(alert_history)
        .where(alert_history.c.alert_id == alert_id, alert_history.c.seq > after)
        .order_by(alert_history.c.seq)
    )
    return [_line(row) for row in rows]


@dataclass(frozen=True, slots=True)
class SystemAct:
    """Something that the system does by itself about an alert. `done_at` None: it waits."""

    key: str
    alert_id: str
    desk: str
    action: str
    at: datetime
    done_at: datetime | None
    outcome: str


def acts_of(connection: Connection, alert_id: str) -> list[SystemAct]:
    rows = connection.execute(
        select(alert_acts).where(alert_acts.c.alert_id == alert_id).order_by(alert_acts.c.at)
    )
    return [SystemAct(*row) for row in rows]


def waiting_acts(connection: Connection) -> list[SystemAct]:
    rows = connection.execute(
        select(alert_acts).where(alert_acts.c.done_at.is_(None)).order_by(alert_acts.c.at)
    )
    return [SystemAct(*row) for row in rows]


def act_done(tx: Connection, key: str, outcome: str, now: datetime) -> bool:
    """Once; False when it was done before."""
    waiting = (alert_acts.c.key == key, alert_acts.c.done_at.is_(None))
    done = tx.execute(update(alert_acts).where(*waiting).values(done_at=now, outcome=outcome))
    return done.rowcount == 1


def _line(row: Row[Any]) -> Line:
    return Line(row.seq, row.at, row.event, row.actor, row.said, row.did)
