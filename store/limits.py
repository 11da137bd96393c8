"""The limits that the desk's trader works with, as it wrote them down when it started."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from store.schema import limits_in_force


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """Name and value of every limit, as texts for people, and since when."""

    profile: str
    rows: tuple[tuple[str, str], ...]
    at: datetime

    @property
    def numbers(self) -> dict[str, Decimal]:
        """Those that are one number."""
        found = {}
        for name, value in self.rows:
            try:
                found[name] = Decimal(value)
            except InvalidOperation:
                continue
        return found


def write_limits(
    tx: Connection, desk: str, profile: str, rows: Iterable[tuple[str, str]], now: datetime
) -> None:
    """Replaces what an earlier start wrote."""
    values = {"profile": profile, "limits": json.dumps([list(row) for row in rows]), "at": now}
    tx.execute(
        insert(limits_in_force)
        .values(desk=desk, **values)
        .on_conflict_do_update(index_elements=["desk"], set_=values)
    )


def read_limits(connection: Connection, desk: str) -> LimitsInForce | None:
    """None before a trader of this desk has ever started."""
    row = connection.execute(select(limits_in_force).where(limits_in_force.c.desk == desk)).first()
    if row is None:
        return None
    rows = tuple((str(name), str(value)) for name, value in json.loads(row.limits))
    return LimitsInForce(row.profile, rows, row.at)
