"""An order from intent to end: what it asks for, its states, and the table of legal moves."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """Direction of an order or a fill."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


def closing_side(position: int) -> Side:
    """The side that brings a position (signed contracts, not zero) towards flat."""
    return Side.SELL if position > 0 else Side.BUY


class Kind(StrEnum):
    """Why an order is sent; the gate decides by it."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"
    FLATTEN = "flatten"


class OrderType(StrEnum):
    """How an order works at the exchange."""

    LIMIT_GTD = "limit_gtd"
    LIMIT_IOC = "limit_ioc"
    STOP_LIMIT = "stop_limit"


class OrderState(StrEnum):
    """Where an order stands. RESERVED is the durable intent: it may or may not have left us."""

    RESERVED = "reserved"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WORKING = "working"
    CANCELLING = "cancelling"
    REJECTED = "rejected"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    ABSENT = "absent"


_ENDS = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.FAILED})

TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    # The reply decides; a lost reply is UNKNOWN; the gate may still refuse; a crash leaves RESERVED.
    OrderState.RESERVED: _ENDS
    | {
        OrderState.REFUSED,
        OrderState.REJECTED,
        OrderState.UNKNOWN,
        OrderState.WORKING,
        OrderState.ABSENT,
    },
    # Only the exchange resolves it: it has the order, or never had it and its token is past its life.
    OrderState.UNKNOWN: _ENDS | {OrderState.WORKING, OrderState.REJECTED, OrderState.ABSENT},
    # Acknowledged, and then not there: an exchange can lose an order that it said it has.
    OrderState.WORKING: _ENDS | {OrderState.CANCELLING, OrderState.ABSENT},
    # A cancel that the exchange turns down leaves the order working.
    OrderState.CANCELLING: _ENDS | {OrderState.WORKING, OrderState.ABSENT},
    OrderState.REFUSED: frozenset(),
    OrderState.REJECTED: frozenset(),
    OrderState.FILLED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.EXPIRED: frozenset(),
    OrderState.FAILED: frozenset(),
    # The exchange knew it after all (its list lags): the worst case is that it works.
    OrderState.ABSENT: _ENDS | {OrderState.WORKING},
}

LIVE = frozenset(
    {OrderState.RESERVED, OrderState.UNKNOWN, OrderState.WORKING, OrderState.CANCELLING}
)


class IllegalMove(Exception):
    """An order was asked to go where its table has no way; nothing was changed."""


def advance(state: OrderState, to: OrderState) -> OrderState:
    """The new state. The same state again is no move. Raises IllegalMove when the table has none."""
    if to is state or to in TRANSITIONS[state]:
        return to
    raise IllegalMove(f"an order that is {state} cannot become {to}")


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """What is asked of the exchange. Prices in USD per base unit, size in whole contracts."""

    client_order_id: str
    desk: str
    product_id: str
    kind: Kind
    side: Side
    contracts: int
    order_type: OrderType
    limit_price: Decimal
    stop_price: Decimal | None = None
    end_time: datetime | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.contracts <= 0:
            raise ValueError(f"an order needs at least 1 contract, not {self.contracts}")
        if self.limit_price <= 0:
            raise ValueError(f"an order needs a positive limit price, not {self.limit_price}")


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the store knows it. `filled` counts only contracts whose fills are booked."""

    spec: OrderSpec
    state: OrderState
    epoch: int
    order_id: str | None
    filled: int
    created_at: datetime
    updated_at: datetime
    detail: str = ""

    @property
    def left(self) -> int:
        return self.spec.contracts - self.filled

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def adopted(self) -> bool:
        """Whether somebody else placed it and two people took it over."""
        return self.spec.client_order_id.startswith(ADOPTED)


PLAIN_FILL = "FILL"

ADOPTED = "adopted-"
"""Begins our own id of an order that this desk did not place."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `entry_id` is the exchange's key; price in USD per base unit, fee in USD."""

    entry_id: str
    order_id: str
    client_order_id: str | None
    product_id: str
    side: Side
    contracts: int
    price: Decimal
    fee: Decimal
    at: datetime
    maker: bool
    trade_type: str = PLAIN_FILL
    """In the exchange's own words: it also lists corrections and reversals."""


def could_be_of(order: Order, fill: Fill) -> bool:
    """Whether this order, by what is known of it, could have filled so."""
    spec = order.spec
    same = (spec.product_id, spec.side) == (fill.product_id, fill.side)
    return same and fill.contracts <= spec.contracts - order.filled
