"""What the desk does when the exchange is slow, failing, lying or gone, and when its own parts die."""

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from core.books import Books
from core.flatten import JobState, Leg, LegState
from core.modes import Mode, Rule
from core.orders import Kind, Order, OrderState, OrderType
from core.requests import RequestState
from store.control import read_row, set_mode
from store.ledger import read_positions
from store.observations import read_account, read_marks
from store.own_cash import read_opening
from store.page import GatePage
from tests.sandbox.exchange_process import BIP, ETP, ExchangeProcess
from tests.stories.test_kill import covered, trading
from tests.stories.world import ALICE, BOB, DESK, START, World
from trader.guard import Said
from trader.profiles import DEV
from trader.watch import snapshot

CREATE = {"method": "POST", "path": "/api/v3/brokerage/orders"}
READS = {"method": "GET"}


def test_a_lost_reply_is_resolved_and_never_sent_again(world: World) -> None:
    world.until(world.armed)
    world.exchange.fault("drop_after", match=CREATE, count=1)
    world.until(lambda: any(o.state is OrderState.UNKNOWN for o in world.orders()), within_s=60)
    lost = next(o for o in world.orders() if o.state is OrderState.UNKNOWN)

    world.pass_time(3)

    found = next(o for o in world.orders() if o.spec.client_order_id == lost.spec.client_order_id)
    assert found.state is not OrderState.UNKNOWN
    assert found.order_id == world.exchange.order(lost.spec.client_order_id)["order_id"]
    sent = [
        r
        for r in world.placed_since(0)
        if r["body"]["client_order_id"] == lost.spec.client_order_id
    ]
    assert len(sent) == 1


def test_an_order_that_never_arrived_is_absent_once_its_token_is_dead(world: World) -> None:
    world.until(world.armed)
    world.exchange.fault("drop_before", match=CREATE, count=1)
    world.until(lambda: any(o.state is OrderState.UNKNOWN for o in world.orders()), within_s=60)
    lost = next(o for o in world.orders() if o.state is OrderState.UNKNOWN)

    world.until(
        lambda: any(
            o.spec.client_order_id == lost.spec.client_order_id and o.state is OrderState.ABSENT
            for o in world.orders()
        ),
        within_s=30,
    )


@pytest.mark.parametrize("kind", ["status", "html", "null_fields"])
def test_when_reads_fail_nothing_is_taken_for_flat(world: World, kind: str) -> None:
    trading(world)
    held = world.positions()
    args = {"status": {"code": 503}, "html": {}, "null_fields": {"fields": ["positions"]}}[kind]
    world.exchange.fault(kind, match=READS, args=args, count=None)

    world.pass_time(8)

    assert world.rules() == {Rule.READ_FAILED}
    assert world.mode() is Mode.REDUCE_ONLY
    assert world.positions() == held

    world.exchange.clear_faults()
    world.until(lambda: world.rules() == set(), within_s=20)
    assert world.mode() is Mode.ACTIVE


def test_a_kill_works_while_orders_are_refused_by_an_overloaded_exchange(world: World) -> None:
    trading(world)
    world.exchange.fault("status", match=CREATE, args={"code": 503}, count=3)

    request = world.kill(ALICE)
    world.confirm(request, BOB)
    world.until(lambda: not world.job().open, within_s=60)

    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions_there() == {}


def test_one_bad_symbol_does_not_keep_the_others_open(world: World) -> None:
    world.until(lambda: len(world.positions()) >= 2, within_s=180)
    bad = sorted(world.positions())[0]
    world.until(lambda: covered(world), within_s=10)
    body = {"success": False, "error_response": {"error": "INVALID_NO_LIQUIDITY"}}
    world.exchange.fault(
        "status",
        match={**CREATE, "product_id": bad},
        args={"code": 200, "body": body},
        count=None,
    )

    request = world.kill(ALICE)
    world.confirm(request, BOB)
    world.until(lambda: not world.job().open, within_s=120)

    assert world.job().state is JobState.RESIDUAL
    assert set(world.positions_there()) == {bad}
    legs = {leg.product_id: leg.state for leg in world.job().legs}
    assert legs.pop(bad) is LegState.RESIDUAL
    assert set(legs.values()) == {LegState.FLAT}
    told = world.request(request)
    assert told.state is RequestState.FAILED
    assert "LEFT" in told.outcome
    assert bad in told.outcome


def bent_shut(world: World) -> str:
    """A product that is held, and whose session closes now."""
    world.until(lambda: bool(world.positions()), within_s=120)
    world.until(lambda: covered(world), within_s=10)
    product = sorted(world.positions())[0]
    world.exchange.bend(product, session="closed")
    return product


def leg_of(world: World, product: str) -> Leg:
    return next(leg for leg in world.job().legs if leg.product_id == product)


def stops_in(world: World, product: str) -> list[Order]:
    live = [o for o in world.live() if o.spec.product_id == product]
    return [o for o in live if o.spec.order_type is OrderType.STOP_LIMIT]


