"""Figures on their way to a limit: which level each has reached, on record when that changes."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.alerting.danger_steps import Step
from core.alerting.levels import Level
from store.events import EventLog
from store.schema import danger_steps

_STEPS = select(danger_steps).where(danger_steps.c.desk == bindparam("desk"))


def read_steps(connection: Connection, desk: str) -> list[Step]:
    """Those that stand at some level."""
    rows = connection.execute(_STEPS, {"desk": desk})
    return [Step(row.rule, row.symbol, Level(row.level), row.text) for row in rows]


def write_steps(
    tx: Connection, log: EventLog, desk: str, steps: Iterable[Step], now: datetime
) -> None:
    """Keep them, each on record as a `danger_step`; level 0 there is all clear."""
    for step in steps:
        _keep(tx, desk, step, now)
        body = {
            "rule": step.rule,
            "symbol": step.symbol,
            "level": int(step.level) if step.level is not None else 0,
            "text": step.text,
        }
        log.append(tx, desk=desk, kind="danger_step", actor="machine", now=now, body=body)


def _keep(tx: Connection, desk: str, step: Step, now: datetime) -> None:
    if step.level is None:
        tx.execute(
            delete(danger_steps).where(
                danger_steps.c.desk == desk,
                danger_steps.c.rule == step.rule,
                danger_steps.c.symbol == step.symbol,
            )
        )
        return
    values = {"level": int(step.level), "text": step.text, "at": now}
    tx.execute(
        insert(danger_steps)
        .values(desk=desk, rule=step.rule, symbol=step.symbol, **values)
        .on_conflict_do_update(index_elements=["desk", "rule", "symbol"], set_=values)
    )
