"""A clock that was set back while no alerts process ran: what was set by it is moved along, once."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Integer, func, literal, select, type_coerce, update

from core.alerting.events import SetBack
from store.alerting.alerts import open_alerts
from store.alerting.outbox_schema import outbox
from store.alerting.settlement import Settlement
from store.columns import to_us
from store.events import EventLog
from store.heartbeats import beat
from store.schema import heartbeats

ALERTS = "alerts"
FROM = timedelta(seconds=2)
"""Less is how far two readings of one clock may be apart."""


def follow_clock_back(tx: Connection, log: EventLog, pid: int, now: datetime) -> timedelta | None:
    """How far the last beat of an alerts process lies ahead of `now`, if timers were moved by that.

    The new beat is written with it: a crash in between moves nothing twice. While a process runs its
    own clock never goes back (`core.steady`).
    """
    beats = heartbeats.c.process == ALERTS
    last = tx.scalar(select(func.max(heartbeats.c.at)).where(beats))
    if last is None or last - now <= FROM:
        return None
    by: timedelta = last - now
    found = open_alerts(tx)
    if found:
        settlement = Settlement(tx, log, now)
        for alert in found:
            settlement.advance(alert, SetBack(by))
        settlement.write()
    # What waits for the end of somebody's quiet hours was given that hour as its beginning.
    begun = (outbox.c.ended_at.is_(None), outbox.c.since <= last)
    by_us = to_us(last) - to_us(now)
    moved = {
        name: type_coerce(outbox.c[name], Integer) - literal(by_us, Integer)
        for name in ("due", "since")
    }
    tx.execute(update(outbox).where(*begun).values(moved))
    for desk in tx.scalars(select(heartbeats.c.desk).where(beats)).all():
        beat(tx, desk, ALERTS, pid, f"the clock was set back by {by.total_seconds():.0f} s", now)
    return by
