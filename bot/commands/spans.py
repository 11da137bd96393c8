"""How long something lasts, as people type it: 90s, 15m, 2h, 1d."""

import re
from datetime import timedelta

_SPAN = re.compile(r"(\d{1,5})(s|m|min|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
EXAMPLES = "90s, 15m, 2h or 1d"


def span(text: str) -> timedelta | None:
    """None for what is no such time."""
    found = _SPAN.fullmatch(text.lower())
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
