"""The machine against the invariants, whatever happens in whatever order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.alerting.alert import Alert, AlertState
from core.alerting.audit import violations
from core.alerting.defaults import DEFAULT
from core.alerting.delivery import dropped
from core.alerting.effects import FIRING_KINDS, Effect, NoticeKind, Notify, Outcome, Said, Tighten
from core.alerting.events import (
    Acked,
    Cleared,
    Due,
    Escalated,
    Event,
    Fired,
    Flushed,
    HandedOver,
    Lifted,
    Objected,
    Resolved,
    Sent,
    ShiftBegan,
    Snoozed,
)
from core.alerting.levels import Level
from core.alerting.machine import advance, fire
from core.alerting.paging import Plan
from core.alerting.policy import Need, OnUnacked, Policy, Tightening
from core.alerting.quieting import NOTHING_QUIET, Match, Quieting, Silence
from core.oncall.contacts import Contact
from tests.core.alerting.bench import CONTACTS, L3, MARK, T0, people, with_level

NAMES = [contact.person for contact in CONTACTS]
levels = st.sampled_from(Level)
names = st.sampled_from(NAMES)
on_duty = st.sampled_from([*CONTACTS, None])

ACTING = with_level(L3, on_unacked=OnUnacked(180, Tightening.REDUCE_ONLY))
REDUCING = frozenset(Tightening)


class AlertModel(RuleBasedStateMachine):
    """One identity over days. What people were promised is kept beside the machine and compared."""

    @initialize(level=levels, policy=st.sampled_from([DEFAULT, ACTING]), drill=st.booleans())
    def begin(self, level: Level, policy: Policy, drill: bool) -> None:
        self.now = T0
        self.policy = policy
        self.quieting = NOTHING_QUIET
        self.roster = people(primary=CONTACTS[0], backup=CONTACTS[1], team_lead=CONTACTS[2])
        self.count = 1
        self.took_charge: set[str] = set()
        self.sent: list[Notify] = []
        self.keys: set[str] = set()
        self.tightened: set[str] = set()
        self.took(fire(None, MARK, Fired(level), self.plan, "alert-1", self.now, drill))

    @property
    def plan(self) -> Plan:
        return Plan(self.policy, self.roster, self.quieting)

    # what happens

    @rule(level=levels)
    def the_rule_finds_it(self, level: Level) -> None:
        before = self.alert
        self.count += 1
        alert_id = f"alert-{self.count}"
        outcome = fire(before, MARK, Fired(level), self.plan, alert_id, self.now)
        if outcome.said in (Said.OPENED, Said.REOPENED, Said.REOPENED_FLAPPING, Said.LEVEL_RAISED):
            self.took_charge.clear()
        self.took(outcome)

    @rule()
    def the_rule_finds_it_gone(self) -> None:
        self.happens(Cleared())

    @rule(person=names, seen=levels)
    def somebody_acknowledges(self, person: str, seen: Level) -> None:
        said = self.happens(Acked(person, seen))
        if said in (Said.ACKNOWLEDGED, Said.HELPING, Said.OTHERS_MISSING):
            self.took_charge.add(person)

    @rule(person=names, to=st.sampled_from([*NAMES, None]))
    def somebody_hands_over(self, person: str, to: str | None) -> None:
        gives = person in self.alert.in_charge and self.alert.state is AlertState.ACKNOWLEDGED
        if gives and to != person:
            self.took_charge.discard(person)
        self.happens(HandedOver(person, to))

    @rule(person=names, minutes=st.integers(-1, 500))
    def somebody_snoozes(self, person: str, minutes: int) -> None:
        said = self.happens(Snoozed(person, self.now + timedelta(minutes=minutes)))
        if said is Said.SNOOZED:
            self.took_charge.clear()

    @rule(person=names, back=st.integers(0, 1))
    def somebody_escalates(self, person: str, back: int) -> None:
        self.happens(Escalated(person, self.alert.turn - back))

    @rule(person=names)
    def somebody_resolves(self, person: str) -> None:
        self.happens(Resolved(person))

    @rule(person=names)
    def somebody_objects(self, person: str) -> None:
        self.happens(Objected(person))

    @rule(event=st.sampled_from([Lifted(), Flushed()]))
    def the_process_hurries_it(self, event: Event) -> None:
        self.happens(event)

    @rule(first=on_duty, second=on_duty, third=on_duty, person=names)
    def people_come_and_go(
        self, first: Contact | None, second: Contact | None, third: Contact | None, person: str
    ) -> None:
        self.roster = people(primary=first, backup=second, team_lead=third)
        self.happens(ShiftBegan(person))

    @rule(minutes=st.integers(0, 90), level=levels)
    def somebody_silences_it(self, minutes: int, level: Level) -> None:
        end = self.now + timedelta(minutes=minutes)
        silence = Silence("s", Match(rule="stale_mark"), "alice", "known", self.now, end, level)
        self.quieting = Quieting(silences=(silence,))

    @rule(seconds=st.integers(0, 4000))
    def time_goes_on(self, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.alert.due is not None and self.alert.due <= until:
            self.now = max(self.now, self.alert.due)
            self.happens(Due(self.alert.generation))
        self.now = until

    @precondition(lambda self: self.alert.due is not None)
    @rule(late_s=st.integers(0, 100_000))
    def the_process_sleeps(self, late_s: int) -> None:
        self.now = max(self.now, self.alert.due or self.now) + timedelta(seconds=late_s)
        while self.alert.due is not None and self.alert.due <= self.now:
            self.happens(Due(self.alert.generation))

    # how it is done

    def happens(self, event: Event) -> Said:
        outcome = advance(self.alert, event, self.plan, self.now)
        self.took(outcome)
        return outcome.said

    def took(self, outcome: Outcome) -> None:
        self.never_back(outcome.alert)
        self.alert: Alert = outcome.alert
        for effect in outcome.effects:
            self.check(effect)
        for one in outcome.effects:
            if isinstance(one, Notify) and one.kind in FIRING_KINDS:
                arrived = Sent(one.person, one.by)
                self.alert = advance(self.alert, arrived, self.plan, self.now).alert

    def never_back(self, after: Alert) -> None:
        before = getattr(self, "alert", None)
        if before is not None and before.id == after.id:
            assert after.generation >= before.generation
            assert after.turn >= before.turn
            assert after.version == before.version + (after != before)
            left = before.state is AlertState.FIRING and after.state is not AlertState.FIRING
            assert after.generation > before.generation or not left

    def check(self, effect: Effect) -> None:
        if isinstance(effect, Tighten):
            assert not self.alert.drill
            assert effect.action in REDUCING
            self.tightened.add(effect.key)
        if not isinstance(effect, Notify):
            return
        assert effect.key not in self.keys, "one message, one key"
        self.keys.add(effect.key)
        if effect.kind in (NoticeKind.PAGE, NoticeKind.RAISED):
            self.check_page(effect)
        if effect.kind is NoticeKind.RESOLVED:
            assert any((one.person, one.by) == (effect.person, effect.by) for one in self.sent)
        if effect.kind in FIRING_KINDS:
            self.sent.append(effect)

    def check_page(self, page: Notify) -> None:
        """Invariant 10, and that a page made now is one that would be sent now."""
        assert page.person not in self.took_charge
        assert self.alert.state in (AlertState.FIRING, AlertState.ACKNOWLEDGED)
        assert page.generation == self.alert.generation
        assert dropped(page, self.alert, lease=1, lease_held=1) is None

    # what always holds

    @invariant()
    def nothing_is_wrong_with_it(self) -> None:
        assert violations(self.alert, self.plan, self.now) == []

    @invariant()
    def whoever_is_needed_is_going_to_be_told(self) -> None:
        """Invariant 9: from level 2 on something is due until somebody has it."""
        wanted = self.policy.levels[self.alert.peak].need is not Need.NOBODY
        if self.alert.state is AlertState.FIRING and wanted:
            assert self.alert.timers.step is not None
            assert self.alert.timers.step >= self.now

    @invariant()
    def a_resolved_alert_waits_for_nothing(self) -> None:
        if self.alert.state is AlertState.RESOLVED:
            assert self.alert.due is None

    @invariant()
    def the_peak_is_the_highest_level(self) -> None:
        assert self.alert.level <= self.alert.peak

    @invariant()
    def who_is_in_charge_is_who_took_charge_or_was_given_it(self) -> None:
        assert self.took_charge <= self.alert.in_charge | {""} or not self.alert.open

    @invariant()
    def what_it_remembers_is_bounded(self) -> None:
        assert len(self.alert.flaps) <= 32
        assert len(self.alert.acks) <= len(NAMES)


AlertModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAlertModel = AlertModel.TestCase


def test_after_a_resolve_no_lapse_of_time_tells_anybody_anything() -> None:
    outcome = fire(None, MARK, Fired(L3), Plan(DEFAULT, people(primary=CONTACTS[0])), "a", T0)
    plan = Plan(DEFAULT, people())
    over = advance(outcome.alert, Resolved("alice"), plan, T0).alert
    for days in range(30):
        after = advance(over, Due(over.generation), plan, T0 + timedelta(days=days))
        assert after.effects == () and after.alert == replace(over)
