"""Measured dangers: at which value each rule holds, and past which it lets go again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import dangers
from core.dangers import Refusals, Streak
from tests.core.examples import NOW, quick

D = Decimal


@pytest.mark.parametrize(
    ("equity", "high", "holds"),
    [
        (D(95_000), D(100_000), True),
        (D("95000.01"), D(100_000), False),
        (D(90_000), D(100_000), True),
        (D(100_000), D(100_000), False),
        (D(110_000), D(100_000), False),
        (D(-5), D(100_000), True),
        (D(-5), D(0), False),
    ],
)
def test_drawdown_is_measured_from_the_high_water_mark(equity: D, high: D, holds: bool) -> None:
    assert (dangers.drawdown(equity, high, D(5)) is not None) is holds


def test_a_drawdown_says_how_far_from_what() -> None:
    says = dangers.drawdown(D(94_000), D(100_000), D(5))
    assert says == "equity $94,000.00 is 6.00 % below its high of $100,000.00, limit 5 %"


@pytest.mark.parametrize(
    ("told", "in_force", "holds"),
    [
        ("15.01", False, False),
        ("15", False, True),
        ("-3.5", False, True),
        ("15.01", True, True),
        ("20", True, True),
        ("20.01", True, False),
        ("1000", True, False),
        ("", False, True),
        ("NaN", False, True),
        ("Infinity", False, False),
        ("lots", True, True),
    ],
)
def test_the_liquidation_buffer_holds_at_15_and_lets_go_past_20(
    told: str, in_force: bool, holds: bool
) -> None:
    assert (dangers.liquidation_buffer(told, True, in_force) is not None) is holds


@pytest.mark.parametrize("told", ["0", "", "lots"])
def test_a_flat_desk_cannot_be_liquidated(told: str) -> None:
    assert dangers.liquidation_buffer(told, False, True) is None


@pytest.mark.parametrize(
    ("gross", "equity", "in_force", "holds"),
    [
        (D(30_000), D(10_000), False, False),
        (D(30_001), D(10_000), False, True),
        (D(27_001), D(10_000), True, True),
        (D(27_000), D(10_000), True, False),
        (D(1), D(0), False, True),
        (D(1), D(-5), True, True),
        (D(0), D(-5), True, False),
    ],
)
def test_leverage_holds_past_its_limit_and_lets_go_at_nine_tenths(
    gross: D, equity: D, in_force: bool, holds: bool
) -> None:
    assert (dangers.leverage(gross, equity, D(3), in_force) is not None) is holds


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("drift_s", "in_force", "holds"),
    [
        (5, False, False),
        (5.001, False, True),
        (4.001, True, True),
        (4, True, False),
        (0, True, False),
    ],
)
def test_a_clock_may_be_five_seconds_off_either_way(
    sign: int, drift_s: float, in_force: bool, holds: bool
) -> None:
    drift = sign * timedelta(seconds=drift_s)
    assert (dangers.clock_drift(drift, in_force) is not None) is holds


@pytest.mark.parametrize(
    ("count", "for_s", "holds"),
    [(5, 3, True), (5, 2.9, False), (4, 60, False), (50, 0.5, False), (0, 60, False)],
)
def test_an_authentication_burst_is_many_in_a_row_and_not_a_blink(
    count: int, for_s: float, holds: bool
) -> None:
    seen = Refusals()
    for _ in range(count):
        seen = seen.one_more(NOW)
    later = NOW + timedelta(seconds=for_s)
    assert (dangers.authentication(seen, later) is not None) is holds


@pytest.mark.parametrize(
    ("count", "quiet_s", "holds"), [(4, 0, False), (5, 0, True), (5, 59.9, True), (5, 60, False)]
)
def test_a_streak_of_five_holds_until_a_quiet_minute_has_passed(
    count: int, quiet_s: float, holds: bool
) -> None:
    seen = Streak()
    for _ in range(count):
        seen = seen.one_more("INSUFFICIENT_FUND", NOW)
    later = NOW + timedelta(seconds=quiet_s)
    assert (dangers.streak(seen, "were rejected", later) is not None) is holds


def test_a_streak_says_what_the_last_one_was() -> None:
    seen = Streak(5, NOW, "INSUFFICIENT_FUND")
    says = dangers.streak(seen, "were rejected", NOW)
    assert says == "5 orders in a row were rejected; the last: INSUFFICIENT_FUND"


@pytest.mark.parametrize(
    ("ours", "theirs", "holds"),
    [
        (D(100), D(101), False),
        (D(100), D("101.01"), True),
        (D("101.01"), D(100), True),
        (D(99_900), D(100_000), False),
        (D("99899.99"), D(100_000), True),
        (D(-100), D(-101), False),
        (D(0), D(-5), True),
    ],
)
def test_cash_may_be_off_by_a_dollar_or_a_thousandth(ours: D, theirs: D, holds: bool) -> None:
    assert (dangers.cash_off(ours, theirs) is not None) is holds


buffers = st.decimals(-100, 1000, places=2)
amounts = st.decimals(1, 10**6, places=2)


@quick
@given(buffers, amounts, amounts, st.integers(-10_000, 10_000))
def test_what_raises_a_rule_never_clears_it(buffer: D, gross: D, equity: D, drift_ms: int) -> None:
    drift = timedelta(milliseconds=drift_ms)
    pairs = [
        [dangers.liquidation_buffer(str(buffer), True, now) for now in (False, True)],
        [dangers.leverage(gross, equity, D(3), now) for now in (False, True)],
        [dangers.clock_drift(drift, now) for now in (False, True)],
    ]
    assert all(not raised or kept for raised, kept in pairs)


@pytest.mark.parametrize(
    ("foreign", "trouble_ago_s", "can_transfer", "holds"),
    [
        ((), None, False, False),
        (("order o-1 is not ours",), None, False, False),
        ((), 0, False, False),
        (("order o-1 is not ours",), 0, False, True),
        (("order o-1 is not ours",), 600, False, True),
        (("order o-1 is not ours",), 601, False, False),
        ((), None, True, True),
    ],
)
def test_somebody_elses_order_and_a_refused_key_together_look_like_a_stolen_key(
    foreign: tuple[str, ...], trouble_ago_s: int | None, can_transfer: bool, holds: bool
) -> None:
    trouble_at = None if trouble_ago_s is None else NOW - timedelta(seconds=trouble_ago_s)
    assert (dangers.compromise(foreign, trouble_at, can_transfer, NOW) is not None) is holds


@pytest.mark.parametrize(
    ("beat_ago_s", "listening_s", "holds"),
    [(None, 3_600, False), (59, 3_600, False), (60, 3_600, True), (3_600, 59, False)],
)
def test_alerts_are_silent_a_minute_after_their_last_beat_but_not_before_we_listened(
    beat_ago_s: int | None, listening_s: int, holds: bool
) -> None:
    beat_at = None if beat_ago_s is None else NOW - timedelta(seconds=beat_ago_s)
    says = dangers.alerts_silent(beat_at, NOW - timedelta(seconds=listening_s), NOW)
    assert (says is not None) is holds


@pytest.mark.parametrize(
    ("free_mib", "in_force", "holds"),
    [(255, False, True), (256, False, False), (511, True, True), (512, True, False)],
)
def test_a_low_disk_lets_go_only_with_twice_the_room(
    free_mib: int, in_force: bool, holds: bool
) -> None:
    assert (dangers.disk_low(free_mib * dangers.MIB, in_force) is not None) is holds
