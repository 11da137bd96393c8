"""How a position is closed: sized to it, on a tick, never beyond the emergency collar."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flatten import Closed, JobState, Leg, LegState, close_order, cost_of, ended, within
from core.modes import CONSTRAINTS, Constraint, Mode, Rule, effective
from core.orders import Kind, OrderType, Side
from core.products import Mark, Product
from core.reconcile import Agreement, Difference, differences
from tests.core.test_risk import PRODUCT

NOW = datetime(2026, 1, 5, tzinfo=UTC)
COLLAR = Decimal(5)


def mark(price: Decimal) -> Mark:
    return Mark(PRODUCT.product_id, price, price, price, NOW, "feed")


@given(
    st.decimals("100", "200000", places=1),
    st.integers(-50, 50).filter(bool),
    st.integers(0, 9),
)
def test_a_close_is_sized_to_the_position_and_stays_in_its_collar(
    price: Decimal, position: int, attempt: int
) -> None:
    spec = close_order("job", "main", PRODUCT, position, mark(price), attempt, COLLAR, NOW)
    assert spec.kind is Kind.FLATTEN
    assert spec.order_type is OrderType.LIMIT_IOC
    assert spec.contracts == abs(position)
    assert spec.side is (Side.SELL if position > 0 else Side.BUY)
    assert spec.limit_price % PRODUCT.price_increment == 0
    away_pct = abs(spec.limit_price - price) / price * 100
    assert away_pct <= COLLAR or spec.limit_price == PRODUCT.price_increment


def test_urgency_grows_up_to_the_collar_and_no_further() -> None:
    reaches = [
        close_order("job", "main", PRODUCT, -1, mark(Decimal(80_000)), n, COLLAR, NOW).limit_price
        for n in range(6)
    ]
    assert reaches == sorted(reaches)
    assert reaches[3] == reaches[5] == 84_000


def test_the_id_follows_from_job_product_and_attempt() -> None:
    one = close_order("job", "main", PRODUCT, 3, mark(Decimal(100)), 1, COLLAR, NOW)
    again = close_order("job", "main", PRODUCT, 3, mark(Decimal(90)), 1, COLLAR, NOW)
    other = close_order("job", "main", PRODUCT, 3, mark(Decimal(90)), 2, COLLAR, NOW)
    assert one.client_order_id == again.client_order_id != other.client_order_id


def test_a_price_is_never_below_one_tick() -> None:
    assert within(PRODUCT, mark(Decimal(1)), -1, COLLAR) == PRODUCT.price_increment


def leg(state: LegState) -> Leg:
    return Leg("P", state, 1, 0)


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ([], JobState.FLAT_VERIFIED),
        ([LegState.FLAT, LegState.FLAT], JobState.FLAT_VERIFIED),
        ([LegState.FLAT, LegState.RESIDUAL], JobState.RESIDUAL),
        ([LegState.FLAT, LegState.CLOSING], None),
        ([LegState.RESIDUAL, LegState.CANCELLING], None),
    ],
)
def test_a_job_ends_when_no_leg_moves_any_more(
    states: list[LegState], outcome: JobState | None
) -> None:
    assert ended(map(leg, states)) is outcome


def part(slippage_usd: Decimal | None) -> Closed:
    return Closed("P", Side.SELL, 1, Decimal(10), Decimal("0.5"), slippage_usd)


@pytest.mark.parametrize(
    ("slippages", "says"),
    [
        (["1.25", "-0.25"], "cost in USD: 1.00 fees, 1.00 slippage from the mark"),
        (["1.25", None], "cost in USD: 1.00 fees, slippage unknown"),
    ],
)
def test_what_closing_came_to_is_said_and_an_unknown_part_is_not_nothing(
    slippages: list[str | None], says: str
) -> None:
    assert str(cost_of(part(Decimal(s) if s else None) for s in slippages)) == says


@pytest.mark.parametrize(
    ("price", "side", "ticked"),
    [("80001", Side.BUY, "80005"), ("80004", Side.SELL, "80000"), ("80000", Side.BUY, "80000")],
)
def test_a_tick_is_at_least_as_easy_to_fill(price: str, side: Side, ticked: str) -> None:
    assert PRODUCT.tick(Decimal(price), side) == Decimal(ticked)


def test_contracts_are_whole_and_rounded_down() -> None:
    assert PRODUCT.contracts_for(Decimal(2_399), Decimal(80_000)) == 2


def test_an_open_product_is_not_closed() -> None:
    assert isinstance(PRODUCT, Product)
    assert PRODUCT.closed_because() is None


# Modes and constraints


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("rule", list(Rule))
def test_the_strictest_of_mode_and_constraints_is_in_force(mode: Mode, rule: Rule) -> None:
    constraint = Constraint("main", rule, "why", NOW)
    assert effective(mode, [constraint]) is max(mode, CONSTRAINTS[rule].mode)
    assert effective(mode, []) is mode


def test_every_rule_says_what_it_constrains_to() -> None:
    assert set(CONSTRAINTS) == set(Rule)
    assert all(rule.mode > Mode.ACTIVE and rule.says for rule in CONSTRAINTS.values())


# Reconciliation

ONE_OFF = (Difference("A", 1, 0),)


def test_a_product_that_is_not_named_is_flat() -> None:
    assert differences({"A": 1, "B": 2}, {"B": 2, "C": -1}) == (
        Difference("A", 1, 0),
        Difference("C", 0, -1),
    )


def test_one_look_between_a_fill_and_its_booking_is_not_believed() -> None:
    agreement = Agreement(3)
    assert agreement.see(ONE_OFF) == ()
    assert not agreement.clean
    assert agreement.see(ONE_OFF) == ()
    assert agreement.see(ONE_OFF) == ONE_OFF


def test_a_difference_that_changes_or_goes_is_counted_anew() -> None:
    agreement = Agreement(2)
    agreement.see(ONE_OFF)
    assert agreement.see([Difference("A", 2, 0)]) == ()
    assert agreement.see([]) == ()
    assert agreement.clean
