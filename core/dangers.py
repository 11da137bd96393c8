"""Measured dangers, each a pure rule: why the desk must be constrained now, in words, or None.

A rule that clears has two levels, so that a value that wavers does not flap: with the constraint in
force (`in_force`) it says None only past the second one. None of them concerns the flatten lane.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

BUFFER_RAISE_PCT, BUFFER_CLEAR_PCT = Decimal(15), Decimal(20)
LEVERAGE_CLEAR_SHARE = Decimal("0.9")
DRIFT_RAISE, DRIFT_CLEAR = timedelta(seconds=5), timedelta(seconds=4)
AUTH_FAILURES_MAX, AUTH_FAILING_FOR = 5, timedelta(seconds=3)
STREAK_MAX, STREAK_FORGOTTEN_AFTER = 5, timedelta(seconds=60)
CASH_OFF_MIN_USD, CASH_OFF_SHARE = Decimal(1), Decimal("0.001")


def drawdown(equity_usd: Decimal, high_water_usd: Decimal, limit_pct: Decimal) -> str | None:
    """Both net of transfers. It latches, so there is no second level."""
    if high_water_usd <= 0:
        return None
    fallen_pct = (high_water_usd - equity_usd) / high_water_usd * 100
    if fallen_pct < limit_pct:
        return None
    return (
        f"equity ${equity_usd:,.2f} is {fallen_pct:.2f} % below its high of "
        f"${high_water_usd:,.2f}, limit {limit_pct} %"
    )


def liquidation_buffer(told_pct: str, holds: bool, in_force: bool) -> str | None:
    """`told_pct` is the exchange's own figure. Unreadable while something is held, it is a danger."""
    if not holds:
        return None
    level = BUFFER_CLEAR_PCT if in_force else BUFFER_RAISE_PCT
    try:
        buffer_pct = Decimal(told_pct)
        safe = buffer_pct > level
    except InvalidOperation:
        return f"the exchange's liquidation buffer cannot be read: {told_pct!r}"
    return None if safe else f"liquidation buffer {buffer_pct} %, at most {level} %"


def leverage(gross_usd: Decimal, equity_usd: Decimal, limit: Decimal, in_force: bool) -> str | None:
    """What is held, at its marks, over the account's equity."""
    if not gross_usd:
        return None
    if equity_usd <= 0:
        return f"${gross_usd:,.2f} held on an equity of ${equity_usd:,.2f}"
    reached = gross_usd / equity_usd
    over = reached > (limit * LEVERAGE_CLEAR_SHARE if in_force else limit)
    return f"leverage {reached:.2f}x, limit {limit}x" if over else None


def clock_drift(drift: timedelta, in_force: bool) -> str | None:
    """How far our clock is from the exchange's, either way."""
    if abs(drift) <= (DRIFT_CLEAR if in_force else DRIFT_RAISE):
        return None
    return f"our clock is {drift.total_seconds():+.1f} s from the exchange's"


@dataclass(frozen=True, slots=True)
class Refusals:
    """Reads that were refused for their key since one was last accepted, each after a second try."""

    count: int = 0
    since: datetime | None = None

    def one_more(self, now: datetime) -> "Refusals":
        return Refusals(self.count + 1, self.since or now)


def authentication(refused: Refusals, now: datetime) -> str | None:
    """A burst: many in a row, and for longer than an exchange that restarts takes. It latches."""
    if refused.since is None or refused.count < AUTH_FAILURES_MAX:
        return None
    if now - refused.since < AUTH_FAILING_FOR:
        return None
    return f"the exchange refused our key {refused.count} times in a row"


@dataclass(frozen=True, slots=True)
class Streak:
    """Orders in a row that came to nothing, for one kind of reason."""

    count: int = 0
    last_at: datetime | None = None
    last: str = ""

    def one_more(self, why: str, now: datetime) -> "Streak":
        return Streak(self.count + 1, now, why)


def streak(seen: Streak, what: str, now: datetime) -> str | None:
    """In force it keeps entries back, so no success can end it: it ends a quiet minute after the last."""
    if seen.last_at is None or seen.count < STREAK_MAX:
        return None
    if now - seen.last_at >= STREAK_FORGOTTEN_AFTER:
        return None
    return f"{seen.count} orders in a row {what}; the last: {seen.last}"


def cash_off(ours_usd: Decimal, theirs_usd: Decimal) -> str | None:
    """Our books' cash beside the account's. It latches, until two people accept the account's."""
    tolerance = max(CASH_OFF_MIN_USD, abs(theirs_usd) * CASH_OFF_SHARE)
    if abs(theirs_usd - ours_usd) <= tolerance:
        return None
    return (
        f"the account holds ${theirs_usd:,.2f}, our books ${ours_usd:,.2f}; "
        f"tolerance ${tolerance:,.2f}"
    )
