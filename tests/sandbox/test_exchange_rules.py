"""The pure parts: account, order life cycle, market, candles, sessions, book."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from itertools import product as pairs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.exchange import account as accounts
from sandbox.exchange.book import Book, Depth
from sandbox.exchange.candles import GRANULARITIES, Candles
from sandbox.exchange.margin import Outstanding, measured, rates
from sandbox.exchange.market import Market, step_of
from sandbox.exchange.orders import (
    TERMINAL,
    TRANSITIONS,
    IllegalMove,
    Order,
    Status,
    advance,
    from_text,
    to_text,
)
from sandbox.exchange.products import BY_ID
from sandbox.exchange.session import Phase, intraday_margin_applies, phase
from sandbox.exchange.wave import ONE, Wave

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
BIP = BY_ID["BIP-20DEC30-CDE"]

trades = st.tuples(
    st.sampled_from([product for product in BY_ID.values() if product.is_future]),
    st.integers(-50, 50).filter(bool),
    st.integers(100, 20_000),
    st.booleans(),
)
fundings = st.decimals("-0.0005", "0.0005", places=6)


@given(st.lists(st.one_of(trades, fundings), max_size=40))
def test_cash_is_start_plus_realised_plus_funding_minus_fees(
    events: list[tuple[object, int, int, bool] | Decimal],
) -> None:
    start = Decimal(50_000)
    account = accounts.opened(start)
    flows = Decimal(0)
    for event in events:
        if isinstance(event, Decimal):
            for product_id, position in account.positions.items():
                size = BY_ID[product_id].contract_size
                payment = accounts.funding_payment(position.contracts, size, Decimal(100), event)
                account = accounts.funded(account, payment)
                flows += payment
        else:
            product, contracts, ticks, maker = event
            assert isinstance(product, type(BIP))
            price = ticks * product.tick
            fee = accounts.commission(abs(contracts), price, product.contract_size, maker)
            account = accounts.filled(
                account, product.id, product.contract_size, contracts, price, fee
            )
            flows -= contracts * product.contract_size * price + fee
    assert account.cash == start + account.realised + account.funding - account.fees
    open_cost = sum((position.cost for position in account.positions.values()), Decimal(0))
    assert account.cash == start + flows + open_cost
    assert accounts.remembered(accounts.memory(account)) == account


def test_a_position_nets_one_way_with_average_entry() -> None:
    account = accounts.opened(Decimal(1000))
    fee = Decimal(0)

    def trade(contracts: int, price: int) -> None:
        nonlocal account
        size = BIP.contract_size
        account = accounts.filled(account, BIP.id, size, contracts, Decimal(price), fee)

    trade(2, 60_000)
    trade(2, 70_000)
    assert account.position(BIP.id).average_entry(BIP.contract_size) == 65_000
    trade(-1, 75_000)
    assert account.realised == 100
    trade(-5, 75_000)
    assert account.position(BIP.id).contracts == -2
    assert account.position(BIP.id).average_entry(BIP.contract_size) == 75_000
    trade(2, 75_000)
    assert BIP.id not in account.positions
    assert account.cash == 1000 + 4 * 100


def test_longs_pay_when_the_rate_is_positive() -> None:
    size, mark, rate = Decimal("0.01"), Decimal(70_000), Decimal("0.0001")
    assert accounts.funding_payment(10, size, mark, rate) == Decimal("-0.7")
    assert accounts.funding_payment(-10, size, mark, rate) == Decimal("0.7")


def test_margin_counts_positions_and_what_waits() -> None:
    account = accounts.filled(
        accounts.opened(Decimal(10_000)), BIP.id, BIP.contract_size, 10, Decimal(70_000), Decimal(0)
    )
    marks = {BIP.id: Decimal(71_000)}
    margin = measured(account, {BIP.id: Outstanding(sells=10)}, marks, rates(intraday=False))
    assert margin.unrealised == 100
    assert margin.initial == Decimal("0.245625") * 7_100
    assert margin.holds == 0
    more = measured(account, {BIP.id: Outstanding(buys=10)}, marks, rates(intraday=False))
    assert more.holds == margin.initial
    assert measured(account, {}, marks, rates(intraday=True)).initial < margin.initial


def order(status: Status) -> Order:
    return Order(
        seq=1,
        order_id="o",
        client_order_id="c",
        product_id=BIP.id,
        side="BUY",
        configuration={"limit_limit_gtd": {"base_size": "3"}},
        order_type="LIMIT",
        time_in_force="GOOD_UNTIL_DATE_TIME",
        size=3,
        limit_price=Decimal("69005"),
        stop_price=None,
        stop_direction="",
        post_only=True,
        end_time=NOW + timedelta(hours=1),
        created=NOW,
        received_ns=5,
        status=status,
    )


@pytest.mark.parametrize(("before", "after"), list(pairs(Status, Status)))
def test_an_order_moves_only_as_the_table_says(before: Status, after: Status) -> None:
    moving = order(before)
    if after in TRANSITIONS[before]:
        advance(moving, after, NOW)
        assert (moving.status, moving.updated) == (after, NOW)
    else:
        with pytest.raises(IllegalMove):
            advance(moving, after, NOW)
        assert (moving.status, moving.updated) == (before, None)


def test_finished_orders_stay_finished() -> None:
    assert {Status.FILLED, Status.CANCELLED, Status.EXPIRED, Status.FAILED} == TERMINAL


def test_an_order_comes_back_from_the_file_as_it_was() -> None:
    assert from_text(to_text(order(Status.OPEN))) == order(Status.OPEN)


def test_the_market_is_decided_by_seed_and_step() -> None:
    step = step_of(NOW)
    one, same, other = Wave(7), Wave(7), Wave(8)
    way = [one.at(step + n) for n in range(500)]
    assert [same.at(step + n) for n in reversed(range(500))] == way[::-1]
    assert [other.at(step + n) for n in range(500)] != way
    assert max(abs(a - b) for a, b in pairwise(way)) < ONE // 500
    assert len(set(way)) > 300


def test_a_frozen_market_stands_still_and_goes_on_from_there() -> None:
    market = Market(BIP, 0, 7)
    market.move_to(step_of(NOW))
    mid = market.mid
    market.freeze(True)
    market.move_to(step_of(NOW) + 4_000)
    assert market.mid == mid
    market.freeze(False)
    market.move_to(step_of(NOW) + 4_000)
    assert market.mid == mid


@pytest.mark.parametrize("seconds", list(GRANULARITIES.values()))
def test_history_has_350_buckets_that_join(seconds: int) -> None:
    candles = Candles(Market(BIP, 0, 7))
    end = int(NOW.timestamp())
    buckets = candles.between(end - seconds * 400, end, seconds, 350)
    assert len(buckets) == 350
    for newer, older in pairwise(buckets):
        assert newer.start - older.start == seconds
        assert newer.open == older.close
        assert older.low <= min(older.open, older.close) <= older.high


def test_sessions_follow_the_calendar_unless_imposed() -> None:
    saturday = datetime(2026, 1, 10, 14, 30, tzinfo=UTC)
    dated = BY_ID["BIT-26MAR27-CDE"]
    assert phase(BIP, NOW, None) is Phase.OPEN
    assert phase(BIP, saturday, None) is Phase.MAINTENANCE
    assert phase(BIP, saturday + timedelta(hours=1), None) is Phase.OPEN
    assert phase(dated, saturday + timedelta(hours=1), None) is Phase.CLOSED
    assert phase(BY_ID["BTC-USD"], saturday, None) is Phase.OPEN
    assert phase(BIP, NOW, Phase.CLOSED) is Phase.CLOSED
    assert intraday_margin_applies(NOW)
    assert not intraday_margin_applies(saturday)


def test_a_book_gives_level_by_level_and_not_twice() -> None:
    book = Book(Decimal(70_000), Decimal(5), Depth(Decimal(2), 10, exact=True), salt=1)
    taken = book.take("BUY", 25, None)
    assert [level.size for level in taken] == [10, 10, 5]
    assert taken[0].price == book.best_ask < taken[1].price < taken[2].price
    assert book.take("BUY", 10, taken[2].price)[0].size == 5
    assert book.take("BUY", 10, taken[1].price) == []
