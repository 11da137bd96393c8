"""Checks of an entry that look at the whole desk: its exposure, its margin, its market."""

from datetime import timedelta
from decimal import Decimal

from core.books import Account
from core.dangers import BUFFER_CLEAR_PCT
from core.margin import buffer_pct_of, overnight_margin_usd
from core.orders import OrderSpec, Side
from core.positions import ZERO
from core.risk_view import (
    Check,
    Exposure,
    Finding,
    RiskRefusal,
    RiskRefused,
    RiskView,
    exposure,
    product_of,
    worst_with,
    worth_at,
)

ACCOUNT_OLD = timedelta(minutes=5)
FULLY = Decimal(1)


def gross_exposure(spec: OrderSpec, view: RiskView) -> Finding:
    reached = sum((max(e.long_usd, e.short_usd) for e in _book(spec, view)), ZERO)
    return _beyond(RiskRefusal.GROSS_EXPOSURE, reached, view.limits.max_gross_notional_usd)


def net_exposure(spec: OrderSpec, view: RiskView) -> Finding:
    """At worst everything on the order's side fills, and nothing on the other."""
    book = _book(spec, view)
    buys = spec.side is Side.BUY
    reached = sum((one.highest_usd if buys else -one.lowest_usd for one in book), ZERO)
    return _beyond(RiskRefusal.NET_EXPOSURE, reached, view.limits.max_net_notional_usd)


def concentration(spec: OrderSpec, view: RiskView) -> Finding:
    mine = _mine(spec, view)
    reached = max(mine.long_usd, mine.short_usd)
    limits = view.limits
    allowed = limits.max_gross_notional_usd * limits.max_share_pct / 100
    return _beyond(RiskRefusal.CONCENTRATION, reached, allowed)


def correlation(spec: OrderSpec, view: RiskView) -> Finding:
    """Longs and shorts are not set off: what moves together in a calm market may not in another."""
    weights = view.limits.moves_with_market
    reached = ZERO
    for one in _book(spec, view):
        side_usd = one.long_usd if spec.side is Side.BUY else one.short_usd
        reached += side_usd * weights.get(one.underlying, FULLY)
    return _beyond(RiskRefusal.CORRELATION, reached, view.limits.max_one_way_notional_usd)


def account_known(spec: OrderSpec, view: RiskView) -> Finding:
    account = view.book.account
    if account is None:
        return RiskRefused(RiskRefusal.ACCOUNT_STALE, "it has not been read")
    age = view.now - account.at
    if age > ACCOUNT_OLD:
        return RiskRefused(RiskRefusal.ACCOUNT_STALE, f"{age.total_seconds():.0f} s old")
    return None


def margin(spec: OrderSpec, view: RiskView) -> Finding:
    """At the overnight rates always: what is bought by day is held when the night begins."""
    return _beyond(RiskRefusal.MARGIN, _margin_usd(spec, view), _account(view).available_margin_usd)


def overnight_margin(spec: OrderSpec, view: RiskView) -> Finding:
    """A window that was never read may be about to end."""
    window = view.book.window
    if window is not None and not window.step_ahead(view.now):
        return None
    worst = worst_with(spec, view)
    product, price = product_of(view), worth_at(spec, view)
    mine = max(overnight_margin_usd(product, n, price) for n in (worst.lowest, worst.highest))
    needed = mine + view.book.others_overnight_usd
    with_buffer = needed * (100 + BUFFER_CLEAR_PCT) / 100
    return _beyond(RiskRefusal.OVERNIGHT_MARGIN, with_buffer, _account(view).equity_usd)


def liquidation_buffer(spec: OrderSpec, view: RiskView) -> Finding:
    """The exchange's own buffer tells what its margin is; the order's comes on top."""
    account = _account(view)
    buffer_pct = account.buffer_pct
    if buffer_pct is None or buffer_pct <= -100:
        told = account.liquidation_buffer_pct
        return RiskRefused(RiskRefusal.LIQUIDATION_BUFFER, f"the exchange says {told!r}")
    asked_for = account.equity_usd / (1 + buffer_pct / 100) + _margin_usd(spec, view)
    after_pct = buffer_pct_of(account.equity_usd, asked_for) if asked_for > 0 else buffer_pct
    if after_pct < BUFFER_CLEAR_PCT:
        detail = f"{buffer_pct:.1f} % would become {after_pct:.1f} %, at least {BUFFER_CLEAR_PCT} %"
        return RiskRefused(RiskRefusal.LIQUIDATION_BUFFER, detail)
    return None


