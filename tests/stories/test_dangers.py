"""Machine rules as an operator meets them: what constrains the desk, and how it goes on afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.flatten import JobState
from core.modes import Mode, Rule
from core.requests import RequestState
from store.events import latest
from store.own_cash import accept_cash, read_cash
from tests.sandbox.exchange_process import ExchangeProcess
from tests.stories.test_kill import trading
from tests.stories.test_trouble import CREATE, READS
from tests.stories.world import ALICE, BOB, DESK, World
from trader.profiles import DEV


@pytest.fixture
def patient_world(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[World]:
    """A desk that may lose much in a day, but little from its high-water mark."""
    limits = replace(DEV.limits, daily_loss_usd=Decimal(10**9), max_drawdown_pct=Decimal("0.5"))
    built = World(exchange, tmp_path / "home", replace(DEV, limits=limits))
    yield built
    built.close()


def test_a_drawdown_latches_over_a_restart_and_two_people_go_on_from_a_new_high(
    patient_world: World,
) -> None:
    world = patient_world
    trading(world)
    product, contracts = next(iter(world.positions().items()))
    world.exchange.bend(product, jump_pct=-30 if contracts > 0 else 40)
    world.until(lambda: Rule.DRAWDOWN in world.rules(), within_s=30)
    assert world.mode() >= Mode.REDUCE_ONLY
    world.restart_everything()
    world.pass_time(10)
    assert Rule.DRAWDOWN in world.rules(), "a restart releases nothing"

    assert world.resume().state is RequestState.EXECUTED

    assert "high_water_reset" in world.kinds()
    world.pass_time(5)
    assert Rule.DRAWDOWN not in world.rules(), "the old high is not counted any more"


@pytest.mark.parametrize("refuses_its_time", [False, True], ids=["tells the time", "or not"])
def test_a_key_that_the_exchange_refuses_again_and_again_holds_the_desk(
    world: World, refuses_its_time: bool
) -> None:
    trading(world)
    for what in ("orders", "cfm", "best_bid_ask", "products", *(["time"] * refuses_its_time)):
        match = {"path": f"/api/v3/brokerage/{what}*"}
        world.exchange.fault("auth_error", match=match, count=None)
    world.until(lambda: Rule.AUTHENTICATION in world.rules(), within_s=15)
    assert world.mode() is Mode.HELD

    world.exchange.clear_faults()
    world.pass_time(90)
    assert Rule.AUTHENTICATION in world.rules(), "it latches"
    world.confirm(world.kill(ALICE), BOB)
    world.until(lambda: not world.job().open, within_s=20)
    assert world.job().state is JobState.FLAT_VERIFIED


def test_a_key_that_is_refused_once_is_tried_again_and_counts_for_nothing(world: World) -> None:
    trading(world)
    for _ in range(20):
        world.exchange.fault("auth_error", match=READS, count=1)
        world.pass_time(1)
    assert world.rules() == set()
    assert world.loop.sync.fresh(world.now)


def test_a_clock_that_runs_away_takes_entries_until_it_is_set_right(world: World) -> None:
    trading(world)
    world.exchange.advance(6)
    world.until(lambda: Rule.CLOCK_DRIFT in world.rules(), within_s=40)
    assert world.mode() is Mode.REDUCE_ONLY

    world.now += timedelta(seconds=6)
    world.until(lambda: Rule.CLOCK_DRIFT not in world.rules(), within_s=40)
    assert world.mode() is Mode.ACTIVE


@pytest.mark.long
def test_cash_that_our_books_cannot_explain_holds_the_desk_until_two_people_accept_it(
    world: World,
) -> None:
    trading(world)
    log = world.store.log
    cash = world.store.read(lambda c: read_cash(c, DESK))
    assert cash is not None
    world.store.write(  # as if somebody had taken money out: our books hold more than the account
        lambda tx: accept_cash(tx, log, DESK, cash + 5_000, "test", world.now)
    )
    world.pass_time(20)
    assert Rule.CASH_OFF not in world.rules(), "it may be a fill on its way"
    world.until(lambda: Rule.CASH_OFF in world.rules(), within_s=30)
    assert world.mode() is Mode.HELD

    assert world.resume().state is RequestState.EXECUTED

    world.pass_time(60)
    assert world.rules() == set()
    accepted = [
        e for e in world.store.read(lambda c: latest(c, DESK, 10_000)) if e.kind == "cash_accepted"
    ]
    assert Decimal(accepted[-1].body["booked_usd"]) == -5_000
    assert accepted[-1].actor == "alice and bob"


REFUSED = {"success": False, "error_response": {"error": "INSUFFICIENT_FUND"}}


@pytest.mark.long
@pytest.mark.parametrize(
    ("rule", "reply"),
    [
        (Rule.REJECTION_STREAK, {"code": 200, "body": REFUSED}),
        (Rule.ERROR_STREAK, {"code": 503}),
    ],
)
def test_orders_that_come_to_nothing_take_entries_for_a_quiet_minute(
    world: World, rule: Rule, reply: dict[str, Any]
) -> None:
    world.until(world.armed)
    world.exchange.fault("status", match=CREATE, args=reply, count=None)
    world.until(lambda: rule in world.rules(), within_s=60)
    assert world.mode() is Mode.REDUCE_ONLY
    assert world.rules() == {rule}

    world.exchange.clear_faults()
    world.until(lambda: rule not in world.rules(), within_s=120)
    world.until(lambda: world.mode() is Mode.ACTIVE, within_s=30)
