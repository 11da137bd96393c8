"""Listening to the desks' record: every event once, in the transaction that makes facts of it.

Whoever writes an event has raised the alert: it is as durable as the fact, costs the writer nothing, and
a crash between hearing and settling loses nothing, because how far was heard is a row as well.
"""

from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from core.alerting.heard import Fact, facts_in, of_constraint
from core.alerting.levels import Level
from core.modes import Mode
from store.alerting.facts import clear_alert, raise_alert
from store.alerting.schema import alert_heard
from store.control import desks, read_constraints, read_control
from store.events import events_after
from store.schema import control, events

AT_ONCE = 500

_LONGEST = select(func.max(events.c.seq)).where(events.c.desk == control.c.desk).scalar_subquery()
_HEARD = select(alert_heard.c.seq).where(alert_heard.c.desk == control.c.desk).scalar_subquery()
# One look into the index for each desk, however long its record is.
_UNHEARD = select(control.c.desk).where(func.coalesce(_HEARD, 0) < _LONGEST).limit(1)


def has_news(connection: Connection) -> bool:
    """Whether any desk's record is longer than what was heard."""
    return connection.execute(_UNHEARD).first() is not None


def hear(tx: Connection, now: datetime) -> int:
    """Turn what the record says into facts; how many events were listened to."""
    return sum(_hear_desk(tx, desk, now) for desk in desks(tx))


def _hear_desk(tx: Connection, desk: str, now: datetime) -> int:
    heard = tx.scalar(select(alert_heard.c.seq).where(alert_heard.c.desk == desk))
    if heard is None:
        return _begin(tx, desk, now)
    found = events_after(tx, desk, heard, AT_ONCE)
    for event in found:
        for fact in facts_in(event):
            _note(tx, desk, fact, now)
    if found:
        _heard(tx, desk, found[-1].seq)
    return len(found)


def _begin(tx: Connection, desk: str, now: datetime) -> int:
    """A desk that nobody listened to so far: how it stands is news, what came to that is history."""
    for constraint in read_constraints(tx, desk):
        for fact in of_constraint(constraint.rule, constraint.reason):
            _note(tx, desk, fact, now)
    set_by = read_control(tx, desk)
    if set_by.mode is Mode.KILLED:
        _note(tx, desk, Fact("desk_killed", Level.CRITICAL, set_by.reason), now)
    last = tx.scalar(select(func.max(events.c.seq)).where(events.c.desk == desk)) or 0
    _heard(tx, desk, last)
    return 1


def _note(tx: Connection, desk: str, fact: Fact, now: datetime) -> None:
    if fact.level is None:
        clear_alert(tx, desk, fact.rule, now, symbol=fact.symbol, ended_by=fact.ended_by)
    else:
        raise_alert(tx, desk, fact.rule, fact.level, fact.text, now, symbol=fact.symbol)


def _heard(tx: Connection, desk: str, seq: int) -> None:
    tx.execute(
        insert(alert_heard)
        .values(desk=desk, seq=seq)
        .on_conflict_do_update(index_elements=["desk"], set_={"seq": seq})
    )