def duplicate(spec: OrderSpec, view: RiskView) -> Finding:
    sent_at, window_s = view.book.same_sent_at, view.limits.duplicate_window_s
    if sent_at is None:
        return None
    age_s = Decimal(str((view.now - sent_at).total_seconds()))
    if age_s >= window_s:
        return None
    return RiskRefused(RiskRefusal.DUPLICATE, f"{age_s:.1f} s ago, at least {window_s} s")


def slippage(spec: OrderSpec, view: RiskView) -> Finding:
    """Without the depth of the book: an order that crosses it may pay up to its own limit."""
    mark = view.mark
    assert mark is not None, "fresh_mark runs before"
    buys = spec.side is Side.BUY
    crosses = spec.limit_price >= mark.ask if buys else spec.limit_price <= mark.bid
    half_spread = (mark.ask - mark.bid) / 2
    worst = max(half_spread, abs(spec.limit_price - mark.price) if crosses else ZERO)
    pct, limit = worst / mark.price * 100, view.limits.max_slippage_pct
    if pct > limit:
        return RiskRefused(RiskRefusal.SLIPPAGE, f"up to {pct:.2f} %, limit {limit} %")
    return None


def volatility(spec: OrderSpec, view: RiskView) -> Finding:
    """A desk that has just begun knows no marks but the present one: then nothing has moved."""
    mark = view.mark
    assert mark is not None, "fresh_mark runs before"
    seen = [p for p in (mark.price, view.book.lowest, view.book.highest) if p is not None]
    if min(seen) <= 0:
        return RiskRefused(RiskRefusal.VOLATILITY, f"a mark of {min(seen)} is no price")
    pct = (max(seen) - min(seen)) / min(seen) * 100
    limit = view.limits.max_move_pct
    if pct > limit:
        return RiskRefused(RiskRefusal.VOLATILITY, f"{pct:.2f} %, limit {limit} %")
    return None


def drawdown(spec: OrderSpec, view: RiskView) -> Finding:
    fallen, limit = view.book.fallen_pct, view.limits.max_drawdown_pct
    if fallen is None:
        return RiskRefused(RiskRefusal.EQUITY_UNKNOWN, "how far it has fallen cannot be told")
    if fallen >= limit:
        return RiskRefused(RiskRefusal.DRAWDOWN, f"{fallen:.2f} %, limit {limit} %")
    return None


CHECKS: tuple[Check, ...] = (
    gross_exposure,
    net_exposure,
    concentration,
    correlation,
    account_known,
    margin,
    overnight_margin,
    liquidation_buffer,
    duplicate,
    slippage,
    volatility,
    drawdown,
)
"""In this order; those of the account come after it is known."""


def _mine(spec: OrderSpec, view: RiskView) -> Exposure:
    """The order's own product, once the order works too."""
    product, price, worst = product_of(view), worth_at(spec, view), worst_with(spec, view)
    return exposure(product, worst, price)


def _book(spec: OrderSpec, view: RiskView) -> tuple[Exposure, ...]:
    return (*view.book.others, _mine(spec, view))


def _account(view: RiskView) -> Account:
    assert view.book.account is not None, "account_known runs before"
    return view.book.account


def _margin_usd(spec: OrderSpec, view: RiskView) -> Decimal:
    """What the order asks for, with what still rests: its product's entries of its side, and others'."""
    resting = sum(live.contracts for live in view.live if live.side is spec.side)
    contracts = spec.side.sign * (spec.contracts + resting)
    mine = overnight_margin_usd(product_of(view), contracts, worth_at(spec, view))
    return mine + view.book.others_resting_usd


def _beyond(refusal: RiskRefusal, reached_usd: Decimal, limit_usd: Decimal) -> Finding:
    if reached_usd <= limit_usd:
        return None
    return RiskRefused(refusal, f"${reached_usd:,.2f}, limit ${limit_usd:,.2f}")
