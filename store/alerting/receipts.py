"""What a provider reports of a message later; one that reached nobody goes another way at once."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select, update

from core.alerting.delivery import Ruling, Verdict
from core.alerting.receipts import UNREACHED, Receipt, receipt
from store.alerting.delivery import job_of_sent, record_failed
from store.alerting.messages import SENT
from store.alerting.outbox_schema import outbox
from store.columns import spelled
from store.events import EventLog

_OF = and_(outbox.c.provider_id == bindparam("id"), outbox.c.provider_id != spelled(""))
_KNOWN = select(outbox.c.receipt, outbox.c.outcome).where(_OF).limit(1)
_NOTE = update(outbox).where(_OF).values(receipt=bindparam("now_known"))


def note_receipt(
    tx: Connection, log: EventLog, provider_id: str, reported: Receipt, says: str, now: datetime
) -> Receipt | None:
    """What is known of the message now; None where it is none of ours. Reports come in any order."""
    row = tx.execute(_KNOWN, {"id": provider_id}).first() if provider_id else None
    if row is None:
        return None
    before = Receipt(row.receipt) if row.receipt else Receipt.QUEUED
    after = receipt(before, reported)
    if after is before:
        return after
    tx.execute(_NOTE, {"id": provider_id, "now_known": after.value})
    if after in UNREACHED and row.outcome == SENT:
        job = job_of_sent(tx, provider_id)
        if job is not None:
            verdict = Verdict(Ruling.PERMANENT, f"{job.to.by}: {says}")
            record_failed(tx, log, job, verdict, provider_id, now)
    return after
