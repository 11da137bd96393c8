"""What a look at the exchange says about our books: which orders moved, what differs, what is foreign."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.orders import Fill, Side


@dataclass(frozen=True, slots=True)
class Difference:
    """A product whose position here and there is not the same. Contracts are signed."""

    product_id: str
    ours: int
    theirs: int

    def __str__(self) -> str:
        return f"{self.product_id}: ours {self.ours:+d}, the exchange's {self.theirs:+d}"


def differences(ours: Mapping[str, int], theirs: Mapping[str, int]) -> tuple[Difference, ...]:
    """Products that differ. A product that is not named is flat."""
    return tuple(
        Difference(product_id, ours.get(product_id, 0), theirs.get(product_id, 0))
        for product_id in sorted(ours.keys() | theirs.keys())
        if ours.get(product_id, 0) != theirs.get(product_id, 0)
    )


class Agreement:
    """Whether positions agree, over several looks: one look can fall between a fill and its booking."""

    def __init__(self, looks_to_believe: int) -> None:
        self._looks_to_believe = looks_to_believe
        self._last: tuple[Difference, ...] = ()
        self._times = 0

    def see(self, found: Iterable[Difference]) -> tuple[Difference, ...]:
        """Take one look; the differences once the very same ones were seen often enough."""
        found = tuple(found)
        self._times = self._times + 1 if found and found == self._last else (1 if found else 0)
        self._last = found
        return found if self._times >= self._looks_to_believe else ()

    @property
    def clean(self) -> bool:
        """Whether the last look found no difference."""
        return not self._last


class What(StrEnum):
    """What there is to explain."""

    ORDER = "order"
    FILL = "fill"
    POSITION = "position"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something at the exchange that our books do not explain. Two people may accept it.

    `figures` are what they accept: it is not accepted any more once one of them has changed.
    """

    id: str
    what: What
    says: str
    explanation: str
    figures: Mapping[str, str]
    product_id: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is resumed before it is accepted. Resuming itself accepts the account's cash."""
        return self.what is not What.CASH


@dataclass(frozen=True, slots=True)
class OrderThere:
    """A working order as the exchange has it; a size or price that it does not tell is None."""

    order_id: str
    product_id: str
    side: Side
    contracts: int | None
    filled: int
    limit_price: Decimal | None
    stop_price: Decimal | None
    status: str


def unknown_order(order: OrderThere) -> Discrepancy:
    """An order works there that this desk did not place."""
    size = "?" if order.contracts is None else f"{order.contracts - order.filled}"
    price = "" if order.limit_price is None else f" at {order.limit_price:f}"
    return Discrepancy(
        id=f"order-{order.order_id}",
        what=What.ORDER,
        says=f"{order.side} {size} {order.product_id}{price} works there and is not ours",
        explanation="placed by hand, in the exchange's app or with another key: "
        "cancel it, or accept it as an order of this desk",
        figures=_told(
            order_id=order.order_id,
            side=order.side,
            contracts=order.contracts,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
        ),
        product_id=order.product_id,
    )


def unknown_status(order: OrderThere, ours: str) -> Discrepancy:
    """One of our own orders is in a state that this program does not know."""
    return Discrepancy(
        id=f"order-{order.order_id}",
        what=What.ORDER,
        says=f"the exchange gives our order {ours} the status {order.status!r}, "
        "which this program does not know",
        explanation="it counts as working until the exchange tells its end: look at it in the app",
        figures=_told(order_id=order.order_id, status=order.status),
        product_id=order.product_id,
    )


def foreign_fill(fill: Fill) -> Discrepancy:
    """An execution of an order that this desk did not place. It is on our books already."""
    return Discrepancy(
        id=f"fill-{fill.entry_id}",
        what=What.FILL,
        says=f"{fill.side} {fill.contracts} {fill.product_id} at {fill.price:f} "
        "was filled for an order that is not ours",
        explanation="traded by hand, in the exchange's app or with another key, or the exchange "
        "liquidated: the position and its cost are on our books",
        figures=_told(order_id=fill.order_id, contracts=fill.contracts, price=fill.price),
        product_id=fill.product_id,
    )


def odd_fill(fill: Fill, booked: Fill | None) -> Discrepancy:
    """A correction or a reversal, or an execution that is not any more what was booked of it."""
    says = f"the exchange lists a {fill.trade_type} of {fill.contracts} {fill.product_id}"
    if booked is not None:
        says = (
            f"{fill.side} {fill.contracts} {fill.product_id} at {fill.price:f}, fee {fill.fee:f}, "
            f"was booked as {booked.side} {booked.contracts} at {booked.price:f}, fee {booked.fee:f}"
        )
    return Discrepancy(
        id=f"correction-{fill.entry_id}",
        what=What.FILL,
        says=says,
        explanation="the exchange corrected an execution; it is not booked: what it changed shows "
        "as a difference of the position or the cash, to be accepted with it",
        figures=_told(contracts=fill.contracts, price=fill.price, fee=fill.fee),
        product_id=fill.product_id,
    )


def drifted(found: Difference, average_price: Decimal | None) -> Discrepancy:
    """Positions differ, and no execution that was read explains it."""
    return Discrepancy(
        id=f"position-{found.product_id}",
        what=What.POSITION,
        says=str(found),
        explanation="no execution that was read explains it: a trade older than what is read, a "
        "correction or a settlement; accepting takes the exchange's contracts and entry price",
        figures=_told(ours=found.ours, theirs=found.theirs, average_price=average_price),
        product_id=found.product_id,
    )


def cash_differs(ours_usd: Decimal, theirs_usd: Decimal, because: str) -> Discrepancy:
    """The account's cash is not what our books say."""
    off = (theirs_usd - ours_usd).quantize(_CENT)
    return Discrepancy(
        id="cash",
        what=What.CASH,
        says=f"the account holds ${theirs_usd:,.2f}, our books ${ours_usd:,.2f}: {off:+,.2f}",
        explanation=because,
        figures=_told(off_usd=off),
    )


_CENT = Decimal("0.01")


def _told(**figures: object) -> dict[str, str]:
    return {name: str(value) for name, value in figures.items() if value is not None}
