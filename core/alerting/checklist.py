"""The procedure of level 4, in its order: what a person does, and what the system can see is done."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from core.dangers import CAN_TRANSFER
from core.modes import Constraint, Mode


class Item(StrEnum):
    """One box to tick. In the order in which they are worked off."""

    HOLD = "hold"
    FLATTEN = "flatten"
    KEYS = "keys"
    RECORD = "record"
    EXCHANGE = "exchange"
    EVIDENCE = "evidence"


SAYS: dict[Item, str] = {
    Item.HOLD: "Hold: the desk is HELD, nothing new leaves",
    Item.FLATTEN: "Flatten: every position closed, by the desk or by hand",
    Item.KEYS: "Keys: revoke them now, at the exchange",
    Item.RECORD: "Record: the home is left as it is, nobody deletes anything",
    Item.EXCHANGE: "Exchange: support is told, e-mail and 2FA are checked",
    Item.EVIDENCE: "Evidence: the incident report is drafted and kept",
}


def in_order(constraints: Iterable[Constraint]) -> tuple[Item, ...]:
    """Closing needs a key, so keys are revoked after it; one that can transfer costs more each minute."""
    usual = tuple(Item)
    if not any(one.reason == CAN_TRANSFER for one in constraints):
        return usual
    return (Item.HOLD, Item.KEYS, *(i for i in usual if i not in (Item.HOLD, Item.KEYS)))


def seen_done(mode: Mode, positions: int | None) -> frozenset[Item]:
    """What needs nobody's word. Positions that are not known are not flat."""
    done = set()
    if mode >= Mode.HELD:
        done.add(Item.HOLD)
    if positions == 0:
        done.add(Item.FLATTEN)
    return frozenset(done)


def ticks(by_people: Mapping[Item, str], mode: Mode, positions: int | None) -> dict[Item, str]:
    """Who says so, for each box that is ticked; a person's word stands before the system's."""
    seen = dict.fromkeys(sorted(seen_done(mode, positions)), "the system")
    return {**seen, **by_people}
