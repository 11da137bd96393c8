"""What a desk may do: the mode people set, the constraints machines add, and the strictest of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Mode(IntEnum):
    """How much a desk may do, from loosest to strictest, so that the strictest is the maximum."""

    ACTIVE = 1
    REDUCE_ONLY = 2
    HELD = 3
    KILLED = 4

    @property
    def meaning(self) -> str:
        return _MEANING[self]


_MEANING = {
    Mode.ACTIVE: "trading within its limits",
    Mode.REDUCE_ONLY: "no entries; the strategy may still get out",
    Mode.HELD: "nothing new leaves; protective stops stay, positions stay OPEN",
    Mode.KILLED: "stopped; nothing leaves but cancels and closes",
}


class Rule(StrEnum):
    """A machine rule that can constrain a desk. People's decisions are in the mode row instead."""

    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    LIQUIDATION_BUFFER = "liquidation_buffer"
    LEVERAGE = "leverage"
    STALE_MARK = "stale_mark"
    POSITION_WITHOUT_STOP = "position_without_stop"
    POSITION_DRIFT = "position_drift"
    UNKNOWN_ORDER = "unknown_order"
    READ_FAILED = "read_failed"
    ERROR_STREAK = "error_streak"
    REJECTION_STREAK = "rejection_streak"
    AUTHENTICATION = "authentication"
    CLOCK_DRIFT = "clock_drift"
    CASH_OFF = "cash_off"
    MARGIN_STEP = "margin_step"
    ALERTS_SILENT = "alerts_silent"
    DISK_LOW = "disk_low"
    SUSPECTED_COMPROMISE = "suspected_compromise"
    STARTED_REDUCE_ONLY = "started_reduce_only"
    STARTED_HELD = "started_held"
    DRAINING = "draining"


class Release(StrEnum):
    """How a constraint ends: by itself when its condition has cleared, or by two people."""

    CLEARS = "clears"
    LATCHES = "latches"


@dataclass(frozen=True, slots=True)
class ConstraintRule:
    """What a machine rule constrains a desk to, and how that ends."""

    mode: Mode
    release: Release
    says: str


CONSTRAINTS: dict[Rule, ConstraintRule] = {
    Rule.DAILY_LOSS: ConstraintRule(
        Mode.REDUCE_ONLY, Release.LATCHES, "the day's loss limit is reached"
    ),
    Rule.DRAWDOWN: ConstraintRule(
        Mode.REDUCE_ONLY, Release.LATCHES, "equity has fallen too far from its high-water mark"
    ),
    Rule.LIQUIDATION_BUFFER: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "the account is close to being liquidated"
    ),
    Rule.LEVERAGE: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "what is held is too large for the equity"
    ),
    Rule.STALE_MARK: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "an open position has no fresh mark price"
    ),
    Rule.POSITION_WITHOUT_STOP: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "a position has no stop resting at the exchange"
    ),
    Rule.POSITION_DRIFT: ConstraintRule(
        Mode.HELD, Release.LATCHES, "our positions and the exchange's differ"
    ),
    Rule.UNKNOWN_ORDER: ConstraintRule(
        Mode.HELD, Release.LATCHES, "the exchange works an order that this desk did not place"
    ),
    Rule.READ_FAILED: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "positions or orders cannot be read; unknown is not flat"
    ),
    Rule.ERROR_STREAK: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "orders keep failing on their way to the exchange"
    ),
    Rule.REJECTION_STREAK: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "the exchange keeps rejecting orders"
    ),
    Rule.AUTHENTICATION: ConstraintRule(
        Mode.HELD, Release.LATCHES, "the exchange keeps refusing the trader's key"
    ),
    Rule.CLOCK_DRIFT: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "our clock is not the exchange's"
    ),
    Rule.CASH_OFF: ConstraintRule(
        Mode.HELD, Release.LATCHES, "the account's cash is not what our books say"
    ),
    Rule.MARGIN_STEP: ConstraintRule(
        Mode.REDUCE_ONLY,
        Release.CLEARS,
        "what is held would be close to liquidation at the overnight margin that is about to apply",
    ),
    Rule.ALERTS_SILENT: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "the alerts process is silent: nobody would be told"
    ),
    Rule.DISK_LOW: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "the disk of the home is nearly full"
    ),
    Rule.SUSPECTED_COMPROMISE: ConstraintRule(
        Mode.HELD, Release.LATCHES, "there are signs that somebody else uses the key"
    ),
    Rule.STARTED_REDUCE_ONLY: ConstraintRule(
        Mode.REDUCE_ONLY, Release.LATCHES, "started with RISK_REDUCE_ONLY_MODE=1 or --reduce-only"
    ),
    Rule.STARTED_HELD: ConstraintRule(
        Mode.HELD, Release.LATCHES, "started with RISK_KILL_SWITCH_ENABLED=1"
    ),
    Rule.DRAINING: ConstraintRule(
        Mode.REDUCE_ONLY, Release.CLEARS, "the trader is stopping and takes no entries"
    ),
}


@dataclass(frozen=True, slots=True)
class Control:
    """The mode row of a desk: what people set. The epoch grows with every change of mode."""

    desk: str
    mode: Mode
    epoch: int
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Constraint:
    """A machine rule in force on a desk."""

    desk: str
    rule: Rule
    reason: str
    since: datetime

    @property
    def mode(self) -> Mode:
        return CONSTRAINTS[self.rule].mode

    @property
    def latches(self) -> bool:
        return CONSTRAINTS[self.rule].release is Release.LATCHES


def effective(mode: Mode, constraints: Iterable[Constraint]) -> Mode:
    """The strictest of the mode people set and every constraint in force."""
    return max([mode, *(constraint.mode for constraint in constraints)])
