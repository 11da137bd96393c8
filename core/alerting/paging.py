"""Running a step: whom it means right now, by which means, and what becomes due next."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.alerting.alert import Alert, AlertState, Timers, Why
from core.alerting.effects import (
    Edit,
    Effect,
    NoticeKind,
    Notify,
    Open,
    RaiseAlso,
    Tighten,
    Withheld,
)
from core.alerting.levels import Level
from core.alerting.policy import PLACES, LevelPolicy, Need, Policy, Tell, Who, after
from core.alerting.quieting import NOTHING_QUIET, Hush, Quieting, hush
from core.oncall.contacts import Contact, Means
from core.oncall.roster import Roster
from core.oncall.schedule import Duty

LATE_AFTER_S = 30
"""A step that runs so much after it was due says in its text how late it is."""

NOBODY_ON_CALL = "nobody_on_call"

Told = tuple[Alert, tuple[Effect, ...]]

_DUTIES = {
    Who.PRIMARY: Duty.PRIMARY,
    Who.BACKUP: Duty.BACKUP,
    Who.TEAM_LEAD: Duty.TEAM_LEAD,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the machine goes by at one instant: the policy, the people it means now, what keeps quiet."""

    policy: Policy
    roster: Roster
    quieting: Quieting = NOTHING_QUIET
    named: str = ""
    """The policy's hash, where it is known: reckoned anew for each alert of a storm it would be slow."""

    def of(self, alert: Alert) -> LevelPolicy:
        """The policy of the highest level the alert has had: a drop calls nobody off."""
        return self.policy.levels[alert.peak]


def seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


def begin_round(alert: Alert, plan: Plan, cause: Why, now: datetime, wait_s: int = 0) -> Told:
    """The steps from the first one on, at once unless there is a wait. Older pages lose their sense."""
    fresh = replace(
        alert,
        state=AlertState.FIRING,
        generation=alert.generation + 1,
        cause=cause,
        step=0,
        loop=0,
        slowed=False,
        announced=False,
        withheld="",
        timers=Timers(step=now + seconds(wait_s), clear=alert.timers.clear, edit=alert.timers.edit),
    )
    fresh = rewatch(fresh, plan, now)
    return run_step(fresh, plan, now) if wait_s == 0 else (fresh, ())


def rewatch(alert: Alert, plan: Plan, now: datetime) -> Alert:
    """A firing alert whose condition is gone is looked at again, whoever brought it back to firing."""
    if alert.cleared_at is None or alert.slowed or alert.timers.clear is not None:
        return alert
    at = max(now, alert.cleared_at + seconds(plan.of(alert).clear_after_s))
    return replace(alert, timers=replace(alert.timers, clear=at))


def at_once(alert: Alert, policy: LevelPolicy, why: Why) -> tuple[Effect, ...]:
    """What a level does by itself the moment it is reached."""
    key = f"{alert.id}:{alert.episode}"
    opened = tuple(Open(f"{key}:{what}", alert.id, what) for what in policy.opens)
    if policy.tightens is None or alert.drill:
        return opened
    tighten = Tighten(f"{key}:{policy.tightens}", alert.identity.desk, policy.tightens, why)
    return (tighten, *opened)


def run_step(
    alert: Alert, plan: Plan, now: datetime, why: Why | None = None, by_hand: bool = False
) -> Told:
    """The step that is due, unless something keeps it quiet. What a person asks for is never quiet."""
    if not by_hand and (kept := hush(alert, plan.quieting, now)) is not None:
        return _withhold(alert, kept)
    policy = plan.of(alert)
    late_s = _late_s(alert, now)
    why = why or _why(alert, policy)
    turned = replace(alert, turn=alert.turn + 1, withheld="")
    effects = _pages(turned, plan, _tells(alert, policy, late_s), why, late_s)
    return _arm(turned, policy, now), (*effects, Edit(alert.id))


def addressed(tell: Tell, people: Roster) -> tuple[Contact, ...]:
    """The people a step means now. A place is nobody."""
    if tell.who is Who.EVERYONE:
        return people.everyone
    return people.on.get(_DUTIES[tell.who], ()) if tell.who not in PLACES else ()


def required(alert: Alert, plan: Plan) -> frozenset[str]:
    """Everybody whom the steps of this level page, as people are on duty now."""
    return frozenset(
        contact.person
        for step in plan.of(alert).steps
        for tell in step.tells
        for contact in addressed(tell, plan.roster)
    )


def notice(
    alert: Alert, person: str, by: Means, kind: NoticeKind, why: Why, late_s: int = 0
) -> Notify:
    """A message. Its key follows from the version: made again after a crash, it is the same message."""
    key = f"{alert.id}:{alert.version}:{kind}:{person or '-'}:{by.name.lower()}"
    return Notify(key, alert.id, alert.generation, person, by, kind, why, alert.peak, late_s)


def to_person(
    alert: Alert, contact: Contact, by: Iterable[Means], kind: NoticeKind, why: Why
) -> list[Notify]:
    return [notice(alert, contact.person, means, kind, why) for means in contact.by(by)]


