"""What one voice brings about and no mode shows: stricter limits, positions closed, a line on record."""

from datetime import datetime

from sqlalchemy import Connection

from core.flatten import Job
from core.limit_changes import Change
from core.people import Act, Actor
from store import commands
from store.flattening import ask_flatten, read_job
from store.limit_changes import body_of, lower_limits
from store.store import Store
from store.voices import readable, require
from store.wakeups import nudge


def lower(
    store: Store, desk: str, made: list[Change], actor: Actor, id: str, now: datetime
) -> bool:
    """Stricter limits at once, on one voice; False when the command with this id did so before."""
    require(actor, Act.TIGHTEN)

    def transaction(tx: Connection) -> bool:
        body = body_of(made, of_profile=False)
        if commands.ran_before(tx, id, desk, "limit", body, actor, now):
            return False
        lower_limits(tx, store.log, desk, made, actor.voice, now)
        return True

    lowered = store.write(transaction)
    nudge(store.home.socket("loop", desk))
    return lowered


def close_positions(
    store: Store,
    desk: str,
    actor: Actor,
    product_ids: tuple[str, ...],
    reason: str,
    id: str,
    now: datetime,
) -> Job:
    """Ask for these positions to be closed, on one voice: it only reduces. The mode stays as it is."""
    require(actor, Act.TIGHTEN)
    reason = readable(reason)

    def transaction(tx: Connection) -> Job:
        body = {"product_ids": list(product_ids), "reason": reason}
        ran_before = commands.ran_before(tx, id, desk, "close", body, actor, now)
        known = read_job(tx, id) if ran_before else None
        return known or ask_flatten(
            tx,
            store.log,
            id=id,
            desk=desk,
            reason=reason,
            actor=actor.voice,
            now=now,
            product_ids=product_ids,
        )

    job = store.write(transaction)
    nudge(store.home.socket("loop", desk))
    return job


def note(store: Store, desk: str, actor: Actor, text: str, id: str, now: datetime) -> bool:
    """Put a line on record; False when the command with this id did so before."""
    require(actor, Act.NOTE)
    body = {"text": readable(text), "id": id}

    def transaction(tx: Connection) -> bool:
        ran_before = commands.ran_before(tx, id, desk, "note", body, actor, now)
        if not ran_before:
            store.log.append(tx, desk=desk, kind="note", actor=actor.voice, now=now, body=body)
        return not ran_before

    return store.write(transaction)
