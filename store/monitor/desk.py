"""A desk's figures for monitors: what it may do, holds, has made, and how its parts fare."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from core.books import Books, day_name, day_pnl, loss_from, total
from core.chain import Event
from core.dangers import fallen_pct_of
from core.gate import GateRefusal, closed_page
from core.modes import Mode
from core.reports.daily import ERRORS
from store.control import desks, read_constraints, read_control, read_row
from store.events import events_of_kinds
from store.heartbeats import read_heartbeats
from store.home import Home
from store.ledger import held, read_day, read_positions
from store.monitor.gauge import Gauge, age_s
from store.observations import read_marks, read_reads
from store.orders import live_orders
from store.own_cash import read_accepted, read_high_water, read_opening
from store.page import GatePage, PageUnreadable
from store.store import Store, Transaction
from store.vitals import read_vitals

AN_HOUR = timedelta(hours=1)


def desk_gauges(store: Store, now: datetime, now_ns: int) -> list[Gauge]:
    """Of every desk of the store, each gauge labelled with its desk."""
    found: list[Gauge] = []
    for desk in store.read(desks):
        is_open = gate_closed(store.home, desk, now_ns) is None
        says = "1 while it is armed and beats; what the mode forbids does not pass all the same"
        found.append(Gauge("perps_gate_open", says, int(is_open), {"desk": desk}))
        found += _brake(store, desk)
        found += store.read(lambda c, desk=desk: list(_of_desk(c, desk, now)))  # type: ignore[misc]
    return found


def gate_closed(home: Home, desk: str, now_ns: int) -> GateRefusal | None:
    """Why nothing at all passes, whatever the mode; None while orders may."""
    if home.kill_file.exists():
        return GateRefusal.KILL_FILE
    gate = GatePage(home.page(desk))
    try:
        page = gate.read()
    except PageUnreadable:
        return GateRefusal.PAGE_UNREADABLE
    finally:
        gate.close()
    refused = closed_page(page, page.boot, now_ns)
    return refused.reason if refused is not None else None


def _brake(store: Store, desk: str) -> list[Gauge]:
    """Of this process alone: who kills from a terminal measures nothing that stays."""
    took_s = store.brake(desk).took_s
    says = "How long this process's last tightening took until nothing forbidden could leave"
    return [] if took_s is None else [Gauge("perps_brake_seconds", says, took_s, {"desk": desk})]


def _of_desk(c: Transaction, desk: str, now: datetime) -> Iterator[Gauge]:
    yield from _modes(c, desk, now)
    yield from _books(c, desk, now)
    yield from _holdings(c, desk, now)
    yield from _parts(c, desk, now)
    yield from _errors(events_of_kinds(c, desk, ERRORS, now - AN_HOUR), desk)


def _modes(c: Transaction, desk: str, now: datetime) -> Iterator[Gauge]:
    row, control, of = read_row(c, desk), read_control(c, desk), {"desk": desk}
    says = "Mode in force: " + ", ".join(f"{mode.value} {mode.name}" for mode in Mode)
    yield Gauge("perps_mode", says, row.mode.value, of)
    yield Gauge("perps_mode_set", "Mode that people set", control.mode.value, of)
    yield Gauge("perps_mode_set_age_seconds", "Since they set it", age_s(control.at, now), of)
    yield Gauge("perps_epoch", "Grows with every change of what is allowed", row.epoch, of)
    for one in read_constraints(c, desk):
        labels = of | {"rule": one.rule.value}
        yield Gauge("perps_constraint", "1 for each machine rule in force", 1, labels)


def _books(c: Transaction, desk: str, now: datetime) -> Iterator[Gauge]:
    """Nothing where a mark is missing: the desk's worth is unknown then, not zero."""
    opening, of = read_opening(c, desk), {"desk": desk}
    if opening is None:
        return
    prices = {product_id: mark.price for product_id, mark in read_marks(c, desk).items()}
    books = total(*opening, read_positions(c, desk), prices, read_accepted(c, desk))
    if not isinstance(books, Books):
        return
    yield Gauge("perps_equity_usd", "Equity by our books", books.equity_usd, of)
    high = read_high_water(c, desk)
    fallen = fallen_pct_of(books.own_equity_usd, high) if high is not None else None
    if fallen is not None:
        yield Gauge("perps_drawdown_percent", "Below the highest equity", fallen, of)
    day = read_day(c, desk, day_name(now))
    if day is None:
        return
    made = day_pnl(day.opening, books)
    says = "Profit and loss of the UTC day, by part"
    parts = {
        "realised": made.realised_usd,
        "unrealised": made.unrealised_usd,
        "funding": made.funding_usd,
        "fees": -made.fees_usd,
    }
    for part, usd in parts.items():
        yield Gauge("perps_day_pnl_usd", says, usd, of | {"part": part})
    yield Gauge("perps_day_loss_usd", "From the day's opening or peak", loss_from(day), of)


def _holdings(c: Transaction, desk: str, now: datetime) -> Iterator[Gauge]:
    of, orders = {"desk": desk}, live_orders(c, desk)
    positions = held(read_positions(c, desk))
    yield Gauge("perps_positions_open", "Open positions", len(positions), of)
    yield Gauge("perps_orders_open", "Orders that may still fill", len(orders), of)
    for position in positions:
        labels = of | {"product": position.product_id}
        yield Gauge("perps_position_contracts", "Signed", position.contracts, labels)
    for product_id, mark in read_marks(c, desk).items():
        labels = of | {"product": product_id}
        yield Gauge("perps_mark_age_seconds", "Age of the mark price", age_s(mark.at, now), labels)


def _parts(c: Transaction, desk: str, now: datetime) -> Iterator[Gauge]:
    of = {"desk": desk}
    for beat in read_heartbeats(c, desk):
        labels = of | {"process": beat.process}
        yield Gauge("perps_heartbeat_age_seconds", "Since it beat", age_s(beat.at, now), labels)
    for what, read in read_reads(c, desk).items():
        labels = of | {"what": what}
        yield Gauge("perps_read_failing", "1 where a read fails", int(read.failing), labels)
    for one in read_vitals(c, desk):
        labels = of | {"process": one.process, "of": one.measure.symbol}
        says = "As the process measured it last"
        yield Gauge(f"perps_{one.measure.vital}", says, one.measure.value, labels)


def _errors(events: list[Event], desk: str) -> Iterator[Gauge]:
    for kind in sorted(ERRORS):
        count = Decimal(sum(event.kind == kind for event in events))
        labels = {"desk": desk, "kind": kind}
        yield Gauge("perps_errors_within_an_hour", "Errors on record", count, labels)
