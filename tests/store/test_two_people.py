"""Kill, reduce-only and resume as people decide them: the brake on one voice, looser on two."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from core.flatten import JobState
from core.modes import Mode, Rule
from core.people import Actor
from core.requests import Action, Request, RequestRefusal, RequestState
from store import asking, books_schema, decisions, schema
from store.control import (
    UnknownDesk,
    begin_desk,
    constrain,
    read_constraints,
    read_control,
    read_row,
)
from store.decisions import Tightened
from store.events import latest
from store.flattening import latest_job, open_job
from store.lock import GateLock
from store.page import GatePage
from store.requests import NoSuchRequest, finish, lapse_due, open_requests, read_request
from store.store import Store
from store.voices import NotAllowed
from tests.store.child import until
from tests.store.conftest import Reopen
from tests.store.desk import (
    ALICE,
    BOB,
    BTC,
    CAROL,
    DAVE,
    DESK,
    NOW,
    OLIVE,
    SHELL,
    hold,
    later,
    set_to,
)


def kill(store: Store, actor: Actor = ALICE, id: str = "k1", now: datetime = NOW) -> Tightened:
    answer = decisions.ask_kill(store, DESK, actor, "it trades wildly", id, now)
    assert isinstance(answer, Tightened), answer
    return answer


def reduce_only(store: Store, actor: Actor = ALICE, id: str = "ro", now: datetime = NOW) -> Request:
    answer = decisions.ask_reduce_only(store, DESK, actor, "news", id, now)
    assert answer.request is not None
    return answer.request


def resume(store: Store, actor: Actor = ALICE, id: str = "up", now: datetime = NOW) -> Request:
    answer = asking.ask_resume(store, DESK, actor, "mended", id, now)
    assert isinstance(answer, Request), answer
    return answer


def asked(answer: Tightened) -> Request:
    assert answer.request is not None
    return answer.request


def request(store: Store, id: str) -> Request:
    return store.read(lambda c: read_request(c, id))


def mode(store: Store) -> Mode:
    return store.read(lambda c: read_control(c, DESK)).mode


def page_mode(store: Store) -> Mode | None:
    page = GatePage(store.home.page(DESK))
    try:
        return page.read().mode
    finally:
        page.close()


def kinds(store: Store) -> list[str]:
    return [event.kind for event in store.read(lambda c: latest(c, DESK, 1000))]


def everything(store: Store) -> tuple[Any, ...]:
    """All that a refused or repeated command must leave as it was."""
    tables = [
        schema.control,
        schema.requests,
        books_schema.flatten_jobs,
        schema.commands,
        schema.events,
    ]
    return (
        *(store.read(lambda c, t=table: c.execute(select(t)).all()) for table in tables),  # type: ignore[misc]
        page_mode(store),
        store.home.kill_file.exists(),
    )


# Kill, phase 1


def test_one_operators_kill_holds_the_desk_at_once_and_asks_for_a_second_person(
    store: Store,
) -> None:
    answer = kill(store, OLIVE)
    assert (answer.applied.mode, answer.applied.recorded) == (Mode.HELD, True)
    assert mode(store) is page_mode(store) is Mode.HELD
    waiting = asked(answer)
    assert (waiting.action, waiting.state) == (Action.KILL, RequestState.ASKED)
    assert (waiting.requester, waiting.expires_at) == ("olive", later(seconds=120))


def test_the_first_voice_closes_nothing(store: Store) -> None:
    hold(store, 3)
    kill(store)
    assert store.read(lambda c: open_job(c, DESK)) is None


def test_a_viewer_may_not_tighten_and_changes_nothing(store: Store) -> None:
    before = everything(store)
    with pytest.raises(NotAllowed, match="viewer"):
        decisions.ask_kill(store, DESK, DAVE, "why not", "k1", NOW)
    with pytest.raises(NotAllowed, match="dave"):
        decisions.ask_reduce_only(store, DESK, DAVE, "why not", "k2", NOW)
    with pytest.raises(NotAllowed):
        decisions.kill_now(store, DESK, DAVE, "no", "k3", NOW, keep_positions=False)
    assert everything(store) == before


# Kill, phase 2


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(lambda s: decisions.confirm(s, "k1", BOB, later(seconds=30)), id="confirm"),
        pytest.param(lambda s: kill(s, BOB, "k2", later(seconds=30)), id="a kill of their own"),
    ],
)
def test_a_second_persons_word_makes_it_killed_and_flattens_what_is_held(
    store: Store, second: Callable[[Store], Tightened | RequestRefusal]
) -> None:
    hold(store, 3)
    kill(store)
    answer = second(store)
    assert isinstance(answer, Tightened)
    assert answer.applied.mode is mode(store) is page_mode(store) is Mode.KILLED
    confirmed = request(store, "k1")
    assert (confirmed.state, confirmed.decided_by) == (RequestState.CONFIRMED, "bob")
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert (job.id, job.state) == ("k1", JobState.ASKED)
    assert [(leg.product_id, leg.contracts) for leg in job.legs] == [(BTC, 3)]


def test_nobody_confirms_their_own_kill_and_the_attempt_is_on_record(store: Store) -> None:
    kill(store)
    assert decisions.confirm(store, "k1", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    assert mode(store) is page_mode(store) is Mode.HELD
    assert store.read(lambda c: open_job(c, DESK)) is None
    last = store.read(lambda c: latest(c, DESK, 1))[0]
    assert (last.kind, last.actor) == ("answer_refused", "alice")
    assert last.body["refused"] == "OWN_REQUEST"


def test_the_same_person_killing_again_is_a_reminder(store: Store) -> None:
    kill(store)
    reminded = kill(store, id="k2", now=later(seconds=10))
    assert asked(reminded).id == "k1"
    assert asked(reminded).state is RequestState.ASKED
    assert mode(store) is Mode.HELD
    assert len(store.read(lambda c: open_requests(c, DESK))) == 1


@pytest.mark.parametrize(
    ("second", "refusal"),
    [(OLIVE, RequestRefusal.NO_ROLE), (SHELL, RequestRefusal.NOT_A_PERSON)],
    ids=str,
)
def test_who_may_not_confirm_leaves_the_kill_waiting(
    store: Store, second: Actor, refusal: RequestRefusal
) -> None:
    kill(store)
    assert decisions.confirm(store, "k1", second, NOW) is refusal
    assert asked(kill(store, second, "k2")).state is RequestState.ASKED
    assert mode(store) is Mode.HELD


def test_a_shells_kill_can_be_confirmed_by_a_person(store: Store) -> None:
    assert asked(kill(store, SHELL)).requester == "shell:root"
    answer = decisions.confirm(store, "k1", BOB, NOW)
    assert isinstance(answer, Tightened)
    assert mode(store) is Mode.KILLED


def test_two_shells_are_not_two_people(store: Store) -> None:
    kill(store, SHELL)
    assert asked(kill(store, Actor("shell:other"), "k2")).state is RequestState.ASKED
    assert mode(store) is Mode.HELD


def test_one_persons_two_accounts_are_one_voice(store: Store) -> None:
    kill(store)
    other_account = replace(ALICE, name="slack:U123")
    assert asked(kill(store, other_account, "k2")).state is RequestState.ASKED
    assert decisions.confirm(store, "k1", other_account, NOW) is RequestRefusal.OWN_REQUEST
    assert mode(store) is Mode.HELD


def test_a_kill_is_confirmed_once(store: Store) -> None:
    kill(store)
    decisions.confirm(store, "k1", BOB, NOW)
    before = mode(store), store.read(lambda c: read_row(c, DESK))
    assert decisions.confirm(store, "k1", CAROL, NOW) is RequestRefusal.ALREADY
    assert (mode(store), store.read(lambda c: read_row(c, DESK))) == before


def test_of_many_who_confirm_at_the_same_time_one_is_taken(store: Store) -> None:
    kill(store)
    gate, answers = threading.Barrier(3), list[Tightened | RequestRefusal]()

    def say_yes(actor: Actor) -> None:
        gate.wait()
        answers.append(decisions.confirm(store, "k1", actor, NOW))

    threads = [threading.Thread(target=say_yes, args=(a,)) for a in (BOB, CAROL, BOB)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(answer, Tightened) for answer in answers) == 1
    assert answers.count(RequestRefusal.ALREADY) == 2
    assert page_mode(store) is Mode.KILLED


def test_after_its_two_minutes_a_kill_cannot_be_confirmed_and_the_desk_stays_held(
    store: Store,
) -> None:
    kill(store)
    late = decisions.confirm(store, "k1", BOB, later(seconds=120))
    assert late is RequestRefusal.EXPIRED
    lapsed = store.write(lambda tx: lapse_due(tx, store.log, DESK, later(seconds=120)))
    assert [r.state for r in lapsed] == [RequestState.EXPIRED]
    assert mode(store) is page_mode(store) is Mode.HELD


def test_a_kill_after_an_expired_one_asks_anew(store: Store) -> None:
    kill(store)
    store.write(lambda tx: lapse_due(tx, store.log, DESK, later(minutes=3)))
    assert asked(kill(store, BOB, "k2", later(minutes=3))).requester == "bob"


def test_with_a_dead_trader_a_kill_after_an_expired_one_asks_anew_all_the_same(
    store: Store,
) -> None:
    """Nobody lapses it then: it is the trading loop that does."""
    kill(store)
    again = asked(kill(store, BOB, "k2", later(minutes=3)))
    assert (again.id, again.expires_at) == ("k2", later(minutes=5))
    confirmed = decisions.confirm(store, "k2", ALICE, later(minutes=4))
    assert isinstance(confirmed, Tightened)
    assert mode(store) is Mode.KILLED


def test_a_resume_after_an_expired_one_asks_anew(store: Store) -> None:
    kill(store)
    resume(store, now=later(minutes=5))
    assert resume(store, BOB, "up2", later(minutes=30)).id == "up2"


def test_two_people_who_kill_at_the_same_moment_are_two_voices(store: Store) -> None:
    """Both looked before either had asked; the second to be recorded is still another person."""
    sender, inside = GateLock(store.home.lock(DESK)), threading.Event()
    leave = threading.Event()

    def send_slowly() -> None:
        with sender.shared():
            inside.set()
            leave.wait(5)

    threads = [threading.Thread(target=send_slowly)]
    threads[0].start()
    inside.wait(5)
    for actor, id in ((ALICE, "k1"), (BOB, "k2")):
        threads.append(threading.Thread(target=kill, args=(store, actor, id)))
        threads[-1].start()
    page = GatePage(store.home.page(DESK))
    until(lambda: page.read().mode is Mode.HELD, "one of them has closed the page")
    page.close()
    leave.wait(0.1)  # the other looks for a pending kill meanwhile, and finds none
    leave.set()
    for thread in threads:
        thread.join()
    assert mode(store) is Mode.KILLED


# Break-glass


@pytest.mark.parametrize("actor", [CAROL, SHELL], ids=str)
def test_kill_now_does_both_phases_on_one_voice(store: Store, actor: Actor) -> None:
    hold(store, -2)
    applied = decisions.kill_now(store, DESK, actor, "now", "kn", NOW, keep_positions=False)
    assert applied.mode is mode(store) is page_mode(store) is Mode.KILLED
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert [(leg.product_id, leg.contracts) for leg in job.legs] == [(BTC, -2)]


def test_kill_now_can_keep_the_positions(store: Store) -> None:
    hold(store, -2)
    decisions.kill_now(store, DESK, SHELL, "now", "kn", NOW, keep_positions=True)
    assert mode(store) is Mode.KILLED
    assert store.read(lambda c: open_job(c, DESK)) is None


@pytest.mark.parametrize("actor", [OLIVE, ALICE], ids=str)
def test_kill_now_needs_the_role_that_the_policy_names(store: Store, actor: Actor) -> None:
    before = everything(store)
    with pytest.raises(NotAllowed):
        decisions.kill_now(store, DESK, actor, "now", "kn", NOW, keep_positions=False)
    assert everything(store) == before


# The same command again


def test_the_same_kill_again_changes_nothing(store: Store) -> None:
    first = asked(kill(store))
    before = everything(store)
    assert asked(kill(store)) == first
    assert everything(store) == before


def test_the_same_kill_now_again_changes_nothing(store: Store) -> None:
    hold(store, 1)
    decisions.kill_now(store, DESK, SHELL, "now", "kn", NOW, keep_positions=False)
    before = everything(store)
    decisions.kill_now(store, DESK, SHELL, "now", "kn", later(hours=1), keep_positions=False)
    assert everything(store) == before


def test_the_same_kill_again_after_an_objection_changes_nothing(store: Store) -> None:
    kill(store)
    decisions.object_to(store, "k1", BOB, NOW)
    before = everything(store)
    repeated = kill(store)
    assert repeated.applied.recorded
    assert everything(store) == before


def test_a_late_retry_of_a_kill_does_not_hold_a_desk_that_was_resumed_since(store: Store) -> None:
    kill(store)
    decisions.object_to(store, "k1", BOB, NOW)
    set_to(store, Mode.ACTIVE)
    decisions.ask_kill(store, DESK, ALICE, "it trades wildly", "k1", later(hours=1))
    assert mode(store) is page_mode(store) is Mode.ACTIVE


# Objecting


@pytest.mark.parametrize("actor", [ALICE, BOB, OLIVE, SHELL], ids=str)
def test_an_objection_ends_the_request_and_never_lifts_held(store: Store, actor: Actor) -> None:
    kill(store)
    answer = decisions.object_to(store, "k1", actor, NOW)
    assert isinstance(answer, Request)
    assert (answer.state, answer.decided_by) == (RequestState.OBJECTED, str(actor))
    assert mode(store) is page_mode(store) is Mode.HELD
    assert decisions.confirm(store, "k1", BOB, NOW) is RequestRefusal.ALREADY
    assert mode(store) is Mode.HELD


def test_nothing_stops_a_confirmed_kill(store: Store) -> None:
    kill(store)
    decisions.confirm(store, "k1", BOB, NOW)
    assert decisions.object_to(store, "k1", ALICE, NOW) is RequestRefusal.NOT_OBJECTABLE
    assert mode(store) is Mode.KILLED


# Reduce-only


def test_reduce_only_is_in_force_at_once_and_stands_when_a_second_person_agrees(
    store: Store,
) -> None:
    waiting = reduce_only(store)
    assert mode(store) is page_mode(store) is Mode.REDUCE_ONLY
    assert waiting.state is RequestState.ASKED
    answer = decisions.confirm(store, "ro", BOB, NOW)
    assert isinstance(answer, Tightened)
    assert request(store, "ro").state is RequestState.EXECUTED
    assert mode(store) is page_mode(store) is Mode.REDUCE_ONLY


@pytest.mark.parametrize("ending", ["nobody answers", "somebody objects"])
def test_reduce_only_never_lapses_without_its_second_person(store: Store, ending: str) -> None:
    reduce_only(store)
    if ending == "somebody objects":
        decisions.object_to(store, "ro", BOB, NOW)
    store.write(lambda tx: lapse_due(tx, store.log, DESK, later(days=1)))
    assert store.read(lambda c: open_requests(c, DESK)) == []
    assert mode(store) is page_mode(store) is Mode.REDUCE_ONLY


@pytest.mark.parametrize("stricter", [Mode.HELD, Mode.KILLED])
def test_reduce_only_does_not_loosen_a_desk_that_is_stricter(store: Store, stricter: Mode) -> None:
    set_to(store, stricter)
    answer = decisions.ask_reduce_only(store, DESK, ALICE, "news", "ro", NOW)
    assert (answer.applied.mode, answer.request) == (stricter, None)
    assert mode(store) is page_mode(store) is stricter


def test_a_kill_does_not_loosen_a_desk_that_is_killed(store: Store) -> None:
    set_to(store, Mode.KILLED)
    answer = kill(store)
    assert (answer.applied.mode, answer.request) == (Mode.KILLED, None)


# Resume


def test_asking_for_a_resume_changes_no_mode_and_neither_does_agreeing(store: Store) -> None:
    """Preflight and reconciliation come first: it is the trading loop that carries it out."""
    set_to(store, Mode.HELD)
    before = store.read(lambda c: read_row(c, DESK)), page_mode(store)
    resume(store)
    assert (store.read(lambda c: read_row(c, DESK)), page_mode(store)) == before
    answer = decisions.confirm(store, "up", BOB, NOW)
    assert isinstance(answer, Tightened)
    assert (store.read(lambda c: read_row(c, DESK)), page_mode(store)) == before
    confirmed = request(store, "up")
    assert (confirmed.state, confirmed.execute_before) == (
        RequestState.CONFIRMED,
        later(seconds=120),
    )


def test_a_resume_needs_a_person_who_has_proved_it_and_a_role(store: Store) -> None:
    set_to(store, Mode.HELD)
    answer = asking.ask_resume(store, DESK, SHELL, "mended", "up", NOW)
    assert answer is RequestRefusal.NOT_A_PERSON
    with pytest.raises(NotAllowed):
        asking.ask_resume(store, DESK, DAVE, "mended", "up", NOW)
    assert store.read(lambda c: open_requests(c, DESK)) == []
    assert mode(store) is page_mode(store) is Mode.HELD


def test_nobody_agrees_to_their_own_resume(store: Store) -> None:
    set_to(store, Mode.HELD)
    resume(store)
    assert decisions.confirm(store, "up", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    assert request(store, "up").state is RequestState.ASKED


def test_a_second_resume_finds_the_one_that_waits(store: Store) -> None:
    set_to(store, Mode.HELD)
    assert resume(store, BOB, "up2") == resume(store, ALICE, "up3")
    assert len(store.read(lambda c: open_requests(c, DESK))) == 1


def test_a_confirmed_resume_can_be_stopped_until_it_is_carried_out(store: Store) -> None:
    set_to(store, Mode.HELD)
    resume(store)
    decisions.confirm(store, "up", BOB, NOW)
    stopped = decisions.object_to(store, "up", SHELL, NOW)
    assert isinstance(stopped, Request)
    assert stopped.state is RequestState.OBJECTED


def test_a_resume_that_is_not_carried_out_in_its_window_has_failed(store: Store) -> None:
    set_to(store, Mode.HELD)
    resume(store)
    decisions.confirm(store, "up", BOB, NOW)
    early = store.write(lambda tx: lapse_due(tx, store.log, DESK, later(seconds=119)))
    lapsed = store.write(lambda tx: lapse_due(tx, store.log, DESK, later(seconds=120)))
    assert (early, [r.state for r in lapsed]) == ([], [RequestState.FAILED])
    assert mode(store) is Mode.HELD


def test_a_request_that_was_altered_under_us_is_not_moved(store: Store) -> None:
    """Compare-and-set: of two who carry it out at once, one finds it changed."""
    set_to(store, Mode.HELD)
    waiting = resume(store)
    store.write(
        lambda tx: tx.execute(update(schema.requests).values(state=RequestState.OBJECTED.value))
    )
    before = everything(store)
    with pytest.raises(ValueError, match="not asked any more"):
        store.write(
            lambda tx: finish(tx, store.log, waiting, RequestState.EXPIRED, "too late", NOW)
        )
    assert everything(store) == before


def test_a_move_that_the_table_does_not_have_changes_nothing(store: Store) -> None:
    waiting = asked(kill(store))
    before = everything(store)
    for state in (RequestState.EXECUTED, RequestState.FAILED, RequestState.ASKED):
        with pytest.raises(ValueError, match="cannot become"):
            store.write(lambda tx, to=state: finish(tx, store.log, waiting, to, "", NOW))  # type: ignore[misc]
    assert everything(store) == before


# Bad input


def test_an_answer_to_a_request_that_is_not_there_is_refused_by_name(store: Store) -> None:
    before = everything(store)
    for act in (decisions.confirm, decisions.object_to):
        with pytest.raises(NoSuchRequest, match="nothing"):
            act(store, "nothing", BOB, NOW)
    assert everything(store) == before


def test_a_kill_of_a_desk_that_is_not_there_leaves_nothing_behind(store: Store) -> None:
    """Invariant 15."""
    before = sorted(path.name for path in store.home.root.iterdir())
    with pytest.raises(UnknownDesk):
        decisions.ask_kill(store, "mian", ALICE, "typo", "k1", NOW)
    assert sorted(path.name for path in store.home.root.iterdir()) == before


def test_a_reason_in_broken_text_does_not_stop_the_kill(store: Store) -> None:
    """A terminal hands on bytes that are no UTF-8 as lone surrogates."""
    answer = decisions.ask_kill(store, DESK, ALICE, "caf\udce9", "k1", NOW)
    assert isinstance(answer, Tightened)
    assert mode(store) is page_mode(store) is Mode.HELD


# Invariant 7


def decided(store: Store) -> tuple[Any, ...]:
    return (
        store.read(lambda c: read_control(c, DESK)),
        store.read(lambda c: read_constraints(c, DESK)),
        store.read(lambda c: open_requests(c, DESK)),
        store.read(lambda c: latest_job(c, DESK)),
        page_mode(store),
    )


@pytest.mark.parametrize(
    "decide",
    [
        pytest.param(lambda s: kill(s), id="held"),
        pytest.param(lambda s: (kill(s), kill(s, BOB, "k2")), id="killed"),
        pytest.param(lambda s: reduce_only(s), id="reduce-only"),
        pytest.param(lambda s: (kill(s), resume(s)), id="resume asked"),
        pytest.param(
            lambda s: s.brake(DESK).tighten(
                Mode.HELD,
                lambda tx: constrain(tx, s.log, DESK, Rule.POSITION_DRIFT, reason="r", now=NOW),
            ),
            id="a latch",
        ),
    ],
)
def test_after_a_restart_everything_stands_as_it_was_decided(
    store: Store, reopen: Reopen, decide: Callable[[Store], object]
) -> None:
    decide(store)
    before = decided(store)
    store.close()
    again = reopen()
    assert decided(again) == before
    assert again.brake(DESK).follow_row().mode is before[-1]
    began = again.write(lambda tx: begin_desk(tx, again.log, DESK, Mode.ACTIVE, "start", NOW))
    assert not began, "a desk has one genesis"
    assert decided(again) == before


def test_every_decision_is_in_a_chain_that_holds(store: Store) -> None:
    kill(store)
    decisions.confirm(store, "k1", ALICE, NOW)
    decisions.confirm(store, "k1", BOB, NOW)
    count, broken = store.read(lambda c: store.log.verify(c, DESK))
    assert (count, broken) == (len(kinds(store)), None)
    assert kinds(store) == [
        "genesis",
        "mode_set",
        "request",
        "incident_opened",
        "answer_refused",
        "request",
        "mode_set",
        "flatten_asked",
    ]
