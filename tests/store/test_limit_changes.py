"""Limits in the store: what a profile takes away holds at once, what it gives waits for two people."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.limit_changes import Change
from core.limits import Limits
from core.modes import Rule
from core.people import Actor
from core.requests import A_PROFILE, Action, Request, RequestRefusal, RequestState
from store.agreed import raise_agreed
from store.asking import ask_raise
from store.control import constrain
from store.decisions import Tightened, confirm, object_to
from store.events import latest
from store.limit_changes import limits_in_force
from store.limit_requests import follow_profile
from store.one_voice import lower
from store.requests import latest_requests, open_requests, read_request
from store.store import Store
from store.voices import NotAllowed
from tests.store.conftest import Reopen
from tests.store.desk import ALICE, BOB, DAVE, DESK, LIMITS, NOW, SHELL, later

TIGHTER = replace(LIMITS, daily_loss_usd=Decimal(500))
LOOSER = replace(LIMITS, daily_loss_usd=Decimal(2_000))


def starts_with(store: Store, limits: Limits, hours: float = 0) -> None:
    store.write(lambda tx: follow_profile(tx, store.log, DESK, limits, later(hours=hours)))


def in_force(store: Store, profile: Limits = LIMITS) -> Limits:
    return store.read(lambda c: limits_in_force(c, DESK, profile))


def waiting(store: Store) -> list[Request]:
    return store.read(lambda c: open_requests(c, DESK))


def leverage(before: int, after: int) -> list[Change]:
    return [Change("max_leverage", Decimal(before), Decimal(after))]


def ask(store: Store, actor: Actor, before: int, after: int) -> Request:
    made = ask_raise(store, DESK, leverage(before, after), actor, "quiet", "limits-1", NOW)
    assert isinstance(made, Request)
    return made


def agreed(store: Store, request: Request, actor: Actor, hours: float = 0) -> RequestState:
    answer = confirm(store, request.id, actor, later(hours=hours))
    assert isinstance(answer, Tightened), answer
    assert answer.request is not None
    return answer.request.state


def carried_out(store: Store, request: Request, actor: Actor) -> None:
    """Agreed to, and then done as the trader does it once preflight and a look have passed."""
    assert agreed(store, request, actor) is RequestState.CONFIRMED
    held_to = in_force(store)
    confirmed = store.read(lambda c: read_request(c, request.id))
    assert in_force(store) == held_to, "nothing before that"
    store.write(lambda tx: raise_agreed(tx, store.log, confirmed, NOW))


def test_the_first_profile_is_approved_as_it_stands(store: Store) -> None:
    starts_with(store, LIMITS)
    assert in_force(store) == LIMITS
    assert waiting(store) == []
    events = store.read(lambda c: latest(c, DESK, 10))
    [first] = [event for event in events if event.kind == "limits_approved"]
    assert first.body["in_force"]["max_leverage"] == "3"


def test_a_stricter_profile_holds_at_once(store: Store) -> None:
    starts_with(store, LIMITS)
    starts_with(store, TIGHTER)
    assert in_force(store, TIGHTER) == TIGHTER
    assert waiting(store) == []


def test_a_looser_profile_waits_for_two_people(store: Store) -> None:
    starts_with(store, LIMITS)
    starts_with(store, LOOSER)
    assert in_force(store, LOOSER) == LIMITS
    [request] = waiting(store)
    assert request.requester == A_PROFILE
    assert request.body["says"] == ["daily_loss_usd 1000 → 2000"]

    assert agreed(store, request, ALICE) is RequestState.ASKED
    assert in_force(store, LOOSER) == LIMITS
    assert confirm(store, request.id, ALICE, NOW) is RequestRefusal.OWN_REQUEST
    carried_out(store, request, BOB)
    assert in_force(store, LOOSER) == LOOSER


def test_each_start_asks_once(store: Store) -> None:
    starts_with(store, LIMITS)
    starts_with(store, LOOSER)
    starts_with(store, LOOSER, hours=1)
    assert len(waiting(store)) == 1
    starts_with(store, LOOSER, hours=30)
    [anew] = waiting(store)
    assert anew.asked_at == later(hours=30), "the first lapsed after a day"
    starts_with(store, LIMITS, hours=31)
    assert waiting(store) == []


def test_lowering_takes_one_voice_and_holds_over_restarts(store: Store, reopen: Reopen) -> None:
    starts_with(store, LIMITS)
    assert lower(store, DESK, leverage(3, 1), SHELL, "limit-1", NOW)
    assert not lower(store, DESK, leverage(3, 1), SHELL, "limit-1", NOW), "a repeat"
    store.close()
    again = reopen()
    starts_with(again, LIMITS)
    assert in_force(again).max_leverage == 1
    assert waiting(again) == [], "the profile gives no more than was approved"


def test_a_viewer_lowers_nothing(store: Store) -> None:
    starts_with(store, LIMITS)
    with pytest.raises(NotAllowed):
        lower(store, DESK, leverage(3, 1), DAVE, "limit-1", NOW)
    assert in_force(store) == LIMITS


@pytest.mark.parametrize("to", [2, 3, 5])
def test_raising_takes_two_and_a_restart_does_not_undo_it(store: Store, to: int) -> None:
    starts_with(store, LIMITS)
    lower(store, DESK, leverage(3, 1), ALICE, "limit-1", NOW)
    request = ask(store, ALICE, 1, to)
    assert in_force(store).max_leverage == 1
    assert confirm(store, request.id, ALICE, NOW) is RequestRefusal.OWN_REQUEST
    carried_out(store, request, BOB)
    starts_with(store, LIMITS, hours=1)
    assert in_force(store).max_leverage == to
    assert waiting(store) == []


def test_whoever_is_at_the_terminal_cannot_ask_for_more(store: Store) -> None:
    starts_with(store, LIMITS)
    refused = ask_raise(store, DESK, leverage(3, 5), SHELL, "", "limits-1", NOW)
    assert refused is RequestRefusal.NOT_A_PERSON


def test_a_limit_that_was_lowered_meanwhile_is_not_raised_by_an_older_word(store: Store) -> None:
    starts_with(store, LIMITS)
    request = ask(store, ALICE, 3, 5)
    lower(store, DESK, leverage(3, 1), SHELL, "limit-1", NOW)
    assert confirm(store, request.id, BOB, NOW) is RequestRefusal.DRIFTED
    assert in_force(store).max_leverage == 1
    refused = store.read(lambda c: latest(c, DESK, 1))[0]
    assert refused.body["drifted"] == ["max_leverage has become 1"]


def test_a_danger_that_came_meanwhile_asks_again(store: Store) -> None:
    starts_with(store, LIMITS)
    request = ask(store, ALICE, 3, 5)
    store.write(lambda tx: constrain(tx, store.log, DESK, Rule.DAILY_LOSS, reason="lost", now=NOW))
    assert confirm(store, request.id, BOB, NOW) is RequestRefusal.DRIFTED
    assert in_force(store) == LIMITS
    assert agreed(store, request, BOB) is RequestState.CONFIRMED, "now the card shows the danger"


def test_what_people_lowered_stays_when_the_profiles_raise_is_agreed(store: Store) -> None:
    starts_with(store, LIMITS)
    lower(store, DESK, leverage(3, 1), ALICE, "limit-1", NOW)
    starts_with(store, replace(LIMITS, max_leverage=Decimal(4)))
    [request] = waiting(store)
    agreed(store, request, ALICE)
    agreed(store, request, BOB)
    assert in_force(store).max_leverage == 1


def test_objecting_leaves_the_limits(store: Store) -> None:
    starts_with(store, LIMITS)
    request = ask(store, ALICE, 3, 5)
    object_to(store, request.id, BOB, NOW)
    assert in_force(store) == LIMITS
    [ended] = store.read(lambda c: latest_requests(c, DESK, 5))
    assert (ended.action, ended.state) == (Action.LIMITS, RequestState.OBJECTED)


def test_a_new_underlying_of_the_profile_waits_and_one_less_does_not(store: Store) -> None:
    starts_with(store, LIMITS)
    only_sol = replace(LIMITS, max_position_base={"BTC": Decimal("0.10"), "SOL": Decimal(1)})
    starts_with(store, only_sol)
    assert in_force(store, only_sol).underlyings == ("BTC",)
    [request] = waiting(store)
    assert request.body["says"] == ["max_position_base.SOL not traded → 1"]
