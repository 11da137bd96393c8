"""escalation.yaml, section by section: what it comes to, and what is refused with which words."""

from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.alerting.levels import Level
from core.alerting.policy import Need, Who
from core.alerting.quieting import Inhibition, Maintenance, Match, Routine, Silence
from core.oncall.contacts import Means
from core.oncall.hours import Hours
from core.oncall.schedule import Duty, who
from store.escalation.file import AlertSections, load_escalation
from store.escalation.places import PeopleUnusable

PEOPLE = """\
people:
  alice: {name: Alice, roles: [operator, approver], contacts: {sms: "+15550100001"}}
  bob: {name: Bob, roles: [operator, approver], contacts: {push: bobs-topic}}
  carol: {name: Carol, roles: [operator], slack: U0CAROL01}
  dave: {name: Dave, roles: [viewer]}
"""
LONDON = ZoneInfo("Europe/London")
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "escalation.yaml"


def read(file: Path, text: str) -> AlertSections:
    file.write_text(PEOPLE + text)
    return load_escalation(file).alerts


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_layers_are_asked_in_their_order_and_each_has_its_hours(file: Path) -> None:
    found = read(
        file,
        "on_call:\n"
        "  zone: Europe/London\n"
        "  primary:\n"
        "    - {people: [alice], hours: {from: '09:00', until: '17:00', days: [mon, tue]}}\n"
        "    - {people: [bob]}\n"
        "  backup: {people: [carol, bob], every: day, count: 2, begins: 2026-03-02, at: 9:30}\n"
        "  team_lead: {people: [carol]}\n",
    )
    assert found.schedule is not None

    def on(duty: Duty, *at: int) -> tuple[str, ...]:
        assert found.schedule is not None
        return who(found.schedule, duty, utc(*at)).people

    assert on(Duty.PRIMARY, 2026, 3, 2, 9) == ("alice",)  # a Monday
    assert on(Duty.PRIMARY, 2026, 3, 2, 17) == ("bob",)
    assert on(Duty.PRIMARY, 2026, 3, 4, 9) == ("bob",)
    assert on(Duty.BACKUP, 2026, 3, 4, 9, 29) == ("carol",)
    assert on(Duty.BACKUP, 2026, 3, 4, 9, 30) == ("bob",), "two days each, at half past nine"


def test_turns_may_begin_on_weekdays(file: Path) -> None:
    found = read(
        file,
        "on_call:\n  zone: Europe/London\n"
        "  primary: {people: [alice, bob, carol], days: [fri, mon], at: '18:00', begins: 2026-03-04}\n"
        "  backup: {people: [bob]}\n  team_lead: {people: [carol]}\n",
    )
    assert found.schedule is not None
    at = [
        utc(2026, 3, 6, 17, 59),
        utc(2026, 3, 6, 18),  # the first Friday from the day it begins
        utc(2026, 3, 9, 18),
        utc(2026, 3, 13, 18),
        utc(2026, 3, 16, 18),
        utc(2026, 3, 30, 17),  # clocks have gone forward
    ]
    assert [who(found.schedule, Duty.PRIMARY, one).people for one in at] == [
        (),
        ("alice",),
        ("bob",),
        ("carol",),
        ("alice",),
        ("bob",),
    ]


def test_an_override_counts_while_it_lasts(file: Path) -> None:
    found = read(
        file,
        "on_call:\n"
        "  primary: {people: [alice]}\n  backup: {people: [bob]}\n  team_lead: {people: [carol]}\n"
        "  overrides:\n"
        "    - {duty: primary, person: carol, from: '2026-07-01 09:00',"
        " until: 2026-07-02T09:00:00Z, zone: Europe/London}\n",
    )
    assert found.schedule is not None
    at = [utc(2026, 7, 1, 7, 59), utc(2026, 7, 1, 8), utc(2026, 7, 2, 8, 59), utc(2026, 7, 2, 9)]
    assert [who(found.schedule, Duty.PRIMARY, one).people[0] for one in at] == [
        "alice",
        "carol",
        "carol",
        "alice",
    ]


def test_a_level_changes_only_what_it_names(file: Path) -> None:
    usual = read(file, "").policy.levels[Level.CRITICAL]
    found = read(
        file,
        "levels:\n  3:\n    ack: all\n    fallback: {everyone: [sms], services: [webhook]}\n"
        "    fallback_every: 2m\n    repeat_from: 2\n    repeats: 0\n    grace: 30s\n",
    ).policy.levels[Level.CRITICAL]
    assert found.need is Need.ALL
    assert [(tell.who, tell.by) for tell in found.fallback] == [
        (Who.EVERYONE, (Means.SMS,)),
        (Who.SERVICES, (Means.WEBHOOK,)),
    ]
    assert (found.fallback_every_s, found.repeat_from, found.repeats, found.grace_s) == (
        120,
        1,
        0,
        30,
    )
    assert found.steps == usual.steps


