"""The control contract: who may call, what bad input hears, what the log tells."""

import time
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.exchange_process import BIP, ExchangeProcess


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/_sim/fault", {"kind": "explode"}, "allowed are"),
        ("/_sim/fault", {"kind": "gap"}, "not known for requests"),
        ("/_sim/fault", {"kind": "html", "match": {"socket": True}}, "not known for sockets"),
        ("/_sim/fault", {"kind": "latency"}, "ms"),
        ("/_sim/fault", {"kind": "status", "args": {"code": 42}}, "200 to 599"),
        ("/_sim/fault", {"kind": "html", "count": 0}, "whole number from 1"),
        ("/_sim/fault", {"kind": "html", "probability": 2}, "0 to 1"),
        ("/_sim/fault", {"kind": "html", "match": {"colour": 1}}, "only"),
        ("/_sim/fault", {"kind": "html", "colour": 1}, "unknown field"),
        ("/_sim/fault", {"kind": "null_fields"}, "fields"),
        ("/_sim/clock", {}, "number from 0"),
        ("/_sim/clock", {"advance_s": -1}, "number from 0"),
        ("/_sim/market", {"product_id": "NO"}, "not listed"),
        ("/_sim/market", {"product_id": BIP}, "at least one"),
        ("/_sim/market", {"product_id": BIP, "jump_pct": "up"}, "number from -90"),
        ("/_sim/market", {"product_id": BIP, "session": "lunch"}, "maintenance"),
        ("/_sim/market", {"product_id": BIP, "freeze": "yes"}, "true or false"),
        ("/_sim/market", {"product_id": BIP, "depth_contracts": -1}, "number from 0"),
        ("/_sim/order", {}, "client_order_id"),
    ],
)
def test_bad_input_hears_what_is_allowed(
    manual: ExchangeProcess, path: str, body: dict[str, Any], says: str
) -> None:
    reply = manual.control("POST", path, json=body)
    assert reply.status_code == 400
    assert says in reply.json()["error"]


def test_what_is_not_json_or_not_there(manual: ExchangeProcess) -> None:
    assert manual.control("POST", "/_sim/clock", data=b"{").status_code == 400
    assert manual.control("POST", "/_sim/clock", data=b"[]").status_code == 400
    assert manual.control("GET", "/_sim/requests?limit=all").status_code == 400
    reply = manual.control("GET", "/_sim/nowhere")
    assert reply.status_code == 404 and "/_sim/ledger" in reply.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_strangers_are_refused(manual: ExchangeProcess, headers: dict[str, str]) -> None:
    assert manual.control("GET", "/_sim/ledger", headers=headers).status_code == 403
    assert manual.raw("GET", "/_sim/ledger", headers=headers).status_code == 403


def test_control_answers_on_both_addresses(manual: ExchangeProcess) -> None:
    own = {"Origin": manual.control_url}
    assert manual.control("GET", "/_sim/ledger", headers=own).status_code == 200
    assert manual.raw("GET", "/_sim/ledger").json() == manual.ask("/_sim/ledger")
    assert manual.control("GET", "/api/v3/brokerage/time").status_code == 404


def test_the_log_tells_when_the_last_byte_was_read(manual: ExchangeProcess) -> None:
    before = time.monotonic_ns()
    client = manual.client()
    client.limit_order_gtc_buy("log-1", BIP, "1", "50000")
    client.list_orders(product_ids=[BIP], limit=1)
    after = time.monotonic_ns()
    seen = manual.ask(f"/_sim/requests?since_ns={before}")["requests"]
    created, listed = seen[-2:]
    assert before < created["monotonic_ns"] < listed["monotonic_ns"] < after
    assert (created["method"], created["status"]) == ("POST", 200)
    assert created["body"]["client_order_id"] == "log-1"
    assert "product_ids" in listed["query"] and listed["client"].startswith("127.0.0.1:")
    assert manual.order("log-1")["received_monotonic_ns"] == created["monotonic_ns"]
    assert len(manual.ask("/_sim/requests?limit=1")["requests"]) == 1
    assert manual.ask(f"/_sim/requests?since_ns={after}")["requests"] == []


def test_the_clock_moves_only_by_hand(manual: ExchangeProcess) -> None:
    before = manual.ask("/_sim/clock")["now"]
    price = manual.raw("GET", f"/api/v3/brokerage/market/products/{BIP}").json()["price"]
    assert manual.ask("/_sim/clock")["now"] == before
    manual.advance(0.25)
    manual.advance(60)
    assert manual.ask("/_sim/clock")["now"] > before
    assert manual.raw("GET", f"/api/v3/brokerage/market/products/{BIP}").json()["price"] != price


def test_the_market_can_be_bent(manual: ExchangeProcess) -> None:
    before = Decimal(manual.bend(BIP, freeze=True)["bid"])
    assert Decimal(manual.bend(BIP, jump_pct=10)["bid"]) > before * Decimal("1.09")
    manual.advance(120)
    frozen = manual.bend(BIP, jump_pct=0)
    assert Decimal(frozen["bid"]) > before * Decimal("1.09")
    manual.bend(BIP, freeze=False, jump_pct=-9, drift_pct_per_min=5)
    manual.advance(120)
    drifted = manual.bend(BIP, drift_pct_per_min=0, spread_bps=50)
    assert Decimal(drifted["bid"]) > before * Decimal("1.05")
    spread = Decimal(drifted["ask"]) - Decimal(drifted["bid"])
    assert spread / Decimal(drifted["bid"]) > Decimal("0.004")
    manual.bend(BIP, spread_bps=1.5, jump_pct=-9)
