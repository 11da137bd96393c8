"""What keeps alerts quiet, who comes on duty, and what the system does when nobody answers."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.alerting.defaults import CRITICAL, WARNING
from core.alerting.levels import Level
from core.alerting.policy import OnUnacked, Step, Tell, Tightening, Who
from core.alerting.quieting import Inhibition, Maintenance, Match, Quieting, Routine, Silence
from core.modes import Mode
from core.oncall.contacts import Contact
from core.oncall.hours import Hours
from core.oncall.schedule import ANYBODY, Duty, Override
from store.alerting.alerts import history
from store.alerting.facts import raise_alert
from store.alerting.oncall import add_maintenance, add_overrides, add_silence, end_early
from store.alerting.outbox_schema import outbox
from store.alerting.settlement import lift
from store.store import Transaction
from tests.alerts.night import ALL, DESK, PEOPLE, Night, every_means, with_level


def silence(night: Night, rule: str, minutes: int) -> Silence:
    ends = night.now + timedelta(minutes=minutes)
    found = Silence("s1", Match(DESK, rule), "alice", "thin market", night.now, ends)
    log = night.store.log
    night.store.write(lambda tx: add_silence(tx, log, found, DESK, night.now))
    return found


def test_silenced_it_is_kept_and_told_when_the_silence_ends(night: Night) -> None:
    night.at("03:00")
    silence(night, "read_failed", 30)
    night.fires("read_failed", Level.INTERVENTION)
    night.at("03:19")
    assert night.told() == set()
    assert "thin market" in night.alert().withheld
    night.at("03:30")
    assert "alice by direct message" in night.told()


def test_a_silence_that_is_ended_early_tells_at_once(night: Night) -> None:
    night.at("03:00")
    silence(night, "read_failed", 30)
    night.fires("read_failed", Level.INTERVENTION)
    night.at("03:10")
    log = night.store.log

    def end(tx: Transaction) -> None:
        assert end_early(tx, log, "s1", "alice", DESK, night.now)
        lift(tx, log, night.now)

    night.store.write(end)
    assert "alice by direct message" in night.told()


def test_a_silence_that_is_about_to_end_says_so_ten_minutes_before(night: Night) -> None:
    night.at("03:00")
    silence(night, "read_failed", 30)
    night.at("03:19:59")
    assert night.open() == []
    night.at("03:20:10").at("03:21")
    (reminder,) = night.open()
    assert reminder.text == "alice's silence of read_failed (thin market) ends at 03:30 UTC"
    assert night.told() == {"the place by channel"}
    night.restart()
    night.at("03:29")
    assert night.alert().fire_count == 1
    night.at("03:30:10").at("03:35")
    assert night.open() == []


def test_a_short_silence_needs_no_reminder(night: Night) -> None:
    night.at("03:00")
    silence(night, "read_failed", 15)
    night.at("03:20")
    assert night.open() == []


def test_a_silence_taken_out_of_the_file_tells_at_once(night: Night) -> None:
    ends = night.now + timedelta(hours=6)
    known = Silence("file-1", Match(rule="read_failed"), "alice", "known", night.now, ends)
    night.agrees(replace(night.arranged, quieting=Quieting((known,))))
    night.at("03:00").fires("read_failed", Level.INTERVENTION)
    night.at("03:01")
    assert night.told() == set()
    night.arranged = replace(night.arranged, quieting=Quieting())
    night.tick()
    assert "alice by direct message" in night.told()


def test_a_silence_of_level_two_keeps_no_level_three_quiet(night: Night) -> None:
    night.at("03:00")
    silence(night, "daily_loss", 30)
    night.fires("daily_loss", Level.CRITICAL)
    assert every_means("alice") <= night.told()


def test_maintenance_ends_and_what_still_fires_is_told_then(night: Night) -> None:
    night.at("03:00")
    window = Maintenance("new disk", Match(DESK), night.now, night.now + timedelta(hours=1))
    log = night.store.log
    night.store.write(lambda tx: add_maintenance(tx, log, "m1", window, "alice", DESK, night.now))
    night.fires("read_failed", Level.INTERVENTION)
    night.fires("api_latency", Level.INTERVENTION)
    night.clears("api_latency")
    night.at("03:59:59")
    assert night.told() == set()
    night.at("04:00")
    assert "alice by direct message" in night.told()
    assert [alert.identity.rule for alert in night.open()] == ["read_failed"]


def test_what_follows_from_something_worse_keeps_quiet_while_that_lasts(night: Night) -> None:
    rule = Inhibition(Match(rule="feed_down"), Match(rule="stale_mark"))
    night.agrees(replace(night.arranged, quieting=Quieting(inhibitions=(rule,))))
    night.at("03:00").fires("feed_down")
    night.told()
    night.fires("stale_mark", Level.INTERVENTION, symbol="BTC")
    night.at("03:01")
    assert "alice by direct message" not in night.told()
    night.clears("feed_down")
    night.at("03:02")
    assert "alice by direct message" in night.told()


def test_a_window_that_comes_back_every_week_keeps_its_rule_quiet(night: Night) -> None:
    monday = Hours(ZoneInfo("UTC"), time(3), time(4), frozenset({0}))
    window = Routine("weekly restart", Match(rule="read_*"), monday)
    night.agrees(replace(night.arranged, quieting=Quieting(routines=(window,))))
    night.at("03:30").fires("read_failed", Level.INTERVENTION)
    night.fires("restarted", Level.INTERVENTION)
    night.at("03:59:59")
    assert "weekly restart" in night.alert().withheld
    assert night.alert("a2").withheld == ""
    night.at("04:00")
    assert night.alert().withheld == "", "what still fires is told as it ends"


def test_a_persons_quiet_hours_hold_warnings_back_and_nothing_else(night: Night) -> None:
    rest = Hours(ZoneInfo("UTC"), time(22), time(7))
    resting = tuple(replace(one, rest=rest) for one in PEOPLE)
    warned = replace(WARNING, steps=(Step(0, (*WARNING.steps[0].tells, Tell(Who.PRIMARY, ALL))),))
    night.arranged = replace(with_level(Level.WARNING, warned), contacts=resting)
    night.at("03:00").fires("api_latency", Level.WARNING)
    night.at("03:01")
    assert waiting(night, "alice") == {at(night, "07:00")}, "alice hears of it as her night ends"
    night.fires("position_drift")
    assert every_means("alice") <= night.told()
    night.at("07:00").fires("clock_drift", Level.WARNING)
    night.at("07:01")
    assert every_means("alice") <= night.told()


def at(night: Night, clock: str) -> datetime:
    return datetime.combine(night.now.date(), time.fromisoformat(clock), night.now.tzinfo)


def waiting(night: Night, person: str) -> set[datetime]:
    """When what waits for a person is due."""
    asked = select(outbox.c.due).where(outbox.c.person == person, outbox.c.ended_at.is_(None))
    return set(night.store.read(lambda c: c.scalars(asked).all()))


def test_warnings_of_one_rule_go_together(night: Night) -> None:
    night.at("03:00").fires("position_size", Level.WARNING, symbol="BTC")
    night.at("03:00:20").fires("position_size", Level.WARNING, symbol="ETH")
    night.told()
    night.at("03:00:30")
    assert [alert.turn for alert in night.open()] == [1, 1]


def test_a_critical_one_takes_the_waiting_ones_of_its_rule_along(night: Night) -> None:
    night.at("03:00").fires("position_size", Level.WARNING, symbol="BTC")
    night.fires("position_size", Level.CRITICAL, symbol="ETH")
    assert [alert.turn for alert in night.open()] == [1, 1]


def test_whoever_comes_on_duty_hears_what_nobody_has(night: Night) -> None:
    night.arranged = replace(night.arranged, contacts=(*PEOPLE, Contact("dora", ALL)))
    night.at("03:00").fires()
    night.at("03:06")
    starts = night.now + timedelta(minutes=1)
    override = Override(
        Duty.BACKUP, starts, starts + timedelta(hours=4), night.now, "dora", ANYBODY
    )
    log = night.store.log
    night.store.write(lambda tx: add_overrides(tx, log, "c1", DESK, [override], "alice", night.now))
    night.did()
    night.at("03:06:59")
    assert night.did() == []
    night.at("03:07")
    told = [said.partition(":")[0] for said in night.did() if "inherited" in said]
    assert sorted(told) == [f"tell (inherited) dora by {by}" for by in ("direct message", "push")]


def test_an_override_decides_who_is_paged(night: Night) -> None:
    night.at("03:00")
    ends = night.now + timedelta(hours=4)
    override = Override(Duty.PRIMARY, night.now, ends, night.now, "carol", ANYBODY)
    log = night.store.log
    for _ in range(2):  # the same command twice
        night.store.write(
            lambda tx: add_overrides(tx, log, "c1", DESK, [override], "alice", night.now)
        )
    night.fires()
    assert every_means("carol") <= night.told()


def test_when_nobody_answers_the_system_reduces_after_a_countdown(night: Night) -> None:
    wish = OnUnacked(after_s=600, action=Tightening.REDUCE_ONLY, announce_s=60)
    night.arranged = with_level(Level.CRITICAL, replace(CRITICAL, on_unacked=wish))
    night.at("03:00").fires()
    night.at("03:09")
    assert any("countdown" in said for said in night.did())
    before = night.mode
    night.at("03:10")
    assert (before, night.mode) == (Mode.ACTIVE, Mode.REDUCE_ONLY)


def test_with_somebody_in_charge_the_system_does_nothing_by_itself(night: Night) -> None:
    wish = OnUnacked(after_s=600, action=Tightening.REDUCE_ONLY, announce_s=60)
    night.arranged = with_level(Level.CRITICAL, replace(CRITICAL, on_unacked=wish))
    night.at("03:00").fires()
    night.at("03:09:30").acks("ben")
    night.at("03:20")
    assert night.mode is Mode.ACTIVE


def test_a_broken_escalation_file_is_an_alert_until_it_is_mended(night: Night) -> None:
    night.at("03:00")
    night.trouble = "escalation.yaml:3:1: this key is not known here"
    night.tick()
    [alert] = night.open()
    assert (alert.identity.rule, alert.text) == ("escalation_broken", night.trouble)
    night.at("03:01")
    night.trouble = None
    night.at("03:10")
    assert night.open() == []


def first_line(night: Night, id: str) -> int:
    return night.store.read(lambda c: history(c, id))[0].seq


def test_level_four_overtakes_a_storm(night: Night) -> None:
    night.at("03:00")

    def storm(tx: Transaction) -> None:
        for number in range(300):
            raise_alert(
                tx, DESK, "position_size", Level.WARNING, "", night.now, symbol=f"S{number}"
            )
        raise_alert(tx, DESK, "key_compromise", Level.EMERGENCY, "", night.now)

    night.store.write(storm)
    night.at("03:00")
    alerts = night.open()
    assert len(alerts) == 301
    begun = [first_line(night, alert.id) for alert in alerts]
    assert (alerts[0].peak, begun[0]) == (Level.EMERGENCY, min(begun))
