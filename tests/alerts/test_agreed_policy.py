"""escalation.yaml's alert policy: a stricter edit holds at once, a looser one waits for two people."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.alerting.levels import Level
from core.oncall.contacts import Means
from core.oncall.schedule import Duty
from core.people import Actor
from core.requests import A_FILE, Action, Request, RequestRefusal, RequestState
from store.alerting.agreed import as_agreed
from store.alerting.arranged import Arrangements, read_arrangements, thresholds_in_force
from store.alerting.usual import arrangements_of
from store.decisions import confirm, object_to
from store.escalation.file import load_escalation
from store.events import latest
from store.requests import lapse_due, latest_requests
from tests.alerts.night import DESK, Night
from tests.store.desk import ALICE, BOB, OLIVE

FILE = """\
people:
  alice: {name: Alice, roles: [operator, approver], contacts: {sms: "+15550100001"}}
  ben: {name: Ben, roles: [operator, approver], contacts: {push: bens, voice: "+15550100002"}}
  carol: {name: Carol, roles: [operator], contacts: {voice: "+15550100003"}}
on_call:
  primary: {people: [alice]}
  backup: {people: [ben]}
  team_lead: {people: [carol]}
"""
LATE = """\
levels:
  3:
    steps:
      - {at: 0s, tell: {services: [pagerduty], channel: [channel], primary: [dm, push, sms, voice]}}
      - {at: 20m, tell: {backup: [dm, push, sms, voice]}}
      - {at: 40m, tell: {team_lead: [dm, push, sms, voice]}}
