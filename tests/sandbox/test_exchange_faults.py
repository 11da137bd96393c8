"""Each fault of a request, seen through the real client."""

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.exchange_process import BIP, ETP, ExchangeProcess, wait_until

ORDERS = "/api/v3/brokerage/orders"
CREATE = {"method": "POST", "path": ORDERS}


@pytest.fixture
def client(manual: ExchangeProcess) -> Iterator[Any]:
    client = manual.client(timeout=3)
    yield client
    client.session.close()


def known(exchange: ExchangeProcess, client_order_id: str) -> bool:
    orders = exchange.ask("/_sim/ledger")["orders"]
    return any(order["client_order_id"] == client_order_id for order in orders)


def buy(client: Any, client_order_id: str) -> Any:
    return client.limit_order_gtc_buy(client_order_id, BIP, "1", "50000")


@pytest.mark.parametrize(("kind", "applied"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection_leaves_the_outcome_open(
    manual: ExchangeProcess, client: Any, kind: str, applied: bool
) -> None:
    manual.fault(kind, match=CREATE)
    with pytest.raises(requests.ConnectionError):
        buy(client, f"drop-{kind}")
    assert known(manual, f"drop-{kind}") is applied
    assert buy(client, f"drop-{kind}").success
    asked = manual.ask("/_sim/requests?limit=200000")["requests"]
    mine = [
        request["status"]
        for request in asked
        if request["path"] == ORDERS and request["body"]["client_order_id"] == f"drop-{kind}"
    ]
    assert mine == [None, 200]


@pytest.mark.parametrize("after", [False, True])
def test_a_server_error_before_and_after_the_order(
    manual: ExchangeProcess, client: Any, after: bool
) -> None:
    manual.fault("status", match=CREATE, args={"code": 503, "after": after})
    with pytest.raises(requests.HTTPError, match="503 Server Error"):
        buy(client, f"error-{after}")
    assert known(manual, f"error-{after}") is after


def test_a_slow_answer_comes_after_the_effect(manual: ExchangeProcess) -> None:
    impatient = manual.client(timeout=0.2)
    manual.fault("latency", match=CREATE, args={"ms": 600})
    with pytest.raises(requests.ReadTimeout):
        buy(impatient, "slow-1")
    assert known(manual, "slow-1")


def test_a_slow_way_there_delays_the_effect(manual: ExchangeProcess) -> None:
    impatient = manual.client(timeout=0.2)
    manual.fault("latency", match=CREATE, args={"ms": 600, "where": "request"})
    with pytest.raises(requests.ReadTimeout):
        buy(impatient, "late-1")
    assert not known(manual, "late-1")
    wait_until(lambda: known(manual, "late-1"))


def test_a_page_instead_of_json(manual: ExchangeProcess, client: Any) -> None:
    manual.fault("html", match={"path": "/api/v3/brokerage/cfm/*"})
    with pytest.raises(requests.JSONDecodeError):
        client.list_futures_positions()
    assert client.list_futures_positions().positions == []


def test_nulls_where_lists_belong(manual: ExchangeProcess, client: Any) -> None:
    manual.fault("null_fields", match={"path": f"{ORDERS}/*"}, args={"fields": ["orders"]})
    with pytest.raises(TypeError):
        client.list_orders()


def test_unauthorised_for_no_reason(manual: ExchangeProcess, client: Any) -> None:
    manual.fault("auth_error", match={"method": "GET"})
    with pytest.raises(requests.HTTPError, match="401 Client Error") as caught:
        client.list_orders()
    assert caught.value.response.text == "Unauthorized"


def test_a_half_open_connection_never_answers(manual: ExchangeProcess) -> None:
    manual.fault("half_open", match=CREATE, args={"s": 1})
    with pytest.raises(requests.ReadTimeout):
        buy(manual.client(timeout=0.2), "half-1")
    assert not known(manual, "half-1")


def test_a_fault_can_mean_one_product_only(manual: ExchangeProcess, client: Any) -> None:
    manual.fault("status", match={"product_id": ETP}, args={"code": 500}, count=None)
    assert client.get_product(BIP).product_id == BIP
    assert buy(client, "only-1").success
    with pytest.raises(requests.HTTPError):
        client.get_product(ETP)
    with pytest.raises(requests.HTTPError):
        client.get_best_bid_ask([ETP])


def test_counts_run_out_and_faults_can_be_deleted(manual: ExchangeProcess, client: Any) -> None:
    fault_id = manual.fault("status", match={"method": "GET"}, args={"code": 500}, count=2)
    for _ in range(2):
        with pytest.raises(requests.HTTPError):
            client.list_futures_positions()
    client.list_futures_positions()
    listed = manual.ask("/_sim/faults")["faults"]
    assert [(fault["id"], fault["count"], fault["met"]) for fault in listed] == [(fault_id, 0, 2)]
    assert manual.control("DELETE", f"/_sim/faults/{fault_id}").json() == {"removed": 1}
    assert manual.ask("/_sim/faults")["faults"] == []


def test_probability_strikes_some(manual: ExchangeProcess, client: Any) -> None:
    manual.fault("auth_error", match={}, count=None, probability=0.5)
    codes = [manual.raw("GET", "/api/v3/brokerage/time").status_code for _ in range(40)]
    assert {200, 401} == set(codes)


def test_a_request_cut_off_half_way_is_still_logged(manual: ExchangeProcess) -> None:
    host, _, port = manual.host.partition(":")
    context = ssl.create_default_context(cafile=manual.ca)
    head = f"POST {ORDERS}?cut=1 HTTP/1.1\r\nHost: {manual.host}\r\nContent-Length: 100\r\n\r\n"
    with (
        socket.create_connection((host, int(port))) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        wrapped.sendall(head.encode() + b'{"client_order')

    def logged() -> bool:
        requests_seen = manual.ask("/_sim/requests?limit=200000")["requests"]
        return any(
            request["query"] == "cut=1" and request["body"] == "<cancelled>"
            for request in requests_seen
        )

    wait_until(logged)


def test_a_race_for_one_client_order_id_has_one_order(manual: ExchangeProcess) -> None:
    replies: list[str] = []

    def place() -> None:
        client = manual.client()
        replies.append(buy(client, "race-1").success_response["order_id"])

    threads = [threading.Thread(target=place) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 8 and len(set(replies)) == 1
