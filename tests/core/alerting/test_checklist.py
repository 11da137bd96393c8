"""The procedure of level 4: its order, and what the system itself can see is done."""

from datetime import UTC, datetime

from core.alerting.checklist import Item, in_order, seen_done, ticks
from core.dangers import CAN_TRANSFER, compromise
from core.modes import Constraint, Mode, Rule

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def constraint(reason: str) -> Constraint:
    return Constraint("main", Rule.SUSPECTED_COMPROMISE, reason, NOW)


def test_keys_are_revoked_after_the_flatten_that_needs_them() -> None:
    usual = [Item.HOLD, Item.FLATTEN, Item.KEYS, Item.RECORD, Item.EXCHANGE, Item.EVIDENCE]
    assert list(in_order([])) == usual
    assert (
        list(in_order([constraint("the exchange refused our key, and a foreign order")])) == usual
    )


def test_a_key_that_can_transfer_goes_first_once_the_desk_is_held() -> None:
    why = compromise([], None, can_transfer=True, now=NOW)
    assert why == CAN_TRANSFER
    order = in_order([constraint(why)])
    assert order[:3] == (Item.HOLD, Item.KEYS, Item.FLATTEN)
    assert set(order) == set(Item)


def test_the_system_ticks_what_it_can_see_and_unknown_is_not_flat() -> None:
    assert seen_done(Mode.ACTIVE, None) == frozenset()
    assert seen_done(Mode.HELD, None) == {Item.HOLD}
    assert seen_done(Mode.KILLED, 0) == {Item.HOLD, Item.FLATTEN}
    assert ticks({Item.HOLD: "ann"}, Mode.HELD, 0) == {
        Item.HOLD: "ann",
        Item.FLATTEN: "the system",
    }
