"""Bringing a desk to flat: a job with a leg for each position, their tables, and how a close is priced."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from core.orders import Kind, OrderSpec, OrderType, Side, closing_side
from core.products import Mark, Product


class JobState(StrEnum):
    """Where a flatten stands. It ends verified flat, or with a named residual."""

    ASKED = "asked"
    RUNNING = "running"
    FLAT_VERIFIED = "flat_verified"
    RESIDUAL = "residual"


class LegState(StrEnum):
    """Where one position's way to flat stands."""

    CANCELLING = "cancelling"
    CLOSING = "closing"
    FLAT = "flat"
    RESIDUAL = "residual"


JOB_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.ASKED: frozenset({JobState.RUNNING}),
    JobState.RUNNING: frozenset({JobState.FLAT_VERIFIED, JobState.RESIDUAL}),
    JobState.FLAT_VERIFIED: frozenset(),
    JobState.RESIDUAL: frozenset(),
}

LEG_TRANSITIONS: dict[LegState, frozenset[LegState]] = {
    # Its orders, stops too, are cancelled and confirmed gone before the close is sent.
    LegState.CANCELLING: frozenset({LegState.CLOSING, LegState.FLAT, LegState.RESIDUAL}),
    # A close that did not fill whole goes round again from the live position.
    LegState.CLOSING: frozenset({LegState.CANCELLING, LegState.FLAT, LegState.RESIDUAL}),
    LegState.FLAT: frozenset({LegState.CANCELLING}),  # a late fill reopened it
    LegState.RESIDUAL: frozenset(),
}

ATTEMPTS_MAX = 8
"""After so many closes that did not bring a leg to flat it is a residual, and a person decides."""

RESTS_FOR = timedelta(seconds=30)
"""How long a close may wait where the exchange takes only orders that rest; then it is priced anew."""

SHUT_REASONS = frozenset(
    {
        "FUTURES_AFTER_HOUR_INVALID_TIME_IN_FORCE",
        "FUTURES_AFTER_HOUR_INVALID_ORDER_TYPE",
        "INVALID_FCM_TRADING_SESSION",
        "ORDER_ENTRY_DISABLED",
        "PRODUCT_TRADING_HALTED",
        "TRADING_DISABLED",
    }
)
"""How the exchange refuses a close because the product takes none now."""

WAITS_MAX = timedelta(hours=4)
"""How long a flatten waits for a session: longer than a maintenance, then a person decides."""


FIRST_AGREES_WITHIN = timedelta(seconds=2)
AGREES_WITHIN = timedelta(seconds=10)
"""How long a close waits for the exchange's position and our executions to come to the same."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One position of a flatten: as it was when its close was asked for, and where it stands.

    `contracts` is signed; `mark_price` is None where no price was known then.
    """

    product_id: str
    state: LegState
    contracts: int
    attempt: int
    detail: str = ""
    mark_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """What a flatten traded of one product on one side, on average."""

    product_id: str
    side: Side
    contracts: int
    average_price: Decimal
    fee_usd: Decimal
    slippage_usd: Decimal | None = None
    """How much worse than at the mark when it was asked for; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What closing came to. `slippage_usd` is None when it is not known of every part."""

    slippage_usd: Decimal | None
    fees_usd: Decimal

    @property
    def figures(self) -> dict[str, str]:
        """For the record."""
        slippage = "unknown" if self.slippage_usd is None else str(self.slippage_usd)
        return {"slippage_usd": slippage, "fees_usd": str(self.fees_usd)}

    def __str__(self) -> str:
        fees = f"{self.fees_usd:,.2f} fees"
        if self.slippage_usd is None:
            return f"cost in USD: {fees}, slippage unknown"
        return f"cost in USD: {fees}, {self.slippage_usd:,.2f} slippage from the mark"


def cost_of(closed: Iterable[Closed]) -> Cost:
    """Of all parts together."""
    parts = list(closed)
    fees_usd = sum((part.fee_usd for part in parts), Decimal(0))
    known = [part.slippage_usd for part in parts if part.slippage_usd is not None]
    whole = len(known) == len(parts)
    return Cost(sum(known, Decimal(0)) if whole else None, fees_usd)


