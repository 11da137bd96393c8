"""One look after another, booked on the real store: what is late, doubled, corrected or foreign."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.books import Account
from core.modes import Mode
from core.orders import Fill, Kind, Order, OrderState, Side
from core.positions import Position
from store.control import begin_desk
from store.events import latest
from store.ledger import latest_fills, read_position, read_positions
from store.observations import write_products
from store.orders import live_orders, move, read_order, record_intent
from store.reconciliation import read_looked_at, read_open, write_reconciliation
from store.store import Store, Transaction, open_store
from tests.store.desk import (
    BTC,
    BTC_PRICE,
    BTC_PRODUCT,
    CASH,
    DESK,
    ETH,
    ETH_PRODUCT,
    LIMITS,
    NOW,
    checked,
    order,
    see_the_exchange,
)
from trader.booking import Booked, Booking
from trader.coinbase.parse import ExchangeOrder, ExchangePosition
from trader.look import Look, question

ID = "entry-1"


class Bench:
    """A desk with an open ledger, to which looks are shown."""

    def __init__(self, root: Path, held: int = 0, fills: tuple[Fill, ...] = ()) -> None:
        self.store: Store = open_store(root, NOW)
        self.now = NOW
        self.store.write(lambda tx: begin_desk(tx, self.store.log, DESK, Mode.ACTIVE, "t", NOW))
        self.store.write(see_the_exchange)
        self.see(held=held, fills=fills)  # the first look opens the books

    def send(self, id: str = ID, contracts: int = 3) -> None:
        """An order of ours whose reply is still out."""
        spec = checked(order(id, Kind.ENTRY, Side.BUY, contracts))
        self.store.write(lambda tx: record_intent(tx, spec, LIMITS, self.now))

    def see(
        self,
        *orders: ExchangeOrder,
        fills: tuple[Fill, ...] = (),
        held: int = 0,
        products: bool = False,
    ) -> Booked:
        self.now += timedelta(seconds=1)
        positions = (ExchangePosition(BTC, held, BTC_PRICE),) if held else ()
        account = Account(CASH, Decimal(0), Decimal(0), CASH, "100", self.now)
        listed = (BTC_PRODUCT, ETH_PRODUCT) if products else None
        seen = Look(orders, fills, positions, account, listed)

        def transaction(tx: Transaction) -> Booked:
            before = read_looked_at(tx, DESK)
            booking = Booking(tx, self.store.log, DESK, before, self.now, self.now)
            booked = booking.book(seen)
            write_reconciliation(
                tx,
                self.store.log,
                DESK,
                booked.foreign,
                self.now,
                self.now,
            )
            return booked

        return self.store.write(transaction)

    def order(self, id: str = ID) -> Order:
        found = self.store.read(lambda c: read_order(c, id))
        assert found is not None
        return found

    def position(self, product_id: str = BTC) -> Position:
        found = self.store.read(lambda c: read_position(c, DESK, product_id))
        return found or Position(product_id, Decimal(1))

    def open(self) -> list[str]:
        return [one.discrepancy.id for one in self.store.read(lambda c: read_open(c, DESK))]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.store.read(lambda c: latest(c, DESK, 1_000))]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    built = Bench(tmp_path / "home")
    yield built
    built.store.close()


def there(state: OrderState, filled: int = 0, id: str = ID, **other: object) -> ExchangeOrder:
    seen = ExchangeOrder(f"at-{id}", id, BTC, Side.BUY, state, filled, NOW, "", "A WORD", 3)
    return replace(seen, **other)  # type: ignore[arg-type]


def fill(entry: str, contracts: int = 1, id: str = ID, seconds: float = 0, **other: object) -> Fill:
    at = NOW + timedelta(seconds=seconds)
    made = Fill(
        entry, f"at-{id}", None, BTC, Side.BUY, contracts, BTC_PRICE, Decimal("0.5"), at, False
    )
    return replace(made, **other)  # type: ignore[arg-type]


# Our own orders


@pytest.mark.parametrize(
    ("end", "filled"),
    [
        (OrderState.EXPIRED, 0),
        (OrderState.EXPIRED, 2),
        (OrderState.CANCELLED, 1),
        (OrderState.FILLED, 3),
        (OrderState.FAILED, 0),
    ],
)
def test_an_order_ends_as_the_exchange_says_with_what_it_filled(
    bench: Bench, end: OrderState, filled: int
) -> None:
    bench.send()
    bench.see(there(OrderState.WORKING))
    fills = tuple(fill(f"e{n}") for n in range(filled))
    bench.see(there(end, filled), fills=fills, held=filled)

    assert (bench.order().state, bench.order().filled) == (end, filled)
    assert bench.position().contracts == filled
    assert bench.open() == []


def test_an_end_is_not_believed_before_every_fill_of_it_is_booked(bench: Bench) -> None:
    bench.send()
    bench.see(there(OrderState.FILLED, 3), fills=(fill("e1", 2),), held=3)
    assert bench.order().live, "one contract is still to come"

    bench.see(there(OrderState.FILLED, 3), fills=(fill("e1", 2), fill("e2", 1)), held=3)
    assert bench.order().state is OrderState.FILLED
    assert bench.position().contracts == 3


def test_executions_that_come_twice_late_or_out_of_order_are_booked_once(bench: Bench) -> None:
    bench.send()
    late, early = fill("late", seconds=-300), fill("early", seconds=5)
    bench.see(there(OrderState.WORKING, 1), fills=(early, early), held=1)
    bench.see(there(OrderState.WORKING, 2), fills=(late, early, late), held=2)
    bench.see(there(OrderState.WORKING, 2), fills=(early,), held=2)

    assert bench.position().contracts == 2
    assert bench.order().filled == 2
    assert bench.kinds().count("fill") == 2


def test_an_order_in_a_state_we_do_not_know_stays_live_and_is_named(bench: Bench) -> None:
    bench.send()
    bench.see(there(OrderState.WORKING))
    bench.see(there(OrderState.UNKNOWN))

    assert bench.order().state is OrderState.WORKING
    assert bench.open() == [f"order-at-{ID}"]
    assert "odd_report" not in bench.kinds()

    bench.see(there(OrderState.CANCELLED))
    assert bench.order().state is OrderState.CANCELLED
    assert bench.open() == []


def test_a_reply_that_was_lost_is_found_by_our_own_id(bench: Bench) -> None:
    bench.send()
    bench.store.write(lambda tx: move(tx, bench.store.log, ID, OrderState.UNKNOWN, bench.now))
    bench.see(there(OrderState.WORKING))
    assert (bench.order().state, bench.order().order_id) == (OrderState.WORKING, f"at-{ID}")


def test_a_fill_of_an_order_that_came_after_the_list_of_orders_was_read_is_still_its_own(
    bench: Bench,
) -> None:
    bench.send()
    bench.see(fills=(fill("e1"),), held=1)
    assert bench.open() == [], "the reply is still out: it may be ours"

    bench.see(there(OrderState.WORKING, 1), fills=(fill("e1"),), held=1)
    bench.see(there(OrderState.CANCELLED, 1), fills=(fill("e1"),), held=1)
    assert (bench.order().state, bench.order().filled) == (OrderState.CANCELLED, 1)
    assert bench.position().contracts == 1
    assert bench.open() == []


def test_a_fill_that_no_order_of_ours_could_have_is_foreign_at_once(bench: Bench) -> None:
    bench.send(contracts=3)
    theirs = (fill("larger", 4, id="by-hand"), fill("sold", id="by-hand", side=Side.SELL))
    bench.see(fills=theirs, held=3)
    assert bench.open() == ["fill-larger", "fill-sold"]


def test_a_foreign_fill_is_named_once_our_own_order_in_doubt_is_resolved(bench: Bench) -> None:
    bench.send()
    theirs = (fill("theirs", id="by-hand"),)
    bench.see(fills=theirs, held=1)
    bench.see(there(OrderState.WORKING), fills=theirs, held=1)
    assert bench.open() == ["fill-theirs"]
    assert bench.position().contracts == 1


def test_a_fill_of_an_order_that_is_listed_as_another_hand_s_does_not_wait(bench: Bench) -> None:
    bench.send()
    by_hand = there(OrderState.FILLED, 1, id="by-hand", client_order_id="")
    bench.see(by_hand, fills=(fill("theirs", id="by-hand"),), held=1)
    assert bench.open() == ["fill-theirs"], "our own order in doubt is not that one"


def test_what_waits_for_its_order_explains_the_position(bench: Bench) -> None:
    bench.send()
    two = (fill("e1"), fill("e2"))
    booked = bench.see(fills=two, held=3)
    assert booked.waiting == two
    assert [(one.ours, one.theirs) for one in booked.differences] == [(2, 3)], (
        "no fill for the third"
    )

    booked = bench.see(there(OrderState.WORKING, 2), fills=two, held=2)
    assert (booked.waiting, booked.differences) == ((), ())


def test_a_fill_that_waited_for_an_order_that_never_got_there_is_foreign(bench: Bench) -> None:
    bench.send()
    theirs = (fill("theirs", id="by-hand"),)
    bench.see(fills=theirs, held=1)
    bench.store.write(lambda tx: move(tx, bench.store.log, ID, OrderState.ABSENT, bench.now))
    bench.see(fills=theirs, held=1)
    assert bench.open() == ["fill-theirs"]
    assert bench.position().contracts == 1


def test_an_order_given_up_as_absent_that_was_there_after_all_comes_back(bench: Bench) -> None:
    bench.send()
    bench.store.write(lambda tx: move(tx, bench.store.log, ID, OrderState.ABSENT, bench.now))
    bench.see(there(OrderState.FILLED, 3), fills=(fill("e1", 3),), held=3)
    bench.see(there(OrderState.FILLED, 3), fills=(fill("e1", 3),), held=3)

    assert bench.order().state is OrderState.FILLED
    assert bench.position().contracts == 3
    assert bench.open() == []


def test_an_order_that_comes_back_has_the_fills_that_were_taken_for_foreign_ones(
    bench: Bench,
) -> None:
    bench.send()
    bench.store.write(lambda tx: move(tx, bench.store.log, ID, OrderState.ABSENT, bench.now))
    bench.see(fills=(fill("e1"),), held=1)
    assert bench.open() == ["fill-e1"], "two people look into it, whatever comes of the order"

    bench.see(there(OrderState.WORKING, 1), held=1)
    assert (bench.order().state, bench.order().filled) == (OrderState.WORKING, 1)
    bench.see(there(OrderState.FILLED, 3), fills=(fill("e1"), fill("e2", 2)), held=3)
    assert (bench.order().state, bench.order().filled) == (OrderState.FILLED, 3)
    assert bench.position().contracts == 3


# What is not ours


def test_a_foreign_order_is_named_while_it_works_and_no_longer(bench: Bench) -> None:
    by_hand = there(OrderState.WORKING, id="by-hand", client_order_id="")
    bench.see(by_hand)
    assert bench.open() == ["order-at-by-hand"]
    assert "discrepancy" in bench.kinds()

    bench.see(replace(by_hand, state=OrderState.CANCELLED))
    assert bench.open() == []
    assert "discrepancy_gone" in bench.kinds()


def test_a_foreign_execution_is_on_the_books_and_stays_open(bench: Bench) -> None:
    bench.see(fills=(fill("theirs", 2, id="by-hand"),), held=2)
    bench.see(fills=(fill("theirs", 2, id="by-hand"),), held=2)
    bench.see(held=2)

    assert bench.position().contracts == 2
    assert bench.open() == ["fill-theirs"]


def test_a_corrected_execution_is_named_and_not_booked_over_the_first(bench: Bench) -> None:
    bench.send()
    bench.see(there(OrderState.WORKING, 1), fills=(fill("e1"),), held=1)
    before = bench.position()
    bench.see(there(OrderState.WORKING, 1), fills=(fill("e1", price=Decimal(59_000)),), held=1)

    assert bench.position() == before
    assert bench.open() == ["correction-e1"]


def test_a_reversal_is_named_and_not_taken_for_a_trade(bench: Bench) -> None:
    bench.see(fills=(fill("r1", trade_type="REVERSAL"),))
    assert bench.position().contracts == 0
    assert bench.open() == ["correction-r1"]


def test_a_trade_in_something_that_is_no_perp_is_named(bench: Bench) -> None:
    bench.see(fills=(fill("dated", product_id="BIT-26MAR27-CDE"),))
    assert bench.open() == ["fill-dated"]
    assert bench.store.read(lambda c: latest_fills(c, DESK, 10)) == []


def test_positions_that_were_there_before_the_books_are_taken_over(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home", held=4, fills=(fill("old", 4),))
    assert bench.position().contracts == 4
    assert bench.open() == []
    bench.see(fills=(fill("old", 4),), held=4)
    assert bench.position().contracts == 4, "its executions are in it already"
    bench.store.close()


# Funding


def hourly(bench: Bench, seconds: float) -> None:
    """The exchange tells the next funding to be so many seconds after NOW."""
    next_at = NOW + timedelta(seconds=seconds)
    product = replace(BTC_PRODUCT, funding_time=next_at, funding_rate=Decimal("0.0001"))
    bench.store.write(lambda tx: write_products(tx, DESK, [product, ETH_PRODUCT]))


def test_funding_is_paid_on_what_was_held_at_the_hour_and_once(bench: Bench) -> None:
    bench.send()
    hourly(bench, 10)
    bench.now = NOW + timedelta(seconds=60)
    before, after = fill("before", 1, seconds=9), fill("after", 2, seconds=11)
    bench.see(there(OrderState.FILLED, 3), fills=(before, after), held=3)
    bench.see(held=3)

    size, rate = BTC_PRODUCT.contract_size, Decimal("0.0001")
    assert bench.position().funding_usd == -1 * size * BTC_PRICE * rate
    assert bench.kinds().count("funding") == 1


def test_hours_that_nobody_saw_are_booked_when_the_desk_is_back(bench: Bench) -> None:
    bench.send()
    bench.see(there(OrderState.FILLED, 3), fills=(fill("e", 3),), held=3)
    hourly(bench, 10)
    bench.now = NOW + timedelta(hours=2, seconds=60)
    bench.see(held=3, products=True)
    bench.see(held=3)
    assert bench.kinds().count("funding") == 3


def test_a_flat_desk_pays_no_funding_and_does_not_pay_it_later(bench: Bench) -> None:
    hourly(bench, 10)
    bench.now = NOW + timedelta(seconds=20)
    bench.see()
    bench.send()
    bench.see(there(OrderState.FILLED, 3), fills=(fill("e", 3, seconds=25),), held=3)
    bench.see(held=3)
    assert "funding" not in bench.kinds()


# What is asked for


def test_an_order_without_a_name_is_asked_for_however_old_it_is(bench: Bench) -> None:
    bench.send()
    there_now = NOW + timedelta(hours=3)
    live = bench.store.read(lambda c: live_orders(c, DESK))
    asked = bench.store.read(
        lambda c: question(c, DESK, live, there_now, there_now, products=False, a_day=False)
    )
    assert asked.orders_since < NOW + timedelta(seconds=5)
    assert asked.unlisted == ()


def test_a_desk_without_a_fill_is_asked_from_where_its_books_began(bench: Bench) -> None:
    there_now = NOW + timedelta(hours=3)
    asked = bench.store.read(
        lambda c: question(c, DESK, [], there_now, there_now, products=False, a_day=False)
    )
    assert asked.fills_since <= NOW + timedelta(seconds=1)


def test_while_positions_differ_a_whole_day_of_executions_is_read(bench: Bench) -> None:
    bench.see(fills=(fill("recent"),), held=1)
    there_now = NOW + timedelta(seconds=10)
    asked = bench.store.read(
        lambda c: question(c, DESK, [], there_now, there_now, products=False, a_day=True)
    )
    assert there_now - asked.fills_since == timedelta(days=1)
    assert ETH not in {p.product_id for p in bench.store.read(lambda c: read_positions(c, DESK))}
