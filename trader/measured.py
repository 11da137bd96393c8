"""What the machine rules judge by, read at one instant, and how far each figure is from its limit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.alerting.danger_steps import Figure
from core.books import Account
from core.dangers import Refusals, Streak, streak_now
from core.limits import Limits
from core.margin import MarginWindow, overnight_usd
from core.modes import Rule
from core.positions import ZERO, Position
from core.products import Mark, Product
from store.control import read_constraints
from store.heartbeats import read_heartbeats
from store.ledger import day_loss, held, read_positions
from store.margin import read_margin_window
from store.observations import read_account, read_marks, read_products
from store.store import Transaction

ALERTS = "alerts"
"""The process that tells people, by the name under which it beats."""
NO_RISK_PCT = Decimal(1000)
PLACES = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Measured:
    """The store's facts. Positions are those that are held."""

    in_force: frozenset[Rule]
    positions: list[Position]
    marks: Mapping[str, Mark]
    products: Mapping[str, Product]
    account: Account | None
    window: MarginWindow | None
    loss_usd: Decimal
    alerts_beat_at: datetime | None

    @property
    def gross_usd(self) -> Decimal:
        """What is held, at the marks that are known: one that is missing has a rule of its own."""
        known = [p for p in self.positions if p.product_id in self.marks]
        return sum((p.notional_usd(self.marks[p.product_id].price) for p in known), ZERO)

    @property
    def overnight_usd(self) -> Decimal:
        return overnight_usd(self.positions, self.products, self.marks)


def measure(c: Transaction, desk: str, now: datetime) -> Measured:
    beats = {beat.process: beat.at for beat in read_heartbeats(c, desk)}
    return Measured(
        in_force=frozenset(constraint.rule for constraint in read_constraints(c, desk)),
        positions=held(read_positions(c, desk)),
        marks=read_marks(c, desk),
        products={product.product_id: product for product in read_products(c, desk)},
        account=read_account(c, desk),
        window=read_margin_window(c, desk),
        loss_usd=day_loss(c, desk, now),
        alerts_beat_at=beats.get(ALERTS),
    )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is not in the store but in the parts of this loop."""

    fallen_pct: Decimal | None
    """Of equity, from its highest."""
    drift_s: Decimal | None
    streaks: tuple[Streak, ...]
    refused: Refusals


def figures(
    seen: Measured, elsewhere: Elsewhere, limits: Limits, now: datetime
) -> Iterator[Figure]:
    """Every figure that has steps below its limit."""
    loss = _pct(seen.loss_usd, limits.daily_loss_usd)
    says = f"${seen.loss_usd:,.2f} of ${limits.daily_loss_usd:,} lost today"
    yield Figure("daily_loss", "", loss, says)
    fallen = elsewhere.fallen_pct
    yield Figure("drawdown", "", fallen, f"equity is {fallen or ZERO:.2f} % below its highest")
    yield from _of_the_account(seen, limits)
    for position in seen.positions:
        yield from _of_a_position(position, seen, limits, now)
    drift_s = elsewhere.drift_s
    yield Figure("clock_drift", "", drift_s, f"our clock is {drift_s or ZERO:.1f} s off")
    worst = max((streak_now(one, now) for one in elsewhere.streaks), default=0)
    yield Figure("error_streak", "", Decimal(worst), f"{worst} orders in a row came to nothing")
    refused = elsewhere.refused.count
    says = f"the exchange refused our key {refused} times in a row"
    yield Figure("auth_failures", "", Decimal(refused), says)


def _of_the_account(seen: Measured, limits: Limits) -> Iterator[Figure]:
    account = seen.account
    if account is None:
        return
    if account.equity_usd > 0:
        reached = seen.gross_usd / account.equity_usd
        used = _pct(reached, limits.max_leverage)
        says = f"leverage {reached:.2f}x, limit {limits.max_leverage}x"
        yield Figure("leverage", "", used, says)
    buffer_pct = account.buffer_pct if seen.positions else NO_RISK_PCT
    says = f"liquidation buffer {account.liquidation_buffer_pct} %"
    yield Figure("liquidation_buffer", "", buffer_pct, says)


def _of_a_position(
    position: Position, seen: Measured, limits: Limits, now: datetime
) -> Iterator[Figure]:
    symbol = position.product_id
    product, mark = seen.products.get(symbol), seen.marks.get(symbol)
    if mark is not None:
        age_s = max(ZERO, Decimal(f"{mark.age_s(now):.1f}"))
        yield Figure("stale_mark", symbol, age_s, f"{symbol}'s mark is {age_s} s old")
    if product is None or product.underlying not in limits.max_position_base:
        return
    size = product.base_size(abs(position.contracts))
    limit = limits.max_position_base[product.underlying]
    says = f"{size} {product.underlying} held, limit {limit}"
    yield Figure("position_size", symbol, _pct(size, limit), says)


def _pct(value: Decimal, limit: Decimal) -> Decimal | None:
    return (value / limit * 100).quantize(PLACES) if limit > 0 else None
