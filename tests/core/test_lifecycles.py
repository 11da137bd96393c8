"""The tables of legal moves: each walked over all its pairs."""

from dataclasses import replace
from enum import StrEnum
from itertools import product

import pytest

from core import flatten, orders, requests
from core.flatten import Job, JobState, Leg, LegState, ended
from core.orders import LIVE, IllegalMove, OrderState, advance
from core.requests import Action, RequestState, asked
from tests.core.examples import ALICE, NOW, order

Table = dict[str, set[str]]

ENDS = "filled cancelled expired failed"

MOVES: dict[str, Table] = {
    "order": {
        "reserved": set(f"{ENDS} refused rejected unknown working absent".split()),
        "unknown": set(f"{ENDS} rejected working absent".split()),
        "working": set(f"{ENDS} cancelling absent".split()),
        "cancelling": set(f"{ENDS} working absent".split()),
        "absent": set(f"{ENDS} working".split()),
    },
    "request": {
        "asked": {"confirmed", "objected", "expired"},
        "confirmed": {"executed", "failed", "objected"},
    },
    "job": {"asked": {"running"}, "running": {"flat_verified", "residual"}},
    "leg": {
        "cancelling": {"closing", "flat", "residual"},
        "closing": {"cancelling", "flat", "residual"},
        "flat": {"cancelling"},
    },
}
"""Written out a second time: whoever changes a table has to mean it."""

TABLES: dict[str, tuple[type[StrEnum], Table]] = {
    "order": (OrderState, {s: set(ways) for s, ways in orders.TRANSITIONS.items()}),
    "request": (RequestState, {s: set(ways) for s, ways in requests.TRANSITIONS.items()}),
    "job": (JobState, {s: set(ways) for s, ways in flatten.JOB_TRANSITIONS.items()}),
    "leg": (LegState, {s: set(ways) for s, ways in flatten.LEG_TRANSITIONS.items()}),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_mentions_every_state_and_no_other(name: str) -> None:
    states, table = TABLES[name]
    assert set(table) == set(states)
    assert set().union(*table.values()) <= set(states)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_exactly_the_moves_that_are_meant(name: str) -> None:
    states, table = TABLES[name]
    legal = {(a, b) for a, b in product(states, states) if b in table[a]}
    assert legal == {(a, b) for a, ways in MOVES[name].items() for b in ways}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_that_is_not_the_first_can_be_reached(name: str) -> None:
    states, table = TABLES[name]
    first = next(iter(states))
    reached, more = {str(first)}, {str(first)}
    while more:
        more = {str(b) for a in more for b in table[a]} - reached
        reached |= more
    assert reached == {str(state) for state in states}


@pytest.mark.parametrize(("state", "to"), list(product(OrderState, OrderState)))
def test_an_order_advances_where_its_table_has_a_way_and_nowhere_else(
    state: OrderState, to: OrderState
) -> None:
    if to is state or to in MOVES["order"].get(state, set()):
        assert advance(state, to) is to
    else:
        with pytest.raises(IllegalMove, match=f"{state}.*{to}"):
            advance(state, to)


def test_an_order_that_may_still_fill_is_live_and_reserves_its_contracts() -> None:
    assert {str(state) for state in LIVE} == {"reserved", "unknown", "working", "cancelling"}


def test_an_order_that_has_come_to_an_end_is_not_live() -> None:
    assert not LIVE & {state for state, ways in orders.TRANSITIONS.items() if not ways}


def test_an_order_may_have_left_us_before_any_reply_so_every_end_is_one_move_away() -> None:
    for end in ENDS.split():
        assert advance(OrderState.RESERVED, OrderState(end)) is OrderState(end)


@pytest.mark.parametrize("state", RequestState)
def test_a_request_is_open_until_its_table_has_no_way_out(state: RequestState) -> None:
    request = replace(asked("r1", "main", Action.KILL, "why", ALICE, NOW), state=state)
    assert request.open is (state in (RequestState.ASKED, RequestState.CONFIRMED))


@pytest.mark.parametrize("state", JobState)
def test_a_flatten_is_open_until_it_is_verified_or_residual(state: JobState) -> None:
    job = Job("j1", "main", state, "why", "alice", NOW, ())
    assert job.open is (state in (JobState.ASKED, JobState.RUNNING))


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        ([], JobState.FLAT_VERIFIED),
        ([LegState.FLAT], JobState.FLAT_VERIFIED),
        ([LegState.FLAT, LegState.RESIDUAL], JobState.RESIDUAL),
        ([LegState.RESIDUAL], JobState.RESIDUAL),
        ([LegState.CANCELLING], None),
        ([LegState.CLOSING, LegState.RESIDUAL], None),
        ([LegState.FLAT, LegState.CANCELLING], None),
    ],
)
def test_a_flatten_ends_when_no_leg_moves_any_more(
    legs: list[LegState], expected: JobState | None
) -> None:
    assert ended(Leg(f"P{i}", state, 1, 0) for i, state in enumerate(legs)) is expected


@pytest.mark.parametrize("contracts", [0, -1])
def test_an_order_of_no_contracts_cannot_be_made(contracts: int) -> None:
    with pytest.raises(ValueError, match="at least 1 contract"):
        order(orders.Kind.ENTRY, contracts=contracts)
