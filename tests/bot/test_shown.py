"""Figures, times and texts as people read them, and what a terminal must not be made to do."""

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.answer import Answer, Table
from bot.terminal.render import show
from bot.words import age, count, lasting, money, plain, signed

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "as_money", "as_signed"),
    [
        ("0", "$0.00", "+$0.00"),
        ("1234.5", "$1,234.50", "+$1,234.50"),
        ("-1234.567", "−$1,234.57", "−$1,234.57"),
        ("-0.001", "$0.00", "+$0.00"),
        ("1000000", "$1,000,000.00", "+$1,000,000.00"),
    ],
)
def test_money(amount: str, as_money: str, as_signed: str) -> None:
    assert money(Decimal(amount)) == as_money
    assert signed(Decimal(amount)) == as_signed


@pytest.mark.parametrize(
    ("number", "text"),
    [("61000", "61,000"), ("0.0400", "0.04"), ("1E+3", "1,000"), ("1E-7", "0.0000001"), ("0", "0")],
)
def test_plain_numbers(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (119, "119 s"), (120, "2 min"), (7200, "2.0 h")],
)
def test_how_long(seconds: float, text: str) -> None:
    assert lasting(seconds) == text
    assert age(NOW - timedelta(seconds=seconds), NOW) == f"{text} ago"


def test_ages_at_the_edges() -> None:
    assert age(None, NOW) == "never"
    assert age(NOW + timedelta(seconds=3), NOW) == "in 3.0 s"
    assert count(1, "position") == "1 position"
    assert count(1_200, "position") == "1,200 positions"


ANSWER = Answer(
    "main: HELD",
    ["a reason with \x1b[2J an escape", "[bold]not markup[/bold]"],
    [Table("positions", ["product"], [["B\x1bTC"]])],
    {"equity_usd": "1.50"},
    1,
)


def test_text_cannot_move_the_cursor_or_style_itself() -> None:
    out = io.StringIO()
    show(ANSWER, as_json=False, out=out)

    assert "\x1b" not in out.getvalue()
    assert "a reason with �[2J an escape" in out.getvalue()
    assert "[bold]not markup[/bold]" in out.getvalue()
    assert "B�TC" in out.getvalue()


def test_json_is_whole() -> None:
    out = io.StringIO()
    show(ANSWER, as_json=True, out=out)

    assert json.loads(out.getvalue()) == {
        "title": "main: HELD",
        "code": 1,
        "lines": list(ANSWER.lines),
        "equity_usd": "1.50",
    }
