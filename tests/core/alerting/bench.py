"""A cast, a schedule and a bench: an alert is raised, time goes on, people act, messages are noted."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.alerting.alert import Alert, Identity, Why
from core.alerting.audit import violations
from core.alerting.defaults import DEFAULT
from core.alerting.effects import FIRING_KINDS, Effect, NoticeKind, Notify, Outcome, Said
from core.alerting.events import Acked, Due, Event, Fired, Sent, Snoozed
from core.alerting.levels import Level
from core.alerting.machine import advance, fire
from core.alerting.paging import Plan
from core.alerting.policy import LevelPolicy, Policy
from core.alerting.quieting import NOTHING_QUIET, Quieting
from core.oncall.contacts import Contact, Means
from core.oncall.roster import Roster, roster
from core.oncall.rotation import Rotation, Unit
from core.oncall.schedule import Duty, Layer, Schedule

T0 = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
ALL_MEANS = (Means.DM, Means.PUSH, Means.SMS, Means.VOICE, Means.EMAIL)

ALICE, BOB, CAROL, DAVE = (Contact(name, ALL_MEANS) for name in ("alice", "bob", "carol", "dave"))
CONTACTS = (ALICE, BOB, CAROL, DAVE)
MARK = Identity("main", "stale_mark", "BIP-20DEC30-CDE")

L1, L2, L3, L4 = Level


def always(*people: str) -> tuple[Layer, ...]:
    """One layer of people who take turns by the week."""
    zone = ZoneInfo("UTC")
    return (Layer(Rotation(people, zone, date(2025, 12, 29), time(9), Unit.WEEK)),)


SCHEDULE = Schedule(
    {Duty.PRIMARY: always("alice"), Duty.BACKUP: always("bob"), Duty.TEAM_LEAD: always("carol")}
)


def people(*contacts: Contact, **on: Contact | None) -> Roster:
    """A roster by hand: primary=, backup=, team_lead=."""
    duties = {duty: on.get(duty.name.lower()) for duty in Duty}
    present = {duty: (one,) if one is not None else () for duty, one in duties.items()}
    return Roster(present, contacts or CONTACTS)


USUAL = roster(SCHEDULE, CONTACTS, T0)
PLAN = Plan(DEFAULT, USUAL)


def with_level(level: Level, **changes: object) -> Policy:
    """The default policy with something else at one level."""
    changed: LevelPolicy = replace(DEFAULT.levels[level], **changes)  # type: ignore[arg-type]
    return replace(DEFAULT, levels={**DEFAULT.levels, level: changed})


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that somebody got."""

    at_s: float
    person: str
    by: Means
    kind: NoticeKind
    why: Why
    level: Level


@dataclass
class Bench:
    """One alert and the time since it was raised. Every message is delivered at once."""

    level: Level = L3
    policy: Policy = DEFAULT
    people: Roster = USUAL
    quieting: Quieting = NOTHING_QUIET
    identity: Identity = MARK
    drill: bool = False
    now: datetime = T0
    effects: list[Effect] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    alert: Alert = field(init=False)

    def __post_init__(self) -> None:
        fired = Fired(self.level)
        first = fire(None, self.identity, fired, self.plan, "alert-1", self.now, self.drill)
        self._took(first)

    @property
    def plan(self) -> Plan:
        return Plan(self.policy, self.people, self.quieting)

    @property
    def at_s(self) -> float:
        return (self.now - T0).total_seconds()

    def at(self, at_s: float) -> "Bench":
        """Time goes on to this second; everything that falls due on the way happens in its order."""
        until = T0 + timedelta(seconds=at_s)
        while self.alert.due is not None and self.alert.due <= until:
            self.now = max(self.now, self.alert.due)
            self._took(advance(self.alert, Due(self.alert.generation), self.plan, self.now))
        self.now = until
        return self

    def wakes_at(self, at_s: float) -> "Bench":
        """The process was away until this second; only then is everything due looked at."""
        self.now = T0 + timedelta(seconds=at_s)
        return self.at(at_s)

    def does(self, event: Event) -> Said:
        outcome = advance(self.alert, event, self.plan, self.now)
        self._took(outcome)
        return outcome.said

    def fires(self, level: Level, new_id: str = "alert-2") -> Said:
        fired = Fired(level)
        outcome = fire(self.alert, self.identity, fired, self.plan, new_id, self.now)
        self._took(outcome)
        return outcome.said

    def pages(
        self, person: str = "", kinds: Iterable[NoticeKind] = (NoticeKind.PAGE,)
    ) -> list[float]:
        """The seconds at which somebody, or anybody, was paged."""
        wanted = set(kinds)
        found = {
            one.at_s
            for one in self.heard
            if one.kind in wanted and one.person and person in ("", one.person)
        }
        return sorted(found)

    def forget(self) -> "Bench":
        """Only what comes from here on matters."""
        self.heard.clear()
        self.effects.clear()
        return self

    def made(self, effect: type[Effect]) -> list[Effect]:
        return [one for one in self.effects if isinstance(one, effect)]

    def _took(self, outcome: Outcome) -> None:
        self.alert = outcome.alert
        self.effects += outcome.effects
        for one in outcome.effects:
            if isinstance(one, Notify):
                self.heard.append(
                    Heard(self.at_s, one.person, one.by, one.kind, one.why, one.level)
                )
        for one in outcome.effects:
            if isinstance(one, Notify) and one.kind in FIRING_KINDS:
                sent = Sent(one.person, one.by)
                self.alert = advance(self.alert, sent, self.plan, self.now).alert
        assert violations(self.alert, self.plan, self.now) == []


def taken(level: Level = L3) -> Bench:
    """An alert that alice has."""
    bench = Bench(level)
    assert bench.does(Acked("alice", bench.alert.peak)) is Said.ACKNOWLEDGED
    return bench.forget()


def snoozed(level: Level = L3, for_s: int = 1200) -> Bench:
    """An alert that alice has put off."""
    bench = Bench(level)
    until = bench.now + timedelta(seconds=for_s)
    assert bench.does(Snoozed("alice", until)) is Said.SNOOZED
    return bench.forget()