@dataclass(frozen=True, slots=True)
class Job:
    """A durable flatten: of a whole desk, or of the positions that `product_ids` names."""

    id: str
    desk: str
    state: JobState
    reason: str
    actor: str
    asked_at: datetime
    legs: tuple[Leg, ...]
    outcome: str = ""
    product_ids: tuple[str, ...] = ()

    def means(self, product_id: str) -> bool:
        """Whether a position in it is to be closed."""
        return not self.product_ids or product_id in self.product_ids

    @property
    def open(self) -> bool:
        return bool(JOB_TRANSITIONS[self.state])


def ended(legs: Iterable[Leg]) -> JobState | None:
    """What the job has come to once no leg moves any more, else None."""
    states = {leg.state for leg in legs}
    if states & {LegState.CANCELLING, LegState.CLOSING}:
        return None
    return JobState.RESIDUAL if LegState.RESIDUAL in states else JobState.FLAT_VERIFIED


def may_close(theirs: int, ours: int, attempt: int, differing: timedelta) -> int | None:
    """The position that a close is sized to; None while it has to wait, 0 when nobody knows it.

    An exchange whose positions lag behind its executions would be closed again and again. Before
    anything was sent its word counts in the end; after that no more than what both agree on.
    """
    if theirs == ours:
        return theirs
    if differing < (AGREES_WITHIN if attempt else FIRST_AGREES_WITHIN):
        return None
    if not attempt:
        return theirs
    same_side = theirs * ours > 0
    return min(theirs, ours, key=abs) if same_side else 0


def close_order(
    job_id: str,
    desk: str,
    product: Product,
    position: int,
    mark: Mark,
    attempt: int,
    collar_pct: Decimal,
    now: datetime,
) -> OrderSpec:
    """The close of a live position: immediate, sized to it, priced within the emergency collar.

    The id follows from job, product and attempt, so that a repeat after a crash is the same order.
    Urgency grows: each attempt may go another quarter of the collar away from the mark. While the
    exchange takes only orders that rest, it rests for a while at the best price of its own side.
    """
    side = closing_side(position)
    reach = collar_pct * min(attempt + 1, 4) / 4
    rests = product.post_only
    nearest = mark.ask if side is Side.SELL else mark.bid
    return OrderSpec(
        client_order_id=f"{job_id}-{product.product_id}-{attempt}",
        desk=desk,
        product_id=product.product_id,
        kind=Kind.FLATTEN,
        side=side,
        contracts=min(abs(position), product.max_contracts),  # the leg goes round for the rest
        order_type=OrderType.LIMIT_GTD if rests else OrderType.LIMIT_IOC,
        limit_price=(
            product.tick(nearest, side.opposite)
            if rests
            else within(product, mark, side.sign, reach)
        ),
        end_time=now + RESTS_FOR if rests else None,
        reason=f"flatten {job_id}",
    )


def protective_close(
    job_id: str,
    desk: str,
    product: Product,
    position: int,
    mark: Mark,
    attempt: int,
    distance_pct: Decimal,
    collar_pct: Decimal,
) -> OrderSpec:
    """A stop that rests for a position whose close the exchange does not take now.

    It is of the flatten: a killed desk's gate lets nothing else pass.
    """
    side = closing_side(position)
    stop_price = product.tick(mark.price * (1 + side.sign * distance_pct / 100), side.opposite)
    limit_price = within(product, mark, side.sign, collar_pct)
    return OrderSpec(
        client_order_id=f"{job_id}-{product.product_id}-{attempt}-stop",
        desk=desk,
        product_id=product.product_id,
        kind=Kind.FLATTEN,
        side=side,
        contracts=min(abs(position), product.max_contracts),
        order_type=OrderType.STOP_LIMIT,
        limit_price=min(limit_price, stop_price) if side.sign < 0 else max(limit_price, stop_price),
        stop_price=stop_price,
        reason=f"protects while flatten {job_id} waits",
    )


def within(product: Product, mark: Mark, sign: int, reach_pct: Decimal) -> Decimal:
    """A price `reach_pct` beyond the mark (sign +1 above, −1 below), on a tick inside that reach."""
    raw = mark.price * (1 + sign * reach_pct / 100)
    steps = raw / product.price_increment
    whole = steps.to_integral_value("ROUND_FLOOR" if sign > 0 else "ROUND_CEILING")
    return max(whole * product.price_increment, product.price_increment)