"""
SOON = LATE.replace("20m", "30s").replace("40m", "60s")

Says = Callable[[str], None]


@pytest.fixture
def says(night: Night, tmp_path: Path) -> Says:
    """The file of a night on which two people agreed to FILE; what is said is its text from now on."""
    file = tmp_path / "escalation.yaml"

    def text(text: str) -> Arrangements:
        file.write_text(text)
        return arrangements_of(load_escalation(file))

    def edit(more: str) -> None:
        night.arranged = text(more if more.startswith("people:") else FILE + more)
        night.tick()

    night.agrees(text(FILE))
    night.tick()
    return edit


def asked(night: Night) -> list[Request]:
    """The newest first."""
    found = night.store.read(lambda c: latest_requests(c, DESK, 20))
    return [one for one in found if one.action is Action.ALERTING]


def waits_for(night: Night) -> list[str]:
    (newest, *_) = asked(night)
    assert newest.state is RequestState.ASKED
    return list(newest.body["says"])


def backup_after_s(night: Night) -> int:
    arranged = night.store.read(read_arrangements)
    return arranged.policy.levels[Level.CRITICAL].steps[1].at_s


def yes(night: Night, who: Actor) -> RequestRefusal | None:
    done = confirm(night.store, asked(night)[0].id, who, night.now)
    night.tick()
    return done if isinstance(done, RequestRefusal) else None


def test_a_later_page_waits_and_until_then_the_old_policy_pages(night: Night, says: Says) -> None:
    says(LATE)
    assert waits_for(night)[:2] == [
        "level 3 Critical: backup is told by direct message after 1200 s, not 120 s",
        "level 3 Critical: backup is told by push after 1200 s, not 120 s",
    ]
    night.fires()
    night.told()
    night.at("00:02")
    assert "ben by voice" in night.told()


def test_a_sooner_page_holds_at_once(night: Night, says: Says) -> None:
    says(SOON)
    assert backup_after_s(night) == 30
    assert asked(night) == []


def test_what_became_stricter_is_not_made_looser_by_undoing_the_edit(
    night: Night, says: Says
) -> None:
    says(SOON)
    says("")
    assert backup_after_s(night) == 30
    assert "after 120 s, not 30 s" in waits_for(night)[0]


def test_of_one_edit_each_part_counts_by_itself(night: Night, says: Says) -> None:
    says(LATE + "  2: {hold: 1h}\nrules: {daily_loss: {2: {raise: 70, clear: 65}}}\n")
    assert backup_after_s(night) == 120
    arranged = night.store.read(read_arrangements)
    assert arranged.policy.levels[Level.INTERVENTION].hold_s == 3600
    assert night.store.read(thresholds_in_force)["daily_loss"].levels[1].raise_at == 70


def test_two_people_put_it_in_force_and_one_does_not(night: Night, says: Says) -> None:
    says(LATE)
    assert asked(night)[0].requester == A_FILE, "nobody's word: two others are needed"
    yes(night, ALICE)
    assert backup_after_s(night) == 120
    assert yes(night, ALICE) is RequestRefusal.OWN_REQUEST
    assert yes(night, OLIVE) is RequestRefusal.NO_ROLE
    yes(night, BOB)
    assert backup_after_s(night) == 1200
    assert asked(night)[0].state is RequestState.EXECUTED
    (*_, approved) = [
        one
        for one in night.store.read(lambda c: latest(c, DESK, 20))
        if one.kind == "alert_policy_approved"
    ]
    assert approved.actor == "alice and bob"
    assert len(approved.body["says"]) == 8


def test_the_store_remembers_what_was_approved(night: Night, says: Says) -> None:
    night.store.close()
    night.restart()
    says(LATE)
    assert backup_after_s(night) == 120, "edited while nothing ran"
    night.restart()
    night.tick()
    assert backup_after_s(night) == 120
    assert len(asked(night)) == 1


def test_what_was_objected_to_is_not_asked_again_before_the_file_changes(
    night: Night, says: Says
) -> None:
    says(LATE)
    object_to(night.store, asked(night)[0].id, ALICE, night.now)
    night.tick()
    says(LATE)
    assert [one.state for one in asked(night)] == [RequestState.OBJECTED]
    says(LATE.replace("20m", "10m"))
    assert asked(night)[0].state is RequestState.ASKED


def test_nobody_agrees_to_what_the_file_no_longer_says(night: Night, says: Says) -> None:
    says(LATE)
    yes(night, ALICE)
    says(LATE.replace("20m", "30m"))
    before = asked(night)[-1]
    assert before.state is RequestState.EXPIRED
    assert confirm(night.store, before.id, BOB, night.now) is RequestRefusal.ALREADY
    assert backup_after_s(night) == 120


def test_a_file_that_is_as_approved_again_asks_for_nothing(night: Night, says: Says) -> None:
    says(LATE)
    says("")
    assert [one.state for one in asked(night)] == [RequestState.EXPIRED]


def test_a_contact_stays_until_two_people_let_it_go(night: Night, says: Says) -> None:
    says(FILE.replace(', voice: "+15550100002"', ""))
    assert waits_for(night) == ["ben is no longer told by voice"]
    arranged = night.store.read(read_arrangements)
    assert arranged.address("ben", Means.VOICE) == "+15550100002"
    assert [one.means for one in arranged.contacts if one.person == "ben"] == [
        (Means.PUSH, Means.VOICE)
    ]


def test_a_person_stays_on_call_until_two_people_let_them_go(night: Night, says: Says) -> None:
    says(FILE.replace("people: [ben]", "people: [carol]"))
    assert waits_for(night) == ["ben is no longer backup"]
    arranged = night.store.read(read_arrangements)
    assert arranged.schedule.layers[Duty.BACKUP][0].rotation.people == ("ben",)


def test_what_would_hide_waits_and_what_no_longer_hides_is_gone(night: Night, says: Says) -> None:
    inhibitions = "inhibitions: [{source: {rule: feed_down}, target: {rule: stale_mark}}]\n"
    says(inhibitions)
    assert waits_for(night) == ["stale_mark is quiet while feed_down is open"]
    assert night.store.read(read_arrangements).quieting.inhibitions == ()
    yes(night, ALICE)
    yes(night, BOB)
    assert len(night.store.read(read_arrangements).quieting.inhibitions) == 1
    says("")
    assert night.store.read(read_arrangements).quieting.inhibitions == ()


def test_a_means_that_is_no_longer_set_up_is_nothing_to_agree_to(night: Night, says: Says) -> None:
    says("")
    night.arranged = night.arranged.by_means({Means.PUSH, Means.SMS})
    night.tick()
    assert asked(night) == []
    arranged = night.store.read(read_arrangements)
    assert [one.means for one in arranged.contacts if one.person == "ben"] == [(Means.PUSH,)]
    wanted = replace(night.arranged, set_up=None)
    assert as_agreed(wanted, night.arranged, night.now)[1] == []


def test_a_request_that_nobody_answers_lapses_and_the_policy_stays(
    night: Night, says: Says
) -> None:
    says(LATE)
    night.at("23:59")
    night.store.write(lambda tx: lapse_due(tx, night.store.log, DESK, night.now.replace(day=3)))
    night.tick()
    assert [one.state for one in asked(night)] == [RequestState.EXPIRED]
    assert backup_after_s(night) == 120
