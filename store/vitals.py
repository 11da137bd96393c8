"""Vitals: what a process measures of itself each second, such as how fast the exchange answers it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select

from store.schema import vitals

_READ = select(vitals).where(vitals.c.desk == bindparam("desk"))
_ADD = insert(vitals)


class Vital(StrEnum):
    """What is measured, with its unit."""

    API_P95_MS = "api_p95_ms"
    API_ERRORS_PCT = "api_errors_pct"
    API_CALLS_A_MINUTE = "api_calls_a_minute"
    FEED_SILENT_S = "feed_silent_s"
    FEED_CONNECTIONS = "feed_connections"
    """Within five minutes."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; `symbol` tells several of one kind apart."""

    vital: Vital
    value: Decimal
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure as a process wrote it last."""

    process: str
    measure: Measure
    at: datetime


def write_vitals(
    tx: Connection, desk: str, process: str, found: Iterable[Measure], now: datetime
) -> None:
    """All of this process, replacing what it wrote before: what it does not measure is not known."""
    tx.execute(delete(vitals).where(vitals.c.desk == desk, vitals.c.process == process))
    mine = {"desk": desk, "process": process, "at": now}
    rows = [mine | {"name": one.vital, "symbol": one.symbol, "value": one.value} for one in found]
    if rows:
        tx.execute(_ADD, rows)


def read_vitals(connection: Connection, desk: str) -> list[Measured]:
    return [
        Measured(row.process, Measure(Vital(row.name), row.value, row.symbol), row.at)
        for row in connection.execute(_READ, {"desk": desk})
        if row.name in set(Vital)
    ]
