"""Alerts in Alertmanager's format: on record before they are answered; posted again they are seen again."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.alerting.alert import Identity
from core.alerting.levels import Level
from core.alerting.rules import RULES
from store.alerting.facts import clear_alert, raise_alert
from store.alerting.posted import hold_until
from store.store import Transaction

LEVELS = {
    "info": Level.WARNING,
    "warning": Level.WARNING,
    "intervention": Level.INTERVENTION,
    "error": Level.INTERVENTION,
    "critical": Level.CRITICAL,
    "page": Level.CRITICAL,
    "emergency": Level.EMERGENCY,
}
ALERTS_MAX = 1_000
TEXT_MAX = 500
RULE_MAX = 80
SYMBOL_MAX = 120


class NotUnderstood(Exception):
    """The body is not what Alertmanager's API takes; the message says where."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One alert of another system."""

    desk: str
    rule: str
    symbol: str
    level: Level | None
    """None where it has ended."""
    text: str
    until: datetime | None = None
    """Over by then, unless it is posted again."""


def parse_post(body: bytes) -> list[Any]:
    """The alerts of a post, not looked at any closer. Raises NotUnderstood."""
    try:
        told = json.loads(body)
    except ValueError as bad:
        raise NotUnderstood(f"not JSON: {bad}") from bad
    if not isinstance(told, list) or len(told) > ALERTS_MAX:
        raise NotUnderstood(f"a list of at most {ALERTS_MAX} alerts is expected")
    return told


def read_alerts(told: Sequence[Any], desks: Sequence[str], now: datetime) -> list[Incoming]:
    """Raises NotUnderstood; then nothing of it is taken."""
    return [_incoming(one, number, desks, now) for number, one in enumerate(told)]


def take(tx: Transaction, incoming: Sequence[Incoming], now: datetime) -> None:
    for one in incoming:
        if one.level is None:
            clear_alert(tx, one.desk, one.rule, now, symbol=one.symbol)
        else:
            raise_alert(tx, one.desk, one.rule, one.level, one.text, now, symbol=one.symbol)
    hold_until(tx, [(Identity(one.desk, one.rule, one.symbol), one.until) for one in incoming])


def _incoming(one: Any, number: int, desks: Sequence[str], now: datetime) -> Incoming:
    where = f"alert {number}"
    labels = _texts(one.get("labels") if isinstance(one, dict) else None, f"{where}: labels")
    rule = labels.get("alertname", "")
    if not rule:
        raise NotUnderstood(f"{where}: labels.alertname is missing")
    desk = labels.get("desk", desks[0] if len(desks) == 1 else "")
    if desk not in desks:
        raise NotUnderstood(f"{where}: there is no desk {desk!r}; desks: {', '.join(desks)}")
    severity = labels.get("severity", "warning").lower()
    level = LEVELS.get(severity)
    if level is None:
        raise NotUnderstood(f"{where}: severity {severity!r}; there are {', '.join(LEVELS)}")
    notes = _texts(one.get("annotations") or {}, f"{where}: annotations")
    text = notes.get("summary") or notes.get("description") or ""
    _moment(one.get("startsAt"), f"{where}: startsAt")
    ends_at = _moment(one.get("endsAt"), f"{where}: endsAt")
    ended = ends_at is not None and ends_at <= now
    symbol = labels.get("symbol") or ",".join(_others(labels))
    level = None if ended else level
    rule, symbol = _short(_not_ours(rule), RULE_MAX), _short(symbol, SYMBOL_MAX)
    return Incoming(desk, rule, symbol, level, text[:TEXT_MAX], None if ended else ends_at)


def _not_ours(rule: str) -> str:
    """What the desk says of itself nobody else raises or ends."""
    return f"posted_{rule}" if rule in RULES else rule


def _short(name: str, most: int) -> str:
    """Two names stay two, wherever they differ."""
    if len(name) <= most:
        return name
    told_apart = "#" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return name[: most - len(told_apart)] + told_apart


def _others(labels: dict[str, str]) -> Iterator[str]:
    """What else tells two alerts of one name apart."""
    for name in sorted(labels.keys() - {"alertname", "desk", "severity", "symbol"}):
        yield f"{name}={labels[name]}"


def _texts(found: Any, where: str) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise NotUnderstood(f"{where} must be texts by name")
    return found


def _moment(told: Any, where: str) -> datetime | None:
    """None where nothing is said, also in Go's way of saying nothing."""
    if told in (None, "", "0001-01-01T00:00:00Z"):
        return None
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError as bad:
        raise NotUnderstood(f"{where}: {told!r} is no time") from bad
    if at.tzinfo is None:
        raise NotUnderstood(f"{where}: {told!r} has no time zone")
    return at
