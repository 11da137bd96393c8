"""What people changed for a while: who is on call, which alerts keep quiet, planned windows."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from core.alerting.levels import Level
from core.alerting.quieting import Maintenance, Match, Silence
from core.oncall.schedule import Duty, Override
from store.alerting.schema import overrides, silences
from store.events import EventLog

_OVERRIDES = select(overrides).order_by(overrides.c.made_at, overrides.c.part)
_NOT_ENDED = (
    select(silences)
    .where(silences.c.ends > bindparam("now", type_=silences.c.ends.type))
    .order_by(silences.c.starts)
)


class Kind(StrEnum):
    """What a stretch of quiet is called."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


def add_overrides(
    tx: Connection,
    log: EventLog,
    command: str,
    desk: str,
    made: Sequence[Override],
    by: str,
    now: datetime,
) -> bool:
    """Change who is on call, on record; False when the command with this id did so before."""
    rows = [
        {
            "command": command,
            "part": part,
            "duty": one.duty,
            "starts": one.start,
            "ends": one.end,
            "made_at": one.made_at,
            "made_by": by,
            "person": one.person,
            "instead_of": one.instead_of,
        }
        for part, one in enumerate(made)
    ]
    added = [tx.execute(insert(overrides).values(row).on_conflict_do_nothing()) for row in rows]
    if not any(one.rowcount for one in added):
        return False
    for one in made:
        body = {"duty": one.duty, "from": one.start.isoformat(), "to": one.end.isoformat()}
        body |= {"person": one.person or "", "instead_of": one.instead_of or ""}
        log.append(tx, desk=desk, kind="on_call_changed", actor=by, now=now, body=body)
    return True


def read_overrides(connection: Connection) -> tuple[Override, ...]:
    """In the order in which they were made. Past ones too: who was on call then must not change."""
    rows = connection.execute(_OVERRIDES)
    return tuple(
        Override(Duty(row.duty), row.starts, row.ends, row.made_at, row.person, row.instead_of)
        for row in rows
    )


def add_silence(
    tx: Connection, log: EventLog, silence: Silence, desk: str, now: datetime
) -> Silence:
    """Whether it may be taken was asked before. The same id again is the same silence."""
    _add(tx, log, Kind.SILENCE, silence.id, silence, silence.owner, silence.reason, desk, now)
    return silence


def add_maintenance(
    tx: Connection, log: EventLog, id: str, window: Maintenance, by: str, desk: str, now: datetime
) -> Maintenance:
    _add(tx, log, Kind.MAINTENANCE, id, window, by, window.name, desk, now)
    return window


def end_early(tx: Connection, log: EventLog, id: str, by: str, desk: str, now: datetime) -> bool:
    """End a silence or window now; False when it is not running and not to come."""
    ended = tx.execute(
        update(silences).where(silences.c.id == id, silences.c.ends > now).values(ends=now)
    )
    if not ended.rowcount:
        return False
    log.append(tx, desk=desk, kind="quiet_ended", actor=by, now=now, body={"id": id})
    return True


def windows_at(
    connection: Connection, now: datetime
) -> tuple[tuple[Silence, ...], tuple[Maintenance, ...]]:
    """Silences and maintenance windows that have not ended, running or to come."""
    rows = connection.execute(_NOT_ENDED, {"now": now})
    found = [(row.kind, row) for row in rows]
    return (
        tuple(_silence(row) for kind, row in found if kind == Kind.SILENCE),
        tuple(_window(row) for kind, row in found if kind == Kind.MAINTENANCE),
    )


def _add(
    tx: Connection,
    log: EventLog,
    kind: Kind,
    id: str,
    window: Silence | Maintenance,
    by: str,
    reason: str,
    desk: str,
    now: datetime,
) -> None:
    match = window.match
    row: dict[str, Any] = {"id": id, "kind": kind}
    row |= {"desk": match.desk, "rule": match.rule, "symbol": match.symbol}
    row |= {"owner": by, "reason": reason, "max_level": window.max_level.value}
    times = {"starts": window.starts, "ends": window.ends}
    added = tx.execute(insert(silences).values(row | times).on_conflict_do_nothing())
    if not added.rowcount:
        return
    body = row | {name: at.isoformat() for name, at in times.items()}
    log.append(tx, desk=desk, kind=f"{kind}_set", actor=by, now=now, body=body)


def _match(row: Row[Any]) -> Match:
    return Match(row.desk, row.rule, row.symbol)


def _silence(row: Row[Any]) -> Silence:
    level = Level(row.max_level)
    return Silence(row.id, _match(row), row.owner, row.reason, row.starts, row.ends, level)


def _window(row: Row[Any]) -> Maintenance:
    level = Level(row.max_level)
    return Maintenance(
        row.reason, _match(row), row.starts, row.ends, level, id=row.id, owner=row.owner
    )
