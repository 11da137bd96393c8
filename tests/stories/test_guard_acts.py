"""The guard acts alone: what it sweeps and flattens itself when the trading loop does not."""

import time
from collections import Counter

import pytest

from core.approval import Confirmations, Roster
from core.flatten import JobState, LegState
from core.modes import Mode
from core.orders import Kind, OrderState
from core.requests import RequestState
from store.approved import approve_roster
from store.events import latest
from tests.stories.test_kill import trading
from tests.stories.test_trouble import CREATE, READS
from tests.stories.world import ALICE, BOB, DESK, World
from trader.guard import Said


def each_order_was_sent_once(world: World) -> bool:
    sent = Counter(r["body"]["client_order_id"] for r in world.placed_since(0))
    return not sent or max(sent.values()) == 1


def flattened_by(world: World) -> set[str]:
    """Who moved the legs of the flatten."""
    events = world.store.read(lambda c: latest(c, DESK, 10_000))
    return {e.actor for e in events if e.kind == "flatten_leg"}


def stops_there(world: World) -> set[str]:
    working = world.working_there()
    return {o["client_order_id"] for o in working if o["order_type"] == "STOP_LIMIT"}


def flat_and_verified(world: World) -> None:
    world.until(lambda: not world.job().open, within_s=90)
    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions_there() == {}
    assert world.working_there() == []
    assert each_order_was_sent_once(world)


def test_a_loop_that_is_stopped_when_a_kill_is_confirmed_is_fenced_and_the_guard_flattens(
    world: World,
) -> None:
    trading(world)
    request = world.kill(ALICE)
    assert world.child is not None
    stopped = world.child
    stopped.stopped = True
    world.confirm(request, BOB)

    world.until(lambda: Said.STOOD_IN in world.said, within_s=5)
    assert stopped.exited() == -9, "fenced before anything is sent in its place"
    flat_and_verified(world)

    assert flattened_by(world) == {"guard"}
    assert world.request(request).state is RequestState.EXECUTED
    world.until(world.armed, within_s=10)
    assert world.said.index(Said.STOOD_IN) < world.said.index(Said.HANDED_BACK)
    assert world.mode() is Mode.KILLED


def test_a_loop_that_crashes_at_every_start_does_not_keep_the_desk_from_flat(
    world: World,
) -> None:
    trading(world)
    request = world.kill(ALICE)
    world.loops_crash = True
    world.crash()
    world.confirm(request, BOB)

    flat_and_verified(world)

    assert flattened_by(world) == {"guard"}


def test_a_flatten_that_the_loop_had_begun_is_carried_on_where_it_was(world: World) -> None:
    trading(world)
    world.exchange.fault("latency", match=CREATE, args={"ms": 1}, count=None)
    body = {"success": False, "error_response": {"error": "INVALID_NO_LIQUIDITY"}}
    world.exchange.fault("status", match=CREATE, args={"code": 200, "body": body}, count=2)
    request = world.kill(ALICE)
    world.confirm(request, BOB)
    world.until(lambda: any(leg.state is LegState.CLOSING for leg in world.job().legs))
    world.crash()

    flat_and_verified(world)

    assert flattened_by(world) == {"trader", "guard"}


def test_a_close_that_the_loop_took_to_its_grave_is_never_sent_again(world: World) -> None:
    trading(world)
    world.exchange.fault("drop_after", match=CREATE, count=None)
    request = world.kill(ALICE)
    world.confirm(request, BOB)
    world.until(lambda: any(o.spec.kind is Kind.FLATTEN for o in world.orders()))
    world.crash()
    world.exchange.clear_faults()

    flat_and_verified(world)

    closes = [o for o in world.orders() if o.spec.kind is Kind.FLATTEN]
    assert sum(o.filled for o in closes) == sum(abs(leg.contracts) for leg in world.job().legs)


def test_loop_and_guard_never_both_send(world: World) -> None:
    """A loop that the guard could not end, for whatever reason, and the guard, side by side."""
    trading(world)
    world.confirm(world.kill(ALICE), BOB)
    world.hands.begin(world.now)
    assert world.hands.standin is not None
    for _ in range(20):
        world.hands.progress(world.now)
        world.pass_time(0.5)

    flat_and_verified(world)
    assert len(flattened_by(world)) == 1


