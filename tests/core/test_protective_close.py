"""The stop that rests while a flatten waits for a session: it passes the lane that nothing else passes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flatten import protective_close
from core.orders import Kind, OrderSpec, OrderType
from core.risk import CheckedOrder, check
from tests.core.examples import BTC, mark_at, quick
from tests.core.test_risk_more import VIEW


def resting(position: int, distance: int, collar: int) -> OrderSpec:
    args = (mark_at(100_000), 2, Decimal(distance), Decimal(collar))
    return protective_close("job", "main", BTC, position, *args)


@pytest.mark.parametrize(
    ("position", "stop", "limit"), [(3, 97_000, 95_000), (-3, 103_000, 105_000)]
)
def test_it_rests_behind_the_mark_and_chases_within_the_collar(
    position: int, stop: int, limit: int
) -> None:
    spec = resting(position, 3, 5)
    assert spec.stop_price == stop
    assert spec.limit_price == limit
    assert (spec.kind, spec.order_type) == (Kind.FLATTEN, OrderType.STOP_LIMIT)
    assert spec.contracts == 3
    assert spec.client_order_id == f"job-{BTC.product_id}-2-stop"


@quick
@given(st.integers(-900, 900).filter(bool), st.integers(1, 5), st.integers(5, 10))
def test_risk_never_refuses_it(position: int, distance: int, collar: int) -> None:
    spec = resting(position, distance, collar)
    limits = replace(VIEW.limits, emergency_collar_pct=Decimal(collar))
    view = replace(VIEW, limits=limits, mark=mark_at(100_000), position=position, live=[])
    assert check(spec, view) == CheckedOrder(spec)


CLOSED = {
    "session": replace(BTC, session_open=False),
    "disabled": replace(BTC, trading_disabled=True),
    "cancels": replace(BTC, cancel_only=True),
}


@pytest.mark.parametrize("flag", CLOSED)
def test_what_is_shut_for_a_while_says_why(flag: str) -> None:
    assert flag in str(CLOSED[flag].shut_because())
    assert BTC.shut_because() is None
    assert replace(BTC, post_only=True).shut_because() is None, "a close may rest there"
