"""What the markets do in which the desk trades or holds something."""

from collections.abc import Iterator
from decimal import Decimal

from alerts.figures.figure import SOON, Figure, Group, Look, rounded
from store.ledger import held, read_positions
from store.limits import read_limits
from store.observations import read_marks, read_product
from store.risk_inputs import marks_ranged

FRESH_S = 10
BPS = 10_000


def _find(look: Look) -> Iterator[Figure]:
    yield from _spreads(look)
    limits = read_limits(look.c, look.desk)
    move_pct = limits.numbers.get("max_move_pct") if limits else None
    for position in held(read_positions(look.c, look.desk)):
        yield from _funding(look, position.product_id)
        if move_pct:
            yield from _moved(look, position.product_id, move_pct)


def _spreads(look: Look) -> Iterator[Figure]:
    """An old one says nothing; that it is old has a rule of its own."""
    for product_id, mark in read_marks(look.c, look.desk).items():
        apart = rounded((mark.ask - mark.bid) / mark.price * BPS)
        value = apart if mark.age_s(look.now) <= FRESH_S else None
        says = f"{product_id}: bid {mark.bid}, ask {mark.ask}, {apart} bps apart"
        yield Figure("spread", product_id, value, says)


def _funding(look: Look, product_id: str) -> Iterator[Figure]:
    product = read_product(look.c, look.desk, product_id)
    if product is None or product.funding_rate is None:
        return
    pct = rounded(product.funding_rate * 100, "0.0001")
    yield Figure("funding_rate", product_id, abs(pct), f"{product_id}'s funding rate is {pct} %")


def _moved(look: Look, product_id: str, limit_pct: Decimal) -> Iterator[Figure]:
    ranged = marks_ranged(look.c, look.desk, product_id, look.now)
    if ranged is None or ranged[0] <= 0:
        return
    pct = (ranged[1] - ranged[0]) / ranged[0] * 100
    says = f"{product_id} moved by {pct:.2f} % within 10 min, limit {limit_pct} %"
    yield Figure("volatility", product_id, rounded(pct / limit_pct * 100), says)


MARKET = Group(frozenset({"spread", "funding_rate", "volatility"}), SOON, _find)
