"""Round trips: from flat to flat, and a rate that is never said without its number."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.orders import Fill, Side
from core.reports.trips import round_trips, tally, wilson

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SIZES = {"BTC": Decimal("0.01"), "ETH": Decimal("0.1")}


def fills(*found: tuple[str, int, str], product_id: str = "BTC") -> list[Fill]:
    """Side, contracts and price; each costs ten cents."""
    return [
        Fill(
            f"f-{at}",
            f"o-{at}",
            None,
            product_id,
            Side(side),
            contracts,
            Decimal(price),
            Decimal("0.10"),
            NOW + timedelta(minutes=at),
            maker=False,
        )
        for at, (side, contracts, price) in enumerate(found)
    ]


def nets(found: list[Fill], held: dict[str, int] | None = None) -> list[Decimal]:
    return [trip.net_usd for trip in round_trips(found, SIZES, held or {})]


def test_in_and_out_is_one_trip_after_its_fees() -> None:
    assert nets(fills(("BUY", 2, "100"), ("SELL", 2, "110"))) == [0]  # 0.20 made, 0.20 in fees


def test_parts_of_a_position_are_one_trip_that_ends_when_it_is_flat() -> None:
    found = fills(("BUY", 1, "100"), ("BUY", 1, "200"), ("SELL", 1, "300"), ("SELL", 1, "400"))
    (trip,) = round_trips(found, SIZES, {})
    assert trip.net_usd == (300 + 400 - 100 - 200) * Decimal("0.01") - Decimal("0.40")
    assert trip.closed_at == found[-1].at


def test_turning_over_ends_one_trip_and_begins_the_next() -> None:
    found = fills(("BUY", 1, "100"), ("SELL", 3, "150"), ("BUY", 2, "120"))
    assert nets(found) == [Decimal("0.30"), Decimal("0.50")]


def test_a_position_from_before_is_left_out_until_it_is_flat() -> None:
    found = fills(("SELL", 1, "100"), ("SELL", 1, "100"), ("BUY", 1, "50"), ("SELL", 1, "90"))
    assert nets(found, {"BTC": 2}) == [Decimal("0.20")]
    assert nets(found[:2], {"BTC": 2}) == []


def test_markets_do_not_meet() -> None:
    mixed = [*fills(("BUY", 1, "100")), *fills(("SELL", 1, "90"), product_id="ETH")]
    assert nets(mixed) == []


def test_a_rate_is_said_with_its_number_and_interval() -> None:
    three = round_trips(fills(*[("BUY", 1, "100"), ("SELL", 1, "200")] * 3), SIZES, {})
    assert str(tally(three)) == "3 of 3 won (100 %; 95 % interval 44% to 100%)"
    assert str(tally([])) == "no round trip was closed"


@pytest.mark.parametrize(
    ("won", "n", "low", "high"),
    [(3, 3, 0.4385, 1.0), (0, 10, 0.0, 0.2775), (50, 100, 0.4038, 0.5962)],
)
def test_the_interval_is_wilsons(won: int, n: int, low: float, high: float) -> None:
    assert wilson(won, n) == pytest.approx((low, high), abs=1e-4)
