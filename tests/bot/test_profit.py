"""P&L of one day, and the exchange's figures against ours."""

from decimal import Decimal

import pytest

from core.books import Account, Books
from store.ledger import snapshot_day
from store.observations import write_account
from tests.bot.terminal import Terminal

DAY_S = 86_400


def next_day(trading: Terminal, unrealised: str, transfers: str = "0") -> None:
    """The trader's first snapshot of the day that follows."""
    trading.later(DAY_S)
    zero = Decimal(0)
    books = Books(
        Decimal(10_000), Decimal(transfers), Decimal(7), Decimal(unrealised), zero, Decimal("2.5")
    )
    assert zero == books.accepted_usd
    trading.write(lambda _s, tx: snapshot_day(tx, "main", books, trading.now))


@pytest.mark.parametrize("asks", ["2026-03-02", "yesterday"])
def test_a_past_day_is_what_lies_between_two_openings(trading: Terminal, asks: str) -> None:
    next_day(trading, unrealised="25", transfers="100")

    text = trading.type("pnl", asks).text

    assert "main: P&L of 2026-03-02 (UTC)" in text
    assert "−$9.00 = realised +$7.00, unrealised −$15.00, funding +$0.00, fees −$1.00" in text
    assert "until 2026-03-03 00:00:00 UTC" in text
    assert "of that +$100.00 came from outside" in text


def test_today_goes_to_now(trading: Terminal) -> None:
    trading.later(1)
    trading.write(lambda _s, tx: trading.mark(tx, Decimal(61_500)))

    assert "+$20.00 = realised +$0.00, unrealised +$20.00" in trading.type("pnl", "today").text


def test_a_day_of_which_nothing_is_known_is_unknown(trading: Terminal) -> None:
    typed = trading.type("pnl", "2026-01-05")

    assert typed.code == 1
    assert "P&L of 2026-01-05 UNKNOWN" in typed.text
    assert "$" not in typed.text


@pytest.mark.parametrize("asks", ["2026-03-03", "soon", "explain soon", "explain today today"])
def test_what_is_no_day_is_refused(trading: Terminal, asks: str) -> None:
    assert trading.type("pnl", asks=asks).code == 2


def test_the_exchange_against_ours_by_cause(trading: Terminal) -> None:
    account = Account(
        Decimal(9_990), Decimal(38), Decimal(120), Decimal(920), "300", trading.now, Decimal(1)
    )
    trading.write(lambda _s, tx: write_account(tx, "main", account))

    typed = trading.type("pnl", "--json", asks="explain --date 2026-03-02")

    assert "theirs less ours −$10.50" in typed.facts["lines"][-1]
    found = {cause["name"]: Decimal(cause["usd"]) for cause in typed.facts["causes"]}
    assert found == {
        "funding": Decimal(-1),
        "cash": Decimal("-7.5"),
        "valuation": Decimal(-2),
    }
    assert "explained by nothing that was booked" in trading.type("pnl", "explain").text


def test_an_old_account_explains_nothing(trading: Terminal) -> None:
    trading.later(61)

    text = trading.type("pnl", "explain").text

    assert "The exchange's equity now: UNKNOWN, the account was not read lately." in text


def test_of_a_past_day_the_exchanges_figures_are_unknown(trading: Terminal) -> None:
    next_day(trading, unrealised="25")

    text = trading.type("pnl", "explain", "2026-03-02").text

    assert "realised +$7.00" in text
    assert "The exchange's figures of that day: UNKNOWN" in text
