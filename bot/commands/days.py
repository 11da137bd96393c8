"""Which UTC days are meant: `today`, one day, or from one to another, both included."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

DAY = timedelta(days=1)
EXAMPLES = "today, 2026-03-02, or from 2026-03-01 to 2026-03-02"


def day_of(word: str, now: datetime) -> date | None:
    """None for what is no day."""
    if word in ("today", "yesterday"):
        return now.date() if word == "today" else now.date() - DAY
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def begins(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def days_of(words: Sequence[str], now: datetime) -> tuple[datetime, datetime] | str:
    """Begin and end, the end left out; today so far unless told. A text says what is no such days."""
    ends = [word for word in words if word not in ("from", "to")] or ["today"]
    found = [day_of(word, now) for word in ends]
    if None in found or len(ends) > 2:
        return f"{' '.join(words)!r} is not {EXAMPLES}"
    first, last = min(d for d in found if d), max(d for d in found if d)
    if len(ends) == 1 and "from" in words:
        last = max(first, now.date())
    if first > now.date():
        return f"{first} has not come yet"
    if len(ends) == 2 and found != [first, last]:
        return f"{ends[0]} is after {ends[1]}"
    return begins(first), min(begins(last) + DAY, now + timedelta(microseconds=1))
