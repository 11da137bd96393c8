"""Refused attempts are counted here, by voice: many in a row become an event that alerts hears."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from core.abuse import WITHIN, Tally, counted, is_abuse, is_attempt
from store.events import EventLog
from store.schema import refused_attempts

VOICE_MAX = 80
"""A voice may be a name that somebody made up; what is kept of it has an end."""


def count_refused(
    tx: Connection,
    log: EventLog,
    desks: Sequence[str],
    kind: str,
    voice: str,
    body: Mapping[str, Any],
    now: datetime,
) -> None:
    """Count what was just put on record as refused; at the threshold every desk's record says so."""
    if not is_attempt(kind, body):
        return
    voice = voice[:VOICE_MAX]
    tally = counted(read_tally(tx, voice), now)
    if is_abuse(tally):
        tally = replace(tally, told=True)
        told = {
            "voice": voice,
            "attempts": tally.attempts,
            "within_s": int(WITHIN.total_seconds()),
            "since": tally.since.isoformat(),
            "what": f"{tally.attempts} attempts since {tally.since:%H:%M:%S}, the latest: {kind} "
            f"{body.get('refused', '')}".rstrip(),
        }
        for desk in desks:
            log.append(tx, desk=desk, kind="abuse_suspected", actor=voice, now=now, body=told)
    _keep(tx, voice, tally)


def read_tally(connection: Connection, voice: str) -> Tally | None:
    row = connection.execute(
        select(refused_attempts).where(refused_attempts.c.voice == voice)
    ).first()
    return Tally(row.attempts, row.since, bool(row.told)) if row else None


def _keep(tx: Connection, voice: str, tally: Tally) -> None:
    values = {"attempts": tally.attempts, "since": tally.since, "told": int(tally.told)}
    tx.execute(
        insert(refused_attempts)
        .values(voice=voice, **values)
        .on_conflict_do_update(index_elements=["voice"], set_=values)
    )
