"""When the guard itself calls people: alerts are silent, so nobody else would."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.dangers import alerts_silent

AGAIN_AFTER = timedelta(seconds=30)
"""Where nobody was reached."""
REMIND_AFTER = timedelta(minutes=15)
"""Where somebody was, and alerts are still silent."""


class Call(StrEnum):
    """What the guard says now."""

    PAGE = "alerts are silent"
    END = "alerts are back"


@dataclass(frozen=True, slots=True)
class Called:
    """What was said last. `reached`: a page was taken by somebody, an end by all who had the page."""

    call: Call | None = None
    at: datetime | None = None
    reached: bool = False


def call_out(
    beat_at: datetime | None, listening_since: datetime, last: Called, now: datetime
) -> tuple[Call, str] | None:
    """What to say now, and why; None while there is nothing to say, or it was said a moment ago."""
    why = alerts_silent(beat_at, listening_since, now)
    waited = now - last.at if last.at is not None else None
    wait = REMIND_AFTER if last.reached else AGAIN_AFTER
    if why is not None:
        due = last.call is not Call.PAGE or waited is None or waited >= wait
        return (Call.PAGE, why) if due else None
    if beat_at is None or last.call is None or (last.call is Call.END and last.reached):
        return None  # what could not be read is no sign that they are back
    due = last.call is Call.PAGE or waited is None or waited >= AGAIN_AFTER
    return (Call.END, "the alerts process beats again") if due else None
