"""What people see of what our books do not explain, and what they can do about it."""

from decimal import Decimal

import pytest

from core.orders import Side
from core.reconcile import Discrepancy, OrderThere, cash_differs, unknown_order
from core.requests import RequestState
from core.transfers import SWEEP, Transfer
from store.acceptance import accept
from store.commands import waiting
from store.observations import read_failed
from store.reconciliation import write_reconciliation
from store.transfers import book_transfer
from tests.bot.terminal import BTC, Terminal

BY_HAND = unknown_order(OrderThere("7c0e2a", BTC, Side.BUY, 2, 0, Decimal(55_000), None, "OPEN"))
OFF = cash_differs(Decimal(10_000), Decimal(10_250), "nothing that was read explains it")


def differs(terminal: Terminal, *found: Discrepancy) -> None:
    now = terminal.now
    terminal.write(lambda store, tx: write_reconciliation(tx, store.log, "main", found, now, now))


def test_books_that_agree_are_said_to_and_since_when(trading: Terminal) -> None:
    assert "not reconciled yet" in trading.type("reconcile").text
    differs(trading)
    trading.later(2)

    typed = trading.type("reconcile")
    assert "main: books and exchange agree, as of 2.0 s ago" in typed.text
    assert trading.type("reconcile", "--json").facts["reconciliation"]["clean"] is True


def test_each_difference_is_shown_with_what_it_probably_is(trading: Terminal) -> None:
    differs(trading, BY_HAND, OFF)
    typed = trading.type("reconcile")

    assert "2 differences not explained" in typed.text
    for found in (BY_HAND, OFF):
        assert found.id in typed.text
        assert found.says in typed.text
    assert "placed by hand" in typed.text
    assert "cancel-order ID" in typed.text
    facts = trading.type("reconcile", "--json").facts["reconciliation"]
    assert [one["id"] for one in facts["open"]] == ["cash", "order-7c0e2a"]
    assert facts["open"][0]["figures"] == {"off_usd": "250.00"}


def test_status_and_health_say_it_too(trading: Terminal) -> None:
    differs(trading)
    trading.look()
    assert "books and exchange agree" in trading.type("health").text
    assert "not explained" not in trading.type("status").text

    differs(trading, OFF)
    assert "1 difference not explained" in trading.type("status").text
    health = trading.type("health")
    assert "WRONG" in health.text
    assert "1 difference not explained" in health.text
    assert trading.type("status", "--json").facts["reconciliation"]["clean"] is False


def test_money_that_was_moved_is_in_pnl_and_not_profit(trading: Terminal) -> None:
    before = trading.type("pnl").text
    assert "deposits" not in before

    def moved(store: object, tx: object) -> None:
        for id, kind, amount in (("t1", "fiat_deposit", 500), ("t2", SWEEP, 70)):
            transfer = Transfer(id, kind, Decimal(amount), trading.now)
            book_transfer(tx, store.log, "main", transfer, trading.now)  # type: ignore[arg-type, attr-defined]

    trading.write(moved)
    text = trading.type("pnl").text
    assert "not in it: deposits less withdrawals +$500.00, since the books opened" in text
    assert "P&L since the books opened: +$38.50" in text
    assert "equity $10,538.50 by our books" in text
    shown = trading.type("reconcile").text
    assert SWEEP in shown
    assert "fiat_deposit" in shown


def test_a_read_that_fails_is_said_first(trading: Terminal) -> None:
    differs(trading)
    trading.write(lambda _s, tx: read_failed(tx, "main", "transfers", "HTTP 503", trading.now))
    assert "transfers UNKNOWN: HTTP 503" in trading.type("reconcile").text


@pytest.mark.parametrize("word", ["order-7c0e2a", "7c0e2a", "order-7c"])
def test_a_foreign_order_is_handed_to_the_trader_to_cancel(trading: Terminal, word: str) -> None:
    differs(trading, BY_HAND, OFF)
    typed = trading.type("cancel-order", word)

    assert typed.code == 0
    assert "cancelling 7c0e2a" in typed.text
    assert "NO TRADER RUNS" in typed.text
    (command,) = trading.read(lambda c: waiting(c, "main"))
    assert (command.verb, command.body) == ("cancel-order", {"order_id": "7c0e2a"})
    assert "cancel_order_asked" in trading.kinds()


def test_an_adopted_order_can_be_cancelled_all_the_same(trading: Terminal) -> None:
    differs(trading, BY_HAND)
    trading.write(
        lambda store, tx: accept(
            tx, store.log, "main", {BY_HAND.id: BY_HAND.figures}, "two", "mine", trading.now
        )
    )
    typed = trading.type("cancel-order", "adopted-7c0e2a")
    assert typed.code == 0, typed.text
    (command,) = trading.read(lambda c: waiting(c, "main"))
    assert command.body == {"order_id": "7c0e2a"}
    assert trading.type("cancel-order", "all").code == 3


@pytest.mark.parametrize("words", [[], ["cash"], ["order-x"], ["order-7c0e2a", "now"]])
def test_what_is_no_foreign_order_is_not_cancelled(trading: Terminal, words: list[str]) -> None:
    differs(trading, BY_HAND, OFF)
    typed = trading.type("cancel-order", *words)

    assert typed.code in (2, 3)
    assert "Nothing was changed." in typed.text
    assert trading.read(lambda c: waiting(c, "main")) == []


def test_accepting_books_nothing_until_another_person_agrees(trading: Terminal) -> None:
    differs(trading, BY_HAND, OFF)
    asked = trading.type("accept", "all", "it was me", *trading.proof_of("alice"))

    assert asked.code == 0
    assert "main: asked to accept 2 differences" in asked.text
    assert BY_HAND.says in asked.text
    (request,) = trading.requests()
    assert request.body["figures"] == {one.id: dict(one.figures) for one in (BY_HAND, OFF)}
    assert request.reason == "it was me"

    assert trading.type("confirm", request.id, *trading.proof_of("alice")).code == 3
    agreed = trading.type("confirm", request.id, *trading.proof_of("bob"))
    assert agreed.code == 0
    assert "the trader looks once more and books what you both saw" in agreed.text
    assert trading.requests()[0].state is RequestState.CONFIRMED, "only the trader books"


def test_the_same_differences_are_asked_for_once(trading: Terminal) -> None:
    differs(trading, OFF)
    trading.type("accept", "cash", *trading.proof_of("alice"))
    trading.type("accept", "cash", *trading.proof_of("alice"))
    assert len(trading.requests()) == 1


def test_a_shell_alone_accepts_nothing(trading: Terminal) -> None:
    differs(trading, OFF)
    typed = trading.type("accept", "cash")
    assert typed.code == 3
    assert "one-time code" in typed.text
    assert trading.requests() == []


@pytest.mark.parametrize("word", ["order-x", "position"])
def test_what_does_not_differ_is_not_accepted(trading: Terminal, word: str) -> None:
    differs(trading, OFF)
    typed = trading.type("accept", word, *trading.proof_of("alice"))
    assert typed.code == 3
    assert "no difference is called" in typed.text
    assert trading.requests() == []
