"""Each method of the real client that a futures account meets is answered and understood."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.sandbox.exchange_process import BIP, ETP, ExchangeProcess, wait_until


@pytest.fixture(scope="module")
def client(live: ExchangeProcess) -> Any:
    return live.client()


def test_time(client: Any) -> None:
    time = client.get_unix_time()
    assert time.iso.endswith("Z")
    assert time.epoch_millis.startswith(time.epoch_seconds)


def test_perps_are_found_by_their_funding_rate(client: Any) -> None:
    products = client.get_products(product_type="FUTURE")
    assert products.num_products == 5
    perps = [
        product.product_id
        for product in products.products
        if product["future_product_details"]["funding_rate"]
    ]
    assert perps == [BIP, ETP, "SLP-20DEC30-CDE", "XPP-20DEC30-CDE"]
    assert client.get_products(product_type="SPOT").num_products == 1
    assert client.get_products(contract_expiry_type="EXPIRING").num_products == 6
    assert client.get_products(product_ids=[BIP, ETP]).num_products == 2
    page = client.get_products(limit=2, offset=1)
    assert [product.product_id for product in page.products] == [ETP, "SLP-20DEC30-CDE"]
    assert client.get_public_products().num_products == 6


def test_a_product_has_the_recorded_shape(client: Any) -> None:
    product = client.get_product(BIP).to_dict()
    assert (product["price_increment"], product["base_min_size"]) == ("5", "1")
    assert product["status"] == "" and product["new_at"] is None
    details = product["future_product_details"]
    assert details["contract_size"] == "0.01"
    assert details["contract_expiry_type"] == "EXPIRING"
    assert details["funding_interval"] == "3600s"
    assert details["perpetual_details"]["funding_time"] is None
    session = product["fcm_trading_session_details"]
    assert session["maintenance"]["start_time"] < session["maintenance"]["end_time"]
    assert client.get_public_product(BIP).product_id == BIP


def test_books(client: Any) -> None:
    best = client.get_best_bid_ask([BIP]).pricebooks[0]
    assert Decimal(best.bids[0].price) < Decimal(best.asks[0].price)
    book = client.get_product_book(BIP, limit=5)
    assert len(book.pricebook.bids) == len(book.pricebook.asks) == 5
    assert Decimal(book.spread_bps) > 0
    assert client.get_public_product_book(BIP).pricebook.product_id == BIP
    assert len(client.get_best_bid_ask().pricebooks) == 6


def test_candles_and_trades(client: Any) -> None:
    now = int(client.get_unix_time().epoch_seconds)
    start = str(now - 349 * 300)
    candles = client.get_candles(BIP, start, str(now), "FIVE_MINUTE").candles
    assert len(candles) >= 349
    assert int(candles[0].start) > int(candles[1].start)
    public = client.get_public_candles(BIP, start, str(now), "FIVE_MINUTE", limit=10)
    assert len(public.candles) == 10
    trades = client.get_market_trades(BIP, limit=10)
    assert len(trades.trades) == 10
    assert int(trades.trades[0].trade_id) > int(trades.trades[1].trade_id)
    assert client.get_public_market_trades(BIP, limit=3).trades[0].exchange == "coinbase"


def test_account_side(client: Any) -> None:
    accounts = client.get_accounts()
    assert accounts.has_next is False and accounts.size == 2
    account = client.get_account(accounts.accounts[0].uuid).account
    assert account.deleted_at is None and account.currency == "USD"
    permissions = client.get_api_key_permissions()
    assert (permissions.can_view, permissions.can_trade) == (True, True)
    assert permissions.can_transfer is False
    portfolio = client.get_portfolios().portfolios[0]
    assert portfolio.uuid == permissions.portfolio_uuid
    assert client.get_portfolio_breakdown(portfolio.uuid).breakdown.portfolio.name == "Default"
    summary = client.get_transaction_summary(product_type="FUTURE")
    assert summary.fee_tier["taker_fee_rate"] == "0.0008"
    assert client.list_payment_methods().payment_methods == []


def test_futures_account(live: ExchangeProcess, client: Any) -> None:
    summary = client.get_futures_balance_summary().balance_summary
    assert summary.total_usd_balance["currency"] == "USD"
    assert summary.funding_pnl["value"] == "0"
    assert isinstance(summary.intraday_margin_window_measure["initial_margin"], str)
    assert client.list_futures_positions().positions == []
    assert client.get_intraday_margin_setting().setting.endswith("STANDARD")
    client.set_intraday_margin_setting("INTRADAY_MARGIN_SETTING_INTRADAY")
    assert client.get_intraday_margin_setting().setting.endswith("INTRADAY")
    client.set_intraday_margin_setting("INTRADAY_MARGIN_SETTING_STANDARD")
    window = client.get_current_margin_window("MARGIN_PROFILE_TYPE_RETAIL_REGULAR")
    assert window.margin_window["end_time"] > client.get_unix_time().iso
    owner = live.client("owner")
    assert owner.schedule_futures_sweep("1000").success
    assert owner.list_futures_sweeps().sweeps[0].requested_amount["value"] == "1000"
    assert owner.cancel_pending_futures_sweep().success
    assert owner.list_futures_sweeps().sweeps == []


def test_orders_fills_and_positions(live: ExchangeProcess, client: Any) -> None:
    preview = client.preview_market_order_buy(BIP, base_size="2")
    assert preview.errs == [] and Decimal(preview.commission_total) > 0
    placed = client.market_order_buy("rest-1", BIP, base_size="2")
    assert placed.success and placed["error_response"] is None
    order_id = placed.success_response["order_id"]
    wait_until(lambda: bool(client.get_order(order_id).order.status == "FILLED"))
    order = client.get_order(order_id).order
    assert (order.filled_size, order.completion_percentage) == ("2", "100")
    fills = client.get_fills(order_ids=[order_id])
    assert fills.cursor == "" and fills["has_next"] is None
    fill = fills.fills[0]
    assert fill.liquidity_indicator == "TAKER"
    notional = Decimal(fill.price) * Decimal("0.02")
    assert Decimal(fill.commission) == Decimal("0.0008") * notional + Decimal("0.30")
    position = client.get_futures_position(BIP).position
    assert (position.side, position.number_of_contracts) == ("LONG", "2")
    assert position.avg_entry_price == fill.price
    assert client.close_position("rest-2", BIP).success
    wait_until(lambda: client.list_futures_positions().positions == [])


def test_edit_and_cancel(live: ExchangeProcess, client: Any) -> None:
    placed = client.limit_order_gtc_buy("rest-3", ETP, "2", "1000")
    order_id = placed.success_response["order_id"]
    live.settled("rest-3")
    assert client.preview_edit_order(order_id, size="3", price="1001").errors == []
    assert client.edit_order(order_id, size="3", price="1001").success
    assert client.get_order(order_id).order.edit_history[0].size == "3"
    same = client.edit_order(order_id, size="3", price="1001")
    reason = same.errors[0].edit_failure_reason
    assert reason == "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"
    results = client.cancel_orders([order_id, "unknown"]).results
    assert (results[0].success, results[1].failure_reason) == (True, "UNKNOWN_CANCEL_ORDER")
    wait_until(lambda: bool(client.get_order(order_id).order.status == "CANCELLED"))


def test_lists_are_paged_by_cursor(live: ExchangeProcess, client: Any) -> None:
    for number in range(5):
        client.limit_order_gtc_buy(f"page-{number}", ETP, "1", "1000")
    seen: list[str] = []
    cursor = None
    while True:
        page = client.list_orders(product_ids=[ETP], order_status=["OPEN"], limit=2, cursor=cursor)
        seen += [order.client_order_id for order in page.orders]
        if not page.has_next:
            break
        cursor = page.cursor
    assert seen == [f"page-{number}" for number in reversed(range(5))]
    client.cancel_orders([live.order(name)["order_id"] for name in seen])


def test_an_order_by_hand_is_hidden_by_the_default_filter(
    live: ExchangeProcess, client: Any
) -> None:
    body = {
        "client_order_id": "hand-1",
        "product_id": ETP,
        "side": "BUY",
        "order_configuration": {"limit_limit_gtc": {"base_size": "1", "limit_price": "1000"}},
    }
    order_id = live.tell("/_sim/order", body)["success_response"]["order_id"]

    def listed(**how: str) -> list[str]:
        orders = client.list_orders(order_status=["OPEN"], **how).orders
        return [order.order_id for order in orders]

    assert order_id not in listed()
    assert order_id in listed(order_placement_source="RETAIL_SIMPLE")
    client.cancel_orders([order_id])


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/v3/brokerage/market/products/NO-SUCH", 400, "INVALID_ARGUMENT"),
        ("/api/v3/brokerage/market/products/NO-SUCH/candles", 400, "INVALID_ARGUMENT"),
        ("/api/v3/brokerage/nowhere", 404, "NOT_FOUND"),
    ],
)
def test_errors_are_json(live: ExchangeProcess, path: str, status: int, error: str) -> None:
    reply = live.raw("GET", path)
    assert (reply.status_code, reply.json()["error"]) == (status, error)


def test_an_unknown_order_is_not_found(client: Any) -> None:
    with pytest.raises(requests.HTTPError, match="order with this orderID") as caught:
        client.get_order("unknown")
    assert caught.value.response.status_code == 404
