"""When a product trades: the trading day, the weekly maintenance, and what control imposes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sandbox.exchange.products import Kind, Product

NEW_YORK = ZoneInfo("America/New_York")
DAY_ROLLS_AT_HOUR = 21
MAINTENANCE_WEEKDAY = 5
MAINTENANCE_STARTS_AT_HOUR = 14
MAINTENANCE_LASTS = timedelta(minutes=50)


class Phase(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Maintenance:
    start: datetime
    end: datetime


def phase(product: Product, now: datetime, imposed: Phase | None) -> Phase:
    if imposed is not None:
        return imposed
    if not product.is_future:
        return Phase.OPEN
    if next_maintenance(now).start <= now:
        return Phase.MAINTENANCE
    if product.kind is Kind.DATED and _outside_week(now):
        return Phase.CLOSED
    return Phase.OPEN


def trading_day(now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the trading day that holds ``now``."""
    start = now.replace(hour=DAY_ROLLS_AT_HOUR, minute=0, second=0, microsecond=0)
    if start > now:
        start -= timedelta(days=1)
    return start, start + timedelta(days=1)


def next_maintenance(now: datetime) -> Maintenance:
    """The weekly window under way, or the next one."""
    start = now.replace(hour=MAINTENANCE_STARTS_AT_HOUR, minute=0, second=0, microsecond=0)
    start += timedelta(days=(MAINTENANCE_WEEKDAY - now.weekday()) % 7)
    if start + MAINTENANCE_LASTS <= now:
        start += timedelta(days=7)
    return Maintenance(start, start + MAINTENANCE_LASTS)


def intraday_margin_applies(now: datetime) -> bool:
    """Weekdays from 8:00 to 16:00 in New York."""
    local = now.astimezone(NEW_YORK)
    return local.weekday() < 5 and 8 <= local.hour < 16


def margin_window_end(now: datetime) -> datetime:
    local = now.astimezone(NEW_YORK).replace(minute=0, second=0, microsecond=0)
    local = local.replace(hour=16 if intraday_margin_applies(now) else 8)
    while local <= now or (local.hour == 8 and local.weekday() > 4):
        local += timedelta(days=1)
    return local.astimezone(now.tzinfo)


def _outside_week(now: datetime) -> bool:
    """Dated futures: Sunday 18:00 to Friday 17:00 in New York, with a break from 17:00 to 18:00."""
    local = now.astimezone(NEW_YORK)
    if local.weekday() == 5:
        return True
    if local.weekday() == 6:
        return local.hour < 18
    if local.weekday() == 4:
        return local.hour >= 17
    return local.hour == 17
