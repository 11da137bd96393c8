"""Until when the exchange's lower intraday margin applies, as it was last read."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.margin import MarginWindow
from store.books_schema import margin_windows
from store.events import EventLog

_WINDOW = select(margin_windows).where(margin_windows.c.desk == bindparam("desk"))


def write_margin_window(
    tx: Connection, log: EventLog, desk: str, window: MarginWindow | None, now: datetime
) -> None:
    """Replace what was known; None where the account has no intraday margin. A change is on record."""
    before = read_margin_window(tx, desk)
    if window is None:
        tx.execute(delete(margin_windows).where(margin_windows.c.desk == desk))
    else:
        values = asdict(window) | {"intraday": int(window.intraday)}
        tx.execute(
            insert(margin_windows)
            .values(desk=desk, **values)
            .on_conflict_do_update(index_elements=["desk"], set_=values)
        )
    if _of(before) != _of(window):
        body = {"from": _of(before), "to": _of(window)}
        log.append(tx, desk=desk, kind="margin_window", actor="exchange", now=now, body=body)


def read_margin_window(connection: Connection, desk: str) -> MarginWindow | None:
    """None where only the overnight margin ever applies, or nothing was read yet."""
    row = connection.execute(_WINDOW, {"desk": desk}).first()
    return MarginWindow(bool(row.intraday), row.ends_at, row.at) if row else None


def _of(window: MarginWindow | None) -> str:
    if window is None:
        return "none"
    return f"{'intraday' if window.intraday else 'overnight'} until {window.ends_at.isoformat()}"
