"""The last hop: what passes, what is gated, and that only a checked order's own bytes are written."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.gate import ApprovedOrder, GateRefusal, Intent, Refused
from core.orders import Kind, OrderSpec, OrderType, Side
from core.risk import CheckedOrder, RiskRefusal, RiskRefused
from trader.coinbase.ordering import order_body
from trader.coinbase.wire import NotSent, Wire

ORDERS = "/api/v3/brokerage/orders"
SPEC = OrderSpec(
    client_order_id="e-1",
    desk="main",
    product_id="BIP-20DEC30-CDE",
    kind=Kind.ENTRY,
    side=Side.BUY,
    contracts=2,
    order_type=OrderType.LIMIT_GTD,
    limit_price=Decimal(67_000),
    end_time=datetime(2026, 1, 1, tzinfo=UTC),
)


class OpenGate:
    """A gate that admits, and remembers; `closed` makes it refuse at either step."""

    def __init__(self, closed: RiskRefused | Refused | None = None, late: bool = False) -> None:
        self.closed = closed
        self.late = late
        self.steps: list[str] = []

    def record(self, checked: CheckedOrder) -> Intent | RiskRefused | Refused:
        self.steps.append("record")
        if self.closed and not self.late:
            return self.closed
        return Intent(checked.spec, epoch=1)

    def pass_through(
        self, intent: Intent, write: Callable[[ApprovedOrder], None]
    ) -> ApprovedOrder | Refused:
        self.steps.append("ask")
        if isinstance(self.closed, Refused):
            return self.closed
        approved = ApprovedOrder(intent.spec, intent.epoch)
        write(approved)
        return approved


def sent(wire: Wire, method: str, url: str, body: object, order: OrderSpec | None = None) -> int:
    """How often the bytes were written."""
    writes: list[None] = []
    if order is not None:
        wire.sending(CheckedOrder(order))
    wire.request(method, url, body, lambda: writes.append(None))
    return len(writes)


def bytes_of(spec: OrderSpec, **changes: Any) -> bytes:
    return json.dumps({**order_body(spec), **changes}).encode()


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/api/v3/brokerage/cfm/positions"),
        ("GET", f"{ORDERS}/historical/batch?limit=2"),
        ("POST", f"{ORDERS}/batch_cancel"),
        ("POST", f"{ORDERS}/preview"),
        ("POST", f"{ORDERS}/edit_preview"),
    ],
)
def test_reads_and_cancels_pass_a_closed_gate(method: str, url: str) -> None:
    gate = OpenGate(Refused(GateRefusal.PAGE_CLOSED))
    assert sent(Wire(gate), method, url, b"{}") == 1
    assert gate.steps == []


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", ORDERS),
        ("POST", f"{ORDERS}/close_position"),
        ("POST", f"{ORDERS}/edit"),
        ("POST", f"{ORDERS}/something_new"),
        ("POST", "/api/v3/brokerage/cfm/sweeps/schedule"),
        ("PUT", "/api/v3/brokerage/portfolios/x"),
        ("DELETE", "/api/v3/brokerage/cfm/sweeps"),
        ("PATCH", "/"),
        ("POST", f"/evil?{ORDERS}/batch_cancel"),
    ],
)
def test_whatever_else_has_no_checked_order_is_not_written(method: str, url: str) -> None:
    with pytest.raises(NotSent) as caught:
        sent(Wire(OpenGate()), method, url, b"{}")
    assert caught.value.refused.reason is GateRefusal.NO_INTENT


def test_a_checked_order_is_recorded_then_asked_for_then_written() -> None:
    gate = OpenGate()
    wire = Wire(gate)
    assert sent(wire, "POST", ORDERS, bytes_of(SPEC), SPEC) == 1
    assert gate.steps == ["record", "ask"]
    assert wire.written()


def test_a_checked_order_is_good_for_one_request() -> None:
    wire = Wire(OpenGate())
    sent(wire, "POST", ORDERS, bytes_of(SPEC), SPEC)
    with pytest.raises(NotSent):
        sent(wire, "POST", ORDERS, bytes_of(SPEC))


@pytest.mark.parametrize(
    "changes",
    [
        {"client_order_id": "e-2"},
        {"product_id": "ETP-20DEC30-CDE"},
        {"side": "SELL"},
        {"order_configuration": {"limit_limit_gtd": {"base_size": "3", "limit_price": "67000"}}},
        {"order_configuration": {"limit_limit_gtd": {"base_size": "2", "limit_price": "67005"}}},
        {"order_configuration": {}},
    ],
)
def test_bytes_that_say_something_else_are_not_written(changes: dict[str, Any]) -> None:
    with pytest.raises(NotSent):
        sent(Wire(OpenGate()), "POST", ORDERS, bytes_of(SPEC, **changes), SPEC)


@pytest.mark.parametrize("body", [None, b"", b"not json", b"[]", b'{"order_configuration": 3}', 5])
def test_a_body_that_is_no_order_is_not_written(body: object) -> None:
    with pytest.raises(NotSent):
        sent(Wire(OpenGate()), "POST", ORDERS, body, SPEC)


def test_a_gate_that_closed_after_the_intent_lets_nothing_out() -> None:
    gate = OpenGate(Refused(GateRefusal.MODE_FORBIDS), late=True)
    wire = Wire(gate)
    with pytest.raises(NotSent) as caught:
        sent(wire, "POST", ORDERS, bytes_of(SPEC), SPEC)
    assert caught.value.intent is not None
    assert not wire.written()


def test_a_risk_refusal_inside_the_transaction_lets_nothing_out() -> None:
    gate = OpenGate(RiskRefused(RiskRefusal.POSITION_SIZE))
    with pytest.raises(NotSent) as caught:
        sent(Wire(gate), "POST", ORDERS, bytes_of(SPEC), SPEC)
    assert caught.value.intent is None
    assert gate.steps == ["record"]


@pytest.mark.parametrize("kind", list(OrderType))
def test_every_kind_of_order_is_told_as_the_exchange_wants_it(kind: OrderType) -> None:
    spec = replace(SPEC, order_type=kind, stop_price=Decimal("65000.5"))
    (terms,) = order_body(spec)["order_configuration"].values()
    assert terms["base_size"] == "2"
    assert terms["limit_price"] == "67000"
    assert sent(Wire(OpenGate()), "POST", ORDERS, bytes_of(spec), spec) == 1
