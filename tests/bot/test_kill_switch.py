"""The kill switch where no trader runs: it kills, and claims nothing that it cannot prove."""

import time

import pytest

from core.modes import Mode
from core.orders import Kind, Side
from core.positions import Position
from store.flattening import latest_job
from store.ledger import adopt_position
from store.own_cash import open_books
from store.store import Store, Transaction
from tests.bot.shell import ETH, Shell
from tests.bot.terminal import BTC, PRODUCT

AT_ONCE = "--timeout-s=0"
A_SECOND = "--timeout-s=1"
SLACK_S = 4


@pytest.fixture
def flat(shell: Shell) -> Shell:
    """A desk whose exchange was just read and that holds nothing."""
    shell.begin()

    def booked(store: Store, tx: Transaction) -> None:
        open_books(tx, store.log, "main", PRODUCT.contract_size, shell.now)
        adopt_position(tx, store.log, "main", Position(BTC, PRODUCT.contract_size), shell.now)

    shell.write(booked)
    shell.see()
    shell.open_gate()
    return shell


def test_it_says_that_no_trader_runs_and_gives_up_in_its_time(desk: Shell) -> None:
    began = time.monotonic()
    typed = desk.type("--kill-switch", A_SECOND)
    took_s = time.monotonic() - began

    assert typed.code == 1
    assert 1 <= took_s < 1 + SLACK_S
    assert "main: NO TRADER RUNS" in typed.text
    assert "on the exchange's own screen" in typed.text
    assert "main: KILLED, NOT VERIFIED flat in time" in typed.text
    assert desk.mode() is desk.page().mode is Mode.KILLED


def test_it_names_each_leg_and_each_position_that_is_left(desk: Shell) -> None:
    typed = desk.type("--kill-switch", "stuck", AT_ONCE)

    for product_id in (BTC, ETH):
        assert f"  {product_id}: cancelling" in typed.text
    assert "POSITIONS ARE STILL OPEN:" in typed.text
    assert f"  {BTC}: long 4 contracts" in typed.text
    assert f"  {ETH}: short 30 contracts" in typed.text
    assert "stops: NONE (0 of 30)" in typed.text


def test_a_flat_desk_is_not_proved_flat_by_a_look_before_the_kill(flat: Shell) -> None:
    assert flat.answer("status")["unknown"] is None
    assert "No positions are open" in flat.type("positions").text

    typed = flat.type("--kill-switch", AT_ONCE)

    assert flat.mode() is Mode.KILLED
    assert typed.code == 1
    assert "Until somebody looks, flat is not proved." in typed.text


def test_where_nobody_works_it_does_not_say_that_the_flatten_goes_on(desk: Shell) -> None:
    typed = desk.type("--kill-switch", AT_ONCE)

    assert "NO TRADER RUNS" in typed.text
    assert "The flatten goes on" not in typed.text


def test_a_flat_desk_that_was_never_read_is_not_flat(shell: Shell) -> None:
    shell.begin()

    typed = shell.type("--kill-switch", AT_ONCE)

    assert typed.code == 1
    assert "POSITIONS ARE UNKNOWN" in typed.text
    assert shell.mode() is Mode.KILLED


def test_again_it_follows_the_flatten_that_was_asked_for(desk: Shell) -> None:
    desk.type("--kill-switch", AT_ONCE)
    first, control = desk.read(lambda c: latest_job(c, "main")), desk.control()

    typed = desk.type("--kill-switch", AT_ONCE)

    assert typed.code == 1
    assert "main: KILLED, NOT VERIFIED flat in time" in typed.text
    assert desk.read(lambda c: latest_job(c, "main")) == first
    assert desk.control() == control


def test_after_a_kill_that_waits_it_needs_no_second_person(desk: Shell) -> None:
    desk.type("kill")

    desk.type("--kill-switch", AT_ONCE)

    assert desk.mode() is Mode.KILLED
    job = desk.read(lambda c: latest_job(c, "main"))
    assert {leg.product_id: leg.contracts for leg in job.legs} == {BTC: 4, ETH: -30}


def test_a_kill_that_waited_waits_no_longer(desk: Shell) -> None:
    desk.type("kill")
    desk.type("--kill-switch", AT_ONCE)

    waiting = desk.type("requests").text
    assert "review-kill-" in waiting
    assert "reviewed: perps-bot" in waiting
    assert "overtaken: the desk was killed on one voice" in waiting
    assert "It was KILLED before; nothing was changed." in desk.type("kill").text


def test_keeping_positions_asks_for_no_flatten_and_leaves_the_stops(desk: Shell) -> None:
    typed = desk.type("--kill-switch", "--keep-positions", AT_ONCE)

    assert typed.code == 0
    assert "main: KILLED, positions kept" in typed.text
    assert "No working entries or exits are left." in typed.text
    assert "POSITIONS ARE STILL OPEN:" in typed.text
    assert "stops: 4 of 4" in typed.text
    assert desk.read(lambda c: latest_job(c, "main")) is None


def test_keeping_positions_is_not_proved_while_an_entry_may_fill(desk: Shell) -> None:
    desk.work("main", "entry-1", Kind.ENTRY, Side.BUY, 1)

    typed = desk.type("--kill-switch", "--keep-positions", AT_ONCE)

    assert typed.code == 1
    assert f"may still work: entry BUY 1 {BTC} (entry-1)" in typed.text


def test_every_desk_is_killed_and_the_worst_of_them_is_the_exit_code(desk: Shell) -> None:
    desk.begin("second")

    typed = desk.type("--kill-switch", AT_ONCE)

    assert typed.code == 1
    assert desk.mode("main") is desk.mode("second") is Mode.KILLED
    assert desk.page("second").mode is Mode.KILLED
    assert "2 desks" in typed.text


def test_a_desk_that_is_not_ours_kills_nothing(desk: Shell) -> None:
    typed = desk.type("--kill-switch", "--desk=mian", AT_ONCE)

    assert typed.code == 3
    assert "Desks of this home: main." in typed.text
    assert desk.mode() is Mode.ACTIVE


def test_under_json_only_the_answer_is_on_its_stream(desk: Shell) -> None:
    typed = desk.type("--kill-switch", "--json", AT_ONCE)

    assert typed.facts["code"] == typed.code == 1
    assert typed.facts["applied"]["mode"] == "KILLED"
    assert len(typed.facts["positions"]) == 2
    assert "NO TRADER RUNS" in typed.progress


def test_a_graceful_shutdown_without_a_trader_is_done(desk: Shell) -> None:
    typed = desk.type("--shutdown-graceful", AT_ONCE)

    assert typed.code == 0
    assert "main: no trader runs; nothing to stop" in typed.text
    assert desk.mode() is Mode.ACTIVE
