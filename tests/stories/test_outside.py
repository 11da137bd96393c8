"""What others do to the account: money moved, orders placed and traded by hand, in the exchange's app."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest

from core.books import Books
from core.modes import Mode, Rule
from core.orders import Kind, OrderState
from core.requests import Request, RequestState
from store.asking import ask_accept
from store.foreign import ask_cancel
from store.ledger import day_loss, latest_fills, read_positions, take_position
from store.observations import read_account, read_product
from store.own_cash import read_high_water
from store.reconciliation import read_open
from store.transfers import transferred_usd
from tests.sandbox.exchange_process import BIP, ETP
from tests.stories.test_kill import covered, trading
from tests.stories.world import ALICE, BOB, DESK, STEP_S, World
from trader.coinbase.feed import Sink
from trader.lanes import Lane
from trader.watch import snapshot

pytestmark = pytest.mark.long


def books_of(world: World) -> Books:
    found = world.store.write(lambda tx: snapshot(tx, DESK, world.now))
    assert isinstance(found, Books)
    return found


def cash_there(world: World) -> Decimal:
    account = world.store.read(lambda c: read_account(c, DESK))
    assert account is not None
    return account.cash_usd


def away(world: World, seconds: float) -> None:
    """The loop has crashed, and a new one reconciles only after so long."""
    world.exchange.advance(seconds)
    world.now += timedelta(seconds=seconds)
    world.until(lambda: not world.armed(), within_s=5)
    world.until(world.armed, within_s=20)


def test_money_that_comes_and_goes_is_booked_and_is_neither_profit_nor_loss(world: World) -> None:
    world.until(lambda: bool(world.positions()))
    high = world.store.read(lambda c: read_high_water(c, DESK))
    world.exchange.tell("/_sim/sweep", {"amount_usd": "10000"})
    world.exchange.tell("/_sim/transfer", {"amount_usd": "20000"})
    world.pass_time(6)
    world.exchange.tell("/_sim/transfer", {"amount_usd": "-30000.50"})
    world.pass_time(8)

    books = books_of(world)
    assert books.transfers_usd == Decimal("-10000.50")
    assert books.cash_usd == cash_there(world)
    assert world.kinds().count("transfer") == 2
    assert world.kinds().count("sweep") == 1, "it moved no cash: both wallets are the account's"
    assert world.rules() == set()
    assert world.mode() is Mode.ACTIVE
    now_high = world.store.read(lambda c: read_high_water(c, DESK))
    assert high is not None
    assert now_high is not None
    assert now_high - high < 5_000, "a deposit raises no high-water mark"
    assert world.store.read(lambda c: day_loss(c, DESK, world.now)) < 5_000


RESTING = {"limit_limit_gtc": {"base_size": "2", "limit_price": "50000"}}


def open_ids(world: World) -> list[str]:
    return [one.discrepancy.id for one in world.store.read(lambda c: read_open(c, DESK))]


def held_by_a_foreign_order(world: World) -> str:
    """The order's own id at the exchange."""
    world.by_hand(BIP, "BUY", RESTING)
    world.until(lambda: Rule.UNKNOWN_ORDER in world.rules(), within_s=10)
    (id,) = open_ids(world)
    return id.removeprefix("order-")


def accept_everything(world: World) -> Request:
    """Alice asks, Bob agrees, and the loop has had its time to carry it out."""
    seen = [one.discrepancy for one in world.store.read(lambda c: read_open(c, DESK))]
    id, why = world.id("accept"), "a drill"
    request = ask_accept(world.store, DESK, ALICE, seen, why, id, world.now)
    assert isinstance(request, Request)
    world.confirm(request, BOB)
    world.until(lambda: not world.request(request).open, within_s=10)
    return world.request(request)


def test_a_foreign_order_is_cancelled_on_one_voice(world: World) -> None:
    world.until(world.armed)
    order_id = held_by_a_foreign_order(world)

    assert ask_cancel(world.store, DESK, ALICE, order_id, "cancel-1", world.now)
    world.until(lambda: open_ids(world) == [], within_s=10)

    assert world.working_there() == []
    assert world.mode() is Mode.HELD, "cancelling releases nothing"
    assert world.resume().state is RequestState.EXECUTED


