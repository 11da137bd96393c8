"""Alerts and policies as text and back, exactly."""

from pydantic import TypeAdapter

from core.alerting.alert import Alert
from core.alerting.policy import Policy

_ALERT = TypeAdapter(Alert)
_POLICY = TypeAdapter(Policy)


def alert_text(alert: Alert) -> str:
    return _ALERT.dump_json(alert).decode()


def alert_of(text: str) -> Alert:
    return _ALERT.validate_json(text)


def policy_text(policy: Policy) -> str:
    return _POLICY.dump_json(policy).decode()


def policy_of(text: str) -> Policy:
    return _POLICY.validate_json(text)