def test_a_flatten_waits_for_a_closed_session_with_its_stop_and_goes_on_when_it_opens(
    world: World,
) -> None:
    product = bent_shut(world)
    world.pass_time(65)  # the list of products is read each minute
    if product not in world.positions():
        pytest.skip("the strategy had left the position before its session closed")

    world.confirm(world.kill(ALICE), BOB)
    world.pass_time(30)

    assert set(world.positions_there()) == {product}, "the others are closed"
    assert "waiting, a stop rests: its session is closed" in leg_of(world, product).detail
    assert stops_in(world, product) != []
    assert "flatten_waits" in world.kinds()
    asked = world.resume()
    assert asked.state is RequestState.FAILED, "a kill that is not done is not resumed over"
    assert "still open" in asked.outcome

    world.exchange.bend(product, session="open")
    world.until(lambda: not world.job().open, within_s=90)
    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions_there() == {}
    assert world.working_there() == []


def test_a_stop_that_was_cancelled_for_a_close_into_a_closed_session_is_put_back(
    world: World,
) -> None:
    trading(world)
    product = sorted(world.positions())[0]
    says = "FUTURES_AFTER_HOUR_INVALID_TIME_IN_FORCE"
    body = {"success": False, "error_response": {"error": says}}
    match = {**CREATE, "product_id": product}
    world.exchange.fault("status", match=match, args={"code": 200, "body": body}, count=1)
    world.confirm(world.kill(ALICE), BOB)
    world.until(lambda: says in {o.detail for o in world.orders()}, within_s=10)

    world.exchange.bend(product, session="closed")
    world.until(lambda: "waiting" in leg_of(world, product).detail, within_s=10)
    world.pass_time(5)

    (stop,) = stops_in(world, product)
    assert stop.spec.kind is Kind.FLATTEN, "a killed desk sends nothing else"
    assert stop.spec.contracts == abs(world.positions_there()[product])

    world.exchange.bend(product, session="open")
    world.until(lambda: not world.job().open, within_s=90)
    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions_there() == {}


@pytest.mark.long
def test_a_session_that_stays_closed_for_hours_is_left_to_a_person(world: World) -> None:
    product = bent_shut(world)
    world.pass_time(65)
    if product not in world.positions():
        pytest.skip("the strategy had left the position before its session closed")
    request = world.kill(ALICE)
    world.confirm(request, BOB)
    world.pass_time(10)

    world.jump(4 * 3600)
    world.until(lambda: not world.job().open, within_s=60)

    assert leg_of(world, product).state is LegState.RESIDUAL
    assert "session is closed" in leg_of(world, product).detail
    assert world.request(request).state is RequestState.FAILED
    assert {o.spec.product_id for o in stops_in(world, product)} == {product}


