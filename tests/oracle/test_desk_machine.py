"""The short form: some lives of a desk, the same ones everywhere, and proof that the oracle sees."""

import pytest

from tests.oracle.lives import live
from tests.oracle.planted import (
    Plant,
    a_lost_reply_is_sent_again,
    a_restart_begins_anew,
    in_flight_orders_are_not_reserved,
    people_confirm_their_own_requests,
    the_kill_file_is_not_looked_for,
)


def test_no_promise_is_broken_in_any_of_these_lives() -> None:
    live(20, 1, shrink=True)


@pytest.mark.long
@pytest.mark.parametrize(
    "plant",
    [
        in_flight_orders_are_not_reserved,
        people_confirm_their_own_requests,
        a_restart_begins_anew,
        a_lost_reply_is_sent_again,
        the_kill_file_is_not_looked_for,
    ],
)
def test_a_planted_bug_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are planted by the long form."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        live(30, 1)
