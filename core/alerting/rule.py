"""What an alert rule is: what it watches, at which level it speaks, and the runbook's entry for it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.alerting.hysteresis import Threshold, Thresholds
from core.alerting.levels import Level
from core.modes import Rule

L1, L2, L3, L4 = Level


class Entry(StrEnum):
    """The runbook's headings that a rule sends its reader to."""

    LOSSES = "Issue: Excessive Losses"
    AUTHENTICATION = "Issue: API Authentication Failures"
    NETWORK = "Issue: Connection/Network Problems"
    STALE_DATA = "Issue: Stale Market Data"
    REJECTIONS = "Issue: Order Rejections"
    LEVERAGE = "Issue: High Leverage Warning"
    METRICS = "Key Metrics to Monitor"
    POSITIONS = "CLOSE ALL POSITIONS"
    STATUS = "CHECK SYSTEM STATUS"
    CONTACTS = "EMERGENCY CONTACTS"
    OUTAGE = "After Network Outage"
    EMERGENCY = "Level 4: Emergency"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule. With thresholds it watches a figure in `unit`; without, a fact raises it at `level`."""

    name: str
    says: str
    entry: Entry
    level: Level
    thresholds: Thresholds | None = None
    unit: str = ""
    constrains: Rule | None = None
    """What the desk's own rule of this condition does by itself."""

    @property
    def levels(self) -> frozenset[Level]:
        if self.thresholds is None:
            return frozenset({self.level})
        return frozenset(one.level for one in self.thresholds.levels)


def high(*levels: tuple[Level, str, str], hold_s: int = 0) -> Thresholds:
    return Thresholds(True, tuple(_threshold(*one, hold_s) for one in levels))


def low(*levels: tuple[Level, str, str], hold_s: int = 0) -> Thresholds:
    return Thresholds(False, tuple(_threshold(*one, hold_s) for one in levels))


def _threshold(level: Level, raise_at: str, clear_at: str, hold_s: int) -> Threshold:
    return Threshold(level, Decimal(raise_at), Decimal(clear_at), raise_after_s=hold_s)


def figure(
    name: str, says: str, entry: Entry, unit: str, limits: Thresholds, rule: Rule | None = None
) -> AlertRule:
    return AlertRule(name, says, entry, min(one.level for one in limits.levels), limits, unit, rule)
