"""Buttons below an alert, as what they would be if somebody typed it. The alerts process draws them."""

import re
from collections.abc import Sequence

ALERT_ACTIONS = re.compile(r"^alert_")
_VALUE = re.compile(r"([a-z0-9]{3,12})\|([1-4])\|(\d{1,9})\|([A-Za-z0-9_.-]{1,64})")
_SAYS = {
    "alert_ack": "ack {id} {peak}",
    "alert_escalate": "escalate {id} {turn}",
    "alert_snooze": "snooze {id} {snooze}",
    "alert_resolve": "resolve {id}",
    "alert_runbook": "alert runbook {id}",
    "alert_reduce": "reduce-only --desk {desk} alert {id}",
    "alert_kill": "kill --desk {desk} alert {id}",
    "alert_close": "close all --desk {desk}",
}
"""An acknowledgement names the level that its reader saw, an escalation the steps that had run."""
_SNOOZES = {"1": "1h", "2": "1h", "3": "15m", "4": "15m"}


_BOX = re.compile(r"([a-z0-9]{3,12})\|([a-z]{2,20})")


def said_by_ticking(values: Sequence[str]) -> str | None:
    """The words for boxes that are ticked; None when none is, or one is not ours."""
    found = [_BOX.fullmatch(value) for value in values]
    boxes = [(one[1], one[2]) for one in found if one is not None]
    if not boxes or len(boxes) != len(values) or len({id for id, _ in boxes}) != 1:
        return None
    return f"alert checklist {boxes[0][0]} {' '.join(item for _, item in boxes)}"


def said_by_click(action: str, value: str) -> str | None:
    """The words of a button; None for one that is not ours."""
    found, words = _VALUE.fullmatch(value), _SAYS.get(action)
    if found is None or words is None:
        return None
    id, peak, turn, desk = found.groups()
    return words.format(id=id, peak=peak, turn=turn, desk=desk, snooze=_SNOOZES[peak])
