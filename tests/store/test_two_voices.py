"""What two people agree on beside kill and resume: what they saw, a review, roles, an incident."""

from dataclasses import replace

import pytest

from core.approval import Confirmations, Roster
from core.modes import Mode, Rule
from core.people import Actor, Person, Role
from core.requests import A_FILE, Action, Request, RequestRefusal, RequestState, asked
from store.approved import approve_roster, follow_file, in_force, read_roster, roster, unapproved
from store.asking import ask_about_incident, ask_resume
from store.control import constrain, read_control
from store.decisions import Tightened, ask_kill, confirm, kill_now, object_to
from store.escalation.file import Escalation
from store.escalation.slack import Workspace
from store.events import latest
from store.flattening import open_job
from store.kills import flatten_unconfirmed
from store.observations import write_marks
from store.reports.incidents import open_incident, read_incident
from store.requests import ask, drifted_since, read_request, unreviewed
from store.store import Store
from tests.store.desk import (
    ALICE,
    BOB,
    BTC,
    BTC_PRICE,
    CAROL,
    DESK,
    NOW,
    OLIVE,
    SHELL,
    hold,
    later,
    mark,
    set_to,
)


def said(store: Store, kind: str) -> list[dict[str, object]]:
    return [dict(e.body) for e in store.read(lambda c: latest(c, DESK, 99)) if e.kind == kind]


# What was seen


def asked_to_resume(store: Store) -> Request:
    set_to(store, Mode.HELD)
    found = ask_resume(store, DESK, ALICE, "it was a drill", "resume-1", NOW)
    assert isinstance(found, Request)
    return found


def test_a_resume_keeps_what_its_card_shows(store: Store) -> None:
    hold(store, 4)
    seen = asked_to_resume(store).seen
    assert seen["positions"] == {BTC: [4, str(BTC_PRICE)]}
    assert seen["mode"] == "HELD"


def test_a_desk_that_changed_meanwhile_asks_again_and_then_takes_the_yes(store: Store) -> None:
    request = asked_to_resume(store)
    hold(store, 4)

    assert confirm(store, request.id, BOB, later(seconds=5)) is RequestRefusal.DRIFTED

    waiting = store.read(lambda c: read_request(c, request.id))
    assert waiting.state is RequestState.ASKED
    assert waiting.seen["positions"] == {BTC: [4, str(BTC_PRICE)]}
    (refused,) = said(store, "answer_refused")
    assert refused["drifted"] == [f"{BTC} was +0 and is +4"]

    again = confirm(store, request.id, BOB, later(seconds=9))
    assert isinstance(again, Tightened)
    assert again.request is not None
    assert again.request.state is RequestState.CONFIRMED


def test_what_drifts_after_the_yes_is_known_to_whoever_carries_it_out(store: Store) -> None:
    hold(store, 4)
    request = asked_to_resume(store)
    confirm(store, request.id, BOB, later(seconds=5))
    moved = replace(mark(), price=BTC_PRICE * 2)
    store.write(lambda tx: write_marks(tx, DESK, [moved]))
    found = store.read(lambda c: read_request(c, request.id))
    assert store.read(lambda c: drifted_since(c, found, NOW)) == [
        f"{BTC} moved +100.00 % to 120000"
    ]


def test_a_kill_never_asks_again(store: Store) -> None:
    asked_for = ask_kill(store, DESK, ALICE, "odd", "kill-1", NOW)
    assert isinstance(asked_for, Tightened)
    hold(store, 9)
    done = confirm(store, "kill-1", BOB, later(seconds=5))
    assert isinstance(done, Tightened)
    assert done.applied.mode is Mode.KILLED


# A kill on one voice


def killed_by(store: Store, actor: Actor) -> Request:
    kill_now(store, DESK, actor, "at once", "kill-9", NOW, keep_positions=True)
    review = store.read(lambda c: unreviewed(c, DESK))
    assert review is not None
    return review


def test_nobody_resumes_before_another_person_has_reviewed_a_kill_on_one_voice(
    store: Store,
) -> None:
    review = killed_by(store, CAROL)
    refused = ask_resume(store, DESK, ALICE, "on", "resume-1", NOW)
    assert refused is RequestRefusal.REVIEW_FIRST

    assert confirm(store, review.id, CAROL, NOW) is RequestRefusal.OWN_REQUEST
    assert isinstance(confirm(store, review.id, BOB, NOW), Tightened)

    assert store.read(lambda c: unreviewed(c, DESK)) is None
    assert isinstance(ask_resume(store, DESK, ALICE, "on", "resume-2", NOW), Request)


