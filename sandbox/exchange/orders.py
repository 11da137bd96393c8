"""One order and its life: every move between statuses is in one table, made by one function."""

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sandbox.clock import parse_rfc3339, rfc3339
from sandbox.exchange.decimals import ZERO, plain


class Status(StrEnum):
    PENDING = "PENDING"
    QUEUED = "QUEUED"
    OPEN = "OPEN"
    EDIT_QUEUED = "EDIT_QUEUED"
    CANCEL_QUEUED = "CANCEL_QUEUED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(
        {Status.OPEN, Status.QUEUED, Status.CANCEL_QUEUED, Status.FILLED, Status.CANCELLED}
        | {Status.EXPIRED, Status.FAILED}
    ),
    Status.QUEUED: frozenset(
        {Status.OPEN, Status.CANCEL_QUEUED, Status.FILLED, Status.CANCELLED, Status.EXPIRED}
        | {Status.FAILED}
    ),
    Status.OPEN: frozenset(
        {Status.EDIT_QUEUED, Status.CANCEL_QUEUED, Status.FILLED, Status.CANCELLED}
        | {Status.EXPIRED, Status.FAILED}
    ),
    Status.EDIT_QUEUED: frozenset({Status.OPEN, Status.CANCEL_QUEUED, Status.FILLED}),
    # A fill may overtake the cancel: both outcomes are real.
    Status.CANCEL_QUEUED: frozenset({Status.CANCELLED, Status.FILLED, Status.EXPIRED}),
    Status.FILLED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.FAILED: frozenset(),
}
TERMINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)


class IllegalMove(Exception):
    """An order was asked to move where its life cycle does not lead."""


@dataclass(slots=True)
class Order:
    seq: int
    order_id: str
    client_order_id: str
    product_id: str
    side: str
    configuration: dict[str, Any]
    order_type: str
    time_in_force: str
    size: int
    limit_price: Decimal | None
    stop_price: Decimal | None
    stop_direction: str
    post_only: bool
    end_time: datetime | None
    created: datetime
    received_ns: int
    status: Status = Status.PENDING
    triggered: bool = False
    filled: int = 0
    points: Decimal = ZERO
    """Sum of price × contracts over the fills."""
    value: Decimal = ZERO
    """Sum of price × contracts × contract size over the fills."""
    fees: Decimal = ZERO
    fill_count: int = 0
    last_fill: datetime | None = None
    updated: datetime | None = None
    cancel_message: str = ""
    reject_reason: str = "REJECT_REASON_UNSPECIFIED"
    reject_message: str = ""
    source: str = "RETAIL_ADVANCED"
    leverage: str = ""
    margin_type: str = ""
    is_liquidation: bool = False
    attached: dict[str, Any] | None = None
    attached_order_id: str = ""
    originating_order_id: str = ""
    edits: list[dict[str, str]] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        return self.size - self.filled

    @property
    def is_live(self) -> bool:
        return self.status not in TERMINAL

    @property
    def waits_for_trigger(self) -> bool:
        """A bracket rests at its profit price meanwhile; a stop does not rest at all."""
        return self.order_type == "STOP_LIMIT" and not self.triggered

    @property
    def sign(self) -> int:
        return 1 if self.side == "BUY" else -1

    @property
    def average_price(self) -> Decimal:
        return self.points / self.filled if self.filled else ZERO


def advance(order: Order, status: Status, now: datetime) -> None:
    """The only place that changes a status. Raises IllegalMove and changes nothing otherwise."""
    if status not in TRANSITIONS[order.status]:
        raise IllegalMove(f"order {order.order_id} cannot go from {order.status} to {status}")
    order.status = status
    order.updated = now


_DECIMALS = frozenset({"limit_price", "stop_price", "points", "value", "fees"})
_INSTANTS = frozenset({"end_time", "created", "last_fill", "updated"})
_NAMES = tuple(item.name for item in fields(Order))


def to_text(order: Order) -> str:
    memory: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(order, name)
        if isinstance(value, Decimal):
            value = plain(value)
        elif isinstance(value, datetime):
            value = rfc3339(value)
        memory[name] = value
    return json.dumps(memory, separators=(",", ":"))


def from_text(text: str) -> Order:
    memory = json.loads(text)
    for name in _DECIMALS:
        if memory[name] is not None:
            memory[name] = Decimal(memory[name])
    for name in _INSTANTS:
        if memory[name] is not None:
            memory[name] = parse_rfc3339(memory[name])
    memory["status"] = Status(memory["status"])
    return Order(**memory)


@dataclass(frozen=True, slots=True)
class Fill:
    entry_id: str
    trade_id: str
    order_id: str
    product_id: str
    side: str
    price: Decimal
    size: int
    commission: Decimal
    maker: bool
    time: datetime
    seq: int

    def to_text(self) -> str:
        memory = asdict(self)
        memory.update(price=plain(self.price), commission=plain(self.commission))
        memory["time"] = rfc3339(self.time)
        return json.dumps(memory, separators=(",", ":"))


def fill_from_text(text: str) -> Fill:
    memory = json.loads(text)
    memory.update(price=Decimal(memory["price"]), commission=Decimal(memory["commission"]))
    memory["time"] = parse_rfc3339(memory["time"])
    return Fill(**memory)
