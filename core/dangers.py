"""Measured dangers, each a pure rule: why the desk must be constrained now, in words, or None.

A rule that clears has two levels, so that a value that wavers does not flap: with the constraint in
force (`in_force`) it says None only past the second one. None of them concerns the flatten lane.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from core.margin import MarginWindow, buffer_pct_of

BUFFER_RAISE_PCT, BUFFER_CLEAR_PCT = Decimal(15), Decimal(20)
LEVERAGE_CLEAR_SHARE = Decimal("0.9")
DRIFT_RAISE, DRIFT_CLEAR = timedelta(seconds=5), timedelta(seconds=4)
AUTH_FAILURES_MAX, AUTH_FAILING_FOR = 5, timedelta(seconds=3)
STREAK_MAX, STREAK_FORGOTTEN_AFTER = 5, timedelta(seconds=60)
ALERTS_SILENT_FOR = timedelta(seconds=60)
MIB = 1024 * 1024
DISK_RAISE_BYTES, DISK_CLEAR_BYTES = 256 * MIB, 512 * MIB
TROUBLE_REMEMBERED = timedelta(minutes=10)
CAN_TRANSFER = "the trader's key may move money out of the account; it was not made to"
CASH_OFF_MIN_USD, CASH_OFF_SHARE = Decimal(1), Decimal("0.001")


def fallen_pct_of(equity_usd: Decimal, high_water_usd: Decimal) -> Decimal | None:
    """How far equity is below its highest, both net of transfers; None where there was none."""
    if high_water_usd <= 0:
        return None
    return (high_water_usd - equity_usd) / high_water_usd * 100


def drawdown(equity_usd: Decimal, high_water_usd: Decimal, limit_pct: Decimal) -> str | None:
    """It latches, so there is no second level."""
    fallen_pct = fallen_pct_of(equity_usd, high_water_usd)
    if fallen_pct is None or fallen_pct < limit_pct:
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


def streak_now(seen: Streak, now: datetime) -> int:
    """How long it is; a quiet minute after the last it is forgotten."""
    if seen.last_at is None or now - seen.last_at >= STREAK_FORGOTTEN_AFTER:
        return 0
    return seen.count


def streak(seen: Streak, what: str, now: datetime) -> str | None:
    """In force it keeps entries back, so no success can end it: it ends a quiet minute after the last."""
    if streak_now(seen, now) < STREAK_MAX:
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


def margin_step(
    equity_usd: Decimal,
    overnight_usd: Decimal,
    window: MarginWindow | None,
    now: datetime,
    in_force: bool,
) -> str | None:
    """The buffer as it will be when the intraday margin ends, while there is time to make room for it."""
    if window is None or not window.step_ahead(now) or not overnight_usd:
        return None
    level = BUFFER_CLEAR_PCT if in_force else BUFFER_RAISE_PCT
    buffer_pct = buffer_pct_of(equity_usd, overnight_usd)
    if buffer_pct > level:
        return None
    return (
        f"the overnight margin applies from {window.ends_at:%H:%M} UTC and asks for "
        f"${overnight_usd:,.2f} of an equity of ${equity_usd:,.2f}: a buffer of {buffer_pct:.1f} %, "
        f"at most {level} %"
    )


def alerts_silent(beat_at: datetime | None, listening_since: datetime, now: datetime) -> str | None:
    """Where alerts have never run nobody waits for them. Nobody is silent longer than we listen."""
    if beat_at is None or now - max(beat_at, listening_since) < ALERTS_SILENT_FOR:
        return None
    return f"the alerts process was last heard of at {beat_at:%Y-%m-%d %H:%M:%S} UTC"


def disk_low(free_bytes: int, in_force: bool) -> str | None:
    """Room for the record: without it neither fills nor a kill can be written down."""
    level = DISK_CLEAR_BYTES if in_force else DISK_RAISE_BYTES
    if free_bytes >= level:
        return None
    return f"{free_bytes // MIB} MiB free on the disk of the home, at least {level // MIB} wanted"


def compromise(
    foreign: Sequence[str], trouble_at: datetime | None, can_transfer: bool, now: datetime
) -> str | None:
    """Either is an error by itself; together they look like a stolen key. It latches."""
    if can_transfer:
        return CAN_TRANSFER
    if not foreign or trouble_at is None or now - trouble_at > TROUBLE_REMEMBERED:
        return None
    return f"the exchange refused our key at {trouble_at:%H:%M:%S} UTC, and {'; '.join(foreign)}"
