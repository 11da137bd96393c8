"""Refusals that look at the whole desk: each fires, its limit is allowed, and none reaches another lane."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import risk_book
from core.books import Account
from core.exposure import Reservation
from core.margin import STEP_NEAR, MarginWindow
from core.orders import Kind, OrderSpec, Side
from core.risk import NO_BOOK, CheckedOrder, Exposure, RiskRefusal, RiskRefused, RiskView, check
from core.risk_book import ACCOUNT_OLD
from tests.core import test_risk
from tests.core.test_risk import LIMITS, LONG, MARK, NOW, PRODUCT, VIEW, Case, order

D = Decimal
BIT = timedelta(microseconds=1)
NIGHT = MarginWindow(intraday=True, ends_at=NOW + STEP_NEAR, at=NOW)
ACCOUNT = Account(D(10**9), D(0), D(0), D(10**9), "1000", NOW)


def limited(view: RiskView = VIEW, **limits: Any) -> RiskView:
    return replace(view, limits=replace(LIMITS, **limits))


def with_book(view: RiskView = VIEW, **facts: Any) -> RiskView:
    return replace(view, book=replace(view.book, **facts))


def beside(long_usd: int = 0, short_usd: int = 0, view: RiskView = VIEW) -> RiskView:
    """Something else held, too."""
    lowest, highest = D(-short_usd or long_usd), D(long_usd or -short_usd)
    return with_book(view, others=(Exposure("ETH", lowest, highest),))


def account(**figures: Any) -> RiskView:
    return with_book(account=replace(ACCOUNT, **figures))


def wide(spread: int) -> RiskView:
    half = D(spread) / 2
    return replace(VIEW, mark=replace(MARK, bid=MARK.price - half, ask=MARK.price + half))


WEIGHED: dict[str, Any] = {
    "max_one_way_notional_usd": D(2_100),
    "moves_with_market": {"ETH": D("0.5")},
}
SAME = timedelta(seconds=5)

# The order buys two contracts of 0.01 BTC at 80,000: 1,600 USD, which asks for 400 of margin.
CASES: list[Case] = [
    (RiskRefusal.GROSS_EXPOSURE, order(), limited(max_gross_notional_usd=D("1599.99"))),
    (
        RiskRefusal.GROSS_EXPOSURE,
        order(),
        beside(short_usd=1_000, view=limited(max_gross_notional_usd=D("2599.99"))),
    ),
    (
        RiskRefusal.GROSS_EXPOSURE,  # what works and is in flight counts as if it had filled
        order(),
        replace(limited(max_gross_notional_usd=D(2_399)), live=[Reservation(Side.BUY, 1)]),
    ),
    (
        RiskRefusal.NET_EXPOSURE,
        order(),
        beside(long_usd=1_000, view=limited(max_net_notional_usd=D("2599.99"))),
    ),
    (
        RiskRefusal.NET_EXPOSURE,  # a short elsewhere that may still be bought back offsets nothing
        order(),
        beside(long_usd=100, short_usd=5_000, view=limited(max_net_notional_usd=D(1_699))),
    ),
    (
        RiskRefusal.NET_EXPOSURE,  # a sale elsewhere that may not fill offsets nothing
        order(),
        with_book(
            limited(max_net_notional_usd=D(2_599)), others=(Exposure("ETH", D(-9_000), D(1_000)),)
        ),
    ),
    (
        RiskRefusal.CONCENTRATION,
        order(),
        limited(max_gross_notional_usd=D(3_199), max_share_pct=D(50)),
    ),
    (
        RiskRefusal.CORRELATION,
        order(),
        beside(long_usd=1_001, view=limited(**WEIGHED)),
    ),
    (
        RiskRefusal.CORRELATION,  # who is not named moves with the market fully
        order(),
        beside(long_usd=501, view=limited(max_one_way_notional_usd=D(2_100))),
    ),
    (RiskRefusal.ACCOUNT_STALE, order(), with_book(account=None)),
    (RiskRefusal.ACCOUNT_STALE, order(), account(at=NOW - ACCOUNT_OLD - BIT)),
    (RiskRefusal.MARGIN, order(), account(available_margin_usd=D("399.99"))),
    (RiskRefusal.MARGIN, order(side=Side.SELL), account(available_margin_usd=D("479.99"))),
    (
        RiskRefusal.MARGIN,  # 400, and what the entries of other products would ask for
        order(),
        with_book(account=replace(ACCOUNT, available_margin_usd=D(999)), others_resting_usd=D(600)),
    ),
    (
        RiskRefusal.OVERNIGHT_MARGIN,  # nobody knows when the night begins
        order(),
        with_book(
            window=None,
            others_overnight_usd=D(600),
            account=replace(ACCOUNT, cash_usd=D("1199.99")),
        ),
    ),
    (
        RiskRefusal.LIQUIDATION_BUFFER,
        order(),
        with_book(
            account=replace(ACCOUNT, cash_usd=D(1_680), liquidation_buffer_pct="68"),
            others_resting_usd=D(1),
        ),
    ),
    (
        RiskRefusal.OVERNIGHT_MARGIN,
        order(),
        with_book(
            window=NIGHT,
            others_overnight_usd=D(600),
            account=replace(ACCOUNT, cash_usd=D("1199.99")),
        ),
    ),
    (
        RiskRefusal.LIQUIDATION_BUFFER,  # 1,000 asked for of 1,600; 400 more leave 14.3 %
        order(),
        account(cash_usd=D(1_600), liquidation_buffer_pct="60"),
    ),
    (RiskRefusal.LIQUIDATION_BUFFER, order(), account(liquidation_buffer_pct="?")),
    (RiskRefusal.LIQUIDATION_BUFFER, order(), account(liquidation_buffer_pct="-100")),
    (
        RiskRefusal.DUPLICATE,
        order(),
        with_book(limited(duplicate_window_s=D(5)), same_sent_at=NOW - SAME + BIT),
    ),
    (RiskRefusal.SLIPPAGE, order(price=80_405), limited(max_slippage_pct=D("0.5"))),
    (RiskRefusal.SLIPPAGE, order(), wide(1_602)),
    (
        RiskRefusal.VOLATILITY,
        order(),
        with_book(limited(max_move_pct=D(5)), lowest=D(76_000), highest=D(80_000)),
    ),
    (
        RiskRefusal.VOLATILITY,
        order(),
        with_book(limited(max_move_pct=D(5)), lowest=D(80_000), highest=D(84_001)),
    ),
    (RiskRefusal.DRAWDOWN, order(), with_book(fallen_pct=D(5))),
    (RiskRefusal.EQUITY_UNKNOWN, order(), with_book(fallen_pct=None)),
    (RiskRefusal.SYMBOL_NOTIONAL, order(), limited(symbol_notional_usd={"BTC": D("1599.99")})),
    (
        RiskRefusal.SYMBOL_LEVERAGE,
        order(),
        replace(limited(symbol_leverage={"BTC": D("0.5")}), equity_usd=D(3_199)),
    ),
]

AT_THE_LIMIT: list[tuple[str, OrderSpec, RiskView]] = [
    ("gross", order(), beside(short_usd=1_000, view=limited(max_gross_notional_usd=D(2_600)))),
    ("net", order(), beside(long_usd=1_000, view=limited(max_net_notional_usd=D(2_600)))),
    ("net, hedged", order(), beside(short_usd=1_000, view=limited(max_net_notional_usd=D(600)))),
    ("share", order(), limited(max_gross_notional_usd=D(3_200), max_share_pct=D(50))),
    ("one way", order(), beside(long_usd=1_000, view=limited(**WEIGHED))),
    ("other way", order(), beside(short_usd=9_000, view=limited(**WEIGHED))),
    ("account", order(), account(at=NOW - ACCOUNT_OLD)),
    ("margin", order(), account(available_margin_usd=D(400))),
    (
        "overnight",
        order(),
        with_book(
            window=NIGHT, others_overnight_usd=D(600), account=replace(ACCOUNT, cash_usd=D(1_200))
        ),
    ),
    (
        "no night yet",
        order(),
        with_book(
            window=replace(NIGHT, ends_at=NOW + STEP_NEAR + BIT),
            others_overnight_usd=D(10**9),
        ),
    ),
    ("buffer", order(), account(cash_usd=D(1_680), liquidation_buffer_pct="68")),
    (
        "same order",
        order(),
        with_book(limited(duplicate_window_s=D(5)), same_sent_at=NOW - SAME),
    ),
    ("slippage", order(price=80_400), limited(max_slippage_pct=D("0.5"))),
    ("resting", order(price=79_990), limited(max_slippage_pct=D("0.1"))),
    ("spread", order(), wide(1_600)),
    ("move", order(), with_book(limited(max_move_pct=D(5)), highest=D(84_000))),
    ("no marks kept", order(), limited(max_move_pct=D(0))),
    ("drawdown", order(), with_book(fallen_pct=D("4.99"))),
    ("symbol", order(), limited(symbol_notional_usd={"BTC": D(1_600)})),
    ("another symbol", order(), limited(symbol_notional_usd={"ETH": D(0)})),
    (
        "symbol's leverage",
        order(),
        replace(limited(symbol_leverage={"BTC": D("0.5")}), equity_usd=D(3_200)),
    ),
]


@pytest.mark.parametrize(("reason", "spec", "view"), CASES)
def test_one_small_change_is_refused_by_its_name(
    reason: RiskRefusal, spec: OrderSpec, view: RiskView
) -> None:
    refused = check(spec, view)
    assert isinstance(refused, RiskRefused)
    assert refused.reason is reason
    assert refused.detail, "with its figures"


@pytest.mark.parametrize(("what", "spec", "view"), AT_THE_LIMIT)
def test_the_limit_itself_is_allowed(what: str, spec: OrderSpec, view: RiskView) -> None:
    assert check(spec, view) == CheckedOrder(spec), what


def test_every_refusal_is_made_to_fire() -> None:
    fired = {reason for reason, _spec, _view in [*test_risk.CASES, *CASES]}
    assert fired == set(RiskRefusal)


@pytest.mark.parametrize(("reason", "_spec", "view"), CASES)
@pytest.mark.parametrize("kind", [Kind.EXIT, Kind.STOP, Kind.FLATTEN])
def test_none_of_them_keeps_back_what_only_reduces(
    kind: Kind, reason: RiskRefusal, _spec: OrderSpec, view: RiskView
) -> None:
    close = order(kind, Side.SELL, 4)
    held = replace(view, position=LONG.position, live=())
    assert check(close, held) == CheckedOrder(close), reason


@pytest.mark.parametrize("kind", [Kind.EXIT, Kind.STOP, Kind.FLATTEN])
def test_what_only_reduces_needs_no_figure_of_the_account(kind: Kind) -> None:
    close = order(kind, Side.SELL, 4)
    view = replace(LONG, book=NO_BOOK, equity_usd=None, other_notional_usd=None)
    assert check(close, view) == CheckedOrder(close)


def test_an_unknown_product_is_refused_before_the_book_is_looked_at() -> None:
    refused = check(order(), replace(VIEW, product=None, book=NO_BOOK))
    assert isinstance(refused, RiskRefused)
    assert refused.reason is RiskRefusal.UNKNOWN_SYMBOL
    assert PRODUCT.product_id == order().product_id


def test_a_mark_of_nothing_is_refused_and_no_error() -> None:
    view = with_book(limited(max_move_pct=D(5)), lowest=D(0), highest=D(80_000))
    assert risk_book.volatility(order(), view) == RiskRefused(
        RiskRefusal.VOLATILITY, "a mark of 0 is no price"
    )


def test_what_rests_on_the_same_side_asks_for_margin_too() -> None:
    alone = limited(max_move_pct=D(5))
    crowded = replace(alone, live=(Reservation(Side.BUY, 3), Reservation(Side.SELL, 9)))
    assert risk_book._margin_usd(order(contracts=1), crowded) == 4 * risk_book._margin_usd(
        order(contracts=1), alone
    )
