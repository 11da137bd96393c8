"""The mode row and the constraints: every change recounts the effective mode and grows the epoch."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.gate import Row
from core.modes import Constraint, Control, Mode, Rule, effective
from store.events import EventLog
from store.schema import constraints, control

# Built once: making a statement anew costs more than running it, and the brake runs these.
_CONTROL = select(control).where(control.c.desk == bindparam("desk"))
_ROW = select(control.c.effective, control.c.epoch).where(control.c.desk == bindparam("desk"))
_CONSTRAINTS = (
    select(constraints).where(constraints.c.desk == bindparam("desk")).order_by(constraints.c.since)
)
_SET = (
    update(control)
    .where(control.c.desk == bindparam("of"))
    .values(
        {name: bindparam(name) for name in ("mode", "effective", "epoch", "reason", "actor", "at")}
    )
)
_DESKS = select(control.c.desk).order_by(control.c.desk)


class UnknownDesk(Exception):
    """The store holds no desk of that name."""


def desks(connection: Connection) -> list[str]:
    return list(connection.scalars(_DESKS))


def read_control(connection: Connection, desk: str) -> Control:
    """What people set last. Raises UnknownDesk."""
    row = connection.execute(_CONTROL, {"desk": desk}).first()
    if row is None:
        raise UnknownDesk(desk)
    return Control(desk, Mode(row.mode), row.epoch, row.reason, row.actor, row.at)


def read_constraints(connection: Connection, desk: str) -> list[Constraint]:
    rows = connection.execute(_CONSTRAINTS, {"desk": desk})
    return [Constraint(desk, Rule(row.rule), row.reason, row.since) for row in rows]


def read_row(connection: Connection, desk: str) -> Row:
    """The one row the gate asks for. Raises UnknownDesk."""
    row = connection.execute(_ROW, {"desk": desk}).first()
    if row is None:
        raise UnknownDesk(desk)
    return Row(Mode(row.effective), row.epoch)


def begin_desk(
    tx: Connection, log: EventLog, desk: str, mode: Mode, actor: str, now: datetime
) -> bool:
    """The genesis of a desk, once: its first mode, on record. False when the desk exists."""
    if tx.execute(select(control.c.desk).where(control.c.desk == desk)).first():
        return False
    tx.execute(
        insert(control).values(
            desk=desk,
            mode=mode,
            effective=mode,
            epoch=1,
            reason="first start of this store",
            actor=actor,
            at=now,
        )
    )
    log.append(tx, desk=desk, kind="genesis", actor=actor, now=now, body={"mode": mode.name})
    return True


def set_mode(
    tx: Connection,
    log: EventLog,
    desk: str,
    mode: Mode,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> Row:
    """Write what people decided; the resulting row for the gate."""
    before = read_control(tx, desk)
    row = Row(effective(mode, read_constraints(tx, desk)), before.epoch + 1)
    changes = {"mode": mode, "effective": row.mode, "epoch": row.epoch}
    tx.execute(_SET, changes | {"reason": reason, "actor": actor, "at": now, "of": desk})
    log.append(
        tx,
        desk=desk,
        kind="mode_set",
        actor=actor,
        now=now,
        body={
            "from": before.mode.name,
            "to": mode.name,
            "effective": row.mode.name,
            "epoch": row.epoch,
            "reason": reason,
        },
    )
    return row


def constrain(
    tx: Connection, log: EventLog, desk: str, rule: Rule, *, reason: str, now: datetime
) -> Row:
    """Put a machine rule in force; in force already, nothing changes."""
    known = select(constraints.c.rule).where(constraints.c.desk == desk, constraints.c.rule == rule)
    if tx.execute(known).first():
        return read_row(tx, desk)
    tx.execute(insert(constraints).values(desk=desk, rule=rule, reason=reason, since=now))
    row = _recount(tx, desk)
    body = {"rule": rule, "reason": reason, "effective": row.mode.name, "epoch": row.epoch}
    log.append(tx, desk=desk, kind="constrained", actor="machine", now=now, body=body)
    return row


def release(
    tx: Connection, log: EventLog, desk: str, rule: Rule, *, actor: str, now: datetime
) -> Row:
    """Take a machine rule out of force."""
    gone = tx.execute(
        delete(constraints).where(constraints.c.desk == desk, constraints.c.rule == rule)
    )
    if not gone.rowcount:
        return read_row(tx, desk)
    row = _recount(tx, desk)
    body = {"rule": rule, "effective": row.mode.name, "epoch": row.epoch}
    log.append(tx, desk=desk, kind="released", actor=actor, now=now, body=body)
    return row


def _recount(tx: Connection, desk: str) -> Row:
    """Every change of what is allowed is a new epoch: intents recorded before it are refused."""
    current = read_control(tx, desk)
    row = Row(effective(current.mode, read_constraints(tx, desk)), current.epoch + 1)
    tx.execute(
        update(control).where(control.c.desk == desk).values(effective=row.mode, epoch=row.epoch)
    )
    return row
