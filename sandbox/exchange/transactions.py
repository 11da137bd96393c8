"""Money that came into the account, left it, or moved between its two wallets: what v2 lists of it."""

import uuid
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sandbox.clock import rfc3339
from sandbox.exchange.call import Call, Json, not_found
from sandbox.exchange.decimals import ZERO, plain
from sandbox.exchange.identity import Identity
from sandbox.exchange.ledger import Ledger

LIMIT_DEFAULT, LIMIT_MAX = 25, 100


class Type(StrEnum):
    """The venue's own words."""

    DEPOSIT = "fiat_deposit"
    WITHDRAWAL = "fiat_withdrawal"
    SWEEP = "derivatives_settlement"


def transfer(ledger: Ledger, amount: Decimal, now: datetime) -> Json:
    """A deposit into the spot wallet, or a withdrawal from it when the amount is below 0."""
    account = ledger.account
    ledger.account = replace(
        account,
        cash=account.cash + amount,
        swept=account.swept + amount,
        transferred=account.transferred + amount,
    )
    return _written(ledger, Type.DEPOSIT if amount > 0 else Type.WITHDRAWAL, amount, now)


def sweep(ledger: Ledger, amount: Decimal, now: datetime) -> Json:
    """From the futures wallet to the spot wallet; the other way when the amount is below 0."""
    ledger.account = replace(ledger.account, swept=ledger.account.swept + amount)
    return _written(ledger, Type.SWEEP, amount, now)


def _written(ledger: Ledger, kind: Type, amount: Decimal, now: datetime) -> Json:
    entry = {
        "id": str(uuid.uuid4()),
        "type": kind.value,
        "amount": plain(amount),
        "at": rfc3339(now),
    }
    ledger.add_transaction(entry)
    return entry


class TransactionsRest:
    """REST of the spot wallet's transactions, newest first, continued after an id."""

    def __init__(self, ledger: Ledger, identity: Identity) -> None:
        self._ledger = ledger
        self._identity = identity

    def transactions(self, call: Call) -> Json:
        (wallet,) = call.path_args
        if wallet == self._identity.futures_account_id:
            entries: list[Json] = []
        elif wallet == self._identity.spot_account_id:
            entries = list(reversed(self._ledger.transactions))
        else:
            raise not_found("account not found")
        after = call.first("starting_after")
        ids = [entry["id"] for entry in entries]
        begin = ids.index(after) + 1 if after in ids else 0
        limit = min(call.number("limit", LIMIT_DEFAULT) or LIMIT_DEFAULT, LIMIT_MAX)
        page = entries[begin : begin + limit]
        more = begin + limit < len(entries)
        path = f"/v2/accounts/{wallet}/transactions"
        next_uri = f"{path}?limit={limit}&starting_after={page[-1]['id']}" if more else None
        return {
            "pagination": {
                "ending_before": None,
                "starting_after": after or None,
                "limit": limit,
                "order": "desc",
                "previous_uri": None,
                "next_uri": next_uri,
            },
            "data": [_view(entry, path) for entry in page],
        }


def _view(entry: Json, path: str) -> Json:
    amount = {
        "amount": plain(Decimal(entry["amount"]).quantize(Decimal("0.01"))),
        "currency": "USD",
    }
    return {
        "id": entry["id"],
        "type": entry["type"],
        "status": "completed",
        "amount": amount,
        "native_amount": amount,
        "description": None,
        "created_at": entry["at"],
        "resource": "transaction",
        "resource_path": f"{path}/{entry['id']}",
    }


def movable(ledger: Ledger, available: Decimal) -> tuple[Decimal, Decimal]:
    """What may leave the futures wallet without touching margin, and what the spot wallet holds."""
    account = ledger.account
    return max(ZERO, min(account.cash - account.swept, available)), account.swept
