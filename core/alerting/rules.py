"""The rules that raise alerts, all of them: those of facts here, those of absence and trend beside."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from core.alerting.hysteresis import Thresholds
from core.alerting.levels import Level
from core.alerting.rule import L1, L2, L3, L4, AlertRule, Entry, figure, high, low
from core.alerting.trends import TRENDS
from core.modes import Rule

WATCH_PERIOD = timedelta(hours=24)
"""After a loosening, a restart after a kill, a deployment or a raised limit."""
WATCHED_PCT = Decimal(75)
"""Of its distance, a threshold that counts during a watch period."""

FACTS: tuple[AlertRule, ...] = (
    figure(
        "daily_loss",
        "the day's loss has used {value} % of its limit",
        Entry.LOSSES,
        "% of the limit",
        high((L1, "50", "45"), (L2, "80", "75"), (L3, "100", "95")),
        Rule.DAILY_LOSS,
    ),
    figure(
        "drawdown",
        "equity is {value} % below its highest",
        Entry.LOSSES,
        "%",
        high((L1, "5", "4"), (L2, "10", "8"), (L3, "15", "13")),
    ),
    figure(
        "leverage",
        "leverage has used {value} % of its limit",
        Entry.LEVERAGE,
        "% of the limit",
        high((L1, "75", "70"), (L2, "90", "85"), (L3, "100", "95")),
    ),
    figure(
        "liquidation_buffer",
        "liquidation is {value} % away",
        Entry.LEVERAGE,
        "%",
        low((L2, "20", "23"), (L3, "15", "18")),
    ),
    figure(
        "position_size",
        "the position has used {value} % of its limit",
        Entry.METRICS,
        "% of the limit",
        high((L1, "75", "70"), (L2, "90", "85"), (L3, "100.1", "99")),
    ),
    figure(
        "stale_mark",
        "the mark price is {value} s old",
        Entry.STALE_DATA,
        "s",
        high((L1, "10", "5"), (L2, "30", "5"), (L3, "60", "5")),
        Rule.STALE_MARK,
    ),
    figure(
        "error_streak",
        "{value} orders in a row failed or were rejected",
        Entry.REJECTIONS,
        "in a row",
        high((L2, "3", "1"), (L3, "5", "1")),
        Rule.ERROR_STREAK,
    ),
    figure(
        "auth_failures",
        "{value} authentication failures within a minute, each tried again with a fresh token",
        Entry.AUTHENTICATION,
        "a minute",
        high((L2, "1", "1"), (L3, "5", "1")),
    ),
    figure(
        "clock_drift",
        "the clock is {value} s off",
        Entry.AUTHENTICATION,
        "s",
        high((L1, "1", "0.5"), (L2, "5", "2")),
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
    AlertRule(
        "guard_acts",
        "the trading loop is away and the guard acts in its place: {value}",
        Entry.OUTAGE,
        L3,
    ),
    AlertRule("nobody_on_call", "nobody can be paged: {value}", Entry.CONTACTS, L2),
    AlertRule("silence_ends", "a silence is about to end: {value}", Entry.STATUS, L1),
    AlertRule("coverage_gap", "who is on call has gaps ahead: {value}", Entry.CONTACTS, L1),
    AlertRule("delivery_failed", "a message did not arrive: {value}", Entry.CONTACTS, L2),
    AlertRule("contact_stopped", "a phone answered STOP: {value}", Entry.CONTACTS, L2),
    AlertRule(
        "escalation_broken",
        "escalation.yaml cannot be used; what it said before stays in force: {value}",
        Entry.CONTACTS,
        L2,
    ),
    AlertRule("self_check", "alerts found a fault in themselves: {value}", Entry.STATUS, L2),
    AlertRule("wording_failed", "a text could not be filled in: {value}", Entry.STATUS, L1),
)

RULES: dict[str, AlertRule] = {rule.name: rule for rule in (*FACTS, *TRENDS)}


Named = Mapping[str, Thresholds]
"""Thresholds of the rules that a desk's file names; the others are as usual."""

AS_USUAL: Named = MappingProxyType({})


def thresholds_of(rule: str, named: Named) -> Thresholds:
    """Where a rule's figure raises and clears on this desk."""
    found = named.get(rule, RULES[rule].thresholds)
    assert found is not None, f"{rule} watches a figure"
    return found


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
