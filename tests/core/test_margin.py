"""Margin figures at their edges, and parts that never grow or flip what they reduce."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.margin import (
    STEP_NEAR,
    WINDOW_BELIEVED,
    MarginWindow,
    buffer_pct_of,
    liquidation_price,
    missing_usd,
    next_part,
    share_too_much,
)
from core.positions import Position
from core.products import Mark
from tests.core.test_risk import PRODUCT

NOW = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
BIT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("intraday", "ends_in", "read_ago", "ahead"),
    [
        (True, STEP_NEAR, timedelta(0), True),
        (True, STEP_NEAR + BIT, timedelta(0), False),
        (True, timedelta(hours=5), WINDOW_BELIEVED, False),
        (True, timedelta(hours=5), WINDOW_BELIEVED + BIT, True),  # unknown is not far
        (True, timedelta(0), timedelta(0), False),  # it has come: the exchange's own buffer counts
        (False, STEP_NEAR, timedelta(0), False),
    ],
)
def test_the_step_is_ahead_in_its_last_half_hour_or_where_nobody_knows(
    intraday: bool, ends_in: timedelta, read_ago: timedelta, ahead: bool
) -> None:
    window = MarginWindow(intraday, NOW + ends_in, NOW - read_ago)
    assert window.step_ahead(NOW) is ahead


def test_closing_the_share_or_paying_the_dollars_restores_the_buffer() -> None:
    equity, needed = Decimal(1_100), Decimal(1_000)
    buffer_pct = buffer_pct_of(equity, needed)
    share = share_too_much(buffer_pct, Decimal(20))
    assert abs(buffer_pct_of(equity, needed * (1 - share)) - 20) < Decimal("1e-9")
    paid = missing_usd(equity, buffer_pct, Decimal(20))
    assert paid == 100
    assert buffer_pct_of(equity + paid, needed) == 20


@pytest.mark.parametrize(
    ("buffer_pct", "share"), [("20", "0"), ("50", "0"), ("-100", "1"), ("-200", "1")]
)
def test_nothing_is_too_much_above_what_is_wanted_and_all_of_it_without_equity(
    buffer_pct: str, share: str
) -> None:
    assert share_too_much(Decimal(buffer_pct), Decimal(20)) == Decimal(share)


def positions_of(contracts: list[int]) -> list[Position]:
    return [Position(f"P{i}", Decimal("0.1"), n, n * Decimal(100)) for i, n in enumerate(contracts)]


@given(
    contracts=st.lists(st.integers(-50, 50), max_size=5),
    share=st.decimals(0, 1, places=4),
    known=st.sets(st.integers(0, 4)),
)
def test_a_part_is_within_the_largest_position_that_can_be_valued(
    contracts: list[int], share: Decimal, known: set[int]
) -> None:
    held = positions_of(contracts)
    price = Decimal(100)
    marks = {f"P{i}": Mark(f"P{i}", price, price, price, NOW, "feed") for i in known}
    valued = [p for p in held if p.contracts and p.product_id in marks]

    part = next_part(held, marks, share)

    if not valued or not share:
        assert part is None
        return
    assert part is not None
    largest = max(abs(p.contracts) for p in valued)
    (chosen,) = [p for p in valued if p.product_id == part.product_id]
    assert abs(chosen.contracts) == largest
    assert 1 <= part.contracts <= -(-largest // 4)


def test_parts_one_after_the_other_bring_down_what_is_too_much_and_then_end() -> None:
    held, share_left = positions_of([10, -7]), Decimal("0.5")
    price = Decimal(100)
    marks = {p.product_id: Mark(p.product_id, price, price, price, NOW, "feed") for p in held}
    sizes = {p.product_id: p.contracts for p in held}
    wanted = Decimal(17) * (1 - share_left)
    for _ in range(20):
        total = Decimal(sum(map(abs, sizes.values())))
        part = next_part(
            positions_of(list(sizes.values())), marks, max(1 - wanted / total, Decimal(0))
        )
        if part is None:
            break
        sizes[part.product_id] -= part.contracts * (1 if sizes[part.product_id] > 0 else -1)
    assert wanted - 1 < sum(map(abs, sizes.values())) <= wanted
    assert sizes["P0"] > 0 > sizes["P1"]


def liquidated(contracts: int, equity: str, buffer: str) -> Decimal | None:
    return liquidation_price(PRODUCT, contracts, Decimal(60_000), Decimal(equity), Decimal(buffer))


class TestTheLiquidationPrice:
    def test_a_long_one_is_liquidated_where_it_has_lost_all_that_margin_does_not_ask_for(
        self,
    ) -> None:
        reached = liquidated(10, "2000", "100")  # asks for 1,000: another 1,000 may go
        assert reached == 60_000 - Decimal(1000) / PRODUCT.base_size(10)

    def test_a_short_one_asks_for_more_as_it_rises(self) -> None:
        reached = liquidated(-10, "2000", "100")
        assert reached is not None
        rise = reached - 60_000
        asks_more = PRODUCT.base_size(10) * rise * PRODUCT.short_margin_rate
        assert abs(PRODUCT.base_size(10) * rise + asks_more - 1000) < Decimal("0.0001")

    def test_a_small_long_one_is_liquidated_at_no_price(self) -> None:
        assert liquidated(1, "100000", "900") is None

    def test_where_the_margin_is_not_met_the_price_is_reached(self) -> None:
        for buffer in ("0", "-5", "-100", "-200"):
            assert liquidated(10, "2000", buffer) == liquidated(-10, "2000", buffer) == 60_000
