"""Who was on duty when that was looked at last: a hand-over is noticed also after a restart."""

import json
from datetime import datetime

from sqlalchemy import Connection, insert, select

from store.alerting.plans import people_on_duty
from store.alerting.schema import on_duty
from store.alerting.settlement import begin_shifts
from store.events import EventLog

_LATEST = select(on_duty.c.people).order_by(on_duty.c.seq.desc()).limit(1)


def follow_shifts(tx: Connection, log: EventLog, now: datetime) -> list[str]:
    """Whoever came on duty since hears of what is open and has nobody, in this transaction; who came.

    A store that has never looked hands nothing over.
    """
    present, known = people_on_duty(tx, now), noticed(tx)
    if present == known:
        return []
    tx.execute(insert(on_duty).values(people=json.dumps(sorted(present)), at=now))
    came = sorted(present - known) if known is not None else []
    if came:
        begin_shifts(tx, log, came, now)
    return came


def noticed(connection: Connection) -> frozenset[str] | None:
    """Everybody on duty as it was noticed last; None in a store that has never looked."""
    found = connection.scalar(_LATEST)
    return None if found is None else frozenset(json.loads(found))
