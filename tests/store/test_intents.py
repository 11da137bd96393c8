"""Invariants 2 and 6 on the real store: what is reserved, raced for, filled and swept."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select

from core.gate import FORBIDDEN, GateRefusal, Intent, Refused
from core.modes import Mode
from core.orders import IllegalMove, Kind, Order, OrderSpec, OrderState, Side, closing_side
from core.risk import RiskRefusal, RiskRefused
from store import books_schema, columns
from store.control import begin_desk, read_row
from store.events import latest
from store.ledger import book_fill, read_position
from store.observations import HeldThere, write_held_there, write_marks
from store.orders import live_orders, move, read_order, record_intent, reservations
from store.store import Store, open_store
from tests.store.child import child
from tests.store.desk import (
    BTC,
    BTC_PRICE,
    BTC_PRODUCT,
    DESK,
    ETH,
    ETH_PRICE,
    ETH_PRODUCT,
    LIMITS,
    NOW,
    begin_books,
    checked,
    fill,
    hold,
    later,
    mark,
    order,
    see_the_exchange,
    set_to,
)

LARGEST = 10
"""Contracts of BTC that the desk may hold."""

Answer = Intent | RiskRefused | Refused


@pytest.fixture
def store(store: Store) -> Store:
    """Its equity is known: entries are refused where it is not."""
    begin_books(store)
    return store


def record(store: Store, spec: OrderSpec) -> Answer:
    return store.write(lambda tx: record_intent(tx, checked(spec), LIMITS, NOW))


def entry(id: str, side: Side = Side.BUY, contracts: int = 1) -> OrderSpec:
    return order(id, Kind.ENTRY, side, contracts)


def advance(store: Store, id: str, *states: OrderState, reported: int | None = None) -> Order:
    for state in states:
        moved = store.write(
            lambda tx, to=state: move(tx, store.log, id, to, NOW, reported_filled=reported)  # type: ignore[misc]
        )
    return moved


def booked(store: Store, id: str, client_order_id: str, side: Side, contracts: int) -> bool:
    trade = fill(id, client_order_id, side, contracts)
    return store.write(lambda tx: book_fill(tx, store.log, DESK, trade, BTC_PRODUCT, NOW))


def known(store: Store, id: str) -> Order:
    found = store.read(lambda c: read_order(c, id))
    assert found is not None
    return found


def position(store: Store) -> int:
    held = store.read(lambda c: read_position(c, DESK, BTC))
    return held.contracts if held else 0


def reserved(store: Store, side: Side) -> int:
    live = store.read(lambda c: reservations(c, DESK).get(BTC, []))
    return sum(r.contracts for r in live if r.side is side)


def rows(store: Store, table: str) -> int:
    counted = select(func.count()).select_from(columns.metadata.tables[table])
    return store.read(lambda c: c.scalar(counted)) or 0


# The intent


def test_an_admitted_order_is_durable_and_carries_the_epoch_it_was_admitted_in(
    store: Store,
) -> None:
    set_to(store, Mode.REDUCE_ONLY)
    set_to(store, Mode.ACTIVE)
    epoch = store.read(lambda c: read_row(c, DESK)).epoch
    assert record(store, entry("a")) == Intent(entry("a"), epoch)
    assert (known(store, "a").state, known(store, "a").epoch) == (OrderState.RESERVED, epoch)
    assert known(store, "a").spec == entry("a")


@pytest.mark.parametrize(("mode", "kind"), list(product(Mode, Kind)))
def test_what_the_mode_forbids_is_not_even_recorded(store: Store, mode: Mode, kind: Kind) -> None:
    hold(store, -3)
    store.write(lambda tx: write_held_there(tx, DESK, [HeldThere(BTC, -3, BTC_PRICE, NOW)]))
    set_to(store, mode)
    side = Side.SELL if kind is Kind.ENTRY else Side.BUY
    answer = record(store, order("a", kind, side))
    if kind in FORBIDDEN[mode]:
        assert isinstance(answer, Refused)
        assert answer.reason is GateRefusal.MODE_FORBIDS
        assert rows(store, "orders") == 0
    else:
        assert isinstance(answer, Intent)


def test_an_id_is_used_once_whatever_became_of_its_order(store: Store) -> None:
    record(store, entry("a"))
    for states in ((), (OrderState.UNKNOWN,), (OrderState.ABSENT,)):
        advance(store, "a", *states) if states else None
        again = record(store, entry("a", contracts=2))
        assert isinstance(again, RiskRefused)
        assert again.reason is RiskRefusal.DUPLICATE_ID
    assert known(store, "a").spec.contracts == 1


@pytest.mark.parametrize(
    ("states", "still"),
    [
        ((), 4),
        ((OrderState.UNKNOWN,), 4),
        ((OrderState.WORKING,), 4),
        ((OrderState.WORKING, OrderState.CANCELLING), 4),
        ((OrderState.REFUSED,), 0),
        ((OrderState.REJECTED,), 0),
        ((OrderState.WORKING, OrderState.CANCELLED), 0),
        ((OrderState.UNKNOWN, OrderState.ABSENT), 0),
        ((OrderState.UNKNOWN, OrderState.ABSENT, OrderState.WORKING), 4),
    ],
)
def test_an_order_reserves_its_contracts_until_it_is_known_to_have_ended(
    store: Store, states: tuple[OrderState, ...], still: int
) -> None:
    """Invariant 6: a lost reply reserves, it frees nothing."""
    record(store, entry("a", contracts=4))
    if states:
        advance(store, "a", *states)
    assert reserved(store, Side.BUY) == still


def test_an_illegal_move_raises_and_nothing_happens(store: Store) -> None:
    record(store, entry("a"))
    advance(store, "a", OrderState.REJECTED)
    before = known(store, "a"), rows(store, "events")
    with pytest.raises(IllegalMove):
        advance(store, "a", OrderState.WORKING)
    with pytest.raises(KeyError, match="nothing"):
        advance(store, "nothing", OrderState.WORKING)
    assert (known(store, "a"), rows(store, "events")) == before


def test_the_same_state_again_is_no_move_and_no_event(store: Store) -> None:
    record(store, entry("a"))
    advance(store, "a", OrderState.WORKING)
    before = rows(store, "events")
    advance(store, "a", OrderState.WORKING)
    assert rows(store, "events") == before


# Fills


def test_an_end_waits_until_every_fill_that_was_reported_is_booked(store: Store) -> None:
    record(store, entry("a", contracts=4))
    advance(store, "a", OrderState.WORKING)
    waiting = advance(store, "a", OrderState.FILLED, reported=4)
    assert (waiting.state, reserved(store, Side.BUY)) == (OrderState.WORKING, 4)
    booked(store, "f1", "a", Side.BUY, 3)
    assert advance(store, "a", OrderState.FILLED, reported=4).state is OrderState.WORKING
    booked(store, "f2", "a", Side.BUY, 1)
    assert advance(store, "a", OrderState.FILLED, reported=4).state is OrderState.FILLED
    assert (position(store), reserved(store, Side.BUY)) == (4, 0)


def test_a_fill_is_booked_once_however_often_it_is_reported(store: Store) -> None:
    record(store, entry("a", contracts=4))
    assert booked(store, "f1", "a", Side.BUY, 3)
    before = rows(store, "events")
    assert not booked(store, "f1", "a", Side.BUY, 3)
    assert (position(store), known(store, "a").filled, rows(store, "fills")) == (3, 3, 1)
    assert rows(store, "events") == before


def test_two_processes_that_book_the_same_fill_book_it_once(store: Store, tmp_path: Path) -> None:
    record(store, entry("a", contracts=4))
    with open_again(tmp_path / "home") as other:
        threads = [
            threading.Thread(target=booked, args=(s, f"f{n}", "a", Side.BUY, 1))
            for s in (store, other)
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (position(store), known(store, "a").filled, rows(store, "fills")) == (4, 4, 4)


def test_a_fill_its_order_its_position_and_its_event_are_one_transaction(store: Store) -> None:
    record(store, entry("a", contracts=4))
    before = rows(store, "events")

    def fails_in_the_end(tx: Connection) -> None:
        book_fill(tx, store.log, DESK, fill("f1", "a", Side.BUY, 3), BTC_PRODUCT, NOW)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        store.write(fails_in_the_end)
    assert (position(store), known(store, "a").filled, rows(store, "fills")) == (0, 0, 0)
    assert rows(store, "events") == before


def test_position_and_reservation_change_together_so_the_worst_case_does_not(store: Store) -> None:
    record(store, entry("a", contracts=4))
    worst = position(store) + reserved(store, Side.BUY)
    for n in range(4):
        booked(store, f"f{n}", "a", Side.BUY, 1)
        assert position(store) + reserved(store, Side.BUY) == worst


# Races


@contextmanager
def open_again(root: Path) -> Iterator[Store]:
    """The same store as another process would have it."""
    opened = open_store(root, NOW)
    try:
        yield opened
    finally:
        opened.close()


def race(stores: list[Store], specs: list[list[OrderSpec]]) -> list[Intent]:
    """Every list of orders is sent by a thread of its own; what was admitted."""
    admitted: list[Intent] = []
    start = threading.Barrier(len(specs))

    def send(store: Store, own: list[OrderSpec]) -> None:
        start.wait()
        for spec in own:
            answer = record(store, spec)
            if isinstance(answer, Intent):
                admitted.append(answer)

    threads = [
        threading.Thread(target=send, args=(stores[n % len(stores)], own))
        for n, own in enumerate(specs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return admitted


def test_racing_entries_never_exceed_the_position_limit(store: Store, tmp_path: Path) -> None:
    sizes = [3, 2, 1, 1]
    with open_again(tmp_path / "home") as other:
        specs = [[entry(f"{n}-{i}", contracts=s) for i, s in enumerate(sizes)] for n in range(6)]
        admitted = race([store, other], specs)
    assert sum(intent.spec.contracts for intent in admitted) == LARGEST
    assert reserved(store, Side.BUY) == LARGEST


@pytest.mark.parametrize("held", [7, -7])
def test_racing_exits_and_stops_never_exceed_what_is_held(
    store: Store, tmp_path: Path, held: int
) -> None:
    hold(store, held)
    side = closing_side(held)
    kinds = [Kind.EXIT, Kind.STOP]
    with open_again(tmp_path / "home") as other:
        specs = [
            [order(f"{n}-{i}", kinds[(n + i) % 2], side, s) for i, s in enumerate([3, 2, 1, 1])]
            for n in range(6)
        ]
        admitted = race([store, other], specs)
    assert sum(intent.spec.contracts for intent in admitted) == abs(held)


SENDER = """
import sys
from pathlib import Path
from core.gate import Intent
from store.orders import record_intent
from store.store import open_store
from tests.store.desk import LIMITS, NOW, checked, order
store = open_store(Path(sys.argv[1]), NOW)
print("ready", flush=True)
sys.stdin.readline()
total = 0
for n in range(30):
    spec = order(f"{sys.argv[2]}-{n}", contracts=n % 3 + 1)
    answer = store.write(lambda tx: record_intent(tx, checked(spec), LIMITS, NOW))
    total += spec.contracts if isinstance(answer, Intent) else 0
