"""Limits changed while the desk trades: lower at once and over restarts, higher once two people agree."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from core.limit_changes import Change
from core.orders import Kind
from core.requests import A_PROFILE, Request, RequestState
from store.asking import ask_raise
from store.events import latest
from store.limits import read_limits
from store.one_voice import lower
from store.requests import open_requests
from tests.stories.test_kill import trading
from tests.stories.test_trouble import READS
from tests.stories.world import ALICE, BOB, DESK, World

CONTRACTS = "max_order_contracts"


def entries_since(world: World, moment: datetime) -> int:
    """Entries that were let out."""
    return sum(o.spec.kind is Kind.ENTRY and o.created_at > moment for o in world.orders())


def told(world: World) -> dict[str, str]:
    """The limits as the running trader says that it keeps them."""
    found = world.store.read(lambda c: read_limits(c, DESK))
    assert found is not None
    return dict(found.rows)


def test_a_lowered_limit_holds_at_once_and_over_a_restart_until_two_people_raise_it(
    world: World,
) -> None:
    trading(world)
    to_none = [Change(CONTRACTS, Decimal(5), Decimal(0))]
    assert lower(world.store, DESK, to_none, ALICE, world.id("limit"), world.now)
    lowered_at = world.now
    world.pass_time(10)
    world.restart_everything()
    world.pass_time(10)
    assert entries_since(world, lowered_at) == 0
    assert told(world)[CONTRACTS] == "0"

    back = [Change(CONTRACTS, Decimal(0), Decimal(5))]
    asked = ask_raise(world.store, DESK, back, ALICE, "quiet", world.id("limits"), world.now)
    assert isinstance(asked, Request)
    world.confirm(asked, BOB)
    world.until(lambda: world.request(asked).state is RequestState.EXECUTED)
    world.until(lambda: entries_since(world, lowered_at) > 0)


def test_a_trader_that_starts_with_a_looser_profile_keeps_what_was_approved(world: World) -> None:
    trading(world)
    looser = replace(world.profile.limits, max_leverage=Decimal(9), daily_loss_usd=Decimal(100))
    world.profile = replace(world.profile, limits=looser)
    world.restart_everything()
    world.pass_time(2)

    assert told(world)["max_leverage"] == "3", "looser waits"
    assert told(world)["daily_loss_usd"] == "100", "stricter holds"
    [asked] = world.store.read(lambda c: open_requests(c, DESK))
    assert asked.requester == A_PROFILE

    world.confirm(asked, ALICE)
    world.confirm(asked, BOB)
    world.until(lambda: told(world)["max_leverage"] == "9")
    kinds = [event.kind for event in world.store.read(lambda c: latest(c, DESK, 50))]
    assert "limits_raised" in kinds


def test_a_limit_is_not_raised_while_the_exchange_cannot_be_read(world: World) -> None:
    """Invariant 4: looser only while preflight and reconciliation pass."""
    trading(world)
    more = [Change(CONTRACTS, Decimal(5), Decimal(9))]
    asked = ask_raise(world.store, DESK, more, ALICE, "quiet", world.id("limits"), world.now)
    assert isinstance(asked, Request)
    world.exchange.fault("status", match=READS, args={"code": 500}, count=None)
    world.confirm(asked, BOB)

    world.until(lambda: not world.request(asked).open, within_s=150)

    ended = world.request(asked)
    assert ended.state is RequestState.FAILED
    assert ended.outcome
    assert told(world)[CONTRACTS] == "5"
