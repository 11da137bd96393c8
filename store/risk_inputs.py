"""What a risk decision knows of the whole desk: other products, the account, and what marks did lately."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, bindparam, select

from core.books import Account, Books, total
from core.dangers import fallen_pct_of
from core.exposure import Reservation, WorstCase, worst_case
from core.limits import Limits
from core.margin import overnight_margin_usd
from core.orders import Kind, OrderSpec
from core.positions import Position
from core.products import Mark
from core.risk_view import NO_BOOK, Book, Exposure, exposure
from store.books_schema import orders
from store.margin import read_margin_window
from store.observations import read_product
from store.own_cash import read_own_cash
from store.reports.schema import mark_samples

MOVE_WINDOW = timedelta(minutes=10)
_SAMPLES = select(mark_samples.c.price).where(
    mark_samples.c.desk == bindparam("desk"),
    mark_samples.c.product_id == bindparam("product_id"),
    mark_samples.c.at > bindparam("since"),
)

_SAME = (
    select(orders.c.created_at)
    .where(
        orders.c.desk == bindparam("desk"),
        orders.c.created_at > bindparam("since"),
        orders.c.kind == Kind.ENTRY,
        orders.c.product_id == bindparam("product_id"),
        orders.c.side == bindparam("side"),
        orders.c.contracts == bindparam("contracts"),
    )
    .order_by(orders.c.created_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Others:
    """What the desk's other products come to at worst."""

    exposures: tuple[Exposure, ...] = ()
    gross_usd: Decimal = Decimal(0)
    overnight_usd: Decimal = Decimal(0)
    resting_usd: Decimal = Decimal(0)


def others_of(
    connection: Connection,
    desk: str,
    held: Mapping[str, Position],
    working: Mapping[str, list[Reservation]],
    marks: Mapping[str, Mark],
    but_product_id: str,
    limits: Limits,
    now: datetime,
) -> Others | None:
    """Position, stops, working and in-flight orders together; None where one has no fresh mark."""
    exposures, gross, overnight, resting = [], Decimal(0), Decimal(0), Decimal(0)
    for product_id in (held.keys() | working.keys()) - {but_product_id}:
        product = read_product(connection, desk, product_id)
        mark = marks.get(product_id)
        contracts = held[product_id].contracts if product_id in held else 0
        worst = worst_case(contracts, working.get(product_id, []))
        if worst == WorstCase(0, 0):
            continue
        if product is None or mark is None or mark.age_s(now) > limits.mark_stale_s:
            return None
        price, ends = mark.price, (worst.lowest, worst.highest)
        exposures.append(exposure(product, worst, price))
        gross += max(product.notional_usd(n, price) for n in ends)
        asks = max(overnight_margin_usd(product, n, price) for n in ends)
        overnight += asks
        resting += asks - min(asks, overnight_margin_usd(product, contracts, price))
    return Others(tuple(exposures), gross, overnight, resting)


def book_of(
    connection: Connection,
    spec: OrderSpec,
    others: Others,
    positions: list[Position],
    marks: Mapping[str, Mark],
    account: Account | None,
    limits: Limits,
    now: datetime,
) -> Book:
    if spec.kind is not Kind.ENTRY:
        return NO_BOOK
    ranged = marks_ranged(connection, spec.desk, spec.product_id, now)
    return Book(
        others=others.exposures,
        others_overnight_usd=others.overnight_usd,
        others_resting_usd=others.resting_usd,
        account=account,
        window=read_margin_window(connection, spec.desk),
        fallen_pct=fallen_pct(connection, spec.desk, positions, marks),
        lowest=ranged[0] if ranged else None,
        highest=ranged[1] if ranged else None,
        same_sent_at=_same_sent_at(connection, spec, limits, now),
    )


def _same_sent_at(
    connection: Connection, spec: OrderSpec, limits: Limits, now: datetime
) -> datetime | None:
    """None where nothing so recent matters."""
    since = now - timedelta(seconds=float(limits.duplicate_window_s))
    if since == now:
        return None
    same = {"desk": spec.desk, "since": since, "product_id": spec.product_id}
    row = connection.execute(_SAME, same | {"side": spec.side, "contracts": spec.contracts}).first()
    return row.created_at if row else None


def fallen_pct(
    connection: Connection, desk: str, positions: list[Position], marks: Mapping[str, Mark]
) -> Decimal | None:
    """How far equity is below its highest; None before the books are opened or without a mark."""
    cash = read_own_cash(connection, desk)
    if cash is None:
        return None
    prices = {product_id: mark.price for product_id, mark in marks.items()}
    books = total(cash.opening_usd, cash.transfers_usd, positions, prices, cash.accepted_usd)
    return fallen_pct_of(books.own_equity_usd, cash.high_usd) if isinstance(books, Books) else None


def marks_ranged(
    connection: Connection, desk: str, product_id: str, now: datetime
) -> tuple[Decimal, Decimal] | None:
    """Lowest and highest of the marks that were kept of the last minutes; None where none were."""
    asked = {"desk": desk, "product_id": product_id, "since": now - MOVE_WINDOW}
    prices = list(connection.scalars(_SAMPLES, asked))
    return (min(prices), max(prices)) if prices else None
