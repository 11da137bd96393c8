"""Facts that raise and clear alerts: one row each, in the transaction of whoever found them.

What an alert does with a fact needs policy, people and schedule; only the alerts process has them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, literal_column, select, tuple_

from core.alerting.alert import Identity
from core.alerting.levels import Level
from store.alerting.schema import alert_facts

# Built once: making a statement anew costs more than running it, and the trader runs this.
_ADD = insert(alert_facts)
_SETTLED = delete(alert_facts).where(alert_facts.c.seq.in_(bindparam("those", expanding=True)))
_OLDEST = select(alert_facts).order_by(alert_facts.c.seq).limit(bindparam("most"))
_ANY = select(alert_facts.c.seq).limit(1)
_URGENT = (
    select(alert_facts.c.desk, alert_facts.c.rule, alert_facts.c.symbol)
    .where(alert_facts.c.level == literal_column(str(Level.EMERGENCY.value)))
    .distinct()
    .limit(20)
)


def raise_alert(
    tx: Connection,
    desk: str,
    rule: str,
    level: Level,
    text: str,
    now: datetime,
    *,
    symbol: str = "",
    drill: bool = False,
) -> None:
    """A condition holds. Durable with the caller's transaction; nudge the alerts process afterwards."""
    _add(tx, desk, rule, symbol, level.value, text, now, drill=drill)


def clear_alert(
    tx: Connection, desk: str, rule: str, now: datetime, *, symbol: str = "", ended_by: str = ""
) -> None:
    """The condition is gone; `ended_by` are people who saw to it, so that the alert is over as well."""
    _add(tx, desk, rule, symbol, None, ended_by, now, drill=False)


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact that waits. Without a level its condition is gone, and the text names who ended it."""

    seq: int
    identity: Identity
    level: Level | None
    text: str
    drill: bool


def waiting_facts(connection: Connection, limit: int) -> list[FactRow]:
    """What concerns a level 4 overtakes everything; else the oldest first."""
    identity = tuple_(alert_facts.c.desk, alert_facts.c.rule, alert_facts.c.symbol)
    urgent = connection.execute(_URGENT).all()
    asked = _OLDEST
    if urgent:  # with what was found of the same earlier: its facts stay in their order
        asked = asked.where(identity.in_([tuple(row) for row in urgent]))
    return [
        FactRow(
            row.seq,
            Identity(row.desk, row.rule, row.symbol),
            None if row.level is None else Level(row.level),
            row.text,
            bool(row.drill),
        )
        for row in connection.execute(asked, {"most": limit})
    ]


def settled(tx: Connection, rows: Iterable[FactRow]) -> None:
    """They are in their alerts now."""
    tx.execute(_SETTLED, {"those": [row.seq for row in rows]})


def any_facts(connection: Connection) -> bool:
    return connection.execute(_ANY).first() is not None


def _add(
    tx: Connection,
    desk: str,
    rule: str,
    symbol: str,
    level: int | None,
    text: str,
    now: datetime,
    *,
    drill: bool,
) -> None:
    row = {"desk": desk, "rule": rule, "symbol": symbol, "level": level, "text": text}
    tx.execute(_ADD, row | {"drill": int(drill), "at": now})
