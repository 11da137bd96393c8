"""What people do with an alert, and the answers they get."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.alerting.alert import Ack, Alert, AlertState, Destination, Timers, Why
from core.alerting.effects import Edit, Effect, NoticeKind, Notify, Outcome, Said, Withdraw
from core.alerting.events import (
    Acked,
    Escalated,
    Flushed,
    HandedOver,
    Lifted,
    Objected,
    Resolved,
    Sent,
    ShiftBegan,
    Snoozed,
)
from core.alerting.paging import (
    Plan,
    begin_round,
    notice,
    required,
    rewatch,
    run_step,
    seconds,
    to_person,
    to_told,
)
from core.alerting.policy import PAGE, Need
from core.alerting.quieting import hush
from core.oncall.contacts import Contact, Means


def acknowledged(alert: Alert, event: Acked, plan: Plan, now: datetime) -> Outcome:
    """A person takes charge. What they saw counts: a level they were not told of is not acknowledged."""
    if event.seen_peak < alert.peak:
        return Outcome(alert, (), Said.RAISED_SINCE)
    noted = replace(alert, acks=_with(alert.acks, event.person, now))
    if alert.state is AlertState.ACKNOWLEDGED:
        if event.person in alert.in_charge:
            return Outcome(alert, (), Said.ALREADY_YOURS)
        helper = replace(noted, acks=(Ack(event.person, now), *alert.acks))  # the owner stays last
        return Outcome(helper, (Edit(alert.id),), Said.HELPING)
    if plan.of(alert).need is Need.ALL and required(alert, plan) - noted.in_charge:
        return _one_of_several(noted, plan, now)
    return _taken(noted, event.person, plan, now)


def handed_over(alert: Alert, event: HandedOver, plan: Plan, now: datetime) -> Outcome:
    """A person gives an alert away: to everybody, so that the steps begin again, or to one person."""
    if event.person not in alert.in_charge:
        return Outcome(alert, (), Said.NOT_IN_CHARGE)
    if event.to == event.person:
        return Outcome(alert, (), Said.ALREADY_YOURS)
    contact = _contact(plan, event.to)
    if event.to is not None and contact is None:
        return Outcome(alert, (), Said.NO_SUCH_PERSON)
    without = replace(alert, acks=tuple(ack for ack in alert.acks if ack.person != event.person))
    if contact is None:
        begun, effects = begin_round(without, plan, Why.GIVEN_BACK, now)
        return Outcome(begun, (*effects, Edit(alert.id)), Said.GIVEN_BACK)
    return _to_another(without, contact, plan, now)


def snoozed(alert: Alert, event: Snoozed, plan: Plan, now: datetime) -> Outcome:
    """A person wants to be told again later. That is giving up charge until then."""
    longest = seconds(plan.of(alert).snooze_max_s)
    if not longest:
        return Outcome(alert, (), Said.SNOOZE_NOT_HERE)
    if event.until <= now:
        return Outcome(alert, (), Said.SNOOZE_PAST)
    if event.until - now > longest:
        return Outcome(alert, (), Said.SNOOZE_TOO_LONG)
    asleep = replace(
        alert,
        state=AlertState.SNOOZED,
        generation=alert.generation + 1,
        acks=(),
        withheld="",
        timers=Timers(snooze=event.until),
        edited_at=now,
    )
    return Outcome(asleep, (Withdraw(alert.id, asleep.generation), Edit(alert.id)), Said.SNOOZED)


def escalated(alert: Alert, event: Escalated, plan: Plan, now: datetime) -> Outcome:
    """The next step, now. A second click on the same button finds that the step has run."""
    if event.seen_turn != alert.turn:
        return Outcome(alert, (), Said.ALREADY_ESCALATED)
    called = replace(alert, timers=replace(alert.timers, step=now, snooze=None, ack=None))
    if alert.state is not AlertState.FIRING:
        called = replace(called, state=AlertState.FIRING, generation=alert.generation + 1)
        called = rewatch(called, plan, now)
    stepped, effects = run_step(called, plan, now, Why.ESCALATED, by_hand=True)
    return Outcome(stepped, effects, Said.ESCALATED)


def resolved(alert: Alert, event: Resolved, plan: Plan, now: datetime) -> Outcome:
    """It is over, says a person or the source."""
    said = Said.RESOLVED if alert.cleared else Said.RESOLVED_WHILE_ACTIVE
    return close(alert, event.by, plan, now, said)


def close(alert: Alert, by: str, plan: Plan, now: datetime, said: Said) -> Outcome:
    """The end of an episode. Only whoever got a firing notice hears of it, and who ended it knows."""
    over = replace(
        alert,
        state=AlertState.RESOLVED,
        generation=alert.generation + 1,
        resolved_at=now,
        resolved_by=by,
        reopen_until=now + seconds(plan.policy.reopen_s),
        withheld="",
        timers=Timers(),
        edited_at=now,
    )
    told = to_told(over, NoticeKind.RESOLVED, Why.RESOLVED, but=frozenset({by}))
    return Outcome(over, (Withdraw(alert.id, over.generation), *told, Edit(alert.id)), said)


def objected(alert: Alert, _event: Objected, _plan: Plan, _now: datetime) -> Outcome:
    """A person stops the automatic action. The alert goes on paging."""
    if alert.acted or alert.timers.act is None:
        return Outcome(alert, (), Said.NO_ACTION_PENDING)
    stopped = replace(alert, acted=True, timers=replace(alert.timers, act=None))
    return Outcome(stopped, (Edit(alert.id),), Said.ACTION_STOPPED)


def shift_began(alert: Alert, event: ShiftBegan, plan: Plan, now: datetime) -> Outcome:
    """Whoever comes on duty hears of what nobody has taken charge of yet."""
    contact = _contact(plan, event.person)
    known = event.person in alert.in_charge | {one.person for one in alert.told}
    nothing_yet = alert.turn == 0 or hush(alert, plan.quieting, now) is not None
    if contact is None or known or nothing_yet or plan.of(alert).need is Need.NOBODY:
        return Outcome(alert, (), Said.NOTHING)
    by = (Means.DM, Means.PUSH)
    told = to_person(alert, contact, by, NoticeKind.INHERITED, Why.INHERITED)
    return Outcome(alert, tuple(told), Said.NOTED)


def sent(alert: Alert, event: Sent, _plan: Plan, _now: datetime) -> Outcome:
    """A firing notice left. If it came too late to be of use, its reader hears at once how things stand."""
    place = Destination(event.person, event.by)
    if place in alert.told:
        return Outcome(alert, (), Said.NOTHING)
    noted = replace(alert, told=alert.told | {place})
    effects: tuple[Effect, ...] = ()
    if alert.state is AlertState.RESOLVED:
        effects = (notice(noted, *_pair(place), NoticeKind.RESOLVED, Why.RESOLVED),)
    elif alert.owner not in (None, event.person):
        effects = (notice(noted, *_pair(place), NoticeKind.TAKEN, Why.ACKNOWLEDGED),)
    return Outcome(noted, effects, Said.NOTED)


def lifted(alert: Alert, _event: Lifted, plan: Plan, now: datetime) -> Outcome:
    """What kept a step back is over before its time."""
    if not alert.withheld:
        return Outcome(alert, (), Said.NOTHING)
    return stepped(replace(alert, timers=replace(alert.timers, step=now)), plan, now)


def flushed(alert: Alert, _event: Flushed, plan: Plan, now: datetime) -> Outcome:
    """Its group is sent now, so it waits no longer."""
    if alert.turn > 0 or alert.timers.step is None or alert.withheld:
        return Outcome(alert, (), Said.NOTHING)
    return stepped(replace(alert, timers=replace(alert.timers, step=now)), plan, now)


def stepped(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    """The step that is due, run or kept back."""
    after, effects = run_step(alert, plan, now)
    return Outcome(after, effects, Said.WITHHELD if after.withheld else Said.STEPPED)


def _taken(alert: Alert, person: str, plan: Plan, now: datetime) -> Outcome:
    hold_s = plan.of(alert).hold_s
    owned = replace(
        alert,
        state=AlertState.ACKNOWLEDGED,
        generation=alert.generation + 1,
        withheld="",
        timers=Timers(
            ack=None if hold_s is None else now + seconds(hold_s), clear=_clear_at(alert, plan, now)
        ),
        edited_at=now,
    )
    others = to_told(owned, NoticeKind.TAKEN, Why.ACKNOWLEDGED, but=frozenset({person}))
    effects: tuple[Effect, ...] = (Withdraw(alert.id, owned.generation), *others, Edit(alert.id))
    return Outcome(owned, effects, Said.ACKNOWLEDGED)


def _one_of_several(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    """Paging goes on for the others; with somebody in charge the system does nothing by itself."""
    noted = replace(alert, acted=True, timers=replace(alert.timers, act=None))
    if noted.state is AlertState.SNOOZED:
        begun, effects = begin_round(noted, plan, Why.SNOOZE_ENDED, now)
        return Outcome(begun, (*effects, Edit(alert.id)), Said.OTHERS_MISSING)
    return Outcome(noted, (Edit(alert.id),), Said.OTHERS_MISSING)


def _to_another(alert: Alert, contact: Contact, plan: Plan, now: datetime) -> Outcome:
    to = contact.person
    hold_s = plan.of(alert).hold_s
    theirs = replace(
        alert,
        state=AlertState.ACKNOWLEDGED,
        generation=alert.generation + 1,
        acks=_with(alert.acks, to, now),
        timers=replace(
            alert.timers, step=None, ack=None if hold_s is None else now + seconds(hold_s)
        ),
    )
    # Who has taken charge of it already is told, not paged.
    by: Iterable[Means] = (Means.DM,) if to in alert.in_charge else PAGE
    kind = NoticeKind.REMINDER if to in alert.in_charge else NoticeKind.PAGE
    told: list[Notify] = to_person(theirs, contact, by, kind, Why.HANDED_OVER)
    return Outcome(theirs, (*told, Edit(alert.id)), Said.HANDED_OVER)


def _clear_at(alert: Alert, plan: Plan, now: datetime) -> datetime | None:
    """When its new owner is asked to close it. One that had been gone for long is known to be gone."""
    if alert.cleared_at is None or alert.slowed:
        return None
    return max(now, alert.cleared_at + seconds(plan.of(alert).clear_after_s))


def _with(acks: tuple[Ack, ...], person: str, now: datetime) -> tuple[Ack, ...]:
    return (*(ack for ack in acks if ack.person != person), Ack(person, now))


def _contact(plan: Plan, person: str | None) -> Contact | None:
    return next((one for one in plan.roster.everyone if one.person == person), None)


def _pair(place: Destination) -> tuple[str, Means]:
    return place.person, place.by