@pytest.mark.parametrize("what", ["reads fail", "orders fail", "both are slow"])
def test_the_guard_flattens_through_bad_weather(world: World, what: str) -> None:
    trading(world)
    world.loops_crash = True
    request = world.kill(ALICE)
    world.crash()
    if what == "reads fail":
        world.exchange.fault("status", match=READS, args={"code": 503}, count=40)
    elif what == "orders fail":
        world.exchange.fault("status", match=CREATE, args={"code": 503}, count=3)
    else:
        world.exchange.fault("latency", match={}, args={"ms": 60}, count=60)
    world.confirm(request, BOB)

    flat_and_verified(world)


def test_a_guard_whose_key_may_not_trade_lets_the_loop_try_again(world: World) -> None:
    trading(world)
    world.guard_key = "viewer"
    request = world.kill(ALICE)
    world.crash()
    world.confirm(request, BOB)
    world.until(lambda: Said.STOOD_IN in world.said, within_s=5)

    world.until(lambda: Said.GAVE_UP in world.said, within_s=60)
    flat_and_verified(world)

    assert "trader" in flattened_by(world)


def test_a_flatten_that_is_left_lying_is_taken_up_though_the_loop_beats(world: World) -> None:
    trading(world)
    assert world.child is not None
    beating = world.child
    assert world.hands.standin is None
    request = world.kill(ALICE)
    beating.only_beats = True
    world.confirm(request, BOB)

    world.pass_time(2)
    assert Said.STOOD_IN not in world.said
    flat_and_verified(world)

    assert beating.exited() == -9
    assert flattened_by(world) == {"guard"}


def test_a_loop_that_is_not_back_after_ten_seconds_leaves_no_entries_and_keeps_its_stops(
    world: World,
) -> None:
    trading(world)
    stops = stops_there(world)
    world.loops_crash = True
    world.crash()
    world.pass_time(9)
    assert Said.STOOD_IN not in world.said
    assert [o for o in world.working_there() if o["order_type"] != "STOP_LIMIT"]

    world.until(lambda: Said.HANDED_BACK in world.said, within_s=10)
    assert [o for o in world.working_there() if o["order_type"] != "STOP_LIMIT"] == []
    assert stops_there(world) == stops != set()
    assert world.mode() is Mode.ACTIVE
    since = time.monotonic_ns()
    world.pass_time(40)
    assert world.said.count(Said.STOOD_IN) == 1, "once for each time the loop is away"
    assert world.placed_since(since) == []

    world.loops_crash = False
    world.until(world.armed, within_s=40)
    trading(world)


def test_a_kill_that_nobody_confirms_is_carried_out_without_a_loop_where_two_people_agreed(
    world: World,
) -> None:
    trading(world)
    agreed = Roster({}, {}, Confirmations(flatten_on_timeout=True))
    world.store.write(
        lambda tx: approve_roster(tx, world.store.log, agreed, "alice and bob", world.now)
    )
    request = world.kill(ALICE)
    world.loops_crash = True
    world.crash()
    world.until(lambda: Said.HANDED_BACK in world.said, within_s=30)
    assert world.positions_there(), "held, and its positions are open"

    world.until(lambda: world.mode() is Mode.KILLED, within_s=130)
    flat_and_verified(world)

    assert world.request(request).state is RequestState.EXECUTED
    assert flattened_by(world) == {"guard"}
    assert world.mode() is Mode.KILLED


def test_an_entry_that_was_in_flight_when_the_loop_died_is_found_and_cancelled(
    world: World,
) -> None:
    world.until(world.armed)
    world.exchange.fault("drop_after", match=CREATE, count=1)
    world.until(lambda: any(o.state is OrderState.UNKNOWN for o in world.orders()), within_s=60)
    world.loops_crash = True
    world.crash()

    world.until(lambda: Said.HANDED_BACK in world.said, within_s=60)

    assert world.live(Kind.ENTRY) == []
    assert [o for o in world.working_there() if o["order_type"] != "STOP_LIMIT"] == []


def test_a_new_guard_carries_on_what_the_old_one_had_begun(world: World) -> None:
    trading(world)
    world.loops_crash = True
    world.exchange.fault("status", match=READS, args={"code": 503}, count=None)
    world.crash()
    world.confirm(world.kill(ALICE), BOB)
    world.until(lambda: Said.STOOD_IN in world.said, within_s=5)

    world.exchange.clear_faults()
    world.loops_crash = False
    world.restart_everything()

    flat_and_verified(world)
