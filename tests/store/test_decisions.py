"""What people decide: tightening at once on one voice, looser only with two, and everything on record."""

from datetime import datetime
from functools import partial

import pytest

from core.flatten import JobState, LegState
from core.gate import Row
from core.modes import Mode, Rule
from core.people import Actor
from core.requests import Action, Request, RequestRefusal, RequestState
from store.asking import ask_resume
from store.control import constrain, read_constraints, read_control, read_row
from store.decisions import Tightened, ask_kill, ask_reduce_only, confirm, kill_now, object_to
from store.events import latest
from store.flattening import open_job
from store.lock import GateLock
from store.page import GatePage
from store.requests import NoSuchRequest, lapse_due, latest_requests, open_requests, read_request
from store.store import Store
from store.voices import NotAllowed
from store.wakeups import LOOK, Listener
from tests.store.conftest import Reopen
from tests.store.desk import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    DAVE,
    DESK,
    ETH,
    ETH_PRICE,
    ETH_PRODUCT,
    NOW,
    OLIVE,
    SHELL,
    hold,
    later,
    set_to,
)


def row_of(store: Store) -> Row:
    return store.read(lambda c: read_row(c, DESK))


def mode_of(store: Store) -> Mode:
    """The mode that people set, which the page must agree with."""
    mode = store.read(lambda c: read_control(c, DESK)).mode
    page = GatePage(store.home.page(DESK))
    assert page.read().mode is row_of(store).mode
    page.close()
    return mode


def request_of(store: Store, id: str) -> Request:
    return store.read(lambda c: read_request(c, id))


def told(store: Store) -> list[tuple[str, str]]:
    """Kind and actor of every event since the genesis."""
    return [(e.kind, e.actor) for e in store.read(lambda c: latest(c, DESK, 100))][1:]


def kill(store: Store, actor: Actor = ALICE, id: str = "k1", now: datetime = NOW) -> Tightened:
    outcome = ask_kill(store, DESK, actor, "it looks wrong", id, now)
    assert isinstance(outcome, Tightened)
    return outcome


def asked_resume(store: Store, actor: Actor = ALICE, id: str = "r1") -> Request:
    request = ask_resume(store, DESK, actor, "all clear", id, NOW)
    assert isinstance(request, Request)
    return request


# Kill, in two phases


def test_a_kill_by_one_holds_the_desk_at_once_and_asks_for_a_second_person(store: Store) -> None:
    outcome = kill(store)
    assert (outcome.applied.mode, outcome.applied.recorded) == (Mode.HELD, True)
    assert mode_of(store) is Mode.HELD
    assert outcome.request is not None
    assert outcome.request == request_of(store, "k1")
    assert outcome.request.action is Action.KILL
    assert outcome.request.state is RequestState.ASKED
    assert outcome.request.requester == "alice"
    assert outcome.request.expires_at == later(seconds=120)
    assert store.read(lambda c: open_job(c, DESK)) is None
    assert told(store) == [
        ("mode_set", "alice"),
        ("request", "alice"),
        ("incident_opened", "alice"),
    ]


def test_a_second_persons_yes_kills_and_flattens_with_a_leg_for_each_position(
    store: Store,
) -> None:
    hold(store, 3)
    hold(store, -4, ETH_PRODUCT, ETH_PRICE)
    kill(store)
    outcome = confirm(store, "k1", BOB, later(seconds=60))
    assert isinstance(outcome, Tightened)
    assert outcome.applied.mode is Mode.KILLED
    assert mode_of(store) is Mode.KILLED
    assert outcome.request is not None
    assert outcome.request.state is RequestState.CONFIRMED
    assert outcome.request.decided_by == "bob"
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert (job.state, job.actor) == (JobState.ASKED, "bob")
    assert {leg.product_id: leg.contracts for leg in job.legs} == {BTC: 3, ETH: -4}
    assert {leg.state for leg in job.legs} == {LegState.CANCELLING}
    assert ("flatten_asked", "bob") in told(store)


def test_a_confirmed_kill_of_a_flat_desk_has_no_legs(store: Store) -> None:
    hold(store, 0)
    kill(store)
    confirm(store, "k1", BOB, NOW)
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert job.legs == ()


