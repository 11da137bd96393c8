"""The tables of legal moves: complete, closed, and the only ways there are."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from itertools import product
from typing import Any

import pytest

from core import flatten, orders, requests
from core.orders import IllegalMove, OrderState, advance
from tests.core.examples import NOW, order

TABLES: list[tuple[type[Enum], Mapping[Any, frozenset[Any]]]] = [
    (OrderState, orders.TRANSITIONS),
    (requests.RequestState, requests.TRANSITIONS),
    (flatten.JobState, flatten.JOB_TRANSITIONS),
    (flatten.LegState, flatten.LEG_TRANSITIONS),
]


@pytest.mark.parametrize(("states", "table"), TABLES)
def test_every_state_is_in_its_table_and_leads_only_to_others(
    states: type[Enum], table: Mapping[Any, frozenset[Any]]
) -> None:
    assert set(table) == set(states)
    for state, ways in table.items():
        assert ways <= set(states)
        assert state not in ways


@pytest.mark.parametrize(("state", "to"), list(product(OrderState, OrderState)))
def test_an_order_goes_only_where_its_table_leads(state: OrderState, to: OrderState) -> None:
    if to is state or to in orders.TRANSITIONS[state]:
        assert advance(state, to) is to
    else:
        with pytest.raises(IllegalMove):
            advance(state, to)


def test_what_may_still_fill_has_a_way_to_every_end() -> None:
    ends = {OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.FAILED}
    for state in orders.LIVE:
        assert ends <= orders.TRANSITIONS[state]
    for end in ends:
        assert not orders.TRANSITIONS[end]


def test_a_refused_order_never_comes_back() -> None:
    assert not orders.TRANSITIONS[OrderState.REFUSED]
    assert not orders.TRANSITIONS[OrderState.REJECTED]


@pytest.mark.parametrize(("contracts", "price"), [(0, "1"), (-1, "1"), (1, "0"), (1, "-5")])
def test_an_order_without_size_or_price_cannot_be_made(contracts: int, price: str) -> None:
    with pytest.raises(ValueError, match="an order needs"):
        orders.OrderSpec(
            client_order_id="c",
            desk="d",
            product_id="p",
            kind=orders.Kind.ENTRY,
            side=orders.Side.BUY,
            contracts=contracts,
            order_type=orders.OrderType.LIMIT_IOC,
            limit_price=Decimal(price),
        )


ENDS: list[tuple[Mapping[Any, frozenset[Any]], set[Any]]] = [
    (
        orders.TRANSITIONS,
        {
            OrderState.REFUSED,
            OrderState.REJECTED,
            OrderState.FILLED,
            OrderState.CANCELLED,
            OrderState.EXPIRED,
            OrderState.FAILED,
        },
    ),
    (
        requests.TRANSITIONS,
        {
            requests.RequestState.OBJECTED,
            requests.RequestState.EXPIRED,
            requests.RequestState.EXECUTED,
            requests.RequestState.FAILED,
        },
    ),
    (flatten.JOB_TRANSITIONS, {flatten.JobState.FLAT_VERIFIED, flatten.JobState.RESIDUAL}),
    (flatten.LEG_TRANSITIONS, {flatten.LegState.RESIDUAL}),
]


@pytest.mark.parametrize(("table", "ends"), ENDS)
def test_exactly_the_ends_have_no_way_out(
    table: Mapping[Any, frozenset[Any]], ends: set[Any]
) -> None:
    assert {state for state, ways in table.items() if not ways} == ends


@pytest.mark.parametrize(("table", "ends"), ENDS)
def test_from_everywhere_there_is_a_way_to_an_end(
    table: Mapping[Any, frozenset[Any]], ends: set[Any]
) -> None:
    finishing = set(ends)
    for _round in table:
        finishing |= {state for state, ways in table.items() if ways & finishing}
    assert finishing == set(table)


def test_sides_are_opposite_and_a_close_goes_against_what_is_held() -> None:
    for side in orders.Side:
        assert side.opposite.opposite is side
        assert side.sign == -side.opposite.sign
        assert orders.closing_side(3 * side.sign) is side.opposite


@pytest.mark.parametrize("state", OrderState)
def test_an_order_is_live_while_it_may_still_fill_and_knows_what_is_left(state: OrderState) -> None:
    spec = order(orders.Kind.ENTRY, contracts=5)
    known = orders.Order(spec, state, 1, None, 2, created_at=NOW, updated_at=NOW)
    assert known.left == 3
    assert known.live is (state.value in {"reserved", "unknown", "working", "cancelling"})
