"""Where the books stood when the trader that runs now began to trade."""

from datetime import datetime

from sqlalchemy import Connection, select

from core.reports.facts import EquitySample
from store.events import last_of_kinds
from store.reports.history import equity_between
from store.reports.schema import equity_samples


def read_started_at(connection: Connection, desk: str, now: datetime) -> datetime | None:
    """When this start of the trader first opened its gate; None where no trader ever did."""
    first = last_of_kinds(connection, desk, ["armed"], now)
    while first is not None:
        earlier = last_of_kinds(connection, desk, ["armed"], first.at)
        if earlier is None or earlier.body.get("boot") != first.body.get("boot"):
            return first.at
        first = earlier
    return None


def read_session_opening(
    connection: Connection, desk: str, started_at: datetime, now: datetime
) -> EquitySample | None:
    """The first sample of the books since then."""
    at = connection.scalar(
        select(equity_samples.c.at)
        .where(
            equity_samples.c.desk == desk,
            equity_samples.c.at >= started_at,
            equity_samples.c.at <= now,
        )
        .order_by(equity_samples.c.at)
        .limit(1)
    )
    return equity_between(connection, desk, at, at)[0] if at is not None else None
