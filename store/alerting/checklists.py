"""The checklist of a level 4 alert: what people ticked off, on record."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.alerting.alert import Alert
from core.alerting.checklist import Item
from store.alerting.alerts import show_again
from store.alerting.schema import alert_checklist
from store.events import EventLog
from store.ledger import held, read_positions
from store.observations import read_held_there
from store.reconciliation import read_looked_at

LOOKED_WITHIN = timedelta(seconds=30)


def tick(tx: Connection, log: EventLog, alert: Alert, item: Item, by: str, now: datetime) -> bool:
    """Once; False when somebody ticked it before."""
    row = {"alert_id": alert.id, "item": item, "ticked_by": by, "ticked_at": now}
    done = tx.execute(insert(alert_checklist).values(row).on_conflict_do_nothing())
    if not done.rowcount:
        return False
    body = {"alert": alert.id, "item": item}
    log.append(tx, desk=alert.identity.desk, kind="checked_off", actor=by, now=now, body=body)
    show_again(tx, alert.id)
    return True


def open_positions(connection: Connection, desk: str, now: datetime) -> int | None:
    """None while nobody has looked at the exchange lately: unknown is not flat."""
    looked_at = read_looked_at(connection, desk)
    if looked_at is None or now - looked_at > LOOKED_WITHIN:
        return None
    there = sum(1 for one in read_held_there(connection, desk).values() if one.contracts)
    return max(there, len(held(read_positions(connection, desk))))


def ticked(connection: Connection, alert_id: str) -> dict[Item, str]:
    """Who ticked what."""
    rows = connection.execute(select(alert_checklist).where(alert_checklist.c.alert_id == alert_id))
    return {Item(row.item): row.ticked_by for row in rows}
