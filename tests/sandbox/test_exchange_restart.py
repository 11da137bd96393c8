"""A second run on the same home goes on where the first one was killed."""

import stat
from pathlib import Path
from typing import Any

from tests.sandbox.exchange_process import BIP, ETP, ExchangeProcess


def remembered(exchange: ExchangeProcess) -> dict[str, Any]:
    ledger: dict[str, Any] = exchange.ask("/_sim/ledger")
    products = exchange.raw("GET", "/api/v3/brokerage/market/products").json()["products"]
    prices = {product["product_id"]: product["price"] for product in products}
    return {**ledger, "prices": prices, "now": exchange.ask("/_sim/clock")["now"]}


def test_nothing_is_forgotten_after_kill_nine(tmp_path: Path) -> None:
    options = ("--manual-clock", "--token-clock", "wall")
    first = ExchangeProcess(tmp_path, *options)
    client = first.client()
    portfolio = client.get_portfolios().portfolios[0].uuid
    client.market_order_buy("keep-1", BIP, base_size="3")
    client.limit_order_gtc_buy("keep-2", ETP, "2", "1000")
    first.settled("keep-2")
    first.bend(ETP, jump_pct=3)
    first.advance(7200)
    before = remembered(first)
    candle = first.raw("GET", f"/api/v3/brokerage/market/products/{BIP}/candles?{ONE_HOUR}").json()
    first.kill()

    second = ExchangeProcess(tmp_path, *options)
    assert remembered(second) == before
    assert before["funding"] and before["positions"]
    client = second.client()
    assert client.get_portfolios().portfolios[0].uuid == portfolio
    assert (
        client.limit_order_gtc_buy("keep-2", ETP, "2", "1000").success_response["order_id"]
        == (second.order("keep-2")["order_id"])
    )
    again = second.raw("GET", f"/api/v3/brokerage/market/products/{BIP}/candles?{ONE_HOUR}").json()
    assert again == candle
    assert client.get_market_trades(BIP, limit=5).trades
    client.cancel_orders([second.order("keep-2")["order_id"]])
    assert second.settled("keep-2")["status"] == "CANCELLED"
    assert second.stop() == 0


ONE_HOUR = "granularity=ONE_MINUTE&limit=60"


def test_keys_are_for_the_owner_only_and_authority_and_products_stay(tmp_path: Path) -> None:
    first = ExchangeProcess(tmp_path, "--perps", "20")
    authority = Path(first.ca).read_bytes()
    keys = {path.name: path.read_text() for path in (tmp_path / "sandbox" / "keys").iterdir()}
    assert sorted(keys) == ["guard.json", "owner.json", "trader.json", "viewer.json"]
    for path in (tmp_path / "sandbox" / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.stop() == 0
    second = ExchangeProcess(tmp_path)
    assert Path(second.ca).read_bytes() == authority
    assert second.client("guard").get_api_key_permissions().can_trade
    listed = second.client("viewer").get_products(product_type="FUTURE").products
    assert sum(product.display_name.endswith(" PERP") for product in listed) == 20
    second.kill()
