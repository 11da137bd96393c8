"""What differs between our books and the exchange's, and how often it must be seen to be believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reconcile import Agreement, Difference, differences
from tests.core.examples import quick

A_OFF = (Difference("A", 1, 0),)
A_OFF_BY_TWO = (Difference("A", 2, 0),)
B_OFF_TOO = (*A_OFF, Difference("B", 0, -3))
SAME: tuple[Difference, ...] = ()

books = st.dictionaries(st.sampled_from("ABCD"), st.integers(-3, 3))


@quick
@given(books, books)
def test_every_product_that_differs_is_named_once_and_no_other(
    ours: dict[str, int], theirs: dict[str, int]
) -> None:
    found = {one.product_id: (one.ours, one.theirs) for one in differences(ours, theirs)}
    everything = {p: (ours.get(p, 0), theirs.get(p, 0)) for p in "ABCD"}
    assert found == {p: pair for p, pair in everything.items() if pair[0] != pair[1]}


@quick
@given(books, books)
def test_differences_come_in_one_order_however_the_books_were_read(
    ours: dict[str, int], theirs: dict[str, int]
) -> None:
    backwards = dict(reversed(ours.items())), dict(reversed(theirs.items()))
    assert differences(*backwards) == differences(ours, theirs)
    assert [one.product_id for one in differences(ours, theirs)] == sorted(
        one.product_id for one in differences(ours, theirs)
    )


@given(books)
def test_books_agree_with_themselves(ours: dict[str, int]) -> None:
    assert differences(ours, dict(ours)) == SAME


def test_a_flat_product_and_one_that_is_not_named_agree() -> None:
    assert differences({"A": 0}, {}) == differences({}, {"A": 0}) == SAME


def test_the_same_size_on_the_other_side_differs() -> None:
    assert differences({"A": 2}, {"A": -2}) == (Difference("A", 2, -2),)


def test_a_difference_is_said_with_both_signs() -> None:
    assert str(Difference("BIP", 3, -1)) == "BIP: ours +3, the exchange's -1"


Looks = list[tuple[tuple[Difference, ...], tuple[Difference, ...]]]

SEEN: dict[str, Looks] = {
    "agreement is believed at once": [(SAME, SAME), (SAME, SAME)],
    "a difference is believed at the third look": [(A_OFF, SAME), (A_OFF, SAME), (A_OFF, A_OFF)],
    "and for as long as it lasts": [(A_OFF, SAME), (A_OFF, SAME), (A_OFF, A_OFF), (A_OFF, A_OFF)],
    "a clean look between starts anew": [
        (A_OFF, SAME),
        (A_OFF, SAME),
        (SAME, SAME),
        (A_OFF, SAME),
        (A_OFF, SAME),
        (A_OFF, A_OFF),
    ],
    "another size starts anew": [
        (A_OFF, SAME),
        (A_OFF, SAME),
        (A_OFF_BY_TWO, SAME),
        (A_OFF_BY_TWO, SAME),
        (A_OFF_BY_TWO, A_OFF_BY_TWO),
    ],
    "another product beside it starts anew": [
        (A_OFF, SAME),
        (A_OFF, SAME),
        (B_OFF_TOO, SAME),
        (B_OFF_TOO, SAME),
        (B_OFF_TOO, B_OFF_TOO),
    ],
    "what is believed ends with one clean look": [
        (A_OFF, SAME),
        (A_OFF, SAME),
        (A_OFF, A_OFF),
        (SAME, SAME),
        (A_OFF, SAME),
    ],
}


@pytest.mark.parametrize("looks", SEEN.values(), ids=SEEN.keys())
def test_three_looks_in_a_row_must_find_the_very_same(looks: Looks) -> None:
    agreement = Agreement(3)
    for found, believed in looks:
        assert agreement.see(iter(found)) == believed
        assert agreement.clean is (not found), "clean is what the last look alone says"


def test_with_one_look_to_believe_the_first_is_enough() -> None:
    assert Agreement(1).see(A_OFF) == A_OFF


@quick
@given(st.integers(1, 5), st.lists(st.sampled_from([SAME, A_OFF, A_OFF_BY_TWO]), max_size=15))
def test_a_difference_is_believed_exactly_when_so_many_last_looks_were_alike(
    needed: int, looks: list[tuple[Difference, ...]]
) -> None:
    agreement = Agreement(needed)
    for count, found in enumerate(looks, start=1):
        believed = agreement.see(found)
        alike = count >= needed and set(looks[count - needed : count]) == {found}
        assert believed == (found if alike else SAME)
