"""May it leave now? Every reason to say no, one at a time, and the brake that none of them stops."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from core.orders import Kind, OrderSpec, OrderType, Side

NOW_NS = 10_000_000_000
BOOT = 7
OPEN = Page(
    mode=Mode.ACTIVE,
    armed=True,
    epoch=3,
    boot=BOOT,
    lease_until_ns=NOW_NS + 1,
    beat_ns=NOW_NS,
)
ROW = Row(Mode.ACTIVE, 3)


def intent(kind: Kind = Kind.ENTRY, epoch: int = 3) -> Intent:
    spec = OrderSpec(
        client_order_id="c",
        desk="main",
        product_id="P",
        kind=kind,
        side=Side.BUY,
        contracts=1,
        order_type=OrderType.LIMIT_GTD,
        limit_price=Decimal(1),
        end_time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Intent(spec, epoch)


def ask(
    page: Page | None = OPEN,
    row: Row | None = ROW,
    asked: Intent | None = None,
    *,
    kill_file: bool = False,
    boot: int = BOOT,
) -> ApprovedOrder | Refused:
    return admit(page, row, asked or intent(), kill_file=kill_file, boot=boot, now_ns=NOW_NS)


def test_an_open_gate_approves_the_very_order_that_was_asked_for() -> None:
    approved = ask()
    assert isinstance(approved, ApprovedOrder)
    assert approved.spec == intent().spec


ONE_REASON = [
    (GateRefusal.KILL_FILE, lambda: ask(kill_file=True)),
    (GateRefusal.PAGE_UNREADABLE, lambda: ask(page=None)),
    (GateRefusal.ROW_UNREADABLE, lambda: ask(row=None)),
    (GateRefusal.PAGE_CLOSED, lambda: ask(page=replace(OPEN, mode=None))),
    (GateRefusal.NOT_ARMED, lambda: ask(page=replace(OPEN, armed=False))),
    (GateRefusal.OTHER_BOOT, lambda: ask(boot=BOOT + 1)),
    (GateRefusal.LEASE_LAPSED, lambda: ask(page=replace(OPEN, lease_until_ns=NOW_NS))),
    (
        GateRefusal.BEAT_LATE,
        lambda: ask(page=replace(OPEN, beat_ns=NOW_NS - BEAT_LATE_NS - 1)),
    ),
    (GateRefusal.PAGE_AHEAD, lambda: ask(page=replace(OPEN, lease_until_ns=2**62))),
    (
        GateRefusal.PAGE_AHEAD,
        lambda: ask(page=replace(OPEN, lease_until_ns=NOW_NS + LEASE_NS + 1)),
    ),
    (GateRefusal.PAGE_AHEAD, lambda: ask(page=replace(OPEN, beat_ns=2**62))),
    (
        GateRefusal.PAGE_AHEAD,
        lambda: ask(page=replace(OPEN, beat_ns=NOW_NS + BEAT_LATE_NS + 1)),
    ),
    (GateRefusal.EPOCH_CHANGED, lambda: ask(asked=intent(epoch=2))),
    (GateRefusal.EPOCH_CHANGED, lambda: ask(page=replace(OPEN, epoch=2))),
    (GateRefusal.EPOCH_CHANGED, lambda: ask(page=replace(OPEN, epoch=4))),
    (GateRefusal.MODE_FORBIDS, lambda: ask(row=replace(ROW, mode=Mode.REDUCE_ONLY))),
    (GateRefusal.MODE_FORBIDS, lambda: ask(page=replace(OPEN, mode=Mode.HELD))),
]


@pytest.mark.parametrize(("reason", "case"), ONE_REASON)
def test_each_single_reason_closes_it(reason, case) -> None:  # type: ignore[no-untyped-def]
    refused = case()
    assert isinstance(refused, Refused)
    assert refused.reason is reason


def test_every_reason_of_the_gate_is_in_the_table() -> None:
    told = {reason for reason, _case in ONE_REASON}
    assert told == set(GateRefusal) - {GateRefusal.NO_INTENT}, "NO_INTENT is the wire's own"


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("stricter", ["page", "row", "both"])
def test_the_stricter_of_page_and_row_decides_by_the_table(
    mode: Mode, kind: Kind, stricter: str
) -> None:
    page = replace(OPEN, mode=mode) if stricter in ("page", "both") else OPEN
    row = replace(ROW, mode=mode) if stricter in ("row", "both") else ROW
    verdict = ask(page, row, intent(kind))
    assert isinstance(verdict, Refused) is (kind in FORBIDDEN[mode])


def test_stricter_modes_forbid_at_least_what_looser_ones_do() -> None:
    for looser, stricter in zip(Mode, list(Mode)[1:], strict=False):
        assert FORBIDDEN[looser] <= FORBIDDEN[stricter]


pages = st.none() | st.builds(
    Page,
    mode=st.sampled_from([None, *Mode]),
    armed=st.booleans(),
    epoch=st.integers(1, 4),
    boot=st.integers(BOOT, BOOT + 1),
    lease_until_ns=st.integers(NOW_NS - 2, NOW_NS + 2),
    beat_ns=st.integers(NOW_NS - 2 * BEAT_LATE_NS, NOW_NS),
)
rows = st.none() | st.builds(Row, mode=st.sampled_from(Mode), epoch=st.integers(1, 4))


@given(pages, rows, st.booleans())
def test_nothing_stops_a_flatten(page: Page | None, row: Row | None, kill_file: bool) -> None:
    verdict = ask(page, row, intent(Kind.FLATTEN), kill_file=kill_file)
    assert isinstance(verdict, ApprovedOrder)


@given(pages, rows, st.booleans(), st.sampled_from([Kind.ENTRY, Kind.EXIT, Kind.STOP]))
def test_anything_else_passes_only_when_every_single_thing_is_right(
    page: Page | None, row: Row | None, kill_file: bool, kind: Kind
) -> None:
    verdict = ask(page, row, intent(kind), kill_file=kill_file)
    if isinstance(verdict, Refused):
        return
    assert not kill_file
    assert page is not None
    assert row is not None
    assert page.mode is not None
    assert page.armed
    assert page.boot == BOOT
    assert page.lease_until_ns > NOW_NS
    assert NOW_NS - page.beat_ns <= BEAT_LATE_NS
    assert row.epoch == 3
    assert kind not in FORBIDDEN[page.mode] | FORBIDDEN[row.mode]