def test_a_threshold_is_read_to_the_digit_and_keeps_what_is_not_said(file: Path) -> None:
    found = read(
        file,
        "rules:\n  clock_drift:\n    1: {raise: 0.1, clear: 0.05}\n"
        "  liquidation_buffer:\n    3: {raise: 17, clear: 19, clear_after: 5m}\n",
    ).thresholds
    drift = {one.level: one for one in found["clock_drift"].levels}
    assert drift[Level.WARNING].raise_at == Decimal("0.1")
    assert drift[Level.INTERVENTION].raise_at == Decimal(5), "as usual"
    buffer = {one.level: one for one in found["liquidation_buffer"].levels}
    assert (buffer[Level.CRITICAL].raise_at, buffer[Level.CRITICAL].clear_after_s) == (
        Decimal(17),
        300,
    )


def test_a_level_may_be_off(file: Path) -> None:
    found = read(file, "rules:\n  daily_loss: {1: off, 2: {raise: 70, clear: 65}}\n").thresholds
    assert [one.level for one in found["daily_loss"].levels] == [
        Level.INTERVENTION,
        Level.CRITICAL,
    ]


def test_what_keeps_quiet(file: Path) -> None:
    found = read(
        file,
        "silences:\n"
        "  - {rule: feed_down, symbol: BIP*, owner: alice, reason: vendor works on it,\n"
        "     from: '2026-03-02 08:00', until: '2026-03-02 12:00'}\n"
        "inhibitions:\n"
        "  - {source: {rule: feed_down}, target: {rule: stale_mark}, same_symbol: true}\n"
        "maintenance:\n"
        "  - {name: new disk, from: '2026-03-29 00:30', until: '2026-03-29 03:00',"
        " zone: Europe/London, up_to: 3}\n"
        "  - {name: weekly restart, rule: process_silent,"
        " hours: {from: '06:00', until: '06:15', days: [sat]}}\n"
        "quiet_hours:\n  - {from: '22:00', until: '07:00', zone: Europe/London}\n",
    ).quieting
    assert found.silences == (
        Silence(
            "file-1",
            Match("", "feed_down", "BIP*"),
            "alice",
            "vendor works on it",
            utc(2026, 3, 2, 8),
            utc(2026, 3, 2, 12),
        ),
    )
    assert found.inhibitions == (
        Inhibition(Match(rule="feed_down"), Match(rule="stale_mark"), same_symbol=True),
    )
    assert found.maintenance == (
        Maintenance(
            "new disk", Match(), utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 2), Level.CRITICAL
        ),
    ), "clocks went forward in between"
    assert found.routines == (
        Routine(
            "weekly restart",
            Match(rule="process_silent"),
            Hours(UTC_ZONE, time(6), time(6, 15), frozenset({5})),
        ),
    )
    assert found.quiet_hours == (Hours(LONDON, time(22), time(7)),)


def test_a_person_may_have_quiet_hours(file: Path) -> None:
    file.write_text(
        PEOPLE.replace(
            "slack: U0CAROL01", "slack: U0CAROL01, quiet_hours: {from: '22:00', until: '06:00'}"
        )
    )
    assert load_escalation(file).alerts.rest == {"carol": Hours(UTC_ZONE, time(22), time(6))}


