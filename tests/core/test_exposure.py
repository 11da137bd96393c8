"""The worst that fills can do, against every subset of them."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from core.exposure import Reservation, room_to_reduce, worst_case
from core.orders import Side, closing_side

live_orders = st.lists(
    st.builds(Reservation, side=st.sampled_from(Side), contracts=st.integers(1, 3)), max_size=4
)


def reachable(position: int, live: list[Reservation]) -> set[int]:
    """Every position that some choice of partial fills leads to."""
    filled = product(*(range(order.contracts + 1) for order in live))
    return {
        position + sum(order.side.sign * size for order, size in zip(live, sizes, strict=True))
        for sizes in filled
    }


@given(st.integers(-5, 5), live_orders)
def test_the_worst_case_is_the_worst_of_every_subset_of_fills(
    position: int, live: list[Reservation]
) -> None:
    worst = worst_case(position, live)
    everything = reachable(position, live)
    assert (worst.lowest, worst.highest) == (min(everything), max(everything))


@settings(max_examples=200)
@given(st.integers(-5, 5).filter(bool), live_orders, st.integers(1, 6))
def test_orders_within_the_room_can_neither_flip_nor_grow_a_position(
    position: int, live: list[Reservation], wanted: int
) -> None:
    """Invariant 2: with only reducing orders live, whichever subset fills, |position| only falls."""
    closing = closing_side(position)
    reducing: list[Reservation] = []
    for order in [*live, Reservation(closing, wanted)]:
        contracts = min(order.contracts, room_to_reduce(position, reducing))
        if contracts:
            reducing.append(Reservation(closing, contracts))
    for reached in reachable(position, reducing):
        assert reached * position >= 0, "the sign flipped"
        assert abs(reached) <= abs(position), "it grew"


@given(st.integers(-5, 5).filter(bool), live_orders)
def test_the_room_is_all_of_it_and_no_more(position: int, live: list[Reservation]) -> None:
    closing = closing_side(position)
    reducing = [order for order in live if order.side is closing]
    room = room_to_reduce(position, live)
    lowest = min(abs(p) if p * position > 0 else 0 for p in reachable(position, reducing))
    assert room == lowest


@given(live_orders)
def test_a_flat_position_has_no_room(live: list[Reservation]) -> None:
    assert room_to_reduce(0, live) == 0
