"""The system gives way by itself: parts of positions go until the buffer is back, or all at a loss."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.flatten import JobState
from core.modes import Mode, Rule
from core.orders import Kind
from store.events import latest
from store.observations import read_account
from tests.sandbox.exchange_process import ExchangeProcess
from tests.stories.test_kill import trading
from tests.stories.world import DESK, World
from trader.measured import measure
from trader.profiles import DEV

SETTING = "/api/v3/brokerage/cfm/intraday/margin_setting"
BALANCE = "/api/v3/brokerage/cfm/balance_summary"


def tell_buffer(world: World, buffer_pct: str) -> None:
    """The exchange's figures as they are, but for the buffer."""
    world.exchange.clear_faults()
    account = world.store.read(lambda c: read_account(c, DESK))
    assert account is not None
    summary = {
        "total_usd_balance": str(account.cash_usd),
        "unrealized_pnl": str(account.unrealised_usd),
        "initial_margin": str(account.initial_margin_usd),
        "available_margin": str(account.available_margin_usd),
        "liquidation_buffer_percentage": buffer_pct,
    }
    args = {"code": 200, "body": {"balance_summary": summary}}
    world.exchange.fault("status", match={"path": BALANCE}, args=args, count=None)


def night_is_near(world: World) -> None:
    """The account has chosen intraday margin, and what is held asks for nearly all of it overnight."""
    chosen = {"code": 200, "body": {"setting": "INTRADAY_MARGIN_SETTING_INTRADAY"}}
    world.exchange.fault("status", match={"path": SETTING}, args=chosen, count=None)
    needed = world.store.read(lambda c: measure(c, DESK, world.now)).overnight_usd
    world.exchange.fault(
        "status",
        match={"path": BALANCE},
        args={
            "code": 200,
            "body": {
                "balance_summary": {
                    "total_usd_balance": str(needed * Decimal("1.1")),
                    "unrealized_pnl": "0",
                    "initial_margin": str(needed / 2),
                    "available_margin": str(needed / 2),
                    "liquidation_buffer_percentage": "150",
                }
            },
        },
        count=None,
    )


def test_before_the_night_what_its_margin_does_not_allow_is_given_up(world: World) -> None:
    trading(world)
    before = sum(map(abs, world.positions().values()))
    night_is_near(world)
    world.pass_time(3)
    assert Rule.MARGIN_STEP not in world.rules(), "the afternoon is long"

    world.jump(timedelta(hours=6, minutes=35).total_seconds())
    world.until(lambda: Rule.MARGIN_STEP in world.rules(), within_s=90)

    world.until(lambda: bool(bodies(world, "derisk_begun")), within_s=20)
    world.until(lambda: sum(map(abs, world.positions().values())) < before, within_s=20)
    assert world.mode() >= Mode.REDUCE_ONLY


def bodies(world: World, kind: str) -> list[Any]:
    found = world.store.read(lambda c: latest(c, DESK, 10_000))
    return [event.body for event in found if event.kind == kind]


def test_near_liquidation_parts_are_closed_until_the_buffer_is_back_and_stops_follow(
    world: World,
) -> None:
    trading(world)
    before = world.positions()
    gross = sum(map(abs, before.values()))
    tell_buffer(world, "5")
    world.until(lambda: Rule.LIQUIDATION_BUFFER in world.rules(), within_s=15)
    assert world.mode() is Mode.REDUCE_ONLY
    world.until(lambda: len(bodies(world, "derisk_begun")) >= 2, within_s=30)
    first = bodies(world, "derisk_begun")[0]
    assert Decimal(first["missing_usd"]) > 0, "it says what would restore it without a close"

    tell_buffer(world, "30")
    world.until(lambda: Rule.LIQUIDATION_BUFFER not in world.rules(), within_s=60)
    held = world.positions()
    assert 0 < sum(map(abs, held.values())) < gross
    parts = len(bodies(world, "derisk_begun"))
    world.until(lambda: {o.spec.product_id for o in world.live(Kind.STOP)} >= set(held))
    assert len(bodies(world, "derisk_begun")) == parts, "restored: no part more"
    for product_id, contracts in held.items():
        assert contracts * before[product_id] > 0, "nothing was flipped"
        assert abs(contracts) <= abs(before[product_id]), "nothing grew"


@pytest.fixture
def strict_world(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[World]:
    """A desk that closes everything when it has lost little."""
    limits = replace(DEV.limits, daily_loss_usd=Decimal(300))
    profile = replace(DEV, limits=limits, flatten_on_loss=True)
    built = World(exchange, tmp_path / "home", profile)
    yield built
    built.close()


def test_at_the_days_loss_the_machine_closes_everything_where_the_desk_is_set_to_it(
    strict_world: World,
) -> None:
    world = strict_world
    trading(world)
    product, contracts = next(iter(world.positions().items()))
    world.exchange.bend(product, jump_pct=-30 if contracts > 0 else 40)
    world.until(lambda: Rule.DAILY_LOSS in world.rules(), within_s=30)

    world.until(lambda: "flatten_asked" in world.kinds(), within_s=5)
    world.until(lambda: not world.job().open, within_s=60)

    assert world.job().actor == "machine"
    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions_there() == {}
    assert Rule.DAILY_LOSS in world.rules(), "it latches"
    steps = [s for s in bodies(world, "danger_step") if s["rule"] == "daily_loss"]
    assert steps, "its steps are on record"