def to_told(
    alert: Alert, kind: NoticeKind, why: Why, but: frozenset[str] = frozenset()
) -> list[Notify]:
    """A message to everybody told before. No phone rings for it while there is another means; the
    channel's message is edited instead."""
    softer = {one.person for one in alert.told if one.by is not Means.VOICE}
    return [
        notice(alert, one.person, one.by, kind, why)
        for one in sorted(alert.told)
        if one.person not in but
        and one.by is not Means.CHANNEL
        and (one.by is not Means.VOICE or one.person not in softer)
    ]


def _why(alert: Alert, policy: LevelPolicy) -> Why:
    first = (alert.step, alert.loop) == (0, 0)
    if policy.need is Need.ALL and alert.in_charge and not first:
        return Why.OTHERS_MISSING
    if alert.step >= len(policy.steps):
        return Why.EXHAUSTED
    if alert.loop > 0:
        return Why.REPEATED
    return alert.cause if alert.step == 0 else Why.UNACKNOWLEDGED


def _late_s(alert: Alert, now: datetime) -> int:
    late = now - (alert.timers.step or now)
    return late // seconds(1) if late > seconds(LATE_AFTER_S) else 0


def _tells(alert: Alert, policy: LevelPolicy, late_s: int) -> tuple[Tell, ...]:
    """After a downtime one step runs, not all that were missed; but an emergency then tells everybody."""
    if alert.step >= len(policy.steps):
        return policy.fallback
    if alert.peak is Level.EMERGENCY and late_s > policy.whole_s:
        return tuple(dict.fromkeys(tell for step in policy.steps for tell in step.tells))
    return policy.steps[alert.step].tells


def _pages(
    alert: Alert, plan: Plan, tells: tuple[Tell, ...], why: Why, late_s: int
) -> tuple[Effect, ...]:
    missing = [
        tell for tell in tells if tell.who not in PLACES and not addressed(tell, plan.roster)
    ]
    asked = [tell for tell in tells if tell.who not in PLACES]
    notices = dict(_messages(alert, plan.roster, tells, why, late_s))
    if asked and len(missing) == len(asked):
        rescue = _rescue(asked, plan.roster)
        notices |= dict(_messages(alert, plan.roster, rescue, Why.NOBODY_ON_DUTY, late_s))
    alarms = _alarm(alert, missing)
    return (*notices.values(), *alarms)


def _messages(
    alert: Alert, people: Roster, tells: tuple[Tell, ...], why: Why, late_s: int
) -> Iterator[tuple[str, Notify]]:
    """One message for each person and means. Who took charge of this alert and level is left in peace;
    a warning waits for the end of its reader's quiet hours."""
    resting = people.at_rest if alert.peak is Level.WARNING else {}
    for tell in tells:
        places = tell.by if tell.who in PLACES else ()
        to = [("", means) for means in places]
        for contact in addressed(tell, people):
            if contact.person not in alert.in_charge:
                to += [(contact.person, means) for means in contact.by(tell.by)]
        for person, means in to:
            message = notice(alert, person, means, NoticeKind.PAGE, why, late_s)
            yield message.key, replace(message, held_until=resting.get(person))


def _rescue(asked: list[Tell], people: Roster) -> tuple[Tell, ...]:
    """An alert is never dropped for want of a person: the others are told by the means that were meant,
    and if there are no others, the machine's own file."""
    if not people.everyone:
        return (Tell(Who.CHANNEL, (Means.CHANNEL, Means.LOCAL)),)
    by = tuple(dict.fromkeys(means for tell in asked for means in tell.by))
    return (Tell(Who.CHANNEL, (Means.CHANNEL,)), Tell(Who.EVERYONE, by))


def _alarm(alert: Alert, missing: list[Tell]) -> tuple[Effect, ...]:
    """The alert about a missing person does not raise another one about itself."""
    if not missing or alert.identity.rule == NOBODY_ON_CALL:
        return ()
    who = ", ".join(dict.fromkeys(tell.who.value for tell in missing))
    text = f"no reachable {who} for {alert.identity}"
    return (RaiseAlso(NOBODY_ON_CALL, Level.INTERVENTION, text),)


def _arm(alert: Alert, policy: LevelPolicy, now: datetime) -> Alert:
    """The next step's due time, counted from now: a late step delays what follows it."""
    place = after(policy, alert.step, alert.loop)
    act = alert.timers.act
    if policy.on_unacked is not None and act is None and not alert.acted and not alert.announced:
        act = now + seconds(policy.on_unacked.after_s - policy.on_unacked.announce_s)
    if place is None:
        step, loop, at = len(policy.steps), alert.loop, None
    else:
        wait_s = max(place.wait_s, policy.cleared_every_s) if alert.slowed else place.wait_s
        step, loop, at = place.step, place.loop, now + seconds(wait_s)
    return replace(
        alert,
        step=step,
        loop=loop,
        paged_at=now,
        paged_level=alert.peak,
        edited_at=now,
        timers=replace(alert.timers, step=at, act=act, edit=None),
    )


def _withhold(alert: Alert, kept: Hush) -> Told:
    """The step stays where it is and is tried again; the record says once why nobody was told."""
    held = replace(alert, withheld=str(kept), timers=replace(alert.timers, step=kept.until))
    if alert.withheld == held.withheld:
        return held, ()
    return held, (Withheld(alert.id, str(kept), kept.until), Edit(alert.id))