print(total, flush=True)
"""


def test_two_real_processes_share_one_limit(store: Store) -> None:
    home = store.home.root
    with child(SENDER, home, "one") as one, child(SENDER, home, "two") as two:
        assert one.hears() == two.hears() == "ready"
        one.tell()
        two.tell()
        assert int(one.hears()) + int(two.hears()) == LARGEST
    assert reserved(store, Side.BUY) == LARGEST


# Invariant 2, over random days


@dataclass
class DeskOfChance:
    """A desk whose orders are sent, filled and cancelled at random, one contract or more at a time."""

    store: Store
    ids: Iterator[int] = field(default_factory=count)

    def send(self, kind: Kind, side: Side, contracts: int) -> None:
        if kind is Kind.FLATTEN:
            self.look()
        record(self.store, order(f"o{next(self.ids)}", kind, side, contracts))

    def look(self) -> None:
        """The exchange says what is held, as one look books it together with every fill."""
        there = [HeldThere(BTC, position(self.store), BTC_PRICE, NOW)]
        self.store.write(lambda tx: write_held_there(tx, DESK, there))

    def live(self) -> list[Order]:
        return self.store.read(lambda c: live_orders(c, DESK))

    def fill(self, which: int, contracts: int) -> None:
        live = self.live()
        if live:
            lucky = live[which % len(live)]
            size = min(contracts, lucky.left)
            id = lucky.spec.client_order_id
            booked(self.store, f"f{next(self.ids)}", id, lucky.spec.side, size)
            if lucky.left == size:
                advance(self.store, id, OrderState.FILLED)

    def cancel(self, which: int) -> None:
        live = self.live()
        if live:
            advance(self.store, live[which % len(live)].spec.client_order_id, OrderState.CANCELLED)

    def sweep_entries(self) -> None:
        for found in self.live():
            if found.spec.kind is Kind.ENTRY:
                advance(self.store, found.spec.client_order_id, OrderState.CANCELLED)

    @property
    def worst(self) -> tuple[int, int]:
        held = position(self.store)
        return held - reserved(self.store, Side.SELL), held + reserved(self.store, Side.BUY)


small = st.integers(1, 5)
moves = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(Kind), st.sampled_from(Side), small),
    st.tuples(st.just("send"), st.just(Kind.ENTRY), st.sampled_from(Side), small),
    st.tuples(st.just("fill"), st.integers(0, 9), small),
    st.tuples(st.just("fill"), st.integers(0, 9), small),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
)


@settings(max_examples=25, deadline=None)
@given(active=st.lists(moves, min_size=5, max_size=20), reducing=st.lists(moves, max_size=20))
def test_whatever_fills_the_limit_holds_and_once_reduce_only_is_applied_nothing_grows_or_flips(
    active: list[tuple[str, *tuple[object, ...]]], reducing: list[tuple[str, *tuple[object, ...]]]
) -> None:
    with tempfile.TemporaryDirectory() as root, open_again(Path(root) / "home") as store:
        store.write(lambda tx: begin_desk(tx, store.log, DESK, Mode.ACTIVE, "test", NOW))
        store.write(see_the_exchange)
        begin_books(store)
        desk = DeskOfChance(store)
        for name, *arguments in active:
            getattr(desk, name)(*arguments)
            lowest, highest = desk.worst
            assert -LARGEST <= lowest <= highest <= LARGEST
        set_to(store, Mode.REDUCE_ONLY)
        desk.sweep_entries()
        held = position(store)
        for name, *arguments in [("look",), *reducing]:
            getattr(desk, name)(*arguments)
            lowest, highest = desk.worst
            assert min(held, 0) <= lowest <= highest <= max(held, 0)
            held = position(store)


# What a decision looks at


def test_a_flatten_is_judged_by_what_the_exchange_holds_not_by_our_books(store: Store) -> None:
    hold(store, 2)
    store.write(lambda tx: write_held_there(tx, DESK, [HeldThere(BTC, 5, BTC_PRICE, NOW)]))
    assert isinstance(record(store, order("a", Kind.FLATTEN, Side.SELL, 5)), Intent)
    store.write(lambda tx: write_held_there(tx, DESK, []))
    refused = record(store, order("b", Kind.FLATTEN, Side.SELL, 1))
    assert isinstance(refused, RiskRefused)
    assert refused.reason is RiskRefusal.NO_POSITION


def test_only_entries_of_the_last_minute_count_for_the_rate(store: Store) -> None:
    hold(store, 3)
    record(store, entry("old"))
    record(store, order("stop", Kind.STOP, Side.SELL, 1))
    busy = replace(LIMITS, max_orders_per_minute=1)
    now = store.write(lambda tx: record_intent(tx, checked(entry("a")), busy, NOW))
    assert isinstance(now, RiskRefused)
    assert now.reason is RiskRefusal.ORDER_RATE
    soon = later(seconds=61)
    store.write(lambda tx: write_marks(tx, DESK, [mark(at=soon)]))
    after = store.write(lambda tx: record_intent(tx, checked(entry("a")), busy, soon))
    assert isinstance(after, Intent)


def test_leverage_counts_what_the_other_products_hold(store: Store) -> None:
    hold(store, 500, ETH_PRODUCT, ETH_PRICE)  # 3.0 times the equity, by itself
    refused = record(store, entry("a"))
    assert isinstance(refused, RiskRefused)
    assert refused.reason is RiskRefusal.LEVERAGE


def test_another_position_whose_worth_is_not_known_is_not_worth_nothing(store: Store) -> None:
    """Invariant 5: unknown is not flat."""
    hold(store, 500, ETH_PRODUCT, ETH_PRICE)
    store.write(
        lambda tx: tx.execute(
            delete(books_schema.marks).where(books_schema.marks.c.product_id == ETH)
        )
    )
    assert isinstance(record(store, entry("a")), RiskRefused)


def test_every_step_of_an_order_is_on_record(store: Store) -> None:
    record(store, entry("a", contracts=2))
    advance(store, "a", OrderState.WORKING)
    booked(store, "f1", "a", Side.BUY, 2)
    advance(store, "a", OrderState.FILLED)
    kinds = [event.kind for event in store.read(lambda c: latest(c, DESK, 100))]
    assert kinds == ["genesis", "books_opened", "order_working", "fill", "order_filled"]