def test_nobody_confirms_their_own_kill_and_the_try_is_on_record(store: Store) -> None:
    kill(store)
    assert confirm(store, "k1", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    assert mode_of(store) is Mode.HELD
    assert request_of(store, "k1").state is RequestState.ASKED
    event = store.read(lambda c: latest(c, DESK, 1))[0]
    assert (event.kind, event.actor) == ("answer_refused", "alice")
    assert event.body == {"request": "k1", "wanted": "confirmed", "refused": "OWN_REQUEST"}


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (SHELL, RequestRefusal.NOT_A_PERSON),
        (OLIVE, RequestRefusal.NO_ROLE),
        (DAVE, RequestRefusal.NO_ROLE),
        (Actor("bob"), RequestRefusal.NOT_A_PERSON),
    ],
)
def test_who_may_not_confirm_does_not(store: Store, actor: Actor, refusal: RequestRefusal) -> None:
    kill(store)
    assert confirm(store, "k1", actor, NOW) is refusal
    assert mode_of(store) is Mode.HELD
    assert store.read(lambda c: open_job(c, DESK)) is None


def test_the_same_person_asking_again_is_a_reminder_of_the_same_request(store: Store) -> None:
    first = kill(store, ALICE, "k1")
    again = kill(store, ALICE, "k2", later(seconds=30))
    assert again.request == first.request
    assert mode_of(store) is Mode.HELD
    assert len(store.read(lambda c: open_requests(c, DESK))) == 1


def test_another_proved_persons_kill_is_the_confirmation(store: Store) -> None:
    kill(store, ALICE, "k1")
    outcome = kill(store, BOB, "k2")
    assert outcome.request is not None
    assert (outcome.request.id, outcome.request.state) == ("k1", RequestState.CONFIRMED)
    assert mode_of(store) is Mode.KILLED


def test_a_kill_by_an_operator_who_may_not_confirm_is_a_reminder(store: Store) -> None:
    kill(store, ALICE, "k1")
    outcome = kill(store, OLIVE, "k2")
    assert outcome.request is not None
    assert (outcome.request.id, outcome.request.state) == ("k1", RequestState.ASKED)
    assert mode_of(store) is Mode.HELD


def test_a_kill_from_the_shell_waits_for_one_proved_person(store: Store) -> None:
    assert kill(store, SHELL, "k1").request is not None
    assert kill(store, SHELL, "k2").applied.mode is Mode.HELD
    assert kill(store, ALICE, "k3").applied.mode is Mode.KILLED
    assert request_of(store, "k1").decided_by == "alice"


def test_a_kill_is_confirmed_once(store: Store) -> None:
    kill(store)
    confirm(store, "k1", BOB, NOW)
    epoch = row_of(store).epoch
    assert confirm(store, "k1", CAROL, NOW) is RequestRefusal.ALREADY
    assert row_of(store).epoch == epoch


def test_an_unknown_request_can_be_neither_confirmed_nor_objected_to(store: Store) -> None:
    with pytest.raises(NoSuchRequest):
        confirm(store, "nothing", BOB, NOW)
    with pytest.raises(NoSuchRequest):
        object_to(store, "nothing", BOB, NOW)


def test_an_expired_kill_cannot_be_confirmed_and_the_desk_stays_held(store: Store) -> None:
    kill(store)
    assert confirm(store, "k1", BOB, later(seconds=120)) is RequestRefusal.EXPIRED
    store.write(lambda tx: lapse_due(tx, store.log, DESK, later(seconds=120)))
    assert request_of(store, "k1").state is RequestState.EXPIRED
    assert mode_of(store) is Mode.HELD


def test_just_before_it_expires_it_can_be_confirmed(store: Store) -> None:
    kill(store)
    assert isinstance(confirm(store, "k1", BOB, later(seconds=119.999)), Tightened)


def test_after_an_expired_kill_was_closed_a_new_one_can_be_asked(store: Store) -> None:
    kill(store, ALICE, "k1")
    store.write(lambda tx: lapse_due(tx, store.log, DESK, later(seconds=121)))
    again = kill(store, ALICE, "k2", later(seconds=121))
    assert again.request is not None
    assert (again.request.id, again.request.state) == ("k2", RequestState.ASKED)