def test_a_shells_kill_is_reviewed_by_a_person_however_late(store: Store) -> None:
    review = killed_by(store, SHELL)
    assert confirm(store, review.id, SHELL, NOW) is RequestRefusal.NOT_A_PERSON
    assert isinstance(confirm(store, review.id, BOB, later(days=300)), Tightened)


def test_a_review_cannot_be_objected_away(store: Store) -> None:
    review = killed_by(store, CAROL)
    assert object_to(store, review.id, CAROL, NOW) is RequestRefusal.MUST_BE_REVIEWED
    assert store.read(lambda c: unreviewed(c, DESK)) == review


def test_two_kills_on_one_voice_are_one_review(store: Store) -> None:
    review = killed_by(store, CAROL)
    kill_now(store, DESK, SHELL, "again", "kill-10", later(seconds=1), keep_positions=True)
    assert store.read(lambda c: unreviewed(c, DESK)) == review


# Roles


def file(*people: Person, **groups: Role) -> Escalation:
    members = {group: frozenset({role}) for group, role in groups.items()}
    return Escalation({p.name: p for p in people}, Workspace("T0PERPS01", "desk", members))


def person(name: str, *roles: Role, slack: str | None = None) -> Person:
    return Person(name, name.title(), frozenset(roles), slack)


ALICE_FILE = person("alice", Role.OPERATOR, slack="U1")
FIRST = file(ALICE_FILE, person("bob", Role.APPROVER))


def follow(store: Store, found: Escalation) -> list[str]:
    return store.write(lambda tx: follow_file(tx, store.log, found, NOW))


def test_the_first_file_of_a_store_is_approved_as_it_stands(store: Store) -> None:
    assert follow(store, FIRST) == []
    assert store.read(read_roster) == roster(FIRST)
    assert said(store, "roles_approved") == [{"says": []}]
    assert follow(store, FIRST) == []
    assert len(said(store, "roles_approved")) == 1


def test_an_edit_gives_nobody_anything(store: Store) -> None:
    follow(store, FIRST)
    mallory = person("mallory", Role.COMMANDER, slack="U9")
    taken = person("alice", Role.OPERATOR, Role.COMMANDER, slack="U8")
    edited = file(taken, person("bob", Role.APPROVER), mallory, traders=Role.APPROVER)

    assert follow(store, edited) == []

    allowed = store.read(lambda c: in_force(c, edited))
    assert set(allowed.people) == {"alice", "bob"}
    assert allowed.people["alice"].roles == {Role.OPERATOR}
    assert allowed.people["alice"].slack == "U1"
    assert allowed.workspace is not None
    assert allowed.workspace.group_roles == {}
    assert len(store.read(lambda c: unapproved(c, edited))) == 4


def test_what_an_edit_takes_away_holds_at_once_and_is_not_given_back_by_another(
    store: Store,
) -> None:
    follow(store, FIRST)
    assert follow(store, file(ALICE_FILE)) == ["bob is gone"]
    assert said(store, "roles_tightened") == [{"says": ["bob is gone"]}]
    assert set(store.read(lambda c: in_force(c, FIRST)).people) == {"alice"}


