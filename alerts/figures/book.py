"""What the desk holds against what it may hold, and how its equity goes."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from alerts.figures.figure import SOON, Figure, Group, Look, rounded
from core.positions import ZERO
from store.ledger import held, read_positions
from store.limits import read_limits
from store.observations import read_account, read_marks, read_products
from store.reports.history import equity_between

AN_HOUR = timedelta(hours=1)
CONCENTRATED_FROM = 3
"""Of fewer markets every book is concentrated."""


def _find(look: Look) -> Iterator[Figure]:
    yield from _margin(look)
    yield from _equity(look)
    worths = _worths(look)
    if worths is None:
        for rule in ("exposure", "room_left", "concentration"):
            yield Figure(rule, "", None, "a position has no mark")
        return
    yield _concentration(worths)
    yield from _exposure(look, sum(worths, ZERO))


def _worths(look: Look) -> list[Decimal] | None:
    """Of each position; None where the mark of one is not known."""
    marks = read_marks(look.c, look.desk)
    products = {product.product_id: product for product in read_products(look.c, look.desk)}
    found = []
    for position in held(read_positions(look.c, look.desk)):
        mark, product = marks.get(position.product_id), products.get(position.product_id)
        if mark is None or product is None:
            return None
        found.append(product.notional_usd(position.contracts, mark.price))
    return found


def _margin(look: Look) -> Iterator[Figure]:
    account = read_account(look.c, look.desk)
    if account is None or account.equity_usd <= 0:
        return
    used = rounded(account.initial_margin_usd / account.equity_usd * 100)
    yield Figure("margin_used", "", used, f"{used} % of the equity is margin")


def _equity(look: Look) -> Iterator[Figure]:
    samples = equity_between(look.c, look.desk, look.now - AN_HOUR, look.now)
    equities = [sample.books.own_equity_usd for sample in samples]
    if equities and max(equities) > 0:
        highest, last = max(equities), equities[-1]
        fallen = rounded((highest - last) / highest * 100)
        says = f"equity fell by {fallen} % within an hour, from ${highest:,.2f} to ${last:,.2f}"
        yield Figure("equity_fall", "", fallen, says)


def _concentration(worths: list[Decimal]) -> Figure:
    """The sum of the squared shares: 1 is all in one, 1/n is spread evenly over n."""
    book = sum(worths, ZERO)
    shares = [worth / book for worth in worths] if book else []
    index = rounded(sum((share**2 for share in shares), ZERO), "0.01")
    value = index if len(worths) >= CONCENTRATED_FROM else ZERO
    says = f"{len(worths)} positions, the largest is {max(shares, default=ZERO) * 100:.0f} %"
    return Figure("concentration", "", value, says)


def _exposure(look: Look, gross_usd: Decimal) -> Iterator[Figure]:
    limits = read_limits(look.c, look.desk)
    limit = limits.numbers.get("max_gross_notional_usd") if limits else None
    if not limit:
        return
    used = rounded(gross_usd / limit * 100)
    says = f"${gross_usd:,.2f} held in all, limit ${limit:,.2f}"
    yield Figure("exposure", "", used, says)
    yield Figure("room_left", "", max(ZERO, limit - gross_usd) if gross_usd else limit, says)


BOOK = Group(
    frozenset({"margin_used", "equity_fall", "exposure", "room_left", "concentration"}),
    SOON,
    _find,
)
