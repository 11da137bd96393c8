"""Every refusal of risk, one small change away from an order that passes; and the lane of the brake."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exposure import Reservation
from core.limits import Limits
from core.orders import Kind, OrderSpec, OrderType, Side, closing_side
from core.products import Mark, Product
from core.risk import (
    NO_BOOK,
    CheckedOrder,
    RiskRefusal,
    RiskRefused,
    RiskView,
    check,
    refusals,
)
from tests.core.examples import BOOK

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
D = Decimal

LIMITS = Limits(
    max_position_base={"BTC": D("0.10")},
    max_order_contracts=5,
    max_order_notional_usd=D(5_000),
    max_position_notional_usd=D(8_000),
    max_leverage=D(2),
    daily_loss_usd=D(100),
    max_orders_per_minute=10,
    price_collar_pct=D(1),
    emergency_collar_pct=D(5),
    mark_stale_s=D(10),
    stop_distance_pct=D(2),
    entry_lifetime_s=60,
)
PRODUCT = Product(
    product_id="BIP",
    name="BTC PERP",
    underlying="BTC",
    contract_size=D("0.01"),
    price_increment=D(5),
    min_contracts=1,
    max_contracts=5_000,
    session_open=True,
    trading_disabled=False,
    cancel_only=False,
    post_only=False,
    view_only=False,
    funding_rate=D("0.00001"),
    funding_time=NOW,
    long_margin_rate=D("0.25"),
    short_margin_rate=D("0.3"),
)
MARK = Mark("BIP", D(80_000), D(79_995), D(80_005), NOW, "feed")
VIEW = RiskView(
    limits=LIMITS,
    product=PRODUCT,
    mark=MARK,
    position=0,
    live=(),
    other_notional_usd=D(0),
    equity_usd=D(10_000),
    day_loss_usd=D(0),
    orders_last_minute=0,
    id_taken=False,
    now=NOW,
    book=BOOK,
)


def order(
    kind: Kind = Kind.ENTRY, side: Side = Side.BUY, contracts: int = 2, price: int = 80_000
) -> OrderSpec:
    return OrderSpec(
        client_order_id="c",
        desk="main",
        product_id="BIP",
        kind=kind,
        side=side,
        contracts=contracts,
        order_type=OrderType.LIMIT_IOC,
        limit_price=D(price),
    )


LONG = replace(VIEW, position=4)
EXIT = order(Kind.EXIT, Side.SELL, 4)

Case = tuple[RiskRefusal, OrderSpec, RiskView]

CASES: list[Case] = [
    (RiskRefusal.UNKNOWN_SYMBOL, order(), replace(VIEW, product=None)),
    (RiskRefusal.DUPLICATE_ID, order(), replace(VIEW, id_taken=True)),
    (RiskRefusal.STALE_MARK, order(), replace(VIEW, mark=None)),
    (RiskRefusal.STALE_MARK, order(), replace(VIEW, now=NOW + timedelta(seconds=10.1))),
    (RiskRefusal.PRODUCT_CLOSED, order(), replace(VIEW, product=replace(PRODUCT, view_only=True))),
    (
        RiskRefusal.PRODUCT_CLOSED,
        order(),
        replace(VIEW, product=replace(PRODUCT, trading_disabled=True)),
    ),
    (
        RiskRefusal.PRODUCT_CLOSED,
        order(),
        replace(VIEW, product=replace(PRODUCT, session_open=False)),
    ),
    (
        RiskRefusal.PRODUCT_CLOSED,
        order(),
        replace(VIEW, product=replace(PRODUCT, cancel_only=True)),
    ),
    (
        RiskRefusal.SYMBOL_NOT_TRADED,
        order(),
        replace(VIEW, product=replace(PRODUCT, underlying="ETH")),
    ),
    (RiskRefusal.ORDER_SIZE, order(contracts=6), VIEW),
    (
        RiskRefusal.ORDER_NOTIONAL,
        order(),
        replace(VIEW, limits=replace(LIMITS, max_order_notional_usd=D(1_599))),
    ),
    (RiskRefusal.PRICE_COLLAR, order(price=80_805), VIEW),
    (RiskRefusal.PRICE_COLLAR, order(side=Side.SELL, price=79_195), VIEW),
    (RiskRefusal.WOULD_FLIP, order(), replace(VIEW, position=-1)),
    (RiskRefusal.POSITION_SIZE, order(), replace(VIEW, position=9)),
    (RiskRefusal.POSITION_SIZE, order(), replace(VIEW, live=[Reservation(Side.BUY, 9)])),
    (
        RiskRefusal.POSITION_NOTIONAL,
        order(),
        replace(VIEW, limits=replace(LIMITS, max_position_notional_usd=D(1_599))),
    ),
    (RiskRefusal.LEVERAGE, order(), replace(VIEW, other_notional_usd=D(18_401))),
    (RiskRefusal.EQUITY_UNKNOWN, order(), replace(VIEW, equity_usd=None)),
    (RiskRefusal.EQUITY_UNKNOWN, order(), replace(VIEW, equity_usd=D(0))),
    (RiskRefusal.ORDER_RATE, order(), replace(VIEW, orders_last_minute=10)),
    (RiskRefusal.DAILY_LOSS, order(), replace(VIEW, day_loss_usd=D(100))),
    (RiskRefusal.NO_POSITION, EXIT, VIEW),
    (RiskRefusal.NO_POSITION, order(Kind.STOP, Side.BUY), LONG),
    (RiskRefusal.BEYOND_POSITION, order(Kind.EXIT, Side.SELL, 5), LONG),
    (RiskRefusal.BEYOND_POSITION, EXIT, replace(LONG, live=[Reservation(Side.SELL, 1)])),
]


@pytest.mark.parametrize("spec", [order(), order(side=Side.SELL)])
def test_an_ordinary_entry_passes(spec: OrderSpec) -> None:
    assert check(spec, VIEW) == CheckedOrder(spec)


@pytest.mark.parametrize("kind", [Kind.EXIT, Kind.STOP, Kind.FLATTEN])
def test_whatever_only_reduces_passes(kind: Kind) -> None:
    spec = order(kind, Side.SELL, 4)
    assert check(spec, LONG) == CheckedOrder(spec)


@pytest.mark.parametrize(("reason", "spec", "view"), CASES)
def test_one_small_change_is_refused_by_its_name(
    reason: RiskRefusal, spec: OrderSpec, view: RiskView
) -> None:
    refused = check(spec, view)
    assert isinstance(refused, RiskRefused)
    assert refused.reason is reason


AT_THE_LIMIT: list[tuple[str, OrderSpec, RiskView]] = [
    ("order size", order(contracts=5), VIEW),
    ("collar", order(price=80_800), VIEW),
    ("mark age", order(), replace(VIEW, now=NOW + timedelta(seconds=10))),
    ("position", order(), replace(VIEW, position=8)),
    ("leverage", order(), replace(VIEW, other_notional_usd=D(18_400))),
    ("rate", order(), replace(VIEW, orders_last_minute=9)),
    ("loss", order(), replace(VIEW, day_loss_usd=D("99.99"))),
]


@pytest.mark.parametrize(("reason", "spec", "view"), CASES)
def test_who_tries_it_out_hears_the_same_no_first(
    reason: RiskRefusal, spec: OrderSpec, view: RiskView
) -> None:
    found = refusals(spec, view)
    assert found[0] == check(spec, view)
    assert len({one.reason for one in found}) == len(found), "each check once"


@pytest.mark.parametrize(("what", "spec", "view"), AT_THE_LIMIT)
def test_the_limit_itself_is_allowed(what: str, spec: OrderSpec, view: RiskView) -> None:
    assert isinstance(check(spec, view), CheckedOrder), what


specs = st.builds(
    order,
    kind=st.sampled_from(Kind),
    side=st.sampled_from(Side),
    contracts=st.integers(1, 12),
    price=st.integers(60_000, 100_000),
)
views = st.builds(
    RiskView,
    limits=st.just(LIMITS),
    product=st.sampled_from(
        [None, PRODUCT, replace(PRODUCT, session_open=False), replace(PRODUCT, underlying="X")]
    ),
    mark=st.sampled_from([None, MARK, replace(MARK, at=NOW - timedelta(hours=1))]),
    position=st.integers(-8, 8),
    live=st.lists(
        st.builds(Reservation, side=st.sampled_from(Side), contracts=st.integers(1, 4)), max_size=3
    ),
    other_notional_usd=st.integers(0, 10**7).map(Decimal),
    equity_usd=st.none() | st.integers(-(10**5), 10**5).map(Decimal),
    day_loss_usd=st.integers(0, 10**4).map(Decimal),
    orders_last_minute=st.integers(0, 50),
    id_taken=st.booleans(),
    now=st.just(NOW),
    book=st.sampled_from([BOOK, NO_BOOK]),
)

BRAKES_OWN = {
    RiskRefusal.UNKNOWN_SYMBOL,
    RiskRefusal.DUPLICATE_ID,
    RiskRefusal.PRICE_COLLAR,
    RiskRefusal.BEYOND_POSITION,
    RiskRefusal.NO_POSITION,
}


@given(specs, views)
def test_a_flatten_is_refused_only_for_what_the_brake_allows(
    spec: OrderSpec, view: RiskView
) -> None:
    """Invariant 3: no limit, balance, quota or strategy stands in its way."""
    verdict = check(replace(spec, kind=Kind.FLATTEN), view)
    if isinstance(verdict, RiskRefused):
        assert verdict.reason in BRAKES_OWN


@given(specs, views)
def test_nothing_that_passes_a_reducing_lane_can_flip_a_position(
    spec: OrderSpec, view: RiskView
) -> None:
    if spec.kind is Kind.ENTRY or isinstance(check(spec, view), RiskRefused):
        return
    assert spec.side is closing_side(view.position)
    closing = sum(r.contracts for r in view.live if r.side is spec.side)
    assert closing + spec.contracts <= abs(view.position)


@given(specs, views)
def test_an_entry_that_passes_keeps_every_limit_whatever_fills(
    spec: OrderSpec, view: RiskView
) -> None:
    if spec.kind is not Kind.ENTRY or isinstance(check(spec, view), RiskRefused):
        return
    same = sum(r.contracts for r in view.live if r.side is spec.side)
    worst = abs(view.position + spec.side.sign * (same + spec.contracts))
    assert PRODUCT.base_size(worst) <= LIMITS.max_position_base["BTC"]
    assert view.mark is not None
    assert view.day_loss_usd < LIMITS.daily_loss_usd
