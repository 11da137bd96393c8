"""Events of the record in words: one line each, for people who were not there."""

from collections.abc import Callable, Mapping
from typing import Any

from core.chain import Event

Body = Mapping[str, Any]

_SAYS: dict[str, Callable[[Body], str]] = {
    "genesis": lambda b: f"the desk begins in {b['mode']}",
    "mode_set": lambda b: f"mode {b['from']} → {b['to']}: {b.get('reason') or 'no reason given'}",
    "request": lambda b: f"{b['action']} {b['state']} (asked by {b['requester']}): {_outcome(b)}",
    "armed": lambda b: f"the gate is armed, reconciled {b['reconciled']}",
    "sweep_verified": lambda _: "what the mode forbids is cancelled, looked at twice",
    "sweep_final": lambda _: "looked at once more past the tokens' life: nothing is left",
    "constrained": lambda b: f"{b['rule']} constrains the desk to {b['effective']}: {b['reason']}",
    "released": lambda b: f"{b['rule']} released; the desk is {b['effective']}",
    "note": lambda b: str(b["text"]),
    "incident_opened": lambda b: f"incident opened: {b['title']}",
    "incident_note": lambda b: str(b["text"]),
    "incident_assigned": lambda b: f"assigned to {b['assignee']}",
    "incident_closed": lambda _: "incident closed",
    "incident_published": lambda _: "report published",
    "flatten_asked": lambda b: f"close asked for: {b.get('reason') or 'no reason given'}",
    "flatten": lambda b: f"close {b['state']}. {b['outcome']}".rstrip(". "),
    "flatten_leg": lambda b: f"{b['product']} {b['state']}. {b['detail']}".rstrip(". "),
}
_IN_TABLES = frozenset(
    {"fill", "order_reserved", "order_working", "order_cancelling", "order_filled"}
    | {"order_cancelled", "order_expired"}
)
"""What an order's own table tells."""


def _outcome(body: Body) -> str:
    return str(body.get("outcome") or body.get("reason") or "no reason given")


def says(event: Event) -> str:
    """An event in words; one that has none of its own shows what it holds."""
    if event.kind.startswith("guard_") and "says" in event.body:
        return str(event.body["says"])
    known = _SAYS.get(event.kind)
    if known is not None:
        try:
            return known(event.body)
        except KeyError:  # written by another version of this program
            pass
    held = ", ".join(
        f"{name} {value}" for name, value in event.body.items() if value not in ("", None)
    )
    return f"{event.kind.replace('_', ' ')}: {held}" if held else event.kind.replace("_", " ")


def worth_telling(event: Event) -> bool:
    """Whether a timeline is clearer with it."""
    return event.kind not in _IN_TABLES
