"""The exchange's account, with the age of every figure and ours beside it."""

from datetime import timedelta
from decimal import Decimal

from core.margin import MarginWindow
from core.transfers import SWEEP, Transfer
from store.margin import write_margin_window
from store.store import Store, Transaction
from store.transfers import book_transfer
from tests.bot.terminal import Terminal


def row(text: str, name: str) -> str:
    (found,) = [line for line in text.splitlines() if line.strip().startswith(f"{name}  ")]
    return found.split(name, 1)[1].strip()


def test_the_account_is_shown_with_our_cash_beside_it(trading: Terminal) -> None:
    text = trading.type("account").text

    assert "main: the exchange's account, read 0.0 s ago" in text
    assert row(text, "cash") == "$10,000.00"
    assert row(text, "cash by our books") == "$9,998.50"
    assert row(text, "margin used") == "$120.00"
    assert row(text, "margin available") == "$9,920.00"
    assert row(text, "liquidation buffer") == "870 %"
    assert "fees: $0.00 today (UTC), $1.50 since the books opened" in text


def test_an_account_that_was_not_read_lately_is_unknown_with_its_last_figures(
    trading: Terminal,
) -> None:
    trading.later(61)

    text = trading.type("account").text

    assert row(text, "margin used") == "UNKNOWN (was $120.00, 61 s ago)"
    assert row(text, "cash by our books") == "$9,998.50"


def test_an_account_that_was_never_read_is_unknown(terminal: Terminal) -> None:
    terminal.begin()

    typed = terminal.type("account")

    assert "read UNKNOWN: the exchange's account has not been read yet" in typed.text
    assert "$" not in typed.text
    assert terminal.type("account", "--json").facts["account"] is None


def test_sweeps_transfers_and_the_margin_window_are_shown(trading: Terminal) -> None:
    then = trading.now - timedelta(hours=1)

    def happen(store: Store, tx: Transaction) -> None:
        for transfer in (
            Transfer("t-1", "fiat_deposit", Decimal(500), then),
            Transfer("t-2", SWEEP, Decimal(-70), then),
        ):
            book_transfer(tx, store.log, "main", transfer, trading.now)
        window = MarginWindow(True, trading.now + timedelta(hours=2), trading.now)
        write_margin_window(tx, store.log, "main", window, trading.now)

    trading.write(happen)

    text = trading.type("account").text
    assert "sweep" in text
    assert "−$70.00" in text
    assert "fiat_deposit" in text
    assert "intraday until 2026-03-02 05:00:00 UTC, read 0.0 s ago" in text
    trading.later(7201)
    assert "UNKNOWN: what was read ended 1.0 s ago" in trading.type("account").text
