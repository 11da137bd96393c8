"""What a close would come to: it only looks, and never guesses at the book's depth."""

from decimal import Decimal

import pytest

from store.limits import write_limits
from tests.bot.limits import LIMITS
from tests.bot.terminal import Terminal


@pytest.fixture
def limited(trading: Terminal) -> Terminal:
    trading.write(lambda _s, tx: write_limits(tx, "main", "dev", LIMITS.rows(), trading.now))
    return trading


@pytest.mark.parametrize(
    "asks", ["close preview BTC", "close BTC --preview", "close --preview all", "close preview"]
)
def test_a_preview_tells_both_ends_and_closes_nothing(limited: Terminal, asks: str) -> None:
    typed = limited.type(asks=asks)

    assert typed.code == 0
    for shown in (
        "SELL 4",
        "60,995",
        "+$39.80",
        "−$0.20",
        "−$155.20 at 56,120",
        "Nothing was sent",
    ):
        assert shown in typed.text
    assert "flatten_asked" not in limited.kinds()


def test_without_a_fresh_mark_or_limits_nothing_is_estimated(trading: Terminal) -> None:
    assert "UNKNOWN %" in trading.type("close", "preview", "BTC").text
    trading.later(11)

    text = trading.type("close", "preview", "BTC").text

    assert "POSITIONS ARE UNKNOWN" not in text
    assert "$" not in text
    assert text.count("UNKNOWN") >= 4


def test_a_reason_with_that_word_closes(limited: Terminal) -> None:
    typed = limited.type("close", "BTC", "preview", "was", "bad")

    assert typed.code == 0
    assert "main: closing" in typed.text


def test_what_is_not_open_cannot_be_previewed_and_nothing_else_can(limited: Terminal) -> None:
    assert limited.type("close", "preview", "DOGE").code == 3
    for verb in ("kill", "status"):
        assert limited.type(verb, "--preview").code == 2
    assert (
        Decimal(
            limited.type("close", "preview", "--json").facts["close"]["BIP-20DEC30-CDE"]["best"]
        )
        == 60_995
    )
