"""An order is tried out: every check says its word, and nothing is written anywhere."""

import pytest
from sqlalchemy import func, select

from store.books_schema import orders
from store.limits import write_limits
from tests.bot.limits import LIMITS
from tests.bot.terminal import Terminal


@pytest.fixture
def desk(trading: Terminal) -> Terminal:
    """Long 4 contracts; a trader has said which limits it works with."""
    rows = LIMITS.rows()
    trading.write(lambda store, tx: write_limits(tx, "main", "dev", rows, trading.now))
    return trading


def on_record(desk: Terminal) -> tuple[int, int]:
    asked = select(func.count()).select_from(orders)
    return desk.read(lambda c: int(c.scalar(asked) or 0)), len(desk.events())


def test_an_order_that_would_pass_says_what_it_comes_to(desk: Terminal) -> None:
    before = on_record(desk)
    told = desk.type("order", "preview", "BTC", "buy", "1")
    assert (told.code, "entry BUY 1 BIP-20DEC30-CDE at 61000 would pass all" in told.text) == (
        0,
        True,
    )
    assert "worth $610.00" in told.text
    assert "position +4 now, +5 once it is filled" in told.text
    assert on_record(desk) == before


def test_every_check_that_would_refuse_it_is_named_with_its_figures(desk: Terminal) -> None:
    facts = desk.type("order", "preview", "btc", "buy", "900", "70000", "--json").facts
    assert facts["code"] == 1
    assert facts["passes"] is False
    assert {"ORDER_SIZE", "PRICE_COLLAR", "POSITION_NOTIONAL"} <= set(facts["refused_by"])


def test_against_the_position_it_is_an_exit_and_only_reduces(desk: Terminal) -> None:
    passes = desk.type("order", "preview", "BTC", "sell", "1")
    assert (passes.code, "exit SELL 1 BIP-20DEC30-CDE" in passes.text) == (0, True)
    refused = desk.type("order", "preview", "BTC", "sell", "5")
    assert (refused.code, "BEYOND_POSITION" in refused.text) == (1, True)


def test_a_desk_that_is_held_says_so_first(desk: Terminal) -> None:
    desk.type("kill", "a drill")
    facts = desk.type("order", "preview", "BTC", "buy", "1", "--json").facts
    assert facts["refused_by"] == ["MODE_FORBIDS"]


def test_an_old_mark_ends_it_where_the_rest_has_nothing_to_go_by(desk: Terminal) -> None:
    desk.later(60)
    facts = desk.type("order", "preview", "BTC", "buy", "900", "--json").facts
    assert facts["refused_by"][-1] == "STALE_MARK"


@pytest.mark.parametrize(
    "words",
    [
        ("BTC", "buy"),
        ("BTC", "hold", "1"),
        ("BTC", "buy", "half"),
        ("BTC", "buy", "0"),
        ("BTC", "buy", "1", "-5"),
        ("BTC", "buy", "1", "NaN"),
        ("BTC", "buy", "1", "1e999999"),
        ("BTC", "buy", "9" * 5_000),
        ("BTC", "buy", "1" + "0" * 30),
        ("BTC", "buy", "1", "2", "3"),
    ],
)
def test_what_is_no_order_is_told_how_to_be_one(desk: Terminal, words: tuple[str, ...]) -> None:
    told = desk.type("order", "preview", *words)
    assert (told.code, "order preview SYMBOL buy|sell CONTRACTS" in told.text) == (2, True)


def test_a_product_that_is_not_listed_is_told_which_are(desk: Terminal) -> None:
    told = desk.type("order", "preview", "DOGE", "buy", "1")
    assert (told.code, "listed: BTC" in told.text) == (1, True)


def test_without_a_trader_nobody_knows_the_limits(trading: Terminal) -> None:
    told = trading.type("order", "preview", "BTC", "buy", "1")
    assert (told.code, "its limits are not known" in told.text) == (1, True)
