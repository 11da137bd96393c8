"""What one UTC day has made by our books, and what was accepted in it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from core.books import Books, DayPnl, day_pnl
from store.ledger import read_day
from store.reports.history import equity_between, present


@dataclass(frozen=True, slots=True)
class Made:
    """From the day's opening to `until`; that is the day's end where the next day's opening is known."""

    pnl: DayPnl
    opening: Books
    closing: Books
    until: datetime


def read_made(connection: Connection, desk: str, day: date, now: datetime) -> Made | None:
    """None where the day's opening, or any later figure of it, is not known."""
    opened = read_day(connection, desk, day.isoformat())
    if opened is None:
        return None
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    following = read_day(connection, desk, end.date().isoformat())
    if following is not None:
        return Made(
            day_pnl(opened.opening, following.opening), opened.opening, following.opening, end
        )
    live = present(connection, desk, now) if begin <= now < end else None
    last = live[0] if live else next(reversed(equity_between(connection, desk, begin, end)), None)
    if last is None:
        return None
    return Made(day_pnl(opened.opening, last.books), opened.opening, last.books, last.at)