def test_an_adopted_order_is_ours_and_a_tightening_cancels_it(world: World) -> None:
    world.until(world.armed)
    order_id = held_by_a_foreign_order(world)
    accept_everything(world)
    assert open_ids(world) == []
    (adopted,) = [o for o in world.orders() if o.adopted]
    assert adopted.order_id == order_id

    world.until(lambda: not any(o.adopted for o in world.live()), within_s=15)
    by_id = {o.order_id: o for o in world.orders()}
    assert by_id[order_id].state is OrderState.CANCELLED, "the desk is HELD: what adds risk goes"
    assert world.working_there() == []
    assert open_ids(world) == []


def test_a_foreign_order_keeps_no_stop_back_after_a_restart(world: World) -> None:
    trading(world)
    held_by_a_foreign_order(world)
    for stop in world.live(Kind.STOP):
        assert stop.order_id is not None
        ask_cancel(world.store, DESK, ALICE, stop.order_id, f"c-{stop.order_id}", world.now)
    world.restart_everything()
    world.until(world.armed, within_s=10)

    assert world.mode() is Mode.HELD
    world.until(lambda: covered(world), within_s=10)


def test_what_was_traded_by_hand_is_resumed_over_only_once_it_is_accepted(world: World) -> None:
    world.until(world.armed)
    world.by_hand(ETP, "BUY", {"market_market_ioc": {"base_size": "3"}})
    world.until(lambda: Rule.UNKNOWN_ORDER in world.rules(), within_s=15)

    assert world.resume().state is RequestState.FAILED
    world.restart_everything()
    world.until(world.armed, within_s=10)
    refused = world.resume()
    assert refused.state is RequestState.FAILED, "a restart forgets nothing"
    assert "not ours" in refused.outcome

    assert accept_everything(world).state is RequestState.EXECUTED
    assert world.resume().state is RequestState.EXECUTED
    assert world.positions()[ETP] == world.positions_there()[ETP]


def test_a_gap_with_many_executions_is_read_page_by_page(world: World) -> None:
    world.until(world.armed)
    world.kill(ALICE)
    world.crash()
    for _ in range(130):  # more than a page of 250
        world.by_hand(ETP, "BUY", {"market_market_ioc": {"base_size": "1"}})
        world.by_hand(ETP, "SELL", {"market_market_ioc": {"base_size": "1"}})
    away(world, 1800)

    theirs = {fill["entry_id"] for fill in world.exchange.ask("/_sim/ledger")["fills"]}
    ours = {fill.entry_id for fill in world.store.read(lambda c: latest_fills(c, DESK, 1_000))}
    assert len(theirs) >= 260
    assert ours == theirs
    assert world.positions() == world.positions_there()
    assert Rule.POSITION_DRIFT not in world.rules()
    assert books_of(world).cash_usd == cash_there(world)


def test_funding_and_a_deposit_that_came_while_nobody_ran_are_booked_afterwards(
    world: World,
) -> None:
    trading(world)
    world.kill(ALICE)
    world.pass_time(5)
    held = world.positions()
    world.crash()
    world.exchange.tell("/_sim/transfer", {"amount_usd": "700"})
    away(world, 2 * 3600)
    world.pass_time(6)

    theirs = Decimal(world.exchange.ask("/_sim/ledger")["funding_total"])
    ours = sum(
        (p.funding_usd for p in world.store.read(lambda c: read_positions(c, DESK))), Decimal(0)
    )
    assert theirs != 0
    assert abs(ours - theirs) < 1
    assert world.kinds().count("funding") == 2 * len(held)
    assert world.store.read(lambda c: transferred_usd(c, DESK)) == 700
    assert Rule.CASH_OFF not in world.rules()


