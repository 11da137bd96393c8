"""What time alone brings about: the next step, a reminder, the end of a snooze, an automatic action."""

from dataclasses import replace
from datetime import datetime

from core.alerting.acts import close, stepped
from core.alerting.alert import Alert, AlertState, TimerKind, Timers, Why
from core.alerting.effects import (
    Edit,
    Effect,
    NotActed,
    NoticeKind,
    Notify,
    Outcome,
    Said,
    Spared,
    Tighten,
)
from core.alerting.events import Due, SetBack
from core.alerting.levels import Level
from core.alerting.paging import Plan, begin_round, notice, seconds, to_person
from core.alerting.policy import OnUnacked
from core.oncall.contacts import Means


def due(alert: Alert, event: Due, plan: Plan, now: datetime) -> Outcome:
    """The one timer that is due first. The caller asks again until nothing is due any more."""
    if event.generation != alert.generation:
        return Outcome(alert, (), Said.STALE)
    kind = alert.timers.due(now)
    if kind is None:
        return Outcome(alert, (), Said.NOT_DUE)
    return _DUE[kind](alert, plan, now)


def set_back(alert: Alert, event: SetBack, _plan: Plan, _now: datetime) -> Outcome:
    """Nobody waits any longer than they would have; who was to be told at an hour is told before it."""
    by = event.by
    moved = replace(
        alert,
        timers=alert.timers.earlier(by),
        cleared_at=alert.cleared_at and alert.cleared_at - by,
        paged_at=alert.paged_at and alert.paged_at - by,
        edited_at=alert.edited_at and alert.edited_at - by,
        flaps=tuple(at - by for at in alert.flaps),
    )
    return Outcome(moved, (), Said.NOTED)


def _clear_due(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    """The condition has stayed gone. Levels 1 and 2 close; above, a person has to say that it is over."""
    cleared = replace(alert, timers=alert.timers.without(TimerKind.CLEAR))
    if alert.state is AlertState.ACKNOWLEDGED:
        return _remind(cleared, plan, now, Why.CLEARED)
    if alert.peak <= Level.INTERVENTION:
        return close(cleared, "the system, because its condition cleared", plan, now, Said.RESOLVED)
    pace = now + seconds(plan.of(alert).cleared_every_s)
    slowed = replace(
        cleared,
        slowed=True,
        edited_at=now,
        timers=replace(cleared.timers, step=max(cleared.timers.step or pace, pace)),
    )
    told = notice(slowed, "", Means.CHANNEL, NoticeKind.CLEARED, Why.CLEARED)
    return Outcome(slowed, (told, Edit(alert.id)), Said.SLOWED)


def _snooze_due(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    if alert.cleared_at is None:
        begun, effects = begin_round(alert, plan, Why.SNOOZE_ENDED, now)
        return Outcome(begun, (*effects, Edit(alert.id)), Said.WOKEN)
    stayed_at = alert.cleared_at + seconds(plan.of(alert).clear_after_s)
    if stayed_at > now:
        return Outcome(replace(alert, timers=Timers(snooze=stayed_at)), (), Said.WAITING)
    return close(alert, "the system, at the end of its snooze", plan, now, Said.RESOLVED)


def _ack_due(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    """Its owner is reminded; unless they answer, the others are told again after the grace."""
    if alert.cleared:
        return _remind(alert, plan, now, Why.CLEARED)
    wait_s = plan.of(alert).grace_s
    begun, effects = begin_round(alert, plan, Why.ACK_LAPSED, now, wait_s)
    reminders = _reminders(begun, plan, Why.ACK_LAPSED)
    return Outcome(begun, (*reminders, *effects, Edit(alert.id)), Said.REMINDED)


def _act_due(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    """Announced first, with time to stop it; done at the second time."""
    wish = plan.of(alert).on_unacked
    if wish is None:  # the policy became another one
        idle = replace(alert, timers=alert.timers.without(TimerKind.ACT))
        return Outcome(idle, (), Said.NOTHING)
    if not alert.announced:
        at = now + seconds(wish.announce_s)
        said = replace(alert, announced=True, timers=replace(alert.timers, act=at))
        told = notice(said, "", Means.CHANNEL, NoticeKind.COUNTDOWN, Why.COUNTDOWN)
        return Outcome(said, (told, Edit(alert.id)), Said.ANNOUNCED)
    done = replace(alert, acted=True, timers=alert.timers.without(TimerKind.ACT))
    return Outcome(done, (*_action(done, wish), Edit(alert.id)), Said.ACTED)


def _action(alert: Alert, wish: OnUnacked) -> tuple[Effect, ...]:
    reasons = (
        (alert.drill, NotActed.DRILL),
        (alert.cleared, NotActed.CLEARED),
        (wish.dry_run, NotActed.DRY_RUN),
    )
    spared = next((reason for is_so, reason in reasons if is_so), None)
    if spared is not None:
        return (Spared(alert.id, wish.action, spared),)
    key = f"{alert.id}:{alert.episode}:{wish.action}"
    told = notice(alert, "", Means.CHANNEL, NoticeKind.ACTED, Why.ACTED)
    return (Tighten(key, alert.identity.desk, wish.action, Why.ACTED), told)


def _step_due(alert: Alert, plan: Plan, now: datetime) -> Outcome:
    return stepped(alert, plan, now)


def _edit_due(alert: Alert, _plan: Plan, now: datetime) -> Outcome:
    shown = replace(alert, edited_at=now, timers=alert.timers.without(TimerKind.EDIT))
    return Outcome(shown, (Edit(alert.id),), Said.SHOWN)


def _remind(alert: Alert, plan: Plan, now: datetime, why: Why) -> Outcome:
    """Its owner is asked to close it, now and at every end of their hold."""
    hold_s = plan.of(alert).hold_s
    at = None if hold_s is None else now + seconds(hold_s)
    again = replace(alert, generation=alert.generation + 1, timers=replace(alert.timers, ack=at))
    return Outcome(again, (*_reminders(again, plan, why), Edit(alert.id)), Said.REMINDED)


def _reminders(alert: Alert, plan: Plan, why: Why) -> list[Notify]:
    """A reminder is no page: it goes by direct message, or by the mildest means there is."""
    return [
        message
        for contact in plan.roster.everyone
        if contact.person in alert.in_charge
        for message in to_person(alert, contact, (Means.DM,), NoticeKind.REMINDER, why)[:1]
    ]


_DUE = {
    TimerKind.CLEAR: _clear_due,
    TimerKind.SNOOZE: _snooze_due,
    TimerKind.ACK: _ack_due,
    TimerKind.ACT: _act_due,
    TimerKind.STEP: _step_due,
    TimerKind.EDIT: _edit_due,
}
