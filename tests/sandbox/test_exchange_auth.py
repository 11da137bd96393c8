"""Tokens, permissions and the request limit."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from coinbase import jwt_generator
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.sandbox.exchange_process import BIP, ExchangeProcess

PATH = "/api/v3/brokerage/orders/historical/batch"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExchangeProcess]:
    """Its clock stands at the machine's time, so that tokens are judged by a still clock."""
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    exchange = ExchangeProcess(
        tmp_path_factory.mktemp("strict"), "--manual-clock", "--start-at", start
    )
    yield exchange
    assert exchange.stop() == 0


def exchange_now(exchange: ExchangeProcess) -> int:
    return int(exchange.raw("GET", "/api/v3/brokerage/time").json()["epochSeconds"])


def token(exchange: ExchangeProcess, **change: Any) -> str:
    key = exchange.key("trader")
    now = exchange_now(exchange)
    claims = {
        "sub": key["name"],
        "iss": "cdp",
        "nbf": now,
        "exp": now + 120,
        "uri": f"GET {exchange.host}{PATH}",
        **change,
    }
    private: Any = load_pem_private_key(key["privateKey"].encode(), None)
    headers = {"kid": change.get("kid", key["name"]), "nonce": "abc"}
    claims.pop("kid", None)
    return jwt.encode(claims, private, algorithm="ES256", headers=headers)


def status(exchange: ExchangeProcess, bearer: str) -> int:
    reply = exchange.raw("GET", PATH, headers={"Authorization": f"Bearer {bearer}"})
    if reply.status_code == 401:
        assert reply.text == "Unauthorized"
    return reply.status_code


def test_a_good_token_is_let_in(strict: ExchangeProcess) -> None:
    assert status(strict, token(strict)) == 200
    assert status(strict, token(strict, uri=f"GET api.coinbase.com{PATH}")) == 200


@pytest.mark.parametrize(
    "change",
    [
        {"sub": "somebody"},
        {"kid": "organizations/none/apiKeys/none"},
        {"iss": "coinbase-cloud"},
        {"uri": "POST api.coinbase.com" + PATH},
        {"uri": "GET elsewhere.example" + PATH},
        {"nbf": 4_000_000_000, "exp": 4_000_000_100},
        {"nbf": 1_000_000_000, "exp": 1_000_000_100},
        {"exp": "soon"},
    ],
)
def test_a_wrong_token_is_not(strict: ExchangeProcess, change: dict[str, Any]) -> None:
    assert status(strict, token(strict, **change)) == 401


def test_neither_is_a_forged_or_missing_one(strict: ExchangeProcess) -> None:
    assert status(strict, token(strict)[:-6] + "AAAAAA") == 401
    assert status(strict, "nonsense") == 401
    assert strict.raw("GET", PATH).status_code == 401


def test_a_token_dies_after_120_seconds(strict: ExchangeProcess) -> None:
    key = strict.key("trader")
    uri = jwt_generator.format_jwt_uri("GET", PATH)
    bearer = jwt_generator.build_rest_jwt(uri, key["name"], key["privateKey"])
    strict.advance(10)
    assert status(strict, bearer) == 200
    strict.advance(120)
    assert status(strict, bearer) == 401


def test_a_key_may_do_only_what_it_may(manual: ExchangeProcess) -> None:
    viewer = manual.client("viewer")
    assert viewer.get_api_key_permissions().can_trade is False
    assert viewer.list_orders()["orders"] is not None
    with pytest.raises(requests.HTTPError, match="Missing Required Scopes"):
        viewer.market_order_buy("viewer-1", BIP, base_size="1")
    with pytest.raises(requests.HTTPError) as caught:
        manual.client("trader").schedule_futures_sweep("10")
    assert '"error_details":"Missing required scopes"' in caught.value.response.text


def test_the_thirty_first_request_of_a_second_meets_an_html_page(tmp_path: Path) -> None:
    exchange = ExchangeProcess(tmp_path)
    client = exchange.client("viewer", rate_limit_headers=True)
    first = client.get_api_key_permissions()
    assert (first.rate_limit_limit, first.rate_limit_remaining) == ("30", "29")
    with pytest.raises(requests.HTTPError) as caught:
        for _ in range(60):
            client.get_api_key_permissions()
    reply = caught.value.response
    assert reply.status_code == 429 and reply.text.startswith("<html>")
    assert reply.headers["x-ratelimit-remaining"] == "0"
    assert exchange.client("guard").get_api_key_permissions().can_view
    assert exchange.stop() == 0
