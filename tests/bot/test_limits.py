"""`limit` in the terminal: lower at once, higher by two, and what it says when it refuses."""

import pytest

from core.limits import Limits
from store.limit_changes import limits_in_force
from store.limit_requests import follow_profile
from store.limits import write_limits
from tests.bot.limits import LIMITS
from tests.bot.terminal import Terminal


@pytest.fixture
def limited(trading: Terminal) -> Terminal:
    """A trader has started with these limits."""
    trading.write(lambda store, tx: follow_profile(tx, store.log, "main", LIMITS, trading.now))
    return trading


def limits(terminal: Terminal) -> Limits:
    found: Limits = terminal.read(lambda c: limits_in_force(c, "main", LIMITS))
    return found


def test_a_limit_is_lowered_by_anyone_with_a_shell(limited: Terminal) -> None:
    typed = limited.type("limit", "lower", "max_leverage", "2")
    assert typed.code == 0
    assert "max_leverage 10 → 2" in typed.text
    assert limits(limited).max_leverage == 2
    assert "limits_lowered" in limited.kinds()


def test_conservative_halves_them_all(limited: Terminal) -> None:
    typed = limited.type("limit", "conservative")
    assert typed.code == 0
    assert limits(limited).max_leverage == 1
    assert limits(limited).max_order_contracts == 25
    assert "daily_loss_usd" not in typed.text


def test_raising_takes_two_persons(limited: Terminal) -> None:
    raising = ["limit", "raise", "max_leverage", "12", "it is quiet"]
    refused = limited.type(*raising)
    assert refused.code == 3
    assert "needs a person" in refused.text

    asked = limited.type(*raising, *limited.proof_of("alice"))
    assert asked.code == 0, asked.text
    assert limits(limited).max_leverage == 10
    [request] = limited.requests()
    own = limited.type("confirm", request.id, *limited.proof_of("alice"))
    assert own.code == 3
    agreed = limited.type("confirm", request.id, *limited.proof_of("bob"))
    assert agreed.code == 0, agreed.text
    assert "the trader runs preflight and reconciles" in agreed.text
    assert limits(limited).max_leverage == 10, "not before the trader has looked"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "what about it?"),
        (["double"], 2, "'double' is none of them"),
        (["lower", "max_leverage"], 2, "lower which one, to what?"),
        (["lower", "leverage", "1"], 3, "no limit is called 'leverage'"),
        (["lower", "max_leverage", "much"], 3, "'much' is no number"),
        (["lower", "max_leverage", "11"], 3, "is not stricter"),
        (["raise", "max_leverage", "1"], 3, "is stricter"),
        (["lower", "emergency_collar_pct", "1"], 3, "is not stricter"),
        (["lower", "max_leverage", "10"], 0, "max_leverage is 10 already"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    limited: Terminal, words: list[str], code: int, says: str
) -> None:
    typed = limited.type("limit", *words)
    assert (typed.code, says in typed.text) == (code, True), typed.text
    assert limits(limited) == LIMITS


def test_limits_tell_what_people_lowered_and_what_waits(limited: Terminal) -> None:
    rows = LIMITS.rows()
    limited.write(lambda store, tx: write_limits(tx, "main", "dev", rows, limited.now))
    limited.type("limit", "lower", "max_leverage", "2")
    limited.type("limit", "raise", "daily_loss_usd", "2000", *limited.proof_of("alice"))
    text = limited.type("limits").text
    assert "max_leverage is lowered to 2; approved is 10" in text
    assert "daily_loss_usd 1000 → 2000 waits for people: limit-" in text


def test_before_a_trader_has_started_there_are_no_limits(trading: Terminal) -> None:
    assert trading.type("limit", "conservative").code == 1


def test_wrong_codes_make_the_terminal_wait_and_are_told(limited: Terminal) -> None:
    limited.proof_of("alice")
    for _ in range(5):
        refused = limited.type("resume", "--as", "alice", "--code", "000000")
    assert "15 s are left" in refused.text
    typed = limited.type("resume", *limited.proof_of("alice"))
    assert limited.kinds().count("abuse_suspected") == 1
    assert typed.code == 0, "thirty seconds are longer than the first wait"
    limited.type("kill", "--as", "alice", "--code", "000000")
    assert limited.type("kill").code == 0, "a shell needs no code to tighten"
