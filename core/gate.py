"""The last question before the wire: may this order leave now, given the page, the row and its intent?

Everything that decides it is here, pure. The page, the row and the KILL file are read by the caller
while it holds the shared lock; whatever cannot be read is passed as None and closes the gate.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.modes import Mode
from core.orders import Kind, OrderSpec

BEAT_LATE_NS = 500_000_000
LEASE_NS = 1_000_000_000
"""For how long the guard renews its lease: none that is longer was ever given."""

FORBIDDEN: dict[Mode, frozenset[Kind]] = {
    Mode.ACTIVE: frozenset(),
    Mode.REDUCE_ONLY: frozenset({Kind.ENTRY}),
    Mode.HELD: frozenset({Kind.ENTRY, Kind.EXIT}),
    Mode.KILLED: frozenset({Kind.ENTRY, Kind.EXIT, Kind.STOP}),
}
"""What each mode keeps back. FLATTEN appears nowhere: the brake always works."""


@dataclass(frozen=True, slots=True)
class Page:
    """The mapped page as read at one instant. Times are CLOCK_MONOTONIC nanoseconds."""

    mode: Mode | None
    armed: bool
    epoch: int
    boot: int
    lease_until_ns: int
    beat_ns: int


@dataclass(frozen=True, slots=True)
class Row:
    """The control row with its constraints applied."""

    mode: Mode
    epoch: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A durable order intent: what is to be sent and the epoch it was admitted under."""

    spec: OrderSpec
    epoch: int


class GateRefusal(StrEnum):
    """Why the gate kept an order back. Nothing was written to the wire."""

    KILL_FILE = "the KILL file is present in the home"
    PAGE_UNREADABLE = "the gate's page cannot be read"
    ROW_UNREADABLE = "the control row cannot be read"
    PAGE_CLOSED = "the gate is closed"
    NOT_ARMED = "not reconciled yet in this start"
    OTHER_BOOT = "the gate was armed by another start of the trader"
    LEASE_LAPSED = "the guard has not renewed its lease"
    BEAT_LATE = "the trading loop's beat is late"
    PAGE_AHEAD = "the page's lease or beat lies in the future: it is damaged, or of another boot"
    EPOCH_CHANGED = "the mode changed after the intent was recorded, or the page is behind"
    MODE_FORBIDS = "the mode forbids this kind of order"
    NO_INTENT = "no durable intent was recorded for this request"


@dataclass(frozen=True, slots=True)
class ApprovedOrder:
    """An order that may be written now. Only `admit` makes one, and only the connection hook asks."""

    spec: OrderSpec
    epoch: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The gate's no, with its named reason."""

    reason: GateRefusal
    detail: str = ""


def admit(
    page: Page | None,
    row: Row | None,
    intent: Intent,
    *,
    kill_file: bool,
    boot: int,
    now_ns: int,
) -> ApprovedOrder | Refused:
    """Decide about one intent. `boot` is the nonce of the sender's own start."""
    approved = ApprovedOrder(intent.spec, intent.epoch)
    if intent.spec.kind is Kind.FLATTEN:
        return approved
    if kill_file:
        return Refused(GateRefusal.KILL_FILE)
    return closed_page(page, boot, now_ns) or _closed_row(page, row, intent) or approved


def closed_page(page: Page | None, boot: int, now_ns: int) -> Refused | None:
    """Why the page closes the gate to a sender of this boot, or None."""
    if page is None:
        return Refused(GateRefusal.PAGE_UNREADABLE)
    if page.mode is None:
        return Refused(GateRefusal.PAGE_CLOSED)
    if page.boot != boot:
        return Refused(GateRefusal.OTHER_BOOT)
    if not page.armed:
        return Refused(GateRefusal.NOT_ARMED)
    if now_ns >= page.lease_until_ns:
        return Refused(GateRefusal.LEASE_LAPSED)
    if now_ns - page.beat_ns > BEAT_LATE_NS:
        return Refused(GateRefusal.BEAT_LATE)
    if page.lease_until_ns - now_ns > LEASE_NS or page.beat_ns - now_ns > BEAT_LATE_NS:
        return Refused(GateRefusal.PAGE_AHEAD)
    return None


def _closed_row(page: Page | None, row: Row | None, intent: Intent) -> Refused | None:
    if row is None:
        return Refused(GateRefusal.ROW_UNREADABLE)
    strictest = max(row.mode, page.mode or row.mode) if page else row.mode
    if intent.spec.kind in FORBIDDEN[strictest]:
        return Refused(
            GateRefusal.MODE_FORBIDS, f"{intent.spec.kind} while the desk is {strictest.name}"
        )
    if intent.epoch != row.epoch:
        return Refused(
            GateRefusal.EPOCH_CHANGED, f"recorded in epoch {intent.epoch}, now {row.epoch}"
        )
    if page is not None and page.epoch != row.epoch:
        return Refused(
            GateRefusal.EPOCH_CHANGED, f"the page stands at {page.epoch}, the row at {row.epoch}"
        )
    return None
