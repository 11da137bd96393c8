"""Why the exchange's equity is not that of our books: the difference by cause, which add up to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.books import Account
from core.positions import ZERO, Position


@dataclass(frozen=True, slots=True)
class Theirs:
    """One position as the exchange has it; contracts are signed."""

    contracts: int
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of the difference, theirs less ours."""

    name: str
    usd: Decimal
    says: str


@dataclass(frozen=True, slots=True)
class Unvalued:
    """A position that has no mark: what differs of it is not known."""

    product_id: str


def causes(
    account: Account,
    our_cash_usd: Decimal,
    ours: Iterable[Position],
    theirs: Mapping[str, Theirs],
    marks: Mapping[str, Decimal],
) -> list[Cause] | Unvalued:
    """Their equity less ours, whole. What is zero is left out."""
    mine = {position.product_id: position for position in ours}
    found = _cash(account, our_cash_usd)
    at_our_marks = ZERO
    for product_id in sorted({p for p, one in mine.items() if one.contracts} | theirs.keys()):
        price, known = marks.get(product_id), mine.get(product_id)
        if price is None or known is None:
            return Unvalued(product_id)
        there = theirs.get(product_id, Theirs(0, ZERO))
        worth = there.contracts * (price - there.average_price) * known.contract_size
        at_our_marks += worth
        found.append(_position(known, there, worth - known.unrealised_usd(price)))
    valued = account.unrealised_usd - at_our_marks
    found.append(Cause("valuation", valued, "the exchange values positions at other prices"))
    return [cause for cause in found if cause.usd]


def _position(ours: Position, there: Theirs, usd: Decimal) -> Cause:
    if there.contracts != ours.contracts:
        says = f"contracts: ours {ours.contracts:+d}, theirs {there.contracts:+d}"
    else:
        says = f"entry price: ours {ours.average_price:.4f}, theirs {there.average_price:.4f}"
    return Cause(ours.product_id, usd, says)


def _cash(account: Account, our_cash_usd: Decimal) -> list[Cause]:
    """The parts that `cash_beside` adds to be comparable, and what then is left."""
    beside = account.cash_beside(our_cash_usd)
    added = beside - account.cash_usd
    funding = account.funding_usd if added in (account.funding_usd, _both(account)) else ZERO
    pending = added - funding
    return [
        Cause("funding", -funding, "accrued and not paid out yet: only our books have it"),
        Cause("transfers", -pending, "under way: only our books have them"),
        Cause("cash", beside - our_cash_usd, "explained by nothing that was booked"),
    ]


def _both(account: Account) -> Decimal:
    return account.funding_usd + account.pending_usd
