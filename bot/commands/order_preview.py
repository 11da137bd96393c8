"""`order preview`: what the desk would say of an order, by what the store knows. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.answer import FAILED, Answer, Table
from bot.commands.registry import Context, wrong_usage
from bot.words import money
from core.gate import FORBIDDEN, Row
from core.limits import Limits, limits_of
from core.margin import overnight_margin_usd
from core.orders import Kind, OrderSpec, OrderType, Side, closing_side
from core.products import Product
from core.risk import LANES, RiskRefused, RiskView, refusals
from store.control import read_row
from store.limits import read_limits
from store.observations import read_mark, read_products
from store.orders import risk_view
from store.store import Transaction

CONTRACTS_MAX = 1_000_000
PRICE_MAX = 1_000_000_000
"""More is a slip of the finger: it would be refused in figures that nobody can read."""
USAGE = "order preview SYMBOL buy|sell CONTRACTS [PRICE]"


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that somebody thinks of; without a price it is at the mark."""

    symbol: str
    side: Side
    contracts: int
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying it out."""

    spec: OrderSpec
    product: Product
    view: RiskView
    refused: Sequence[RiskRefused]
    row: Row

    @property
    def forbidden(self) -> bool:
        return self.spec.kind in FORBIDDEN[self.row.mode]


def wish_of(words: Sequence[str]) -> Wish | Answer:
    """As typed after `order preview`."""
    if len(words) not in (3, 4):
        return wrong_usage("order", USAGE)
    symbol, side, contracts, *price = words
    try:
        wish = Wish(
            symbol, Side(side.upper()), int(contracts), Decimal(price[0]) if price else None
        )
    except (ValueError, InvalidOperation):
        return wrong_usage("order", USAGE)
    priced = wish.price is None or (wish.price.is_finite() and 0 < wish.price <= PRICE_MAX)
    if not 1 <= wish.contracts <= CONTRACTS_MAX or not priced:
        most = f"1 to {CONTRACTS_MAX:,} contracts, at a price above zero and up to {PRICE_MAX:,}"
        return wrong_usage("order", f"{most}: {USAGE}")
    return wish


def previewed(context: Context, desk: str, wish: Wish) -> Answer:
    """Every check of its lane, each that would refuse it with its figures."""
    found = context.store.read(lambda c: _try(c, desk, wish, context))
    if isinstance(found, str):
        return Answer(f"{desk}: cannot be tried out", [found, "Nothing was sent."], code=FAILED)
    spec = found.spec
    what = f"{spec.kind} {spec.side} {spec.contracts} {spec.product_id} at {spec.limit_price}"
    says_no = len(found.refused) + found.forbidden
    verdict = "would be REFUSED" if says_no else f"would pass all {len(LANES[spec.kind])} checks"
    rows = [[one.reason.name, one.reason.value, one.detail] for one in found.refused]
    if found.forbidden:
        rows.insert(
            0, ["MODE_FORBIDS", f"the desk is {found.row.mode.name}", found.row.mode.meaning]
        )
    tables = [Table("refused by", ["check", "means", "figures"], rows)] if rows else []
    facts = {
        "passes": not says_no,
        "kind": spec.kind.value,
        "limit_price": format(spec.limit_price, "f"),
        "refused_by": [row[0] for row in rows],
    }
    lines = [*_figures(found), "Nothing was sent and nothing is on record of it."]
    return Answer(f"{desk}: {what} {verdict}", lines, tables, facts, FAILED if says_no else 0)


def _try(c: Transaction, desk: str, wish: Wish, context: Context) -> Tried | str:
    """Or why that cannot be done."""
    limits = _limits(c, desk)
    if isinstance(limits, str):
        return limits
    product = _product(c, desk, wish.symbol)
    if isinstance(product, str):
        return product
    mark = read_mark(c, desk, product.product_id)
    price = wish.price or (mark.price if mark else None)
    if price is None:
        return f"{product.product_id} has no mark: name a price"
    as_entry = _spec(desk, product, Kind.ENTRY, wish, price)
    view = risk_view(c, as_entry, limits, context.now)
    closes = view.position != 0 and wish.side is closing_side(view.position)
    spec = _spec(desk, product, Kind.EXIT, wish, price) if closes else as_entry
    return Tried(spec, product, view, refusals(spec, view), read_row(c, desk))


def _limits(c: Transaction, desk: str) -> Limits | str:
    found = read_limits(c, desk)
    if found is None:
        return "no trader of this desk has started so far: its limits are not known"
    try:
        return limits_of(found.rows)
    except ValueError as bad:
        return f"{bad}; start the trader anew"


def _product(c: Transaction, desk: str, symbol: str) -> Product | str:
    """By its id, its name, or what it is of."""
    listed = read_products(c, desk)
    asked = symbol.upper()
    for one in listed:
        if asked in (one.product_id.upper(), one.name.upper(), one.underlying.upper()):
            return one
    known = ", ".join(sorted(one.underlying for one in listed)) or "none yet"
    return f"there is no product {symbol!r}; listed: {known}"


def _spec(desk: str, product: Product, kind: Kind, wish: Wish, price: Decimal) -> OrderSpec:
    return OrderSpec(
        client_order_id="preview",
        desk=desk,
        product_id=product.product_id,
        kind=kind,
        side=wish.side,
        contracts=wish.contracts,
        order_type=OrderType.LIMIT_GTD,
        limit_price=price,
    )


def _figures(found: Tried) -> list[str]:
    spec, product, view = found.spec, found.product, found.view
    signed = spec.contracts if spec.side is Side.BUY else -spec.contracts
    worth_usd = product.notional_usd(spec.contracts, spec.limit_price)
    margin_usd = overnight_margin_usd(product, signed, spec.limit_price)
    after = view.position + signed
    return [
        f"worth {money(worth_usd)}; margin at the overnight rates {money(margin_usd)}",
        f"position {view.position:+d} now, {after:+d} once it is filled; fees are not reckoned",
    ]
