"""What was traded: counted by UTC day, round trips where they were closed."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest

from core.orders import Fill, Side
from store.ledger import book_fill
from tests.bot.terminal import BTC, PRODUCT, Terminal

IDS = itertools.count(1)


def fill(terminal: Terminal, side: Side, contracts: int, price: int, days_ago: int = 0) -> None:
    at = terminal.now - timedelta(days=days_ago)
    one = Fill(
        f"f-{next(IDS)}",
        "order",
        None,
        BTC,
        side,
        contracts,
        Decimal(price),
        Decimal("0.5"),
        at,
        maker=False,
    )
    terminal.write(lambda store, tx: book_fill(tx, store.log, "main", one, PRODUCT, terminal.now))


@pytest.fixture
def traded(terminal: Terminal) -> Terminal:
    """A trip begun yesterday and won today, one lost today, and a position that is open."""
    terminal.begin()
    terminal.look()
    fill(terminal, Side.BUY, 2, 60_000, days_ago=1)
    fill(terminal, Side.SELL, 2, 61_000)
    fill(terminal, Side.BUY, 1, 61_000)
    fill(terminal, Side.SELL, 1, 60_900)
    fill(terminal, Side.BUY, 4, 60_900)
    return terminal


@pytest.mark.parametrize("asks", ["", "today", "--today", "2026-03-02", "--from 2026-03-02"])
def test_today_is_what_was_filled_and_closed_today(traded: Terminal, asks: str) -> None:
    text = traded.type("trades", asks=asks).text

    assert "main: 4 fills, 2026-03-02 to" in text
    assert "fees $2.00" in text
    assert "1 of 2 won (50 %; 95 % interval" in text
    assert "average win +$19.00" in text
    assert "average loss −$2.00" in text
    assert "before funding: +$17.00" in text


def test_several_days_are_both_included(traded: Terminal) -> None:
    typed = traded.type("trades", "--json", asks="--from 2026-03-01 --to=2026-03-02")

    assert typed.facts["fills"] == 5
    assert typed.facts["contracts"] == 10
    assert typed.facts["fees_usd"] == "2.5"
    assert (typed.facts["round_trips"], typed.facts["won"], typed.facts["lost"]) == (2, 1, 1)


def test_a_day_without_trades_has_no_rate(traded: Terminal) -> None:
    text = traded.type("trades", "2026-02-01").text

    assert "main: 0 fills" in text
    assert "no round trip was closed" in text


@pytest.mark.parametrize(
    "asks", ["tomorrow", "2026-13-01", "2026-03-03", "from 2026-03-02 to 2026-03-01", "1 2 3"]
)
def test_days_that_make_no_sense_are_refused(traded: Terminal, asks: str) -> None:
    assert traded.type("trades", asks=asks).code == 2