def test_a_kill_after_one_that_expired_is_a_new_request_though_the_loop_is_dead(
    store: Store,
) -> None:
    kill(store, ALICE, "k1")
    again = kill(store, ALICE, "k2", later(seconds=121))
    assert again.request is not None
    assert again.request.expires_at > later(seconds=121)


def test_a_confirmed_kill_never_lapses(store: Store) -> None:
    kill(store)
    confirm(store, "k1", BOB, NOW)
    assert store.write(lambda tx: lapse_due(tx, store.log, DESK, later(days=30))) == []


def test_objecting_ends_the_request_and_never_lifts_held(store: Store) -> None:
    kill(store)
    before = row_of(store)
    outcome = object_to(store, "k1", BOB, NOW)
    assert isinstance(outcome, Request)
    assert outcome.state is RequestState.OBJECTED
    assert row_of(store) == before
    assert mode_of(store) is Mode.HELD
    assert confirm(store, "k1", CAROL, NOW) is RequestRefusal.ALREADY


@pytest.mark.parametrize("actor", [ALICE, SHELL, OLIVE])
def test_the_requester_and_a_shell_may_object_too(store: Store, actor: Actor) -> None:
    kill(store)
    assert isinstance(object_to(store, "k1", actor, NOW), Request)
    assert mode_of(store) is Mode.HELD


def test_a_viewer_may_not_object(store: Store) -> None:
    kill(store)
    assert object_to(store, "k1", DAVE, NOW) is RequestRefusal.NO_ROLE
    assert request_of(store, "k1").state is RequestState.ASKED


def test_a_confirmed_kill_cannot_be_objected_to(store: Store) -> None:
    kill(store)
    confirm(store, "k1", BOB, NOW)
    assert object_to(store, "k1", CAROL, NOW) is RequestRefusal.NOT_OBJECTABLE
    assert request_of(store, "k1").state is RequestState.CONFIRMED


def test_a_kill_of_a_killed_desk_asks_for_nothing(store: Store) -> None:
    kill_now(store, DESK, CAROL, "r", "n1", NOW, keep_positions=True)
    outcome = kill(store, ALICE, "k1")
    assert (outcome.applied.mode, outcome.request) == (Mode.KILLED, None)


@pytest.mark.parametrize("act", ["kill", "reduce-only", "kill now"])
def test_a_viewer_may_not_tighten_and_nothing_changes(store: Store, act: str) -> None:
    before, events = row_of(store), told(store)
    with pytest.raises(NotAllowed, match=r"dave may not .* roles: viewer"):
        if act == "kill":
            ask_kill(store, DESK, DAVE, "r", "k1", NOW)
        elif act == "reduce-only":
            ask_reduce_only(store, DESK, DAVE, "r", "k1", NOW)
        else:
            kill_now(store, DESK, DAVE, "r", "k1", NOW, keep_positions=False)
    assert row_of(store) == before
    assert mode_of(store) is Mode.ACTIVE
    assert told(store) == events


# Break-glass


@pytest.mark.parametrize("actor", [CAROL, SHELL])
def test_a_kill_now_does_both_phases_on_one_voice(store: Store, actor: Actor) -> None:
    hold(store, 2)
    applied = kill_now(store, DESK, actor, "fire", "n1", NOW, keep_positions=False)
    assert (applied.mode, applied.recorded) == (Mode.KILLED, True)
    assert mode_of(store) is Mode.KILLED
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert (job.actor, [leg.contracts for leg in job.legs]) == (actor.name, [2])


def test_a_kill_now_that_keeps_positions_closes_none(store: Store) -> None:
    hold(store, 2)
    applied = kill_now(store, DESK, CAROL, "fire", "n1", NOW, keep_positions=True)
    assert applied.mode is Mode.KILLED
    assert store.read(lambda c: open_job(c, DESK)) is None


@pytest.mark.parametrize("actor", [ALICE, OLIVE])
def test_a_kill_now_needs_the_role(store: Store, actor: Actor) -> None:
    with pytest.raises(NotAllowed, match="kill on one voice"):
        kill_now(store, DESK, actor, "fire", "n1", NOW, keep_positions=False)
    assert mode_of(store) is Mode.ACTIVE


