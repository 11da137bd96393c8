"""Events of the record in words: one line each, for people who were not there."""

from collections.abc import Callable, Mapping, Sequence
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
    "limits_approved": lambda b: f"limits approved{_says(b)}",
    "limits_lowered": lambda b: f"limits lowered{_says(b)}",
    "limits_raised": lambda b: f"limits raised{_says(b)}",
    "roles_approved": lambda b: f"roles approved{_says(b)}",
    "roles_tightened": lambda b: f"roles taken away{_says(b)}",
    "said_in_slack": lambda b: f"typed “{b['text']}” in Slack: {b['answer']}",
    "act_refused": lambda b: f"{b['verb']} refused: the roles do not allow it",
    "answer_refused": lambda b: f"{b['wanted']} of {b['request']} refused: {b['refused']}",
    "ask_refused": lambda b: f"{b['action']} refused: {b['refused']}",
    "drill": lambda b: f"a drill of level {b['level']} begun",
    "alert": lambda b: f"alert {b['alert']} {_about(b)}, level {b['level']}: {b['said']}",
    "alerts": lambda b: f"{len(b['alerts'])} alerts: {_some(b['alerts'])}",
    "on_call_changed": lambda b: f"{_stand_in(b)} as {b['duty']}, {_span(b['from'], b['to'])}",
    "silence_set": lambda b: (
        f"silenced {_about(b)}, {_span(b['starts'], b['ends'])}: {b['reason']}"
    ),
    "maintenance_set": lambda b: f"maintenance, {_span(b['starts'], b['ends'])}: {b['reason']}",
    "quiet_ended": lambda b: f"{b['id']} ended early",
    "danger_step": lambda b: f"{b['rule']} {b['symbol']}: {b['text']}".replace(" :", ":"),
    "kill_unconfirmed": lambda b: f"nobody confirmed the kill {b['request']} of {b['requester']}",
}
NAMED_MAX = 5


def _says(body: Body) -> str:
    return f": {'; '.join(body['says'])}" if body.get("says") else ""


def _about(body: Body) -> str:
    return f"{body['rule']} {body.get('symbol') or ''}".rstrip()


def _some(alerts: Sequence[Body]) -> str:
    named = ", ".join(f"{_about(one)} {one['said']}" for one in alerts[:NAMED_MAX])
    return named if len(alerts) <= NAMED_MAX else f"{named} …"


def _stand_in(body: Body) -> str:
    comes, goes = body["person"] or "nobody", body["instead_of"]
    return comes if goes in ("", "*") else f"{comes} instead of {goes}"


def _span(begins: str, ends: str) -> str:
    """Times of the record, to the minute."""
    first, last = (at[:16].replace("T", " ") for at in (begins, ends))
    return f"{first} to {last} UTC"


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
