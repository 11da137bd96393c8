"""One order looked into: its way with times, and the check that refused it."""

from datetime import timedelta
from decimal import Decimal

from core.gate import GateRefusal
from core.orders import Fill, Kind, OrderState, Side
from store.ledger import book_fill
from store.orders import move
from store.store import Store, Transaction
from tests.bot.terminal import BTC, PRODUCT, Terminal


def test_an_order_is_traced_from_its_intent_to_its_end(trading: Terminal) -> None:
    trading.order("entry-1", Kind.ENTRY, 2, Side.BUY)
    trading.later(1.5)
    filled_at = trading.now - timedelta(seconds=1)
    fill = Fill(
        "f-1",
        "at-entry-1",
        "entry-1",
        BTC,
        Side.BUY,
        2,
        Decimal(60_400),
        Decimal("0.3"),
        filled_at,
        maker=True,
    )

    def end(store: Store, tx: Transaction) -> None:
        book_fill(tx, store.log, "main", fill, PRODUCT, trading.now)
        move(tx, store.log, "entry-1", OrderState.FILLED, trading.now, reported_filled=2)

    trading.write(end)

    for id in ("entry-1", "at-entry-1"):
        text = trading.type("order", "trace", id).text
        assert "main: order entry-1 is filled, 2 of 2 filled" in text
        assert "gate: admitted in epoch 1" in text
        assert "passed risk, durable: entry BUY 2" in text
        assert "mark 61000" in text
        assert "by the exchange as at-entry-1" in text
        assert "2 at 60400, fee 0.3 (maker), at the exchange 2026-03-02T03:00:00.5" in text
        assert "+1.500 s" in text
    whats = [s["what"] for s in trading.type("order", "trace", "entry-1", "--json").facts["steps"]]
    assert whats == ["intent", "acknowledged", "fill", "filled"]


def refused(trading: Terminal, **body: str) -> None:
    told = {"client_order_id": "wish-1", "product": BTC} | body
    trading.write(
        lambda store, tx: store.log.append(
            tx, desk="main", kind="order_refused", actor="trader", now=trading.now, body=told
        )
    )


def test_an_order_that_risk_refused_names_its_check(trading: Terminal) -> None:
    refused(trading, refused="LEVERAGE", detail="3.1 over 3")

    explained = trading.type("order", "explain", "wish-1")
    traced = trading.type("order", "trace", "wish-1").text

    assert "main: order wish-1 was refused by risk" in explained.text
    assert "LEVERAGE: the desk's leverage could exceed its limit" in explained.text
    assert "3.1 over 3" in explained.text
    assert "nothing was written to the wire" in traced
    assert "wish-1" in trading.type("order").text


def test_an_order_that_the_gate_refused_after_its_intent_names_the_gate(trading: Terminal) -> None:
    trading.order("entry-1", Kind.ENTRY, 2, Side.BUY)
    detail = f"{GateRefusal.LEASE_LAPSED}: 1.2 s ago"
    refused(trading, client_order_id="entry-1", detail=detail)

    facts = trading.type("order", "explain", "entry-1", "--json").facts

    assert facts["refusal"]["who"] == "the gate"
    assert facts["refusal"]["check"] == "LEASE_LAPSED"
    assert facts["refusal"]["detail"] == detail


def test_an_order_that_never_found_a_connection_was_not_sent(trading: Terminal) -> None:
    body = {"client_order_id": "wish-2", "why": "connection refused"}
    trading.write(
        lambda store, tx: store.log.append(
            tx, desk="main", kind="order_not_sent", actor="trader", now=trading.now, body=body
        )
    )

    text = trading.type("order", "explain", "wish-2").text

    assert "NOT_SENT: no connection to the exchange" in text
    assert "connection refused" in text


def test_what_the_exchange_rejected_was_not_refused_by_this_desk(trading: Terminal) -> None:
    trading.order("entry-1", Kind.ENTRY, 2, Side.BUY)
    trading.write(
        lambda store, tx: move(
            tx, store.log, "entry-1", OrderState.FAILED, trading.now, detail="INSUFFICIENT_FUND"
        )
    )

    text = trading.type("order", "explain", "entry-1").text

    assert "was not refused by this desk: failed, 0 of 2 filled" in text
    assert "INSUFFICIENT_FUND" in text


def test_an_order_of_which_nothing_is_on_record_and_words_that_mean_nothing(
    trading: Terminal,
) -> None:
    assert trading.type("order", "trace", "nothing").code == 1
    assert trading.type("order", "erase", "entry-1").code == 2
    assert trading.type("order", "trace").code == 2
    assert "No order was refused." in trading.type("order").text
