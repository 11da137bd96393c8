"""The last question before the wire, over everything that can be asked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest

from core.gate import (
    BEAT_LATE_NS,
    FORBIDDEN,
    LEASE_NS,
    ApprovedOrder,
    GateRefusal,
    Intent,
    Page,
    Refused,
    Row,
    admit,
)
from core.modes import Mode
from core.orders import Kind
from tests.core.examples import order

BOOT, EPOCH, NOW_NS = 7, 3, 10_000_000_000
OPEN_PAGE = Page(Mode.ACTIVE, True, EPOCH, BOOT, NOW_NS + 1, NOW_NS)

ALLOWED = {
    Mode.ACTIVE: {Kind.ENTRY, Kind.EXIT, Kind.STOP, Kind.FLATTEN},
    Mode.REDUCE_ONLY: {Kind.EXIT, Kind.STOP, Kind.FLATTEN},
    Mode.HELD: {Kind.STOP, Kind.FLATTEN},
    Mode.KILLED: {Kind.FLATTEN},
}
"""DESIGN section 4: the table of modes."""

PAGE_FAULTS: dict[str, tuple[dict[str, Any], GateRefusal]] = {
    "mode closed": ({"mode": None}, GateRefusal.PAGE_CLOSED),
    "another boot": ({"boot": BOOT + 1}, GateRefusal.OTHER_BOOT),
    "not armed": ({"armed": False}, GateRefusal.NOT_ARMED),
    "lease over": ({"lease_until_ns": NOW_NS}, GateRefusal.LEASE_LAPSED),
    "lease never given": ({"lease_until_ns": 0}, GateRefusal.LEASE_LAPSED),
    "lease too long": ({"lease_until_ns": NOW_NS + LEASE_NS + 1}, GateRefusal.PAGE_AHEAD),
    "beat to come": ({"beat_ns": NOW_NS + BEAT_LATE_NS + 1}, GateRefusal.PAGE_AHEAD),
    "beat late": ({"beat_ns": NOW_NS - BEAT_LATE_NS - 1}, GateRefusal.BEAT_LATE),
}


@dataclass(frozen=True)
class Asked:
    """One question to the gate."""

    page: Page | None = OPEN_PAGE
    row: Row | None = Row(Mode.ACTIVE, EPOCH)  # noqa: RUF009 (a frozen value)
    kind: Kind = Kind.ENTRY
    intent_epoch: int = EPOCH
    kill_file: bool = False

    def answer(self) -> ApprovedOrder | Refused:
        intent = Intent(order(self.kind), self.intent_epoch)
        return admit(
            self.page, self.row, intent, kill_file=self.kill_file, boot=BOOT, now_ns=NOW_NS
        )

    def reason(self) -> GateRefusal | None:
        answer = self.answer()
        return answer.reason if isinstance(answer, Refused) else None


def pages() -> Iterator[tuple[Page | None, GateRefusal | None]]:
    """Every page that matters, with what it alone is refused for."""
    yield None, GateRefusal.PAGE_UNREADABLE
    for mode in Mode:
        page = replace(OPEN_PAGE, mode=mode)
        yield page, None
        yield replace(page, epoch=EPOCH + 1), None
        for change, reason in PAGE_FAULTS.values():
            yield replace(page, **change), reason


def rows() -> Iterator[Row | None]:
    yield None
    for mode, epoch in product(Mode, (EPOCH, EPOCH + 1)):
        yield Row(mode, epoch)


def expected(asked: Asked, page_fault: GateRefusal | None) -> GateRefusal | None:
    """The design in words: kill file, then page, then row, then mode, then epoch."""
    if asked.kind is Kind.FLATTEN:
        return None
    if asked.kill_file:
        return GateRefusal.KILL_FILE
    if page_fault:
        return page_fault
    assert asked.page is not None
    if asked.row is None:
        return GateRefusal.ROW_UNREADABLE
    assert asked.page.mode is not None
    if not {asked.kind} <= ALLOWED[asked.page.mode] & ALLOWED[asked.row.mode]:
        return GateRefusal.MODE_FORBIDS
    same = asked.page.epoch == asked.row.epoch == asked.intent_epoch
    return None if same else GateRefusal.EPOCH_CHANGED


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("kill_file", [False, True])
def test_every_combination_of_page_row_and_kill_file_has_the_expected_answer(
    kind: Kind, kill_file: bool
) -> None:
    count = 0
    for (page, fault), row in product(pages(), rows()):
        asked = Asked(page, row, kind, kill_file=kill_file)
        assert asked.reason() is expected(asked, fault), asked
        count += 1
    assert count == (1 + 4 * 10) * 9


def test_the_table_of_what_modes_keep_back_is_the_designs() -> None:
    assert {mode: set(Kind) - kinds for mode, kinds in FORBIDDEN.items()} == ALLOWED


@pytest.mark.parametrize(
    ("change", "open_still"),
    [
        ({"lease_until_ns": NOW_NS + 1}, True),
        ({"lease_until_ns": NOW_NS}, False),
        ({"beat_ns": NOW_NS - BEAT_LATE_NS}, True),
        ({"beat_ns": NOW_NS - BEAT_LATE_NS - 1}, False),
    ],
)
def test_lease_and_beat_end_at_their_very_nanosecond(
    change: dict[str, Any], open_still: bool
) -> None:
    assert (Asked(page=replace(OPEN_PAGE, **change)).reason() is None) is open_still


def test_a_beat_is_late_after_half_a_second() -> None:
    """DESIGN section 4: later than 0.5 s, and the gate is closed until it returns."""
    assert BEAT_LATE_NS == 500_000_000


def test_a_beat_between_the_reading_of_clock_and_page_is_not_late() -> None:
    """`now` is read before the page, so a beat may be a little younger than `now`."""
    assert Asked(page=replace(OPEN_PAGE, beat_ns=NOW_NS + 1_000)).reason() is None


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("kind", Kind)
def test_an_approval_is_for_the_very_order_and_epoch_of_its_intent(mode: Mode, kind: Kind) -> None:
    page, row = replace(OPEN_PAGE, mode=mode), Row(mode, EPOCH)
    answer = Asked(page, row, kind).answer()
    if kind in ALLOWED[mode]:
        assert answer == ApprovedOrder(order(kind), EPOCH)
    else:
        assert answer == Refused(
            GateRefusal.MODE_FORBIDS, f"{kind.value} while the desk is {mode.name}"
        )


@pytest.mark.parametrize("mode", [None, *Mode])
@pytest.mark.parametrize("armed", [False, True])
@pytest.mark.parametrize("boot", [BOOT, BOOT + 1])
@pytest.mark.parametrize("clock", [0, NOW_NS, 2**62])
def test_a_flatten_asks_neither_page_nor_clock_nor_boot_nor_epoch(
    mode: Mode | None, armed: bool, boot: int, clock: int
) -> None:
    page = Page(mode, armed, EPOCH, boot, lease_until_ns=1, beat_ns=1)
    intent = Intent(order(Kind.FLATTEN), EPOCH - 1)
    answer = admit(page, None, intent, kill_file=True, boot=BOOT, now_ns=clock)
    assert answer == ApprovedOrder(order(Kind.FLATTEN), EPOCH - 1)