def test_a_kill_now_while_a_flatten_runs_does_not_start_another(store: Store) -> None:
    kill(store)
    confirm(store, "k1", BOB, NOW)
    kill_now(store, DESK, CAROL, "fire", "n1", NOW, keep_positions=False)
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert job.id == "k1"


# Retries


def test_a_kill_now_with_the_same_id_changes_nothing_the_second_time(store: Store) -> None:
    kill_now(store, DESK, CAROL, "fire", "n1", NOW, keep_positions=False)
    before, events = row_of(store), told(store)
    again = kill_now(store, DESK, CAROL, "fire", "n1", later(seconds=5), keep_positions=False)
    assert (again.mode, again.epoch, again.recorded) == (Mode.KILLED, before.epoch, True)
    assert row_of(store) == before
    assert told(store) == events


def test_a_retried_kill_now_does_not_undo_a_resume(store: Store) -> None:
    kill_now(store, DESK, CAROL, "fire", "n1", NOW, keep_positions=True)
    set_to(store, Mode.ACTIVE)
    kill_now(store, DESK, CAROL, "fire", "n1", later(seconds=5), keep_positions=True)
    assert mode_of(store) is Mode.ACTIVE


def test_a_kill_with_the_same_id_changes_nothing_the_second_time(store: Store) -> None:
    first = kill(store)
    before, events = row_of(store), told(store)
    again = kill(store, now=later(seconds=5))
    assert again.request == first.request
    assert row_of(store) == before
    assert told(store) == events


RETRY = (
    "_tighten_and_ask does not look at the earlier command: a retry asks for a second request of "
    "the same id, the store refuses it, and the answer is a KILL file and `recorded` False"
)


def test_a_retried_kill_whose_request_was_objected_to_changes_nothing(store: Store) -> None:
    kill(store)
    object_to(store, "k1", BOB, NOW)
    events = told(store)
    again = kill(store, now=later(seconds=5))
    assert not store.home.kill_file.exists()
    assert again.applied.recorded
    assert told(store) == events


def test_a_retried_kill_does_not_undo_a_resume(store: Store) -> None:
    kill(store)
    object_to(store, "k1", BOB, NOW)
    set_to(store, Mode.ACTIVE)
    kill(store, now=later(seconds=5))
    assert not store.home.kill_file.exists()
    assert mode_of(store) is Mode.ACTIVE


def test_a_retried_resume_whose_request_was_objected_to_returns_it(store: Store) -> None:
    set_to(store, Mode.HELD)
    asked_resume(store)
    object_to(store, "r1", BOB, NOW)
    assert asked_resume(store).state is RequestState.OBJECTED


# Reduce-only


def test_reduce_only_is_in_force_at_once_and_waits_for_its_second_person(store: Store) -> None:
    outcome = ask_reduce_only(store, DESK, ALICE, "thin book", "o1", NOW)
    assert outcome.applied.mode is Mode.REDUCE_ONLY
    assert mode_of(store) is Mode.REDUCE_ONLY
    assert outcome.request is not None
    assert (outcome.request.action, outcome.request.state) == (
        Action.REDUCE_ONLY,
        RequestState.ASKED,
    )


def test_a_confirmed_reduce_only_is_the_standing_mode(store: Store) -> None:
    ask_reduce_only(store, DESK, ALICE, "thin book", "o1", NOW)
    before = row_of(store)
    outcome = confirm(store, "o1", BOB, later(seconds=60))
    assert isinstance(outcome, Tightened)
    assert outcome.request is not None
    assert outcome.request.state is RequestState.EXECUTED
    assert request_of(store, "o1").state is RequestState.EXECUTED
    assert row_of(store) == before


def test_reduce_only_never_lapses_for_want_of_a_second_person(store: Store) -> None:
    ask_reduce_only(store, DESK, ALICE, "thin book", "o1", NOW)
    store.write(lambda tx: lapse_due(tx, store.log, DESK, later(days=1)))
    assert request_of(store, "o1").state is RequestState.EXPIRED
    assert mode_of(store) is Mode.REDUCE_ONLY


