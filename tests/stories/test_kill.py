"""The kill in two phases, as an operator lives it."""

import time

from core.flatten import JobState
from core.modes import Mode
from core.orders import Kind, OrderState
from core.requests import RequestRefusal, RequestState
from store.decisions import Tightened
from tests.stories.world import ALICE, BOB, DAVE, World


def trading(world: World) -> None:
    """Armed, with a protected position and an entry that rests."""
    world.until(lambda: bool(world.positions()) and bool(world.live(Kind.ENTRY)), within_s=120)
    world.until(lambda: covered(world), within_s=5)


def covered(world: World) -> bool:
    """Every position carries stops for all of it."""
    stops: dict[str, int] = {}
    for order in world.live(Kind.STOP):
        if order.state is OrderState.WORKING:
            stops[order.spec.product_id] = stops.get(order.spec.product_id, 0) + order.left
    return all(stops.get(p, 0) == abs(q) for p, q in world.positions().items())


def test_one_voice_holds_the_desk_and_the_second_brings_it_to_flat(world: World) -> None:
    trading(world)
    before = world.positions()

    request = world.kill(ALICE)
    acknowledged = time.monotonic_ns()

    assert world.mode() is Mode.HELD
    world.pass_time(3)
    assert world.live(Kind.ENTRY) == []
    assert [o for o in world.working_there() if o["order_type"] != "STOP_LIMIT"] == []
    assert world.positions() == world.positions_there() == before, "positions are STILL OPEN"
    assert covered(world), "protective stops stay"
    assert world.placed_since(acknowledged) == []
    assert "sweep_verified" in world.kinds()

    confirmed = time.monotonic_ns()
    answer = world.confirm(request, BOB)

    assert isinstance(answer, Tightened)
    assert world.mode() is Mode.KILLED
    world.until(lambda: not world.job().open, within_s=10)
    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions() == world.positions_there() == {}
    assert world.working_there() == []
    done = world.request(request)
    assert done.state is RequestState.EXECUTED
    assert "closed" in done.outcome
    assert "slippage from the mark" in done.outcome
    kinds = {o.spec.kind for o in world.orders() if o.created_at > request.asked_at}
    assert kinds == {Kind.FLATTEN}
    assert world.cancels_since(confirmed) == 1, "one request for all stops: requests are rationed"


def test_nobody_confirms_their_own_kill(world: World) -> None:
    trading(world)
    request = world.kill(ALICE)

    assert world.confirm(request, ALICE) is RequestRefusal.OWN_REQUEST

    world.pass_time(1)
    assert world.mode() is Mode.HELD
    assert "answer_refused" in world.kinds()


def test_a_viewer_confirms_nothing(world: World) -> None:
    request = world.kill(ALICE)
    assert world.confirm(request, DAVE) is RequestRefusal.NO_ROLE
    assert world.mode() is Mode.HELD


def test_without_a_second_person_the_desk_stays_held(world: World) -> None:
    trading(world)
    request = world.kill(ALICE)

    world.pass_time(121)

    assert world.request(request).state is RequestState.EXPIRED
    assert world.mode() is Mode.HELD
    assert world.positions() != {}, "nobody agreed to sell"
    assert world.confirm(request, BOB) is RequestRefusal.ALREADY


def test_the_second_persons_kill_is_a_confirmation(world: World) -> None:
    trading(world)
    first = world.kill(ALICE)
    second = world.kill(BOB)

    assert second.id == first.id
    assert world.mode() is Mode.KILLED
    world.until(lambda: not world.job().open, within_s=10)
    assert world.positions_there() == {}


def test_a_killed_desk_stays_killed_over_a_crash_and_a_restart(world: World) -> None:
    trading(world)
    world.confirm(world.kill(ALICE), BOB)
    world.crash()
    world.until(lambda: not world.job().open, within_s=20)
    assert world.positions_there() == {}, "the flatten went on where it was"

    world.restart_everything()
    acknowledged = time.monotonic_ns()
    world.pass_time(30)

    assert world.mode() is Mode.KILLED
    assert world.placed_since(acknowledged) == []


def test_two_people_resume_and_the_desk_trades_again(world: World) -> None:
    trading(world)
    world.confirm(world.kill(ALICE), BOB)
    world.until(lambda: not world.job().open, within_s=10)

    request = world.ask_resume(ALICE)
    assert world.confirm(request, ALICE) is RequestRefusal.OWN_REQUEST
    world.pass_time(2)
    assert world.mode() is Mode.KILLED, "one voice loosens nothing"

    world.confirm(request, BOB)
    world.until(lambda: world.mode() is Mode.ACTIVE, within_s=5)
    assert world.request(request).state is RequestState.EXECUTED
    trading(world)


def holds(world: World, product_id: str) -> bool:
    return bool(world.positions_there().get(product_id))


def test_one_position_is_closed_on_one_voice_and_the_others_stay(world: World) -> None:
    world.until(lambda: len(world.positions()) >= 2, within_s=600)
    closing, *staying = sorted(world.positions())
    mode = world.mode()

    world.close_position(closing)
    world.until(lambda: not world.job().open, within_s=10)

    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.job().outcome.startswith("closed")
    assert [leg.product_id for leg in world.job().legs] == [closing]
    assert not holds(world, closing)
    assert all(holds(world, product_id) for product_id in staying)
    assert world.mode() is mode


def test_a_kill_overtakes_a_close_and_ends_flat(world: World) -> None:
    world.until(lambda: len(world.positions()) >= 2, within_s=600)
    request = world.kill(ALICE)
    world.close_position(min(world.positions()))

    world.confirm(request, BOB)
    world.until(lambda: not world.job().open, within_s=10)

    assert world.positions_there() == {}
    assert world.request(request).state is RequestState.EXECUTED
