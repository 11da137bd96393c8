"""Everything that was asked for, by id, so that asking twice does once; and the trader's inbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from core.people import Actor
from store.schema import commands

_WAITING = (
    select(commands)
    .where(commands.c.desk == bindparam("desk"), commands.c.outcome.is_(None))
    .order_by(commands.c.at)
)


@dataclass(frozen=True, slots=True)
class Command:
    """One thing asked for. `outcome` is None while the trader has not taken it up."""

    id: str
    desk: str
    verb: str
    body: Mapping[str, Any]
    actor: str
    at: datetime
    outcome: str | None


def record(
    tx: Connection,
    *,
    id: str,
    desk: str,
    verb: str,
    body: Mapping[str, Any],
    actor: str,
    now: datetime,
    outcome: str | None = None,
) -> Command | None:
    """Record a command; the earlier one when this id was recorded before, else None."""
    earlier = tx.execute(select(commands).where(commands.c.id == id)).first()
    if earlier:
        return _command(earlier)
    tx.execute(
        insert(commands).values(
            id=id,
            desk=desk,
            verb=verb,
            body=json.dumps(dict(body), sort_keys=True),
            actor=actor,
            at=now,
            outcome=outcome,
        )
    )
    return None


def ran_before(
    tx: Connection,
    id: str,
    desk: str,
    verb: str,
    body: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> bool:
    """Record a command that is carried out in this transaction; whether one with its id was before."""
    earlier = record(
        tx,
        id=id,
        desk=desk,
        verb=verb,
        body=body,
        actor=actor.voice,
        now=now,
        outcome="applied",
    )
    return earlier is not None


def read_command(connection: Connection, id: str) -> Command | None:
    """What was asked for under this id, if anything was."""
    row = connection.execute(select(commands).where(commands.c.id == id)).first()
    return _command(row) if row else None


def waiting(connection: Connection, desk: str) -> list[Command]:
    """What the trader has still to take up, oldest first."""
    rows = connection.execute(_WAITING, {"desk": desk})
    return [_command(row) for row in rows]


def finish(tx: Connection, id: str, outcome: str) -> None:
    tx.execute(update(commands).where(commands.c.id == id).values(outcome=outcome))


def _command(row: Row[Any]) -> Command:
    return Command(row.id, row.desk, row.verb, json.loads(row.body), row.actor, row.at, row.outcome)
