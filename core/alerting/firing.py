"""What rules report: a condition found, found again, at another level, or gone."""

from dataclasses import replace
from datetime import datetime

from core.alerting.alert import Alert, AlertState, Identity, Why
from core.alerting.effects import Edit, Effect, NoticeKind, Notify, Outcome, Said, Withdraw
from core.alerting.events import Cleared, Fired
from core.alerting.levels import Level
from core.alerting.paging import Plan, at_once, begin_round, seconds, to_told
from core.alerting.policy import policy_hash, wait_into

FLAPS_KEPT = 32


def opened(
    id: str, identity: Identity, fired: Fired, plan: Plan, now: datetime, drill: bool = False
) -> Outcome:
    """A new alert. Its first step runs now, or after the wait for its group."""
    alert = Alert(
        id=id,
        identity=identity,
        level=fired.level,
        peak=fired.level,
        state=AlertState.FIRING,
        policy_hash=plan.named or policy_hash(plan.policy),
        opened_at=now,
        seen_at=now,
        cause=Why.RAISED,
        text=fired.text,
        drill=drill,
    )
    policy = plan.of(alert)
    begun, effects = begin_round(alert, plan, Why.RAISED, now, policy.group_wait_s)
    return Outcome(begun, (*at_once(begun, policy, Why.RAISED), *effects), Said.OPENED)


def seen_again(alert: Alert, event: Fired, plan: Plan, now: datetime) -> Outcome:
    """An open alert's condition, found again. Only a level above the peak is news."""
    seen = _seen(alert, event, plan, now)
    if event.level > alert.peak:
        return _raised(alert, seen, plan, now)
    return show(seen, plan, now, Said.REFIRED)


def back(alert: Alert, event: Fired, plan: Plan, now: datetime) -> Outcome:
    """A resolved alert's condition, found again: the same alert while its reopen window lasts."""
    if alert.reopen_until is None or now >= alert.reopen_until:
        return Outcome(alert, (), Said.NOT_REOPENED)
    anew = replace(
        _seen(alert, event, plan, now),
        peak=event.level,
        state=AlertState.FIRING,
        episode=alert.episode + 1,
        acks=(),
        told=frozenset(),
        acted=False,
        resolved_at=None,
        resolved_by="",
        reopen_until=None,
        flaps=_flaps(alert, plan, now),
    )
    policy = plan.of(anew)
    wait_s = max(policy.group_wait_s, _damping_s(anew, plan, now))
    begun, effects = begin_round(anew, plan, Why.REOPENED, now, wait_s)
    said = Said.REOPENED_FLAPPING if wait_s > policy.group_wait_s else Said.REOPENED
    return Outcome(begun, (*at_once(begun, policy, Why.REOPENED), *effects, Edit(begun.id)), said)


def gone(alert: Alert, _event: Cleared, plan: Plan, now: datetime) -> Outcome:
    """The condition is gone; whether that closes the alert is decided once it has stayed gone."""
    if alert.cleared:
        return Outcome(alert, (), Said.CLEARING)
    at = now + seconds(plan.of(alert).clear_after_s)
    noted = replace(alert, cleared_at=now)
    if alert.state is not AlertState.SNOOZED:  # the end of the snooze looks at it
        noted = replace(noted, timers=replace(noted.timers, clear=at))
    return show(noted, plan, now, Said.CLEARING)


def show(alert: Alert, plan: Plan, now: datetime, said: Said) -> Outcome:
    """Bring the message up to date, but not more often than the policy allows."""
    if alert.timers.edit is not None:
        return Outcome(alert, (), said)
    free_at = (alert.edited_at or now) + seconds(plan.policy.edit_every_s)
    if alert.edited_at is None or free_at <= now:
        return Outcome(replace(alert, edited_at=now), (Edit(alert.id),), said)
    waiting = replace(alert, timers=replace(alert.timers, edit=free_at))
    return Outcome(waiting, (), said)


def flapping(alert: Alert, plan: Plan, now: datetime) -> bool:
    """Whether the condition comes and goes too often for each return to page somebody."""
    window = seconds(plan.policy.flap_window_s)
    return sum(now - at < window for at in alert.flaps) >= plan.policy.flap_limit


def _seen(alert: Alert, event: Fired, plan: Plan, now: datetime) -> Alert:
    """The condition holds: whatever watched it being gone stops, and a slowed pace is taken up again."""
    timers = replace(alert.timers, clear=None)
    if alert.slowed and timers.step is not None:
        pace = seconds(wait_into(plan.of(alert), alert.step, alert.loop))
        timers = replace(timers, step=min(timers.step, now + pace))
    flaps = _flaps(alert, plan, now) if alert.cleared and alert.open else alert.flaps
    return replace(
        alert,
        level=event.level,
        text=event.text or alert.text,
        seen_at=now,
        fire_count=alert.fire_count + 1,
        cleared_at=None,
        slowed=False,
        flaps=flaps,
        timers=timers,
    )


def _raised(before: Alert, seen: Alert, plan: Plan, now: datetime) -> Outcome:
    """A higher level is a new matter: who had it is told first, and everybody may be paged again."""
    raised = replace(seen, peak=seen.level, acks=(), acted=False)
    begun, effects = begin_round(raised, plan, Why.LEVEL_RAISED, now)
    again = () if begun.withheld else _raised_notices(begun, effects)
    told = sorted((*again, *effects), key=lambda one: not _is_for(one, before.in_charge))
    opens = at_once(begun, plan.of(begun), Why.LEVEL_RAISED)
    withdraw = Withdraw(begun.id, begun.generation)
    return Outcome(begun, (withdraw, *opens, *told), Said.LEVEL_RAISED)


def _raised_notices(begun: Alert, effects: tuple[Effect, ...]) -> list[Notify]:
    """Everybody told before hears that it rose, except by the means that the new step uses anyway."""
    paged = {(one.person, one.by) for one in effects if isinstance(one, Notify)}
    return [
        one
        for one in to_told(begun, NoticeKind.RAISED, Why.LEVEL_RAISED)
        if (one.person, one.by) not in paged
    ]


def _is_for(effect: Effect, people: frozenset[str]) -> bool:
    return isinstance(effect, Notify) and effect.person in people


def _flaps(alert: Alert, plan: Plan, now: datetime) -> tuple[datetime, ...]:
    window = seconds(plan.policy.flap_window_s)
    return (*(at for at in alert.flaps if now - at < window), now)[-FLAPS_KEPT:]


def _damping_s(alert: Alert, plan: Plan, now: datetime) -> int:
    """How long a flapping alert pages nobody. Never one above the level last paged, never level 4."""
    if alert.paged_at is None or alert.paged_level is None or alert.peak is Level.EMERGENCY:
        return 0
    if alert.peak > alert.paged_level or not flapping(alert, plan, now):
        return 0
    next_at = alert.paged_at + seconds(plan.policy.flap_page_every_s)
    return max(0, (next_at - now) // seconds(1))
