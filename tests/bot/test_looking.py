"""What the looking commands show, and above all what they say when they do not know."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from core.books import Account
from core.modes import Mode, Rule
from core.orders import Kind, Side
from store.control import constrain
from store.heartbeats import beat
from store.limits import write_limits
from store.lock import SingleProcess
from store.observations import (
    HeldThere,
    read_failed,
    write_account,
    write_held_there,
    write_products,
)
from store.reports.history import present, sample
from store.store import Store, Transaction
from tests.bot.terminal import BTC, LOOK, PRODUCT, Terminal


def test_status_of_a_desk_that_trades(trading: Terminal) -> None:
    trading.order("entry-1", Kind.ENTRY, 1, Side.BUY)
    text = trading.type("status").text

    assert "main: ACTIVE (trading within its limits)" in text
    assert "set by start at 03:00:00 UTC (0.0 s ago), epoch 1: first start of this store" in text
    assert "gate: ACTIVE applied, epoch 1, armed; beat 0.0 s ago, lease for 1.0 s" in text
    assert "P&L today (UTC): +$0.00 = realised +$0.00, unrealised +$0.00" in text
    assert (
        "P&L since the books opened: +$38.50 = realised +$0.00, unrealised +$40.00, "
        "funding +$0.00, fees −$1.50" in text
    )
    assert "equity $10,038.50 by our books, $10,040.00 by the exchange (0.0 s ago)" in text
    assert "leverage 0.24x; drawdown $0.00 (0.0 %)" in text
    assert "liquidation buffer 870 %; oldest mark 0.0 s ago" in text
    assert "1 position and 2 live orders, read 0.0 s ago" in text


def test_status_shows_constraints_and_how_they_end(trading: Terminal) -> None:
    for rule in (Rule.DAILY_LOSS, Rule.STALE_MARK):
        trading.write(
            lambda store, tx, rule=rule: constrain(
                tx, store.log, "main", rule, reason="because", now=trading.now
            )
        )
    text = trading.type("status").text

    assert "main: REDUCE_ONLY" in text
    assert "people set ACTIVE, constraints make it stricter" in text
    assert "constraint daily_loss (REDUCE_ONLY): because (since 03:00:00 UTC, two people" in text
    assert "constraint stale_mark (REDUCE_ONLY): because (since 03:00:00 UTC, clears by" in text
    assert "gate: ACTIVE in epoch 1; asked for REDUCE_ONLY in epoch 3: not applied yet" in text


def reads_fail(terminal: Terminal) -> None:
    terminal.later(1)
    terminal.beat()
    terminal.write(lambda _s, tx: read_failed(tx, "main", LOOK, "connection reset", terminal.now))


def nobody_looks(terminal: Terminal) -> None:
    terminal.later(3600)
    terminal.beat()


def mark_is_old(terminal: Terminal) -> None:
    terminal.later(11)
    terminal.beat()


def there_is_no_mark(terminal: Terminal) -> None:
    other = "ETP-20DEC30-CDE"
    terminal.write(
        lambda _s, tx: write_held_there(
            tx, "main", [HeldThere(other, -3, Decimal(3_000), terminal.now)]
        )
    )


@pytest.mark.parametrize(
    ("happens", "why", "orders_unknown"),
    [
        (reads_fail, "the exchange does not answer (connection reset)", True),
        (nobody_looks, "is old", True),
        (mark_is_old, f"the mark price of {BTC} is old", False),
        (there_is_no_mark, "ETP-20DEC30-CDE has no mark price", False),
    ],
)
def test_unknown_is_said_in_words_and_never_shown_as_flat(
    trading: Terminal, happens: Callable[[Terminal], None], why: str, orders_unknown: bool
) -> None:
    happens(trading)

    for verb in ("status", "pnl"):
        text = trading.type(verb).text
        assert f"P&L and equity are UNKNOWN now: {why}" in text or (
            orders_unknown and "P&L and equity are UNKNOWN now" in text
        )
        assert "leverage UNKNOWN" in text
    status = trading.type("status").text
    assert ("POSITIONS AND ORDERS ARE UNKNOWN" in status) is orders_unknown
    facts = trading.type("status", "--json").facts
    assert facts["worth_unknown"] is not None
    assert (facts["unknown"] is not None) is orders_unknown
    assert facts["positions"], "what was last seen is not thrown away"
    orders = trading.type("orders").text
    assert ("live orders UNKNOWN" in orders) is orders_unknown
    held = trading.type("positions").text
    assert ("POSITIONS ARE UNKNOWN" in held) is orders_unknown
    assert "No positions are open" not in held


def test_an_old_mark_makes_the_worth_unknown_and_shows_the_last_one(trading: Terminal) -> None:
    mark_is_old(trading)

    text = trading.type("positions").text

    assert "61,000 (11 s ago)" in text
    assert "UNKNOWN (was +$40.00)" in text


def test_a_desk_whose_exchange_was_never_read(terminal: Terminal) -> None:
    terminal.begin()

    status = terminal.type("status")
    positions = terminal.type("positions")

    assert "P&L and equity: UNKNOWN, the exchange has not been read yet" in status.text
    assert "POSITIONS AND ORDERS ARE UNKNOWN" in status.text
    assert "margin and liquidation buffer UNKNOWN" in status.text
    assert "POSITIONS ARE UNKNOWN: the exchange has not been read yet" in positions.text
    assert "which does not say that there are none now" in positions.text
    assert "No positions are open" not in positions.text


def test_a_known_flat_desk_says_so(terminal: Terminal) -> None:
    terminal.begin()
    terminal.trade(contracts=0)

    assert "No positions are open (read 0.0 s ago)." in terminal.type("positions").text


def test_a_position_that_only_the_exchange_knows_is_shown(trading: Terminal) -> None:
    def found(_store: object, tx: object) -> None:
        eth = "ETP-20DEC30-CDE"
        write_products(tx, "main", [PRODUCT])  # type: ignore[arg-type]
        write_held_there(
            tx,  # type: ignore[arg-type]
            "main",
            [
                HeldThere(BTC, 9, Decimal(60_000), trading.now),
                HeldThere(eth, -3, Decimal(3_000), trading.now),
            ],
        )

    trading.write(found)
    text = trading.type("kill").text

    assert f"{BTC}: long 4 (exchange: +9) contracts" in text
    assert "stops: ONLY 3 of 9" in text
    assert "ETP-20DEC30-CDE: short 0 (exchange: -3) contracts (size UNKNOWN), mark UNKNOWN" in text
    assert "worth UNKNOWN, unrealised UNKNOWN, stops: NONE (0 of 3)" in text


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0.7, "CLOSED, the trading loop's beat is 0.7 s late"),
        (1.1, "CLOSED, the guard has not renewed its lease; is the trader running?"),
        (-120, "CLOSED, the guard has not renewed its lease"),
    ],
    ids=["loop silent", "trader dead", "the machine was started anew"],
)
def test_a_dead_trader_is_not_shown_as_an_open_gate(
    trading: Terminal, seconds: float, says: str
) -> None:
    trading.now_ns += int(seconds * 1e9)

    assert says in trading.type("status").text
    health = trading.type("health", "--json")
    assert health.code == 1
    assert "gate" in health.facts["wrong"]


def test_the_kill_file_closes_the_gate(trading: Terminal) -> None:
    (trading.home / "KILL").touch()

    assert "gate: CLOSED by the KILL file in the home" in trading.type("status").text


def test_health_is_well_only_when_everything_lives(trading: Terminal) -> None:
    wrong = trading.type("health")
    assert wrong.code == 1
    assert "has never run" in wrong.text
    assert "start it: perps-bot --profile PROFILE" in wrong.text

    processes = [
        SingleProcess(trading.home / "run" / f"main.{name}.pid") for name in ("guard", "loop")
    ]
    for process, name in zip(processes, ("guard", "loop"), strict=True):
        process.acquire()
        trading.write(lambda _s, tx, name=name: beat(tx, "main", name, 4711, "ticks", trading.now))
    well = trading.type("health")
    assert well.code == 0
    assert "main: well" in well.text

    trading.later(6)
    trading.beat()
    late = trading.type("health", "--json")
    assert late.code == 1
    assert late.facts["wrong"] == ["guard", "loop"]
    assert "guard: SILENT, last beat 6.0 s ago (pid 4711)" in trading.type("status").text

    processes[1].release()
    assert "GONE (was pid 4711)" in trading.type("health").text
    processes[0].release()


def test_health_misses_alerts_that_ran_once(trading: Terminal) -> None:
    assert "alerts" not in trading.type("health", "--json").facts["wrong"]
    trading.write(lambda _s, tx: beat(tx, "main", "alerts", 4711, "keeps alerts", trading.now))
    assert "alerts" in trading.type("health", "--json").facts["wrong"]
    assert "start it: python -m alerts run" in trading.type("health").text


def test_the_facts_are_whole_and_exact(trading: Terminal) -> None:
    facts = trading.type("--json", "status").facts

    assert facts["code"] == 0
    assert facts["mode"] == facts["set"]["mode"] == "ACTIVE"
    assert facts["at"] == "2026-03-02T03:00:00+00:00"
    assert facts["books"]["fees_usd"] == "1.5"
    assert facts["equity_usd"] == "10038.50"
    assert facts["pnl_today"]["net_usd"] == "0.00"
    assert facts["gate"] == {
        "line": facts["gate"]["line"],
        "closed": None,
        "mode": "ACTIVE",
        "epoch": 1,
        "armed": True,
        "kill_file": False,
    }
    (position,) = facts["positions"]
    assert position["contracts"] == position["exchange_contracts"] == 4
    assert position["unrealised_usd"] == "40.00"
    assert position["stop_contracts"] == 3
    assert position["mark_at"] == "2026-03-02T03:00:00+00:00"
    assert [order["client_order_id"] for order in facts["orders"]] == ["stop-1"]
    assert facts["orders"][0]["stop_price"] == "58500"
    assert facts["unknown"] is facts["worth_unknown"] is facts["flatten"] is None


def test_several_desks_answer_one_below_the_other(terminal: Terminal) -> None:
    terminal.begin("asia", "europe")

    facts = terminal.type("status", "--json").facts
    assert sorted(facts["desks"]) == ["asia", "europe"]
    assert terminal.type("status", "--desk", "asia", "--json").facts["desk"] == "asia"


def test_a_look_writes_nothing_unless_something_is_overdue(trading: Terminal) -> None:
    trading.type("kill")
    before = trading.events()
    for verb in ("status", "positions", "orders", "fills", "pnl", "requests", "events", "health"):
        trading.type(verb)
    assert trading.events() == before

    trading.later(121)
    trading.type("status")
    kinds = [event.kind for event in trading.events()[len(before) :]]
    assert kinds == ["request", "kill_unconfirmed"]


def test_events_are_shown_and_proved(trading: Terminal) -> None:
    assert "genesis" in trading.type("events", "--limit", "50").text
    shown = trading.type("events", "2", "--json").facts["events"]
    assert len(shown) == 2
    good = trading.type("events", "verify")
    assert good.code == 0
    assert "every one holds" in good.text

    key = trading.home / "secrets" / "event.key"
    key.write_bytes(b"x" * 32)
    broken = trading.type("events", "verify")
    assert broken.code == 1
    assert "THE RECORD IS BROKEN at event 1" in broken.text


def test_orders_and_fills_are_counted_and_bounded(trading: Terminal) -> None:
    assert "3/3" not in trading.type("orders").text
    assert "0/3" in trading.type("orders").text
    assert trading.type("fills").code == 0
    for words in (["0"], ["-1"], ["ten"], ["10001"], ["1", "2"], ["²"]):
        for verb in ("orders", "fills", "events"):
            assert trading.type(verb, *words).code == 2


def test_mode_survives_every_look(trading: Terminal) -> None:
    trading.type("kill")
    for verb in ("status", "health", "requests"):
        trading.type(verb)
    assert trading.mode() is Mode.HELD


def test_limits_are_those_the_trader_wrote_down_at_its_start(trading: Terminal) -> None:
    rows = [("max_leverage", "3"), ("max_position_base", "BTC 0.10")]
    trading.write(lambda store, tx: write_limits(tx, "main", "dev", rows, trading.now))
    trading.later(60)

    typed = trading.type("limits")

    assert typed.code == 0
    assert "main: limits of profile dev, since 03:00:00 UTC (60 s ago)" in typed.text
    assert "max_leverage" in typed.text
    assert "BTC 0.10" in typed.text
    assert trading.type("limits", "--json").facts["limits"] == dict(rows)


def test_limits_that_no_trader_told_are_unknown(trading: Terminal) -> None:
    typed = trading.type("limits")

    assert typed.code == 1
    assert "main: limits UNKNOWN" in typed.text


def test_a_note_is_on_record_with_its_author(trading: Terminal) -> None:
    typed = trading.type("note", "funding", "spike,", "left", "alone")

    assert typed.code == 0
    event = next(event for event in trading.events() if event.kind == "note")
    assert (event.kind, event.actor) == ("note", "shell:nina")
    assert event.body["text"] == "funding spike, left alone"


def test_an_empty_note_is_no_note(trading: Terminal) -> None:
    assert trading.type("note").code == 2


def account_of(trading: Terminal, buffer: str) -> None:
    """The exchange's figures of the account, as it tells them now."""
    account = Account(Decimal(1_000), Decimal(40), Decimal(120), Decimal(920), buffer, trading.now)
    trading.write(lambda _s, tx: write_account(tx, "main", account))


