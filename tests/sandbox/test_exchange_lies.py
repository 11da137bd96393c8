"""An exchange that says one thing and does another, as a test orders it to."""

from typing import Any

from tests.sandbox.exchange_process import BIP, ExchangeProcess

ORDERS = "/api/v3/brokerage/orders"


def buy(exchange: ExchangeProcess, client_order_id: str) -> Any:
    return exchange.client().limit_order_gtc_buy(client_order_id, BIP, "1", "50000").to_dict()


def known(exchange: ExchangeProcess) -> set[str]:
    return {order["client_order_id"] for order in exchange.ask("/_sim/ledger")["orders"]}


def test_an_order_is_acknowledged_and_never_worked(manual: ExchangeProcess) -> None:
    manual.fault("phantom_order", match={"method": "POST", "path": ORDERS})

    assert buy(manual, "phantom")["success"]

    assert "phantom" not in known(manual)


def test_a_cancel_is_reported_and_never_made(manual: ExchangeProcess) -> None:
    order_id = buy(manual, "stays")["success_response"]["order_id"]
    manual.settled("stays")
    manual.fault("deaf_cancel", match={"path": f"{ORDERS}/batch_cancel"})

    [result] = manual.client().cancel_orders([order_id]).to_dict()["results"]

    assert result["success"]
    assert manual.settled("stays")["status"] == "OPEN"


def test_a_read_stays_as_it_was_until_the_fault_ends(manual: ExchangeProcess) -> None:
    manual.fault("frozen", match={"path": f"{ORDERS}/historical/batch"}, count=2)
    client = manual.client()

    def listed() -> set[str]:
        return {order["client_order_id"] for order in client.list_orders().to_dict()["orders"]}

    before = listed()
    buy(manual, "not seen yet")

    assert listed() == before
    assert listed() == before | {"not seen yet"}
