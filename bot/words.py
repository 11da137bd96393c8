"""Figures and times as people read them."""

from datetime import datetime
from decimal import Decimal


def money(amount: Decimal) -> str:
    """$1,234.50; a minus sign stands before the dollar."""
    return f"{'−' if _cents(amount) < 0 else ''}${abs(amount):,.2f}"


def signed(amount: Decimal) -> str:
    """+$1.20 or −$1.20."""
    return f"{'−' if _cents(amount) < 0 else '+'}${abs(amount):,.2f}"


def _cents(amount: Decimal) -> Decimal:
    """What is shown: a loss of less than half a cent has no sign."""
    return round(amount, 2)


def percent(share: Decimal) -> str:
    return f"{share:.1f} %"


def plain(number: Decimal) -> str:
    """A decimal with thousands separators, without an exponent or idle zeros."""
    text = format(number, ",f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that says enough."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if (
        seconds < -1
    ):  # what was written a moment after we looked at our clock is no news from the future
        return f"in {lasting(-seconds)}"
    return f"{lasting(max(seconds, 0))} ago"


def lasting(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"


def count(number: int, what: str) -> str:
    """1 position, 2 positions."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
