"""Limits in Slack: lowered on one voice, raised on a card by two, and who keeps trying is told of."""

import pytest

from core.abuse import ATTEMPTS
from core.requests import RequestState
from store.agreed import raise_agreed
from store.limit_changes import limits_in_force
from store.limit_requests import follow_profile
from tests.bot.limits import LIMITS
from tests.slack.workspace_process import wait_until
from tests.slack.world import World


@pytest.fixture
def desk(world: World) -> str:
    """A desk whose trader has started with these limits."""
    name = world.desk()
    home = world.home
    home.write(lambda store, tx: follow_profile(tx, store.log, name, LIMITS, home.now))
    return name


def leverage(world: World, desk: str) -> int:
    return int(world.home.read(lambda c: limits_in_force(c, desk, LIMITS)).max_leverage)


def test_lower_on_one_voice_and_higher_by_two_on_a_card(world: World, desk: str) -> None:
    say = world.workspace.command
    say("dave", f"limit lower max_leverage 2 --desk {desk}")
    world.wait_told("dave", "limit refused: the role does not allow it")
    assert leverage(world, desk) == 10
    say("alice", f"limit lower max_leverage 2 --desk {desk}")
    wait_until(lambda: leverage(world, desk) == 2)
    wait_until(lambda: world.workspace.said_by_bot("max_leverage 10 → 2"))

    say("alice", f"limit raise max_leverage 12 it is quiet --desk {desk}")
    card = world.card(desk, "alice asks for higher limits")
    assert "max_leverage 2 → 12" in card["text"]
    assert "positions STILL OPEN" in card["text"]
    world.confirm("alice", card)
    world.wait_told("alice", "nobody confirms their own request")
    assert leverage(world, desk) == 2

    assert world.confirm("bob", card)["ok"]
    wait_until(lambda: world.home.request(desk).state is RequestState.CONFIRMED)
    assert leverage(world, desk) == 2, "the trader runs preflight and looks first"
    agreed, store = world.home.request(desk), world.home.own_store()
    store.write(lambda tx: raise_agreed(tx, store.log, agreed, agreed.asked_at))
    assert world.card(desk, "the limits are higher")["ts"] == card["ts"], "edited in place"
    assert leverage(world, desk) == 12


def test_whoever_keeps_trying_what_they_may_not_is_told_of(world: World, desk: str) -> None:
    for attempt in range(ATTEMPTS):
        world.workspace.command("dave", f"limit lower max_leverage {attempt} --desk {desk}")

    told = world.home.event(desk, "abuse_suspected")
    assert told.body["voice"] == "dave"
    assert leverage(world, desk) == 10