def test_nobody_confirms_their_own_reduce_only(store: Store) -> None:
    ask_reduce_only(store, DESK, ALICE, "thin book", "o1", NOW)
    assert confirm(store, "o1", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    assert request_of(store, "o1").state is RequestState.ASKED


@pytest.mark.parametrize("mode", [Mode.HELD, Mode.KILLED])
def test_reduce_only_does_not_loosen_a_stricter_desk(store: Store, mode: Mode) -> None:
    set_to(store, mode)
    outcome = ask_reduce_only(store, DESK, ALICE, "thin book", "o1", NOW)
    assert (outcome.applied.mode, outcome.request) == (mode, None)
    assert mode_of(store) is mode


def test_a_kill_while_reduce_only_waits_is_a_request_of_its_own(store: Store) -> None:
    ask_reduce_only(store, DESK, ALICE, "thin book", "o1", NOW)
    kill(store, ALICE, "k1", later(seconds=1))
    assert [r.id for r in store.read(lambda c: open_requests(c, DESK))] == ["o1", "k1"]
    assert mode_of(store) is Mode.HELD


# Resume


def test_a_resume_that_is_asked_changes_no_mode(store: Store) -> None:
    set_to(store, Mode.HELD)
    before = row_of(store)
    request = asked_resume(store)
    assert request.state is RequestState.ASKED
    assert row_of(store) == before
    assert mode_of(store) is Mode.HELD


def test_a_resume_needs_a_person(store: Store) -> None:
    set_to(store, Mode.HELD)
    refused = ask_resume(store, DESK, SHELL, "all clear", "r1", NOW)
    assert refused is RequestRefusal.NOT_A_PERSON
    assert store.read(lambda c: open_requests(c, DESK)) == []


def test_a_viewer_may_not_ask_for_a_resume(store: Store) -> None:
    set_to(store, Mode.HELD)
    with pytest.raises(NotAllowed):
        ask_resume(store, DESK, DAVE, "all clear", "r1", NOW)
    assert store.read(lambda c: open_requests(c, DESK)) == []


def test_a_confirmed_resume_is_handed_to_the_loop_within_its_window_and_changes_no_mode(
    store: Store,
) -> None:
    set_to(store, Mode.HELD)
    before = row_of(store)
    asked_resume(store)
    loop = Listener(store.home.socket("loop", DESK))
    outcome = confirm(store, "r1", BOB, later(seconds=30))
    assert loop.wait(5) == {LOOK}
    loop.close()
    assert isinstance(outcome, Tightened)
    assert outcome.request is not None
    assert outcome.request.state is RequestState.CONFIRMED
    assert outcome.request.execute_before == later(seconds=150)
    assert row_of(store) == before


@pytest.mark.parametrize("actor", [ALICE, SHELL, OLIVE, DAVE])
def test_a_resume_is_confirmed_only_by_another_person_who_may(store: Store, actor: Actor) -> None:
    set_to(store, Mode.HELD)
    asked_resume(store)
    assert isinstance(confirm(store, "r1", actor, NOW), RequestRefusal)
    assert request_of(store, "r1").state is RequestState.ASKED


def test_a_confirmed_resume_that_was_not_carried_out_in_time_has_failed(store: Store) -> None:
    set_to(store, Mode.HELD)
    asked_resume(store)
    confirm(store, "r1", BOB, NOW)
    lapsed = store.write(lambda tx: lapse_due(tx, store.log, DESK, later(seconds=120)))
    assert [r.state for r in lapsed] == [RequestState.FAILED]
    assert mode_of(store) is Mode.HELD


def test_a_confirmed_resume_can_still_be_objected_to(store: Store) -> None:
    set_to(store, Mode.HELD)
    asked_resume(store)
    confirm(store, "r1", BOB, NOW)
    assert isinstance(object_to(store, "r1", CAROL, NOW), Request)
    assert request_of(store, "r1").state is RequestState.OBJECTED


def test_a_second_resume_while_one_waits_is_the_same_request(store: Store) -> None:
    set_to(store, Mode.HELD)
    first = asked_resume(store, ALICE, "r1")
    assert asked_resume(store, BOB, "r2") == first


# Restarts (invariant 7) and a store that fails


def test_a_restart_keeps_mode_constraints_requests_and_the_flatten(
    store: Store, reopen: Reopen
) -> None:
    hold(store, 3)
    rule = Rule.DAILY_LOSS
    store.write(lambda tx: constrain(tx, store.log, DESK, rule, reason="lost", now=NOW))
    kill(store)
    confirm(store, "k1", BOB, later(seconds=10))
    set_up = (
        store.read(lambda c: read_control(c, DESK)),
        row_of(store),
        store.read(lambda c: read_constraints(c, DESK)),
        store.read(lambda c: latest_requests(c, DESK, 10)),
        store.read(lambda c: open_job(c, DESK)),
    )
    store.close()
    again = reopen()
    assert set_up == (
        again.read(lambda c: read_control(c, DESK)),
        row_of(again),
        again.read(lambda c: read_constraints(c, DESK)),
        again.read(lambda c: latest_requests(c, DESK, 10)),
        again.read(lambda c: open_job(c, DESK)),
    )
    assert row_of(again).mode is Mode.KILLED
    assert mode_of(again) is Mode.KILLED


def test_a_page_that_was_lost_follows_the_row_and_not_the_other_way_round(
    store: Store, reopen: Reopen
) -> None:
    kill(store)
    store.close()
    store.home.page(DESK).unlink()
    again = reopen()
    page = GatePage(again.home.page(DESK))
    assert page.read().mode is None, "a new page must be closed"
    again.brake(DESK).follow_row()
    assert page.read().mode is Mode.HELD
    page.close()


def test_a_machine_rule_stays_in_force_when_people_loosen_the_mode(store: Store) -> None:
    rule = Rule.POSITION_DRIFT
    store.write(lambda tx: constrain(tx, store.log, DESK, rule, reason="differs", now=NOW))
    set_to(store, Mode.ACTIVE)
    assert row_of(store).mode is Mode.HELD
    assert mode_of(store) is Mode.ACTIVE


def break_the_store(store: Store) -> None:
    for suffix in ("", "-wal", "-shm"):
        file = store.home.database.with_name(store.home.database.name + suffix)
        file.write_bytes(b"garbage!" * (max(file.stat().st_size, 4096) // 8))


def test_a_kill_now_holds_without_a_store(store: Store) -> None:
    store.brake(DESK)
    break_the_store(store)
    applied = kill_now(store, DESK, SHELL, "fire", "n1", NOW, keep_positions=False)
    assert (applied.mode, applied.recorded) == (Mode.KILLED, False)
    assert store.home.kill_file.exists()


def test_a_kill_holds_without_a_store(store: Store) -> None:
    store.brake(DESK)
    break_the_store(store)
    outcome = kill(store)
    assert (outcome.applied.recorded, outcome.request) == (False, None)
    assert store.home.kill_file.exists()


def test_every_decision_leaves_the_gate_free_for_senders(store: Store) -> None:
    kill(store)
    confirm(store, "k1", BOB, NOW)
    assert GateLock(store.home.lock(DESK)).take_alone(wait_s=0)


def test_the_whole_story_is_on_record_and_chained(store: Store) -> None:
    kill(store, SHELL, "k1")
    confirm(store, "k1", SHELL, NOW)
    confirm(store, "k1", BOB, NOW)
    assert told(store) == [
        ("mode_set", SHELL.name),
        ("request", SHELL.name),
        ("incident_opened", SHELL.name),
        ("answer_refused", SHELL.name),
        ("request", "bob"),
        ("mode_set", "bob"),
        ("flatten_asked", "bob"),
    ]
    assert store.read(lambda c: store.log.verify(c, DESK)) == (8, None)


def test_a_kill_that_nobody_confirmed_calls_somebody_once(store: Store) -> None:
    ask_kill(store, DESK, OLIVE, "odd", "kill-1", NOW)
    for seconds in (119, 120, 121):
        store.write(partial(lapse_due, log=store.log, desk=DESK, now=later(seconds=seconds)))
    found = store.read(lambda c: latest(c, DESK, 100))
    [told] = [event for event in found if event.kind == "kill_unconfirmed"]
    assert told.body["request"] == "kill-1"
    assert told.at == later(seconds=120)