def test_two_people_agree_to_what_a_file_gives(store: Store) -> None:
    follow(store, FIRST)
    edited = file(ALICE_FILE, person("bob", Role.APPROVER), person("carol", Role.APPROVER))
    body = {"roster": roster(edited).body(), "says": ["carol is new"]}
    nobody = Actor(A_FILE)
    made = asked("roles-1", DESK, Action.ROLES, "edited", nobody, NOW, body)
    store.write(lambda tx: ask(tx, store.log, made))

    first = confirm(store, "roles-1", ALICE, NOW)
    assert isinstance(first, Tightened)
    assert first.request is not None
    assert (first.request.state, first.request.requester) == (RequestState.ASKED, "alice")
    assert set(store.read(lambda c: in_force(c, edited)).people) == {"alice", "bob"}
    assert confirm(store, "roles-1", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    assert confirm(store, "roles-1", OLIVE, NOW) is RequestRefusal.NO_ROLE

    second = confirm(store, "roles-1", BOB, NOW)
    assert isinstance(second, Tightened)
    assert second.request is not None
    assert second.request.outcome == "the roles are in force"
    assert "carol" in store.read(lambda c: in_force(c, edited)).people
    assert said(store, "roles_approved")[-1] == {"says": ["carol (Carol) is new: approver"]}


# An incident


@pytest.mark.parametrize("action", [Action.PUBLISH, Action.CLOSE_INCIDENT])
def test_an_incident_is_published_and_closed_by_two(store: Store, action: Action) -> None:
    store.write(
        lambda tx: open_incident(
            tx, store.log, id="inc-1", desk=DESK, title="odd", by="alice", now=NOW
        )
    )
    made = ask_about_incident(store, DESK, action, "inc-1", ALICE, "ask-1", NOW)
    assert isinstance(made, Request)
    before = store.read(lambda c: read_incident(c, "inc-1"))
    assert before.open
    assert before.published_at is None

    assert confirm(store, "ask-1", ALICE, NOW) is RequestRefusal.OWN_REQUEST
    assert isinstance(confirm(store, "ask-1", BOB, NOW), Tightened)

    after = store.read(lambda c: read_incident(c, "inc-1"))
    assert (after.published_at == NOW) is (action is Action.PUBLISH)
    assert after.open is (action is Action.PUBLISH)


def test_a_roster_survives_the_store(store: Store) -> None:
    wanted = Roster({"alice": ALICE_FILE}, {"g": frozenset({Role.VIEWER})})
    store.write(lambda tx: approve_roster(tx, store.log, wanted, "two", NOW))
    assert store.read(read_roster) == wanted


# A kill that does not wait


WAITS_LESS = Confirmations(flatten_on_timeout=True, concurring=frozenset({Rule.DAILY_LOSS.value}))


def agreed(store: Store) -> None:
    wanted = Roster({"alice": ALICE_FILE}, {}, WAITS_LESS)
    store.write(lambda tx: approve_roster(tx, store.log, wanted, "two", NOW))


def in_danger(store: Store) -> None:
    store.write(
        lambda tx: constrain(tx, store.log, DESK, Rule.DAILY_LOSS, reason="$1,001", now=NOW)
    )


def test_a_measured_danger_is_the_second_voice_where_two_people_agreed_to_that(
    store: Store,
) -> None:
    agreed(store)
    in_danger(store)
    done = ask_kill(store, DESK, ALICE, "odd", "kill-1", NOW)
    assert isinstance(done, Tightened)
    assert done.request is not None
    assert (done.applied.mode, done.request.decided_by) == (Mode.KILLED, "machine:daily_loss")
    assert store.read(lambda c: open_job(c, DESK)) is not None


@pytest.mark.parametrize("danger", [True, False])
def test_without_their_agreement_or_without_danger_a_second_person_is_needed(
    store: Store, danger: bool
) -> None:
    if danger:
        in_danger(store)
    else:
        agreed(store)
    done = ask_kill(store, DESK, ALICE, "odd", "kill-1", NOW)
    assert isinstance(done, Tightened)
    assert done.applied.mode is Mode.HELD


def test_a_kill_that_nobody_confirms_in_time_is_carried_out_where_two_people_agreed_to_that(
    store: Store,
) -> None:
    agreed(store)
    hold(store, 4)
    ask_kill(store, DESK, ALICE, "odd", "kill-1", NOW)
    assert not flatten_unconfirmed(store, DESK, later(seconds=119))
    assert flatten_unconfirmed(store, DESK, later(seconds=120))
    assert not flatten_unconfirmed(store, DESK, later(seconds=121)), "once"
    found = store.read(lambda c: read_request(c, "kill-1"))
    assert (found.state, found.decided_by) == (RequestState.CONFIRMED, "machine:nobody in time")
    assert store.read(lambda c: read_control(c, DESK)).mode is Mode.KILLED
    job = store.read(lambda c: open_job(c, DESK))
    assert job is not None
    assert [leg.contracts for leg in job.legs] == [4]


def test_otherwise_it_stays_held(store: Store) -> None:
    ask_kill(store, DESK, ALICE, "odd", "kill-1", NOW)
    assert not flatten_unconfirmed(store, DESK, later(seconds=500))
    assert store.read(lambda c: read_control(c, DESK)).mode is Mode.HELD
