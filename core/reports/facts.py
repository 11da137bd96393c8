"""What happened on a desk in a stretch of time, as a report needs it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from core.books import Books, DayPnl, day_pnl
from core.chain import Event
from core.orders import Fill, Order
from core.positions import ZERO, Position
from core.products import Mark

STALE_AFTER = timedelta(seconds=60)
"""A sample that was valued at an older mark is provisional."""


@dataclass(frozen=True, slots=True)
class EquitySample:
    """Our books at one instant; `oldest_mark_at` of the marks that open positions were valued at."""

    at: datetime
    books: Books
    oldest_mark_at: datetime | None

    @property
    def provisional(self) -> bool:
        return self.oldest_mark_at is not None and self.at - self.oldest_mark_at > STALE_AFTER


@dataclass(frozen=True, slots=True)
class MarkSample:
    """A mark at one instant, the signed contracts held then, and what they had made in all by then."""

    product_id: str
    at: datetime
    price: Decimal
    contracts: int
    realised_usd: Decimal = ZERO
    unrealised_usd: Decimal = ZERO
    funding_usd: Decimal = ZERO
    fees_usd: Decimal = ZERO

    @property
    def net_usd(self) -> Decimal:
        return self.realised_usd + self.unrealised_usd + self.funding_usd - self.fees_usd


def taken(
    books: Books, marks: Iterable[Mark], positions: Iterable[Position], at: datetime
) -> tuple[EquitySample, list[MarkSample]]:
    """The samples of one instant."""
    known = list(marks)
    ours = {position.product_id: position for position in positions}
    held = {product_id for product_id, position in ours.items() if position.contracts}
    oldest = min((mark.at for mark in known if mark.product_id in held), default=None)
    return EquitySample(at, books, oldest), [_seen(mark, ours, at) for mark in known]


def _seen(mark: Mark, ours: Mapping[str, Position], at: datetime) -> MarkSample:
    position = ours.get(mark.product_id)
    if position is None:
        return MarkSample(mark.product_id, at, mark.price, 0)
    return MarkSample(
        mark.product_id,
        at,
        mark.price,
        position.contracts,
        position.realised_usd,
        position.unrealised_usd(mark.price),
        position.funding_usd,
        position.fees_usd,
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A message about an alert: to whom (nobody: a place), by which means, and what came of it."""

    at: datetime
    alert_id: str
    rule: str
    symbol: str
    level: int
    person: str
    by: str
    kind: str
    outcome: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody took charge of an alert, so long after it was raised."""

    at: datetime
    alert_id: str
    rule: str
    symbol: str
    person: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything of one desk between two instants, oldest first."""

    desk: str
    since: datetime
    until: datetime
    events: Sequence[Event]
    orders: Sequence[Order]
    fills: Sequence[Fill]
    equity: Sequence[EquitySample]
    marks: Sequence[MarkSample]
    told: Sequence[Told] = ()
    taken: Sequence[Taken] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """Profit and loss between two samples of the books."""

    opening: EquitySample
    closing: EquitySample

    @property
    def pnl(self) -> DayPnl:
        return day_pnl(self.opening.books, self.closing.books)

    @property
    def provisional(self) -> bool:
        return self.opening.provisional or self.closing.provisional


@dataclass(frozen=True, slots=True)
class Move:
    """How far one market went, and what the desk held at both ends."""

    product_id: str
    first: Decimal
    last: Decimal
    lowest: Decimal
    highest: Decimal
    contracts_before: int
    contracts_after: int

    @property
    def change_pct(self) -> Decimal:
        return (self.last - self.first) / self.first * 100


def made_in(samples: Sequence[EquitySample]) -> Made | None:
    """None without two samples: what was made is not known then."""
    return Made(samples[0], samples[-1]) if len(samples) > 1 else None


def moves_of(marks: Sequence[MarkSample]) -> list[Move]:
    """One for each product, in their order."""
    by_product: dict[str, list[MarkSample]] = {}
    for mark in marks:
        by_product.setdefault(mark.product_id, []).append(mark)
    return [
        Move(
            product_id,
            found[0].price,
            found[-1].price,
            min(mark.price for mark in found),
            max(mark.price for mark in found),
            found[0].contracts,
            found[-1].contracts,
        )
        for product_id, found in sorted(by_product.items())
    ]
