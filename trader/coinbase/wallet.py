"""The account's dollar wallet: the deposits, withdrawals and sweeps that the exchange lists of it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from core.transfers import Transfer
from trader.coinbase.parse import (
    Payload,
    PayloadUnusable,
    ReadFailed,
    decimal,
    items,
    moment,
    text,
)

Get = Callable[[str, Mapping[str, Any]], dict[str, Any]]

ACCOUNTS = "/api/v3/brokerage/accounts"
PAGES_MAX = 50
DONE = "completed"
"""What is pending, or failed, has not moved any money."""


def find_wallet(get: Get) -> str:
    """The id of the wallet whose dollars are margin too: not the one inside the futures account."""
    params: dict[str, Any] = {"limit": 250}
    for _ in range(PAGES_MAX):
        page = get(ACCOUNTS, params)
        for wallet in items(page, "accounts"):
            futures = "CFM" in str(wallet.get("platform", ""))
            if wallet.get("currency") == "USD" and not futures:
                return text(wallet, "uuid")
        if not page.get("has_next") or not page.get("cursor"):
            raise ReadFailed("the account has no dollar wallet")
        params["cursor"] = page["cursor"]
    raise ReadFailed(f"more than {PAGES_MAX} pages of wallets")


def transfers(get: Get, wallet: str, since: datetime) -> list[Transfer]:
    """What has moved in the wallet and was begun since then, oldest first."""
    found: dict[str, Transfer] = {}
    for entry in _entries(get, wallet):
        if moment(entry, "created_at") < since:
            break
        if text(entry, "status") == DONE:
            transfer = _transfer(entry)
            found[transfer.id] = transfer
    return sorted(found.values(), key=lambda transfer: transfer.at)


def _entries(get: Get, wallet: str) -> Iterator[Payload]:
    """Newest first, page by page."""
    params: dict[str, Any] = {"limit": 100, "order": "desc"}
    for _ in range(PAGES_MAX):
        page = get(f"/v2/accounts/{wallet}/transactions", params)
        listed = items(page, "data")
        yield from listed
        pagination = page.get("pagination")
        if not isinstance(pagination, Mapping):
            raise PayloadUnusable("`pagination` is missing")
        if not listed or not pagination.get("next_uri"):
            return
        params["starting_after"] = text(listed[-1], "id")
    raise ReadFailed(f"more than {PAGES_MAX} pages of transactions")


def _transfer(entry: Payload) -> Transfer:
    amount = entry.get("amount")
    if not isinstance(amount, Mapping) or amount.get("currency") != "USD":
        raise PayloadUnusable(f"`amount` is not in dollars: {amount!r}")
    return Transfer(
        id=text(entry, "id"),
        kind=text(entry, "type"),
        amount_usd=decimal(amount, "amount"),
        at=moment(entry, "created_at"),
    )
