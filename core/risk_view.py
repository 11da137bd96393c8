"""What a risk decision is made from, and what it can say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from core.books import Account
from core.exposure import Reservation, WorstCase, worst_case
from core.limits import Limits
from core.margin import MarginWindow
from core.orders import OrderSpec
from core.positions import ZERO
from core.products import Mark, Product


class RiskRefusal(StrEnum):
    """Every reason for which an order is refused before the gate. The value is said to people."""

    UNKNOWN_SYMBOL = "the exchange does not list this product"
    DUPLICATE_ID = "an order with this client_order_id exists already"
    STALE_MARK = "there is no fresh mark price"
    PRODUCT_CLOSED = "the product takes no new risk now"
    SYMBOL_NOT_TRADED = "this profile does not trade the symbol"
    ORDER_SIZE = "the order has more contracts than allowed"
    ORDER_NOTIONAL = "the order is worth more than allowed"
    PRICE_COLLAR = "the price is too far from the mark"
    WOULD_FLIP = "an entry against an open position would close or flip it; exit first"
    POSITION_SIZE = "the position could grow beyond its limit"
    POSITION_NOTIONAL = "the position could be worth more than allowed"
    SYMBOL_NOTIONAL = "the position could be worth more than this symbol's own limit"
    LEVERAGE = "the desk's leverage could exceed its limit"
    SYMBOL_LEVERAGE = "the position could be more times the equity than this symbol's own limit"
    ORDER_RATE = "too many orders in the last minute"
    DAILY_LOSS = "the day's loss limit is reached"
    EQUITY_UNKNOWN = "the desk's equity is not known"
    BEYOND_POSITION = "working orders and this one could close more than the position holds"
    NO_POSITION = "there is no position to reduce"
    GROSS_EXPOSURE = "all that the desk could hold would be worth more than allowed"
    NET_EXPOSURE = "the desk could lean further to one side than allowed"
    CONCENTRATION = "one symbol could take too much of the book"
    CORRELATION = "too much that moves together could be held on one side"
    ACCOUNT_STALE = "the account's own figures are missing or old"
    MARGIN = "the order asks for more margin than is available"
    OVERNIGHT_MARGIN = "the overnight margin is about to apply and would ask for too much"
    LIQUIDATION_BUFFER = "the order would bring the account too close to being liquidated"
    DUPLICATE = "the same order was sent a moment ago"
    SLIPPAGE = "the order would be filled too far from the mark"
    VOLATILITY = "the mark has moved too far within the last minutes"
    DRAWDOWN = "equity has fallen too far from its high-water mark"


@dataclass(frozen=True, slots=True)
class Exposure:
    """Between what one product could come to, in USD at its mark, whichever of its orders fill.

    Signed: a short position without orders has both ends below nothing.
    """

    underlying: str
    lowest_usd: Decimal
    highest_usd: Decimal

    @property
    def long_usd(self) -> Decimal:
        return max(self.highest_usd, ZERO)

    @property
    def short_usd(self) -> Decimal:
        return max(-self.lowest_usd, ZERO)


@dataclass(frozen=True, slots=True)
class Book:
    """The whole desk and its account, for what one product alone does not show."""

    others: tuple[Exposure, ...]
    """Of the desk's other products, with everything that works and is in flight."""
    others_overnight_usd: Decimal
    """What these ask for at the overnight rates, each on its worse side."""
    others_resting_usd: Decimal
    """How much of that their positions do not ask for yet, only the orders that may still fill."""
    account: Account | None
    window: MarginWindow | None
    fallen_pct: Decimal | None
    """How far equity is below its highest; None where that is not known."""
    lowest: Decimal | None
    highest: Decimal | None
    """Of the marks of the last minutes; None where none were kept yet."""
    same_sent_at: datetime | None
    """When the latest entry of the same product, side and size was recorded."""


def exposure(product: Product, worst: WorstCase, price: Decimal) -> Exposure:
    """What a product's worst case is worth, each end with its sign."""
    lowest, highest = (
        product.notional_usd(n, price).copy_sign(n) for n in (worst.lowest, worst.highest)
    )
    return Exposure(product.underlying, lowest, highest)


NO_BOOK = Book((), ZERO, ZERO, None, None, None, None, None, None)
"""For the lanes that do not look at it: the brake waits for no figure that it does not need."""


@dataclass(frozen=True, slots=True)
class RiskView:
    """The facts one decision is made from, read in one transaction. Contracts are signed."""

    limits: Limits
    product: Product | None
    mark: Mark | None
    position: int
    live: Sequence[Reservation]
    """What live orders of this product may still fill."""
    other_notional_usd: Decimal | None
    """Worst-case notional of the desk's other products; None when one of them has no fresh mark."""
    equity_usd: Decimal | None
    day_loss_usd: Decimal
    orders_last_minute: int
    id_taken: bool
    now: datetime
    book: Book


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """An order that passed risk. Only `check` makes one; `Exchange.place` takes nothing else."""

    spec: OrderSpec


@dataclass(frozen=True, slots=True)
class RiskRefused:
    """Risk's no, with its named reason and the figures behind it."""

    reason: RiskRefusal
    detail: str = ""


Finding = RiskRefused | None
Check = Callable[[OrderSpec, RiskView], Finding]


def product_of(view: RiskView) -> Product:
    assert view.product is not None, "known_symbol runs first in every lane"
    return view.product


def worth_at(spec: OrderSpec, view: RiskView) -> Decimal:
    """A bid far below the mark, or an offer below it, must not make what is held look small."""
    assert view.mark is not None, "fresh_mark runs before anything is valued"
    return max(spec.limit_price, view.mark.price)


def worst_with(spec: OrderSpec, view: RiskView) -> WorstCase:
    """What the position can come to once this order works too."""
    return worst_case(view.position, [*view.live, Reservation(spec.side, spec.contracts)])


def worst_after(spec: OrderSpec, view: RiskView) -> int:
    worst = worst_with(spec, view)
    return max(abs(worst.lowest), abs(worst.highest))