def test_transfers_that_cannot_be_read_are_named_beside_the_cash_they_may_explain(
    world: World,
) -> None:
    world.until(world.armed)
    world.pass_time(2)
    world.exchange.fault("status", match={"path": "/v2/*"}, args={"code": 503}, count=None)
    world.exchange.tell("/_sim/transfer", {"amount_usd": "5000"})
    world.until(lambda: Rule.CASH_OFF in world.rules(), within_s=60)
    world.pass_time(2)

    (found,) = world.store.read(lambda c: read_open(c, DESK))
    assert "cannot be read" in found.discrepancy.explanation
    assert "HTTP 503" in found.discrepancy.explanation
    assert "reads_failing" in world.kinds()

    world.exchange.clear_faults()
    world.until(lambda: open_ids(world) == [], within_s=90)
    assert books_of(world).transfers_usd == 5_000
    assert "reads_recovered" in world.kinds()


def test_every_gap_is_followed_by_a_look_and_a_quiet_desk_is_looked_at_too(world: World) -> None:
    feeds: list[Sink] = []
    world.start_feeds = lambda _products, sink: feeds.append(sink)
    world.until(lambda: bool(feeds), within_s=10)
    world.until(world.armed, within_s=10)
    sync = world.loop.sync
    world.kill(ALICE)
    world.pass_time(4)

    looked_at = sync.looked_at
    world.pass_time(3.5)
    assert sync.looked_at != looked_at, "by the timer"

    world.pass_time(0.5)
    feeds[-1].missed("connected again")
    world.pass_time(0.5)
    assert sync.looked_at == world.now
    feeds[-1].orders_changed()
    world.pass_time(0.5)
    assert sync.looked_at == world.now


def test_while_a_cancel_is_out_the_desk_is_looked_at_once_a_second(world: World) -> None:
    """What is seen before its answer has to be seen again, and looks are rationed; but one may hang."""
    trading(world)
    world.confirm(world.kill(), BOB)
    world.runner.hanging = Lane.BRAKE
    world.pass_time(1)
    looks = set()
    for _ in range(8):
        world.loop.sync.want()
        world.pass_time(STEP_S)
        looks.add(world.loop.sync.looked_at)
    assert len(looks) == 8 * STEP_S


def test_a_drift_is_looked_at_calmly_and_accepted_as_the_exchange_has_it(world: World) -> None:
    trading(world)
    world.kill(ALICE)
    world.pass_time(3)
    product_id, contracts = next(iter(world.positions().items()))
    product = world.store.read(lambda c: read_product(c, DESK, product_id))
    assert product is not None
    world.store.write(  # as if an execution had never been told
        lambda tx: take_position(tx, DESK, product, contracts + 3, Decimal(1))
    )
    world.until(lambda: Rule.POSITION_DRIFT in world.rules(), within_s=15)
    since = time.monotonic_ns()
    world.pass_time(6)
    found = world.exchange.ask(f"/_sim/requests?since_ns={since}&limit=100000")["requests"]
    reads = sum(r["path"].endswith("/cfm/positions") for r in found)
    assert reads <= 8, "what is known to differ is not asked for in a hurry"

    assert open_ids(world) == [f"position-{product_id}"]
    world.store.write(lambda tx: take_position(tx, DESK, product, contracts + 4, Decimal(1)))
    refused = accept_everything(world)
    assert refused.state is RequestState.FAILED, "it has changed since it was seen"
    assert "has changed" in refused.outcome

    accepted = accept_everything(world)
    assert accepted.state is RequestState.EXECUTED, accepted.outcome
    world.pass_time(3)
    assert open_ids(world) == []
    assert world.positions() == world.positions_there()


def test_an_order_that_was_acknowledged_and_is_not_there_is_given_up_and_told(
    world: World,
) -> None:
    world.until(world.armed)
    match = {"method": "POST", "path": "/api/v3/brokerage/orders"}
    world.exchange.fault("phantom_order", match=match, args={}, count=1)
    world.until(lambda: "order_lost" in world.kinds(), within_s=60)

    (lost,) = [o for o in world.orders() if "acknowledged" in o.detail]
    assert lost.state is OrderState.ABSENT
    assert lost.order_id is not None
    assert Rule.READ_FAILED not in world.rules()
