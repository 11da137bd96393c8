"""Policy and schedule laid over each other: who could be reached at every minute of 90 days."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from core.alerting.defaults import DEFAULT
from core.alerting.levels import Level
from core.alerting.policy import Need, Step, Tell, Who
from core.alerting.reach import Fault, Finding, findings
from core.oncall.contacts import Contact, Means
from core.oncall.hours import Hours
from core.oncall.schedule import ANYBODY, Duty, Layer, Override, Schedule
from tests.core.alerting.bench import CONTACTS, L3, SCHEDULE, T0, always, with_level

HOUR = timedelta(hours=1)


def faults(found: list[Finding]) -> set[tuple[Fault, str]]:
    return {(one.fault, one.about) for one in found}


def test_a_whole_schedule_has_no_findings() -> None:
    assert findings(DEFAULT, SCHEDULE, CONTACTS, T0) == []


def test_a_blank_duty_is_refused() -> None:
    schedule = Schedule({Duty.PRIMARY: always("alice"), Duty.BACKUP: always("bob")})
    found = findings(DEFAULT, schedule, CONTACTS, T0)
    assert faults(found) == {(Fault.DUTY_BLANK, "team lead")}
    assert found[0].refuses
    assert (found[0].start, found[0].end) == (T0, T0 + timedelta(days=90))


def test_a_level_that_reaches_nobody_for_an_hour_is_refused_with_the_hour() -> None:
    gap = tuple(Override(duty, T0 + HOUR, T0 + 2 * HOUR, T0, instead_of=ANYBODY) for duty in Duty)
    found = findings(DEFAULT, Schedule(SCHEDULE.layers, gap), CONTACTS, T0)
    first = found[0]
    assert (first.fault, first.about) == (Fault.LEVEL_REACHES_NOBODY, str(Level.CRITICAL))
    assert (first.start, first.end) == (T0 + HOUR, T0 + 2 * HOUR)
    assert "2026-01-05 15:00 to 2026-01-05 16:00 UTC" in str(first)
    assert (Fault.DUTY_GAP, "primary") in faults(found)


def test_a_gap_in_one_duty_is_said_and_not_refused() -> None:
    hours = Hours(ZoneInfo("Europe/London"), time(8), time(20))
    layers = {**SCHEDULE.layers, Duty.BACKUP: (Layer(always("bob")[0].rotation, hours),)}
    found = findings(DEFAULT, Schedule(layers), CONTACTS, T0, days=7)
    assert faults(found) == {(Fault.DUTY_GAP, "backup")}
    assert len(found) == 7 and not any(one.refuses for one in found)


def test_people_who_cannot_be_woken_do_not_count() -> None:
    asleep = tuple(Contact(one.person, (Means.DM, Means.EMAIL)) for one in CONTACTS)
    found = findings(DEFAULT, SCHEDULE, asleep, T0)
    assert (Fault.LEVEL_REACHES_NOBODY, str(Level.CRITICAL)) in faults(found)
    assert (Fault.LEVEL_REACHES_NOBODY, str(Level.EMERGENCY)) in faults(found)
    assert (Fault.NOT_PAGEABLE, "alice") in faults(found)


def test_somebody_without_any_contact_is_nobody() -> None:
    found = findings(DEFAULT, SCHEDULE, CONTACTS[1:], T0)
    assert (Fault.DUTY_BLANK, "primary") in faults(found)


def test_a_policy_that_pages_no_person_is_refused_though_its_fallback_would() -> None:
    silent = with_level(L3, steps=(Step(0, (Tell(Who.CHANNEL, (Means.CHANNEL,)),)),))
    found = findings(silent, SCHEDULE, CONTACTS, T0)
    assert faults(found) == {(Fault.LEVEL_REACHES_NOBODY, str(Level.CRITICAL))}


def test_one_person_as_primary_and_backup_is_said() -> None:
    layers = {**SCHEDULE.layers, Duty.BACKUP: always("alice")}
    found = findings(DEFAULT, Schedule(layers), CONTACTS, T0)
    assert faults(found) == {(Fault.SAME_PERSON, "alice")}
    assert len(found) == 1


def test_a_critical_level_that_nobody_has_to_acknowledge_is_refused() -> None:
    found = findings(with_level(L3, need=Need.NOBODY), SCHEDULE, CONTACTS, T0)
    assert faults(found) == {(Fault.NOBODY_NEEDED, str(Level.CRITICAL))}
    assert found[0].refuses
