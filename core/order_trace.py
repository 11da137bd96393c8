"""One order's way as the record has it, step by step, and why one was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.chain import Event
from core.gate import GateRefusal
from core.orders import Fill, Order, OrderState
from core.risk_view import RiskRefusal

REFUSED, NOT_SENT = "order_refused", "order_not_sent"
TOLD = frozenset(
    {f"order_{state}" for state in OrderState}
    | {REFUSED, NOT_SENT, "order_shown", "order_adopted", "cancel_order_asked", "cancel_failed"}
    | {"fill"}
)
"""What is put on record of single orders, with their client_order_id."""
_CHECKS: dict[str, tuple[str, RiskRefusal | GateRefusal]] = {
    **{refusal.name: ("risk", refusal) for refusal in RiskRefusal},
    **{refusal.name: ("the gate", refusal) for refusal in GateRefusal},
}


@dataclass(frozen=True, slots=True)
class Trace:
    """All that the store has of one order. `order` is None where no intent was recorded."""

    client_order_id: str
    order: Order | None
    mark_price: Decimal | None
    """When the intent was recorded."""
    events: Sequence[Event]
    fills: Sequence[Fill]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to it."""

    at: datetime
    what: str
    says: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who kept it back and why. `check` is the refusal's name; `detail` has its figures."""

    at: datetime
    who: str
    check: str
    means: str
    detail: str


def steps(trace: Trace) -> list[Step]:
    """Oldest first."""
    executed = {fill.entry_id: fill for fill in trace.fills}
    told = [_step(event, executed) for event in trace.events]
    begun = [_intent(trace.order, trace.mark_price)] if trace.order else []
    booked = {event.body.get("entry_id") for event in trace.events}
    late = [Step(f.at, "fill", _filled(f)) for f in trace.fills if f.entry_id not in booked]
    return sorted([*begun, *told, *late], key=lambda step: step.at)


def _intent(order: Order, mark_price: Decimal | None) -> Step:
    spec = order.spec
    mark = f"mark {mark_price:f}" if mark_price is not None else "mark not kept"
    stop = f", stop {spec.stop_price:f}" if spec.stop_price is not None else ""
    why = f"; {spec.reason}" if spec.reason else ""
    says = (
        f"{spec.kind} {spec.side} {spec.contracts} {spec.product_id} at {spec.limit_price:f}"
        f"{stop} ({spec.order_type}), {mark}, epoch {order.epoch}{why}"
    )
    return Step(order.created_at, "intent", f"passed risk, durable: {says}")


def _step(event: Event, executed: dict[str, Fill]) -> Step:
    body = event.body
    fill = executed.get(str(body.get("entry_id")))
    if fill is not None:
        return Step(event.at, "fill", f"{_filled(fill)}, at the exchange {fill.at.isoformat()}")
    detail = str(body.get("detail") or body.get("why") or "")
    if event.kind == f"order_{OrderState.WORKING}":
        return Step(event.at, "acknowledged", f"by the exchange as {body.get('order_id')}")
    if event.kind == REFUSED:
        return Step(event.at, "refused", f"{body.get('refused', 'the gate')}: {detail}")
    return Step(event.at, event.kind.removeprefix("order_"), detail or f"by {event.actor}")


def _filled(fill: Fill) -> str:
    maker = "maker" if fill.maker else "taker"
    return f"{fill.contracts} at {fill.price:f}, fee {fill.fee:f} ({maker})"


def gate_decision(trace: Trace) -> str:
    """What the gate said, as far as the order's life tells it."""
    refused = refusal(trace)
    if refused is not None:
        return f"refused by {refused.who}, {refused.check}: nothing was written to the wire"
    if trace.order is None:
        return "never asked: no intent is on record"
    if trace.order.state is OrderState.RESERVED:
        return "not on record: the order has an intent and no reply yet"
    if trace.order.adopted:
        return "never asked: another hand placed it"
    if trace.order.state is OrderState.ABSENT:
        return "not on record: the exchange never had it"
    return f"admitted in epoch {trace.order.epoch}"


def refusal(trace: Trace) -> Refusal | None:
    """The last time that this desk itself kept it back; None where it did not."""
    found = [_refusal(event) for event in trace.events if event.kind in (REFUSED, NOT_SENT)]
    return found[-1] if found else None


def _refusal(event: Event) -> Refusal:
    detail = str(event.body.get("detail") or event.body.get("why") or "")
    name = str(event.body.get("refused", "")) or _named(detail)
    who, check = _CHECKS.get(name, ("the wire", None))
    if event.kind == NOT_SENT and check is None:
        means = "no connection to the exchange could be made before its intent was recorded"
        return Refusal(event.at, who, "NOT_SENT", means, detail)
    return Refusal(event.at, who, name or "UNKNOWN", str(check or "no named reason"), detail)


def _named(detail: str) -> str:
    """A refusal after the intent is on record by its text; its figures follow a colon."""
    said = detail.partition(":")[0]
    return next((name for name, (_, check) in _CHECKS.items() if check.value == said), "")
