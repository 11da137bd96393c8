"""Hand-overs are noticed whenever they happen, and gaps in who is on call are warned of days before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from core.alerting.alert import Alert
from core.alerting.levels import Level
from core.oncall.contacts import Contact, Means
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import ANYBODY, Duty, Layer, Override
from store.alerting.arranged import Arrangements
from store.alerting.coverage import GAP
from store.alerting.oncall import add_overrides
from tests.alerts.night import ARRANGED, DESK, ON_CALL, PEOPLE, Night

UTC_ZONE = ZoneInfo("UTC")
DORA = replace(ARRANGED, contacts=(*PEOPLE, Contact("dora", (Means.DM, Means.PUSH))))


def substitute(night: Night, person: str, after: timedelta, hours: int = 4) -> None:
    starts = night.now + after
    made = Override(
        Duty.BACKUP, starts, starts + timedelta(hours=hours), night.now, person, ANYBODY
    )
    log = night.store.log
    night.store.write(lambda tx: add_overrides(tx, log, "c1", DESK, [made], "alice", night.now))


def inherited(night: Night) -> Sequence[str]:
    return sorted(said.partition(":")[0] for said in night.did() if "inherited" in said)


def test_a_handover_while_nothing_ran_is_noticed_at_the_start(night: Night) -> None:
    night.arranged = DORA
    night.at("03:00").fires()
    substitute(night, "dora", timedelta(minutes=1))
    night.tick()
    night.did()
    night.asleep_until("03:30")
    assert inherited(night) == []
    night.tick()
    assert inherited(night) == [
        "tell (inherited) dora by direct message",
        "tell (inherited) dora by push",
    ]
    night.restart()
    night.tick()
    assert inherited(night) == [], "once"


def test_a_restart_hands_nothing_over(night: Night) -> None:
    night.at("03:00").fires()
    night.did()
    night.restart()
    night.tick()
    assert inherited(night) == []


def warnings(night: Night) -> Sequence[Alert]:
    return [one for one in night.open() if one.identity.rule == GAP and not one.cleared]


def lead_begins(day: date) -> Layer:
    return Layer(Rotation(("carol",), UTC_ZONE, day, time(9), Unit.WEEK))


def with_lead(*layers: Layer) -> Arrangements:
    return replace(
        ARRANGED, schedule=replace(ON_CALL, layers={**ON_CALL.layers, Duty.TEAM_LEAD: layers})
    )


def test_a_gap_is_warned_of_before_it_comes_and_clears_when_it_is_filled(night: Night) -> None:
    night.agrees(with_lead(lead_begins(date(2026, 3, 4))))
    night.at("01:00")
    (warned,) = warnings(night)
    assert warned.level is Level.WARNING
    assert warned.text.startswith("team lead: nobody has this duty for a while (2026-03-02")
    night.agrees(ARRANGED)
    night.at("02:00")
    assert warnings(night) == []


def test_somebody_who_cannot_be_woken_is_a_gap_too(night: Night) -> None:
    night.agrees(replace(ARRANGED, contacts=(*PEOPLE[:2], Contact("carol", (Means.EMAIL,)))))
    night.at("01:00")
    (warned,) = warnings(night)
    assert "carol: on duty, and nothing that this person has would wake them" in warned.text


def test_a_gap_is_told_once_a_day(night: Night) -> None:
    night.agrees(with_lead(lead_begins(date(2026, 3, 9))))
    night.at("01:00")
    (warned,) = warnings(night)
    count = warned.fire_count
    night.at("20:00")
    assert warnings(night)[0].fire_count == count
    night.now += timedelta(days=1)
    night.tick()
    assert warnings(night)[0].fire_count == count + 1


def test_who_is_covered_hears_no_warning(night: Night) -> None:
    night.at("06:00")
    assert warnings(night) == []