@pytest.fixture
def cautious_world(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[World]:
    """A desk that may lose less in a day than one jump of any of its positions."""
    limits = replace(DEV.limits, daily_loss_usd=Decimal(50))
    built = World(exchange, tmp_path / "home", replace(DEV, limits=limits))
    yield built
    built.close()


def test_the_day_loss_limit_latches_until_two_people_release_it(cautious_world: World) -> None:
    world = cautious_world
    trading(world)
    product, contracts = next(iter(world.positions().items()))
    world.exchange.bend(product, jump_pct=-30 if contracts > 0 else 40)
    world.until(lambda: Rule.DAILY_LOSS in world.rules(), within_s=30)

    assert world.mode() >= Mode.REDUCE_ONLY
    world.restart_everything()
    world.pass_time(30)
    assert Rule.DAILY_LOSS in world.rules(), "a restart releases nothing"


def test_an_order_placed_by_another_hand_holds_the_desk(world: World) -> None:
    world.until(world.armed)
    resting = {"limit_limit_gtc": {"base_size": "1", "limit_price": "50000"}}
    world.by_hand(BIP, "BUY", resting)
    world.until(lambda: Rule.UNKNOWN_ORDER in world.rules(), within_s=10)
    assert world.mode() is Mode.HELD

    request = world.resume()
    assert request.state is RequestState.FAILED, "what is not explained is not resumed over"
    assert "not reconciled" in request.outcome


def test_a_position_that_is_not_ours_is_drift_and_is_never_traded_away(world: World) -> None:
    world.until(world.armed)
    world.by_hand(ETP, "BUY", {"market_market_ioc": {"base_size": "3"}})
    world.until(lambda: bool(world.rules()), within_s=15)

    assert world.mode() is Mode.HELD
    since = time.monotonic_ns()
    world.pass_time(10)
    sent = [r["body"]["order_configuration"] for r in world.placed_since(since)]
    assert all("stop_limit_stop_limit_gtc" in configuration for configuration in sent)


def test_a_crashed_loop_comes_back_no_looser_and_reconciles_before_it_trades(
    world: World,
) -> None:
    trading(world)
    held = world.positions()
    world.kill(ALICE)
    world.crash()

    world.until(lambda: Said.DIED in world.said)
    assert not world.armed(), "nothing starts armed"
    world.until(world.armed, within_s=10)

    assert world.mode() is Mode.HELD
    assert world.positions() == held == world.positions_there()
    assert covered(world)


def test_a_late_beat_closes_the_gate_until_the_loop_has_reconciled(world: World) -> None:
    world.until(world.armed)
    assert world.child is not None
    world.child.stopped = True
    world.pass_time(1)
    assert Said.GATE_CLOSED in world.said
    assert not world.armed()

    world.child.stopped = False
    world.until(world.armed, within_s=5)
    assert world.mode() is Mode.ACTIVE


def test_a_loop_that_stays_silent_is_fenced_and_restarted(world: World) -> None:
    world.until(world.armed)
    assert world.child is not None
    first = world.child
    first.stopped = True
    world.pass_time(5)

    assert Said.FENCED in world.said
    assert first.exited() == -9
    world.until(world.armed, within_s=10)
    assert world.child is not first


def test_a_page_that_somebody_left_behind_the_row_is_set_right(world: World) -> None:
    trading(world)
    page = GatePage(world.store.home.page(DESK))
    page.set_mode(Mode.HELD, page.read().epoch)
    world.store.write(
        lambda tx: set_mode(
            tx, world.store.log, DESK, Mode.HELD, reason="died then", actor="alice", now=world.now
        )
    )
    world.pass_time(1)
    row = world.store.read(lambda c: read_row(c, DESK))
    assert (page.read().mode, page.read().epoch) == (row.mode, row.epoch)
    page.close()


def test_the_kill_file_holds_the_desk_and_goes_on_record(world: World) -> None:
    world.until(world.armed)
    world.store.home.kill_file.touch()
    since = time.monotonic_ns()
    world.pass_time(2)

    assert world.mode() is Mode.HELD
    assert world.live(Kind.ENTRY) == []
    assert [r for r in world.placed_since(since) if "stop" not in str(r["body"])] == []
    assert world.resume().state is RequestState.EXECUTED
    assert not world.store.home.kill_file.exists()


def test_a_graceful_stop_takes_no_entries_keeps_stops_and_ends(world: World) -> None:
    trading(world)
    assert world.child is not None
    world.loop.drain(world.now)
    world.until(lambda: world.guard.ended, within_s=20)

    assert world.live(Kind.ENTRY) == []
    assert covered(world)
    assert Said.DRAINED in world.said


def test_the_books_balance_with_the_exchange_to_the_cent(world: World) -> None:
    world.pass_time(60)
    world.confirm(world.kill(ALICE), BOB)
    world.until(lambda: not world.job().open, within_s=20)
    world.pass_time(5)

    def compare() -> tuple[Decimal, Decimal]:
        opening = world.store.read(lambda c: read_opening(c, DESK))
        account = world.store.read(lambda c: read_account(c, DESK))
        books = world.store.write(lambda tx: snapshot(tx, DESK, world.now))
        assert opening is not None
        assert account is not None
        assert isinstance(books, Books)
        return books.cash_usd, account.cash_usd

    ours, theirs = compare()
    assert ours == theirs
    assert any(p.fees_usd for p in world.store.read(lambda c: read_positions(c, DESK)))


def test_every_position_gets_a_stop_sized_to_it_after_each_fill(world: World) -> None:
    for _ in range(60):
        world.pass_time(1)
        held = world.positions_there()
        if held:
            world.until(
                lambda: world.positions() == world.positions_there() and covered(world), within_s=5
            )
    marks = world.store.read(lambda c: read_marks(c, DESK))
    for order in world.live(Kind.STOP):
        mark = marks[order.spec.product_id].price
        assert order.spec.stop_price is not None
        further = (mark - order.spec.stop_price) * -order.spec.side.sign
        assert further > 0, "a stop rests on the losing side of the market"


def test_funding_is_booked_once_and_agrees_with_the_exchange(world: World) -> None:
    trading(world)
    world.kill(ALICE)  # HELD: the position stays as it is over the funding time
    world.pass_time(5)
    held = world.positions()
    world.jump(59 * 60 - (world.now - START).total_seconds())
    assert world.positions() == held

    world.pass_time(90)

    theirs = Decimal(world.exchange.ask("/_sim/ledger")["funding_total"])
    ours = sum(
        (p.funding_usd for p in world.store.read(lambda c: read_positions(c, DESK))), Decimal(0)
    )
    assert theirs != 0
    assert abs(ours - theirs) < Decimal("0.01")
    assert world.kinds().count("funding") == len(held)


def test_a_clock_that_is_wrong_is_corrected_before_a_key_is_doubted(world: World) -> None:
    trading(world)
    world.exchange.advance(300)  # only the exchange's clock: now every token of ours is too old
    world.pass_time(5)

    assert Rule.READ_FAILED not in world.rules()
    assert world.loop.sync.fresh(world.now)
