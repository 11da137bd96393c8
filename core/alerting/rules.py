"""The rules that raise alerts: what each watches, at which level, and the runbook's entry for it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from core.alerting.hysteresis import Threshold, Thresholds
from core.alerting.levels import Level
from core.modes import Rule

WATCH_PERIOD = timedelta(hours=24)
"""After a loosening, a restart after a kill, a deployment or a raised limit."""
WATCHED_PCT = Decimal(75)
"""Of its distance, a threshold that counts during a watch period."""

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


def _high(*levels: tuple[Level, str, str], hold_s: int = 0) -> Thresholds:
    return Thresholds(True, tuple(_threshold(*one, hold_s) for one in levels))


def _low(*levels: tuple[Level, str, str], hold_s: int = 0) -> Thresholds:
    return Thresholds(False, tuple(_threshold(*one, hold_s) for one in levels))


def _threshold(level: Level, raise_at: str, clear_at: str, hold_s: int) -> Threshold:
    return Threshold(level, Decimal(raise_at), Decimal(clear_at), raise_after_s=hold_s)


def _figure(
    name: str, says: str, entry: Entry, unit: str, limits: Thresholds, rule: Rule | None = None
) -> AlertRule:
    return AlertRule(name, says, entry, min(one.level for one in limits.levels), limits, unit, rule)


_ALL = (
    _figure(
        "daily_loss",
        "the day's loss has used {value} % of its limit",
        Entry.LOSSES,
        "% of the limit",
        _high((L1, "50", "45"), (L2, "80", "75"), (L3, "100", "95")),
        Rule.DAILY_LOSS,
    ),
    _figure(
        "drawdown",
        "equity is {value} % below its highest",
        Entry.LOSSES,
        "%",
        _high((L1, "5", "4"), (L2, "10", "8"), (L3, "15", "13")),
    ),
    _figure(
        "leverage",
        "leverage has used {value} % of its limit",
        Entry.LEVERAGE,
        "% of the limit",
        _high((L1, "75", "70"), (L2, "90", "85"), (L3, "100", "95")),
    ),
    _figure(
        "liquidation_buffer",
        "liquidation is {value} % away",
        Entry.LEVERAGE,
        "%",
        _low((L2, "20", "23"), (L3, "15", "18")),
    ),
    _figure(
        "position_size",
        "the position has used {value} % of its limit",
        Entry.METRICS,
        "% of the limit",
        _high((L1, "75", "70"), (L2, "90", "85"), (L3, "100.1", "99")),
    ),
    _figure(
        "stale_mark",
        "the mark price is {value} s old",
        Entry.STALE_DATA,
        "s",
        _high((L1, "10", "5"), (L2, "30", "5"), (L3, "60", "5")),
        Rule.STALE_MARK,
    ),
    _figure(
        "feed_down",
        "no stream for {value} s",
        Entry.NETWORK,
        "s",
        _high((L1, "30", "1"), (L2, "60", "1"), (L3, "300", "1")),
    ),
    _figure(
        "api_latency",
        "the exchange answers in {value} ms",
        Entry.NETWORK,
        "ms",
        _high((L1, "1000", "800"), (L2, "3000", "2000"), hold_s=30),
    ),
    _figure(
        "order_errors",
        "{value} % of orders fail",
        Entry.REJECTIONS,
        "%",
        _high((L1, "5", "3"), (L2, "15", "10"), hold_s=60),
    ),
    _figure(
        "error_streak",
        "{value} orders in a row failed or were rejected",
        Entry.REJECTIONS,
        "in a row",
        _high((L2, "3", "1"), (L3, "5", "1")),
        Rule.ERROR_STREAK,
    ),
    _figure(
        "auth_failures",
        "{value} authentication failures within a minute, each tried again with a fresh token",
        Entry.AUTHENTICATION,
        "a minute",
        _high((L2, "1", "1"), (L3, "5", "1")),
    ),
    _figure(
        "clock_drift",
        "the clock is {value} s off",
        Entry.AUTHENTICATION,
        "s",
        _high((L1, "1", "0.5"), (L2, "5", "2")),
    ),
    _figure(
        "process_silent",
        "{who} has not been heard of for {value} s",
        Entry.STATUS,
        "s",
        _high((L2, "10", "2"), (L3, "60", "2")),
    ),
    _figure(
        "disk_full",
        "the disk is {value} % full",
        Entry.STATUS,
        "%",
        _high((L1, "80", "78"), (L2, "90", "88"), hold_s=60),
    ),
    AlertRule(
        "key_compromise",
        "signs of a stolen key: {value}",
        Entry.EMERGENCY,
        L4,
        constrains=Rule.SUSPECTED_COMPROMISE,
    ),
    AlertRule(
        "unknown_order",
        "the exchange works an order that this desk did not place: {value}",
        Entry.EMERGENCY,
        L3,
        constrains=Rule.UNKNOWN_ORDER,
    ),
    AlertRule(
        "margin_step",
        "the overnight margin is about to apply: {value}",
        Entry.LEVERAGE,
        L3,
        constrains=Rule.MARGIN_STEP,
    ),
    AlertRule(
        "position_drift",
        "our positions and the exchange's differ: {value}",
        Entry.POSITIONS,
        L3,
        constrains=Rule.POSITION_DRIFT,
    ),
    AlertRule(
        "position_without_stop",
        "a position has no stop at the exchange: {value}",
        Entry.POSITIONS,
        L3,
        constrains=Rule.POSITION_WITHOUT_STOP,
    ),
    AlertRule(
        "read_failed",
        "positions or orders cannot be read: {value}",
        Entry.NETWORK,
        L2,
        constrains=Rule.READ_FAILED,
    ),
    AlertRule(
        "cash_off",
        "the account's cash is not what our books say: {value}",
        Entry.STATUS,
        L3,
        constrains=Rule.CASH_OFF,
    ),
    AlertRule(
        "rejection_streak",
        "the exchange keeps rejecting orders: {value}",
        Entry.REJECTIONS,
        L3,
        constrains=Rule.REJECTION_STREAK,
    ),
    AlertRule(
        "kill_unconfirmed", "a kill waits for its second person: {value}", Entry.POSITIONS, L3
    ),
    AlertRule("abuse", "somebody keeps trying what they may not: {value}", Entry.STATUS, L3),
    AlertRule("drill", "a fire drill: {value}", Entry.CONTACTS, L3),
    AlertRule("desk_killed", "the desk was killed: {value}", Entry.POSITIONS, L3),
    AlertRule("flatten_residual", "a flatten left something: {value}", Entry.POSITIONS, L3),
    AlertRule("restarted", "a process restarted: {value}", Entry.OUTAGE, L1),
    AlertRule("nobody_on_call", "nobody can be paged: {value}", Entry.CONTACTS, L2),
    AlertRule("delivery_failed", "a message did not arrive: {value}", Entry.CONTACTS, L2),
    AlertRule("contact_stopped", "a phone answered STOP: {value}", Entry.CONTACTS, L2),
    AlertRule(
        "escalation_broken",
        "escalation.yaml cannot be used; what it said before stays in force: {value}",
        Entry.CONTACTS,
        L2,
    ),
    AlertRule("clock_jump", "the clock jumped: {value}", Entry.AUTHENTICATION, L1),
    AlertRule("wording_failed", "a text could not be filled in: {value}", Entry.STATUS, L1),
)

RULES: dict[str, AlertRule] = {rule.name: rule for rule in _ALL}


def rules_at(level: Level) -> Iterable[AlertRule]:
    """The rules that can reach a level."""
    return (rule for rule in RULES.values() if level in rule.levels)


def watched(rule: AlertRule, pct: Decimal = WATCHED_PCT) -> AlertRule:
    """The rule as it counts during a watch period: high limits lower, low ones higher; never looser."""
    if rule.thresholds is None:
        return rule
    factor = pct / 100 if rule.thresholds.above else 100 / pct
    levels = tuple(
        replace(one, raise_at=one.raise_at * factor, clear_at=one.clear_at * factor)
        for one in rule.thresholds.levels
    )
    return replace(rule, thresholds=replace(rule.thresholds, levels=levels))