ON_CALL = (
    "on_call: {primary: {people: [alice]}, backup: {people: [bob]}, team_lead: {people: [bob]}"
)
SILENCE = (
    "silences: [{rule: feed_down, owner: alice, reason: known, "
    "from: '2026-03-02 08:00', until: '2026-03-02 12:00'}]\n"
)
OVERRIDE = (
    ", overrides: [{duty: primary, person: bob, "
    "from: '2026-03-02 08:00', until: '2026-03-03 08:00'}]}"
)
WINDOW = "maintenance: [{name: disk, from: '2026-03-02 08:00', until: '2026-03-02 12:00'}]\n"


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("silence: []", ":7:1: silence: this key is not known here; did you mean 'silences'?"),
        (ON_CALL.replace("bob", "bbo") + "}", "nobody is called 'bbo'; did you mean 'bob'?"),
        (ON_CALL.replace("[bob]", "[dave]") + "}", "dave cannot be told anything; give them"),
        (ON_CALL.replace("[bob]", "[]") + "}", "on_call.backup.0.people"),
        (
            ON_CALL.replace("{people: [alice]", "{people: [alice], at: 9") + "}",
            "9 is no time of day",
        ),
        (
            ON_CALL.replace("{people: [alice]", "{people: [alice], at: '24:00'") + "}",
            'write "09:30"',
        ),
        (ON_CALL.replace("{people: [alice]", "{people: [alice], at: soon") + "}", 'write "09:30"'),
        (ON_CALL.replace("{people: [alice]", "{people: [alice], evry: day") + "}", "mean 'every'?"),
        (
            ON_CALL.replace("{people: [alice]", "{people: [alice], every: year") + "}",
            "'hour', 'day'",
        ),
        (ON_CALL.replace("{people: [alice]", "{people: [alice], count: 0") + "}", "greater than"),
        (ON_CALL.replace("{people: [alice]", "{people: [alice], begins: 20260105") + "}", "no day"),
        (ON_CALL.replace("{people: [alice]", "{people: [alice], begins: soon") + "}", "2026-01-05"),
        (
            ON_CALL.replace(
                "{people: [alice]",
                "{people: [alice], hours: {from: '9:00', until: '17:00', days: [mo]}",
            )
            + "}",
            "'mo' is no day of the week; did you mean 'mon'?",
        ),
        (ON_CALL + ", overrides: [{duty: primery, person: bob}]}", "did you mean 'primary'?"),
        (
            ON_CALL + ", overrides: [{duty: primary, person: bob, from: 2026-03-02, until: x}]}",
            "is no moment",
        ),
        (
            ON_CALL + OVERRIDE.replace("bob", "eve"),
            "nobody is called 'eve'",
        ),
        (
            ON_CALL + OVERRIDE.replace("-03 ", "-01 "),
            "`until` has to be later than `from`",
        ),
        (
            ON_CALL.replace("{people: [alice]", "{people: [alice], days: [mon], every: day") + "}",
            "say `days`, or `every` and `count`, not both",
        ),
        (
            ON_CALL.replace("[alice]", '[alice], handovers: ["2026-12-24 18:00"], at: "09:00"', 1)
            + "}",
            "say `handovers`, or how turns are counted, not both",
        ),
        (
            ON_CALL.replace(
                "[alice]", '[alice], handovers: ["2026-12-24 18:00", "2026-12-24 18:00"]', 1
            )
            + "}",
            "each of the `handovers` is later than the one before it",
        ),
        (
            ON_CALL.replace("[alice]", "[alice], handovers: [christmas]", 1) + "}",
            "is no moment",
        ),
        ("levels: {0: {}}", "'0' is no level"),
        ("levels: {3: {ack: some}}", "there are nobody, one, all"),
        (
            "levels: {3: {steps: [{at: 0s, tell: {primary: [apprise]}}]}}",
            "apprise wakes nobody: it is for levels 1 and 2",
        ),
        ("levels: {4: {ack: one}}", "level 4 ends when all have acknowledged; remove it"),
        ("levels: {4: {repeats: 3}}", "level 4 repeats until all have acknowledged; remove it"),
        ("levels: {3: {repeat_from: 9}}", "there is no step 8 to repeat from"),
        ("levels: {3: {fallback_every: 0s}}", "greater than or equal to 1"),
        ("levels: {3: {steps: []}}", "levels.3.steps"),
        ("levels: {3: {steps: [{at: 0s, tell: {}}]}}", "levels.3.steps.0.tell"),
        ("levels: {3: {steps: [{at: 0s, tell: {primary: []}}]}}", "levels.3.steps.0.tell.primary"),
        ("levels: {3: {steps: [{at: 0s, tell: {primary: [txt]}}]}}", "'txt' is no means"),
        ("levels: {3: {steps: [{at: 0s, tel: {}}]}}", "did you mean 'tell'?"),
        ("levels: {3: {hold: 90}}", "90 is no time; write 90s, 15m or 2h"),
        ("rules: {daily_los: {1: {raise: 1, clear: 1}}}", "did you mean 'daily_loss'?"),
        ("rules: {unknown_order: {3: {raise: 1, clear: 1}}}", "is no rule with a figure"),
        ("rules: {daily_loss: {1: {raise: 50}}}", "rules.daily_loss.1.clear: Field required"),
        ("rules: {daily_loss: {1: {raise: lots, clear: 1}}}", "rules.daily_loss.1.raise"),
        ("rules: {daily_loss: {1: {raise: .inf, clear: 1}}}", "rules.daily_loss.1.raise"),
        ("rules: {daily_loss: {1: {raise: -5, clear: -6}}}", "rules.daily_loss.1.raise"),
        (
            "rules: {daily_loss: {1: {raise: 40, clear: 45}}}",
            "daily_loss: level 1 Warning: clear at",
        ),
        ("rules: {daily_loss: {1: {raise: 90, clear: 45}}}", "has to be raised further out than"),
        ("rules: {daily_loss: {1: {rise: 40, clear: 35}}}", "did you mean 'raise'?"),
        ("rules: {daily_loss: {3: off}}", "level 3 cannot be off; only levels 1 and 2 can"),
        ("rules: {daily_loss: {1: }}", "write `off`, or {raise: 40, clear: 35}"),
        ("rules: {daily_loss: off}", "rules.daily_loss"),
        (SILENCE.replace("feed_down", "feed_dwn"), "did you mean 'feed_down'?"),
        (SILENCE.replace("feed_down", "zzz*"), "is no rule"),
        (SILENCE.replace("rule: feed_down, ", ""), "a silence of everything hides"),
        (
            SILENCE.replace("owner: alice", "owner: alicia"),
            "nobody is called 'alicia'; did you mean",
        ),
        (SILENCE.replace("reason: known", "reason: ''"), "silences.0.reason"),
        (SILENCE.replace("12:00", "07:00"), "it has to end after it starts"),
        (SILENCE.replace("2026-03-02 12:00", "2026-04-02 12:00"), "7 days at most"),
        (SILENCE.replace("owner:", "up_to: 4, owner:"), "'4' is no level that may be quiet"),
        (SILENCE.replace("owner:", "ownr: x, owner:"), "did you mean 'owner'?"),
        ("inhibitions: [{source: {}, target: {rule: stale_mark}}]", "`source` has to name a rule"),
        ("inhibitions: [{source: {rule: stale_mark}, target: {}}]", "`target` has to name a rule"),
        (WINDOW.replace(", until: '2026-03-02 12:00'", ""), "say when: `from` and `until`, or"),
        (WINDOW.replace("12:00", "07:00"), "`until` has to be later than `from`"),
        (WINDOW.replace("2026-03-02 12:00", "2026-05-02 12:00"), "a window lasts 7 days at most"),
        ("maintenance: [{name: disk}]", "say when: `from` and `until`, or `hours` of the week"),
        ("quiet_hours: [{from: 22, until: '07:00'}]", 'write "09:30"'),
        ("quiet_hours: [{from: '22:00', until: '07:00', zone: Mars}]", "'Mars' is no time zone"),
        ("quiet_hours: [{begins: '22:00', until: '07:00'}]", "known: from, until, days, zone"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(file: Path, text: str, saying: str) -> None:
    file.write_text(PEOPLE + "digest: {at: 00:05}\n" + text + "\n")
    with pytest.raises(PeopleUnusable) as refused:
        load_escalation(file)
    assert saying in str(refused.value)
    assert str(refused.value).startswith(f"{file}:7:"), refused.value


@pytest.mark.parametrize(
    ("change", "to", "saying"),
    [
        (
            '"+15550100001"',
            "+15550100001",
            'write the number in quotes, with its plus: "+15550100001"',
        ),
        ('"+15550100001"', '"0155501"', "people.alice.contacts.sms"),
        ("push: bobs-topic", 'voice: "+15550100001"', "+15550100001 is alice's already"),
        ("push: bobs-topic", "email: bob", "people.bob.contacts.email"),
        ("push: bobs-topic", "apprise: tgram://secret", "people.bob.contacts.apprise"),
        ("push: bobs-topic", "pusch: t", "did you mean 'push'?"),
        ("name: Bob", "name: ' '", "people.bob.name"),
        ("name: Bob", "name: Bob, quiet_hours: {from: '22:00'}", "people.bob.quiet_hours.until"),
    ],
)
def test_what_is_wrong_with_a_person_is_told(file: Path, change: str, to: str, saying: str) -> None:
    file.write_text(PEOPLE.replace(change, to))
    with pytest.raises(PeopleUnusable) as refused:
        load_escalation(file)
    assert saying in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "on_call: 2026-13-45\n",
        "levels: {3: {hold: 2026-02-30}}\n",
        "? [a, b]\n: c\n",
        "x: &a [*a]\n",
    ],
)
def test_values_that_yaml_itself_cannot_make_are_a_message_too(file: Path, text: str) -> None:
    """One of them once ended the alerts process."""
    file.write_text(PEOPLE + text)
    with pytest.raises(PeopleUnusable) as refused:
        load_escalation(file)
    assert str(refused.value).startswith(str(file))
