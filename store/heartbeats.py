"""Heartbeats: each process says, after real work, that it lives. Not events."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from store.schema import heartbeats

STOPPED = "stopped"
"""The detail of a process that was told to stop: nobody waits for its next beat."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of life of one process of a desk."""

    process: str
    pid: int
    detail: str
    at: datetime


def beat(tx: Connection, desk: str, process: str, pid: int, detail: str, now: datetime) -> None:
    values = {"pid": pid, "detail": detail, "at": now}
    tx.execute(
        insert(heartbeats)
        .values(desk=desk, process=process, **values)
        .on_conflict_do_update(index_elements=["desk", "process"], set_=values)
    )


def read_heartbeats(connection: Connection, desk: str) -> list[Heartbeat]:
    rows = connection.execute(
        select(heartbeats).where(heartbeats.c.desk == desk).order_by(heartbeats.c.process)
    )
    return [Heartbeat(row.process, row.pid, row.detail, row.at) for row in rows]