def test_each_position_says_how_far_it_is_from_liquidation(trading: Terminal) -> None:
    assert "at no price" in trading.type("positions").text
    account_of(trading, "30")

    text, facts = trading.type("positions").text, trading.type("positions", "--json").facts

    assert "55,000 (9.8 % away)" in text
    (held,) = facts["positions"]
    assert (held["liquidation_price"][:5], held["liquidation_unknown"]) == ("55000", None)


@pytest.mark.parametrize(
    ("buffer", "later_s", "why"),
    [
        ("soon", 0, "the exchange tells no buffer"),
        ("30", 11, "there is no fresh mark"),
    ],
)
def test_what_the_distance_is_not_known_for_is_said(
    trading: Terminal, buffer: str, later_s: float, why: str
) -> None:
    account_of(trading, buffer)
    trading.later(later_s)

    assert f"UNKNOWN: {why}" in trading.type("positions").text


def test_an_account_that_was_not_read_lately_tells_no_distance(trading: Terminal) -> None:
    trading.later(61)
    trading.write(lambda _s, tx: trading.mark(tx))

    assert "UNKNOWN: the account was not read lately" in trading.type("positions").text


def armed(trading: Terminal, boot: int) -> None:
    body = {"boot": boot, "reconciled": "clean"}
    trading.write(
        lambda store, tx: store.log.append(
            tx, desk="main", kind="armed", actor="trader", now=trading.now, body=body
        )
    )


def sampled(trading: Terminal) -> None:
    def keep(_store: Store, tx: Transaction) -> None:
        equity, _ = present(tx, "main", trading.now) or pytest.fail("no books")
        sample(tx, "main", equity.books, [], [], trading.now)

    trading.write(keep)


def test_pnl_since_this_start_counts_from_its_first_sample(trading: Terminal) -> None:
    assert "P&L since this start: UNKNOWN, the trader has not begun" in trading.type("pnl").text
    armed(trading, boot=1)
    sampled(trading)
    trading.later(60)
    armed(trading, boot=2)
    trading.later(1)
    assert "03:01:00 UTC): UNKNOWN, the books have not been sampled" in trading.type("pnl").text
    trading.look()
    sampled(trading)
    trading.later(60)
    armed(trading, boot=2)  # the guard disarmed and armed again: still the same start
    trading.look()
    trading.write(lambda _s, tx: trading.mark(tx, Decimal(61_500)))

    for verb in ("pnl", "status"):
        text = trading.type(verb).text
        assert "P&L since this start (2026-03-02 03:01:00 UTC): +$20.00 = realised +$0.00" in text
