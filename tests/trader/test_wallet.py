"""The dollar wallet's list as the exchange tells it: pages, what has not moved yet, and nonsense."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from trader.coinbase.parse import PayloadUnusable, ReadFailed
from trader.coinbase.wallet import ACCOUNTS, find_wallet, transfers

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=14)


def entry(id: str, **other: Any) -> dict[str, Any]:
    told = {
        "id": id,
        "type": "fiat_deposit",
        "status": "completed",
        "amount": {"amount": "25.00", "currency": "USD"},
        "created_at": "2026-03-01T10:00:00Z",
    }
    return {**told, **other}


def telling(*pages: list[Any]) -> Callable[[str, Mapping[str, Any]], dict[str, Any]]:
    """An exchange that answers with these pages, each asked for after the last id of the one before."""

    def get(path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        assert path == "/v2/accounts/w-1/transactions"
        after = params.get("starting_after")
        number = 0
        if after is not None:
            number = next(n for n, page in enumerate(pages) if page[-1]["id"] == after) + 1
        more = number + 1 < len(pages)
        return {"data": pages[number], "pagination": {"next_uri": "more" if more else None}}

    return get


def test_every_page_is_read_and_the_oldest_comes_first() -> None:
    newer = entry("a", created_at="2026-03-02T10:00:00Z")
    found = transfers(telling([newer], [entry("b"), entry("b")]), "w-1", SINCE)
    assert [one.id for one in found] == ["b", "a"]
    assert found[0].amount_usd == Decimal(25)


def test_what_has_not_moved_any_money_is_left_out() -> None:
    pages = [entry("a", status="pending"), entry("b", status="failed"), entry("c")]
    assert [one.id for one in transfers(telling(pages), "w-1", SINCE)] == ["c"]


def test_reading_ends_where_it_is_too_old() -> None:
    old = entry("old", created_at="2026-01-01T00:00:00Z")

    def get(path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        assert "starting_after" not in params, "there was no need for another page"
        return {"data": [entry("a"), old], "pagination": {"next_uri": "more"}}

    assert [one.id for one in transfers(get, "w-1", SINCE)] == ["a"]


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [
        ({"id": None}, "id"),
        ({"type": ""}, "type"),
        ({"status": None}, "status"),
        ({"amount": None}, "amount"),
        ({"amount": {"amount": "5", "currency": "EUR"}}, "amount"),
        ({"amount": {"amount": "<html>", "currency": "USD"}}, "amount"),
        ({"amount": {"amount": "NaN", "currency": "USD"}}, "amount"),
        ({"created_at": "yesterday"}, "created_at"),
    ],
)
def test_a_spoilt_entry_makes_the_whole_read_fail_and_is_never_nothing(
    spoilt: dict[str, Any], field: str
) -> None:
    with pytest.raises(PayloadUnusable, match=f"`{field}`"):
        transfers(telling([{**entry("a"), **spoilt}]), "w-1", SINCE)


@pytest.mark.parametrize("reply", [{}, {"data": None}, {"data": []}, {"data": [1]}])
def test_a_list_that_is_not_told_is_unknown(reply: dict[str, Any]) -> None:
    with pytest.raises(ReadFailed):
        transfers(lambda _path, _params: reply, "w-1", SINCE)


def test_the_wallet_is_the_one_outside_the_futures_account() -> None:
    wallets = [
        {"uuid": "f", "currency": "USD", "platform": "ACCOUNT_PLATFORM_CFM_CONSUMER"},
        {"uuid": "b", "currency": "BTC", "platform": "ACCOUNT_PLATFORM_CONSUMER"},
        {"uuid": "w-1", "currency": "USD", "platform": "ACCOUNT_PLATFORM_CONSUMER"},
    ]

    def get(path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        assert path == ACCOUNTS
        page = 1 if params.get("cursor") else 0
        return {"accounts": wallets[page * 2 :][:2], "has_next": not page, "cursor": "next"}

    assert find_wallet(get) == "w-1"
    with pytest.raises(ReadFailed, match="no dollar wallet"):
        find_wallet(lambda _path, _params: {"accounts": wallets[:2], "has_next": False})
