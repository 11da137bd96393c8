"""Orders on a clock that the test moves: life, matching, refusals, funding, sessions, expiry."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.exchange_process import BIP, ETP, SLP, XPP, ExchangeProcess


@pytest.fixture
def client(manual: ExchangeProcess) -> Iterator[Any]:
    client = manual.client()
    yield client
    client.session.close()


def prices(exchange: ExchangeProcess, product_id: str) -> tuple[Decimal, Decimal]:
    told = exchange.bend(product_id, freeze=False)
    return Decimal(told["bid"]), Decimal(told["ask"])


def now(client: Any) -> datetime:
    return datetime.fromisoformat(client.get_unix_time().iso)


def test_a_market_order_takes_level_by_level(manual: ExchangeProcess, client: Any) -> None:
    manual.bend(BIP, depth_contracts=2)
    _, ask = prices(manual, BIP)
    client.market_order_buy("take-1", BIP, base_size="5")
    order = manual.settled("take-1")
    fills = client.get_fills(order_ids=[order["order_id"]]).fills
    assert order["status"] == "FILLED" and order["number_of_fills"] == "3"
    assert sorted(fill.size for fill in fills) == ["1", "2", "2"]
    assert min(Decimal(fill.price) for fill in fills) == ask
    average = sum(Decimal(fill.price) * int(fill.size) for fill in fills) / 5
    assert Decimal(order["average_filled_price"]) == average


def test_what_the_book_cannot_give_is_cancelled(manual: ExchangeProcess, client: Any) -> None:
    manual.bend(SLP, depth_contracts=1)
    client.market_order_buy("thin-1", SLP, base_size="25")
    order = manual.settled("thin-1")
    assert (order["status"], order["filled_size"]) == ("CANCELLED", "20")
    manual.advance(1)
    killed = client.create_order("thin-2", SLP, "BUY", {"market_market_fok": {"base_size": "25"}})
    assert killed.success
    order = manual.settled("thin-2")
    assert (order["status"], order["filled_size"]) == ("CANCELLED", "0")


def test_a_resting_order_is_filled_in_parts_as_a_maker(
    manual: ExchangeProcess, client: Any
) -> None:
    bid, ask = prices(manual, BIP)
    price = bid - 50
    client.limit_order_gtc_buy("rest-1", BIP, "3", str(price), post_only=True)
    assert manual.settled("rest-1")["status"] == "OPEN"
    manual.bend(BIP, depth_contracts=1, freeze=True)
    manual.bend(BIP, jump_pct=float((price - ask - 3) / ask * 100))
    order = manual.order("rest-1")
    assert order["status"] == "OPEN" and order["filled_size"] in ("1", "2")
    manual.bend(BIP, jump_pct=-2)
    order = manual.order("rest-1")
    assert order["status"] == "FILLED" and Decimal(order["average_filled_price"]) == price
    fills = client.get_fills(order_ids=[order["order_id"]]).fills
    assert {fill.liquidity_indicator for fill in fills} == {"MAKER"}
    notional = price * 3 * Decimal("0.01")
    assert Decimal(order["total_fees"]) == Decimal("0.00075") * notional + Decimal("0.45")


def test_better_prices_then_older_orders_go_first(manual: ExchangeProcess, client: Any) -> None:
    bid, _ = prices(manual, ETP)
    for name, price in (("old", bid - 5), ("young", bid - 5), ("best", bid - 3)):
        client.limit_order_gtc_buy(f"queue-{name}", ETP, "5", str(price))
    manual.bend(ETP, depth_contracts=1, freeze=True)
    manual.bend(ETP, jump_pct=-0.6)
    filled = {
        name: int(manual.order(f"queue-{name}")["filled_size"]) for name in ("best", "old", "young")
    }
    assert filled["best"] == 5
    assert filled["old"] >= filled["young"]


def test_the_same_client_order_id_is_the_same_order(manual: ExchangeProcess, client: Any) -> None:
    first = client.limit_order_gtc_buy("same-1", BIP, "1", "50000")
    again = client.limit_order_gtc_buy("same-1", BIP, "1", "50000")
    other = client.market_order_sell("same-1", ETP, base_size="3")
    order_ids = {reply.success_response["order_id"] for reply in (first, again, other)}
    assert len(order_ids) == 1
    assert manual.order("same-1")["product_id"] == BIP
    assert not manual.ask("/_sim/ledger")["positions"]


LIMIT = {"limit_limit_gtc": {"base_size": "1", "limit_price": "50000"}}


def limit(**fields: Any) -> dict[str, Any]:
    return {"limit_limit_gtc": {**LIMIT["limit_limit_gtc"], **fields}}


def stop(price: str, direction: str) -> dict[str, Any]:
    fields = {"base_size": "1", "limit_price": price, "stop_price": price}
    return {
        "stop_limit_stop_limit_gtc": {**fields, "stop_direction": f"STOP_DIRECTION_{direction}"}
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"product_id": "NO-SUCH"}, "INVALID_PRODUCT_ID"),
        ({"product_id": "BTC-USD"}, "UNTRADABLE_PRODUCT"),
        ({"side": "HOLD"}, "PREVIEW_INVALID_SIDE"),
        ({"reduce_only": True}, "PREVIEW_REDUCE_ONLY_NOT_ALLOWED_ON_VENUE"),
        ({"order_configuration": {}}, "PREVIEW_INVALID_ORDER_CONFIG"),
        ({"order_configuration": {"twap_limit_gtd": {}}}, "UNSUPPORTED_ORDER_CONFIGURATION"),
        ({"order_configuration": limit(base_size="0.01")}, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"),
        ({"order_configuration": limit(base_size="1.5")}, "PREVIEW_INVALID_SIZE_PRECISION"),
        ({"order_configuration": limit(base_size="5001")}, "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE"),
        ({"order_configuration": limit(base_size="many")}, "PREVIEW_NON_NUMERIC_ORDER_SIZE"),
        ({"order_configuration": limit(limit_price="50001")}, "PREVIEW_INVALID_PRICE_PRECISION"),
        (
            {"order_configuration": limit(limit_price="200000", post_only=True)},
            "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
        ),
        (
            {"order_configuration": {"market_market_ioc": {"quote_size": "100"}}},
            "QUOTE_ORDERS_NOT_ALLOWED_FOR_PRODUCT",
        ),
        (
            {"order_configuration": stop("50000", "STOP_UP")},
            "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE",
        ),
        (
            {"order_configuration": stop("200000", "STOP_DOWN")},
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        ),
        (
            {
                "order_configuration": {
                    "limit_limit_gtd": {
                        "base_size": "1",
                        "limit_price": "50000",
                        "end_time": "2020-01-01T00:00:00Z",
                    }
                }
            },
            "END_TIME_IS_IN_THE_PAST",
        ),
        (
            {"order_configuration": limit(base_size="4000")},
            "PREVIEW_INSUFFICIENT_FUNDS_FOR_FUTURES",
        ),
    ],
)
def test_refusals_name_their_reason(
    manual: ExchangeProcess, client: Any, change: dict[str, Any], reason: str
) -> None:
    order = {"product_id": BIP, "side": "BUY", "order_configuration": LIMIT, **change}
    reply = client.create_order(f"refused-{reason}", **order)
    assert reply.success is False
    answer = reply.error_response
    reasons = {answer["preview_failure_reason"], answer["new_order_failure_reason"]}
    unknown = {"UNKNOWN_PREVIEW_FAILURE_REASON", "UNKNOWN_FAILURE_REASON"}
    assert reasons - unknown == {reason} and answer["error"]
    preview = client.preview_order(**order)
    assert preview.errs == [reason if reason.startswith("PREVIEW_") else f"PREVIEW_{reason}"]
    ledger = manual.ask("/_sim/ledger")
    assert not [o for o in ledger["orders"] if o["client_order_id"] == f"refused-{reason}"]


def test_there_is_nothing_to_close_when_flat(client: Any) -> None:
    reply = client.close_position("close-flat", XPP)
    assert reply.error_response["new_order_failure_reason"] == "CANNOT_CLOSE_ZERO_POSITION"


def test_funding_is_paid_each_full_hour(manual: ExchangeProcess, client: Any) -> None:
    client.market_order_buy("fund-1", BIP, base_size="10")
    client.market_order_sell("fund-2", ETP, base_size="10")
    manual.settled("fund-2")
    before = manual.ask("/_sim/ledger")
    rate = client.get_product(BIP)["future_product_details"]["funding_rate"]
    manual.advance(3600)
    after = manual.ask("/_sim/ledger")
    payments = after["funding"][len(before["funding"]) :]
    assert {payment["product_id"] for payment in payments} == {BIP, ETP}
    paid = next(payment for payment in payments if payment["product_id"] == BIP)
    assert paid["rate"] == rate and paid["time"].endswith(":00:00Z")
    mark = Decimal(paid["mark"])
    assert Decimal(paid["amount"]) == -10 * Decimal("0.01") * mark * Decimal(rate)
    total = sum(Decimal(payment["amount"]) for payment in payments)
    assert Decimal(after["cash"]) == Decimal(before["cash"]) + total


def test_cash_explains_itself(manual: ExchangeProcess, client: Any) -> None:
    ledger = manual.ask("/_sim/ledger")
    parts = ("start_cash", "transferred", "realised", "funding_total")
    total = sum(Decimal(ledger[part]) for part in parts) - Decimal(ledger["fees"])
    assert Decimal(ledger["cash"]) == total
    fees = sum(Decimal(fill["commission"]) for fill in ledger["fills"])
    assert Decimal(ledger["fees"]) == fees
    funded = sum(Decimal(payment["amount"]) for payment in ledger["funding"])
    assert Decimal(ledger["funding_total"]) == funded


def test_a_gtd_order_expires_on_the_clock(manual: ExchangeProcess, client: Any) -> None:
    end = (now(client) + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")
    client.limit_order_gtd_buy("gtd-1", BIP, "1", "50000", end)
    assert manual.settled("gtd-1")["status"] == "OPEN"
    manual.advance(599)
    assert manual.order("gtd-1")["status"] == "OPEN"
    manual.advance(1)
    assert manual.order("gtd-1")["status"] == "EXPIRED"


def test_a_stop_becomes_a_limit_order_at_the_last_trade(
    manual: ExchangeProcess, client: Any
) -> None:
    bid, _ = prices(manual, SLP)
    stop_price, limit_price = bid - Decimal("1.00"), bid - Decimal("10.00")
    client.stop_limit_order_gtc_sell(
        "stop-1", SLP, "2", str(limit_price), str(stop_price), "STOP_DIRECTION_STOP_DOWN"
    )
    order = manual.settled("stop-1")
    assert (order["status"], order["trigger_status"]) == ("OPEN", "STOP_PENDING")
    manual.advance(1)
    assert manual.order("stop-1")["trigger_status"] == "STOP_PENDING"
    manual.bend(SLP, jump_pct=-3)
    order = manual.order("stop-1")
    assert (order["status"], order["trigger_status"]) == ("FILLED", "STOP_TRIGGERED")


@pytest.mark.parametrize(("jump", "trigger"), [(4, "STOP_PENDING"), (-4, "STOP_TRIGGERED")])
def test_a_bracket_closes_on_either_side(
    manual: ExchangeProcess, client: Any, jump: int, trigger: str
) -> None:
    client.market_order_buy(f"long-{jump}", XPP, base_size="3")
    manual.settled(f"long-{jump}")
    bid, _ = prices(manual, XPP)
    profit, loss = bid + Decimal("0.02"), bid - Decimal("0.02")
    name = f"bracket-{jump}"
    assert client.trigger_bracket_order_gtc_sell(name, XPP, "3", str(profit), str(loss)).success
    assert manual.settled(name)["status"] == "OPEN"
    manual.bend(XPP, jump_pct=jump)
    order = manual.order(name)
    assert (order["status"], order["trigger_status"]) == ("FILLED", trigger)
    assert not manual.ask("/_sim/ledger")["positions"]


def test_an_attached_bracket_is_released_by_the_fill(manual: ExchangeProcess, client: Any) -> None:
    bid, ask = prices(manual, BIP)
    attached = {"limit_price": str(ask + 2000), "stop_trigger_price": str(bid - 2000)}
    placed = client.market_order_buy(
        "attach-1",
        BIP,
        base_size="2",
        attached_order_configuration={"trigger_bracket_gtc": attached},
    )
    child_id = placed.success_response["attached_order_id"]
    manual.settled("attach-1")
    child = client.get_order(child_id).order
    assert (child.order_type, child.side, child.status) == ("BRACKET", "SELL", "OPEN")
    assert child["originating_order_id"] == placed.success_response["order_id"]


def test_a_closed_session_queues_what_can_wait(manual: ExchangeProcess, client: Any) -> None:
    client.limit_order_gtc_buy("closed-0", BIP, "1", "50000")
    manual.settled("closed-0")
    manual.bend(BIP, session="closed")
    session = client.get_product(BIP)["fcm_trading_session_details"]
    assert session["is_session_open"] is False
    refusal = client.market_order_buy("closed-1", BIP, base_size="1").error_response
    assert refusal["new_order_failure_reason"] == "FUTURES_AFTER_HOUR_INVALID_ORDER_TYPE"
    refusal = client.limit_order_ioc_buy("closed-2", BIP, "1", "50000").error_response
    assert refusal["new_order_failure_reason"] == "FUTURES_AFTER_HOUR_INVALID_TIME_IN_FORCE"
    client.limit_order_gtc_buy("closed-3", BIP, "1", "50000")
    assert manual.settled("closed-3")["status"] == "QUEUED"
    client.cancel_orders([manual.order("closed-0")["order_id"]])
    manual.advance(1)
    waiting = manual.order("closed-0")
    assert (waiting["status"], waiting["pending_cancel"]) == ("CANCEL_QUEUED", True)
    manual.bend(BIP, session="open")
    assert manual.order("closed-0")["status"] == "CANCELLED"
    assert manual.order("closed-3")["status"] == "OPEN"


def test_cancels_say_why_not(manual: ExchangeProcess, client: Any) -> None:
    client.market_order_buy("why-1", BIP, base_size="1")
    client.limit_order_gtc_buy("why-2", BIP, "1", "50000")
    filled, open_id = (manual.settled(name)["order_id"] for name in ("why-1", "why-2"))
    manual.bend(BIP, session="maintenance")
    reasons = [
        client.cancel_orders([order_id]).results[0].failure_reason
        for order_id in (filled, open_id, open_id)
    ]
    manual.bend(BIP, session="open")
    again = client.cancel_orders([open_id]).results[0].failure_reason
    assert reasons[0] == "ORDER_IS_FULLY_FILLED"
    assert reasons[1:] == ["UNKNOWN_CANCEL_FAILURE_REASON", "DUPLICATE_CANCEL_REQUEST"]
    assert again == "NOT_ALLOWED_TO_CANCEL"


def test_a_gone_buffer_liquidates(tmp_path: Path) -> None:
    exchange = ExchangeProcess(
        tmp_path, "--manual-clock", "--token-clock", "wall", "--cash", "9000"
    )
    assert exchange.client().market_order_buy("risk-1", BIP, base_size="40").success
    exchange.settled("risk-1")
    exchange.bend(BIP, jump_pct=-20)
    exchange.advance(2)
    ledger = exchange.ask("/_sim/ledger")
    assert exchange.stop() == 0
    liquidation = [order for order in ledger["orders"] if order["is_liquidation"]]
    assert liquidation and liquidation[0]["order_type"] == "LIQUIDATION"
    assert not ledger["positions"]
