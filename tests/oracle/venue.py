"""A tiny exchange: it has the bytes of an order, works it, fills parts of it, and forgets nothing."""

from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from core.orders import Fill, Kind, OrderSpec, OrderState
from tests.oracle.worst import Movable
from tests.store import desk

TOKEN_LIFE_S = 10
FEE = Decimal("0.15")
STEP = Decimal(5)


class Stage(Enum):
    """How far an order has come on its way."""

    FLYING = "its bytes are on their way"
    WORKING = "the exchange works it"
    ENDED = "it can fill no more"
    LOST = "its bytes never arrived, or came too late"


@dataclass
class There:
    """One order as the exchange has it. Times are seconds of a clock that nobody sets."""

    spec: OrderSpec
    signed_s: float
    at: datetime
    stage: Stage = Stage.FLYING
    filled: int = 0
    end: OrderState = OrderState.CANCELLED

    @property
    def left(self) -> int:
        return self.spec.contracts - self.filled

    def may_fill(self, at_s: float) -> bool:
        flying = self.stage is Stage.FLYING and at_s - self.signed_s < TOKEN_LIFE_S
        return flying or self.stage is Stage.WORKING

    @property
    def state(self) -> OrderState:
        if self.stage is Stage.WORKING:
            return OrderState.WORKING
        return OrderState.FILLED if not self.left else self.end

    @property
    def order_id(self) -> str:
        return f"there-{self.spec.client_order_id}"


class Venue:
    """The truth about one product and the cash, by a clock that nobody sets."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.position = 0
        self.cash = desk.CASH
        self._cost = Decimal(0)
        """Of what is held: signed contracts at the prices they were filled at."""
        self.orders: dict[str, There] = {}
        self.fills: list[Fill] = []
        self.received: Counter[str] = Counter()

    def receive(self, spec: OrderSpec, signed_s: float) -> None:
        """Bytes were written to the wire."""
        self.received[spec.client_order_id] += 1
        self.orders.setdefault(spec.client_order_id, There(spec, signed_s, self._clock()))

    def arrive(self, there: There, at_s: float) -> None:
        """It begins to work, unless its token is past its life."""
        late = at_s - there.signed_s >= TOKEN_LIFE_S
        there.stage = Stage.LOST if late else Stage.WORKING

    def fill(self, there: There, contracts: int) -> None:
        """A part, or all, of a working order."""
        spec, number = there.spec, len(self.fills)
        contracts = min(contracts, there.left)
        there.filled += contracts
        price = desk.BTC_PRICE + number % 5 * STEP
        self._pay(spec.side.sign * contracts, price)
        if not there.left:
            there.stage = Stage.ENDED
        fill = Fill(
            entry_id=f"fill-{number}",
            order_id=there.order_id,
            client_order_id=None,
            product_id=spec.product_id,
            side=spec.side,
            contracts=contracts,
            price=price,
            fee=FEE,
            at=self._clock(),
            maker=False,
        )
        self.fills.append(fill)

    def _pay(self, signed: int, price: Decimal) -> None:
        """Cash changes by fees and by what a close realises over the average price of what is held."""
        held = self.position
        closed = min(abs(signed), abs(held)) * (1 if held > 0 else -1) if signed * held < 0 else 0
        freed = self._cost * closed / held if held else Decimal(0)
        self.cash += (closed * price - freed) * desk.BTC_PRODUCT.contract_size - FEE
        self._cost += (signed + closed) * price - freed
        self.position += signed

    @property
    def average(self) -> Decimal:
        return self._cost / self.position if self.position else Decimal(0)

    def end(self, there: There) -> None:
        """Cancelled, if there is anything left to cancel."""
        if there.stage is Stage.WORKING:
            there.stage = Stage.ENDED

    def movable(self, at_s: float, kinds: Container[Kind] = frozenset(Kind)) -> list[Movable]:
        """What each order may still do to the position, those included that are on their way."""
        return [
            (there.spec.side.sign, there.left)
            for there in self.orders.values()
            if there.spec.kind in kinds and there.may_fill(at_s)
        ]

    def listed(self) -> list[There]:
        """What its list of orders shows."""
        return [t for t in self.orders.values() if t.stage in (Stage.WORKING, Stage.ENDED)]
