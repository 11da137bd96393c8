"""Money moved by hand: deposits, withdrawals and sweeps, in the balances and in the wallet's list."""

from decimal import Decimal
from typing import Any

from tests.sandbox.exchange_process import ExchangeProcess


def balances(exchange: ExchangeProcess) -> dict[str, Decimal]:
    summary = exchange.client().get_futures_balance_summary().to_dict()["balance_summary"]
    names = ("total_usd_balance", "cbi_usd_balance", "cfm_usd_balance")
    return {name: Decimal(summary[name]["value"]) for name in names}


def listed(exchange: ExchangeProcess, **params: Any) -> dict[str, Any]:
    client = exchange.client()
    wallets = client.get_accounts().to_dict()["accounts"]
    spot = next(w for w in wallets if w["platform"] == "ACCOUNT_PLATFORM_CONSUMER")
    found: dict[str, Any] = client.get(f"/v2/accounts/{spot['uuid']}/transactions", params=params)
    return found


def test_transfers_change_the_total_and_sweeps_only_where_it_lies(manual: ExchangeProcess) -> None:
    before = balances(manual)
    manual.tell("/_sim/transfer", {"amount_usd": "1200.50"})
    manual.tell("/_sim/transfer", {"amount_usd": "-200"})
    manual.tell("/_sim/sweep", {"amount_usd": "300"})

    after = balances(manual)
    moved = {name: after[name] - before[name] for name in after}
    assert moved == {
        "total_usd_balance": Decimal("1000.50"),
        "cbi_usd_balance": Decimal("1300.50"),
        "cfm_usd_balance": Decimal(-300),
    }
    newest = listed(manual)["data"][:3]
    assert [(one["type"], one["amount"]["amount"], one["status"]) for one in newest] == [
        ("derivatives_settlement", "300", "completed"),
        ("fiat_withdrawal", "-200", "completed"),
        ("fiat_deposit", "1200.5", "completed"),
    ]


def test_the_list_goes_on_after_an_id(manual: ExchangeProcess) -> None:
    for _ in range(3):
        manual.tell("/_sim/transfer", {"amount_usd": "1"})
    everything = listed(manual, limit=100)["data"]
    first = listed(manual, limit=2)
    assert first["pagination"]["next_uri"]
    rest = listed(manual, limit=100, starting_after=first["data"][-1]["id"])
    assert first["data"] + rest["data"] == everything
    assert rest["pagination"]["next_uri"] is None


def test_money_that_is_not_there_is_not_moved(manual: ExchangeProcess) -> None:
    before = balances(manual)
    for path, amount in (
        ("/_sim/transfer", "-99999999"),
        ("/_sim/sweep", "99999999"),
        ("/_sim/sweep", "-99999999"),
        ("/_sim/transfer", "0"),
        ("/_sim/transfer", "many"),
        ("/_sim/sweep", "NaN"),
    ):
        reply = manual.control("POST", path, json={"amount_usd": amount})
        assert reply.status_code == 400
        assert "amount_usd" in reply.text or "holds only" in reply.text
    assert balances(manual) == before
