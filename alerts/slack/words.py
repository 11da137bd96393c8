"""An alert's message: what it is, what its level expects of the reader, how it stands, what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.slack.blocks import (
    Block,
    Message,
    actions,
    button,
    checkboxes,
    context,
    foreign,
    header,
    moment,
    option,
    section,
)
from core.alerting.alert import Alert, AlertState
from core.alerting.checklist import SAYS, Item, ticks
from core.alerting.levels import Level
from core.alerting.rules import RULES
from core.modes import Mode
from store.alerting.alerts import Line, SystemAct

BLOCK = "alert"
SIGNS = {
    Level.WARNING: "🟡",
    Level.INTERVENTION: "🟠",
    Level.CRITICAL: "🔴",
    Level.EMERGENCY: "🚨",
}
SNOOZE_LABEL = {
    Level.WARNING: "Snooze 1 h",
    Level.INTERVENTION: "Snooze 1 h",
    Level.CRITICAL: "Snooze 15 min",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that the message tells of."""

    alert: Alert
    mode: Mode
    open_positions: int | None
    """None where nobody knows."""
    acts: Sequence[SystemAct]
    ticked: Mapping[Item, str]
    """What people ticked off the checklist of a level 4, and who."""
    command: str
    order: Sequence[Item] = tuple(Item)
    """Of that checklist."""


def alert_message(seen: Seen) -> Message:
    """The whole message in its present state; its text alone says everything that the blocks say."""
    alert = seen.alert
    head = _head(alert)
    lines = [*_what(seen), *_state(alert), *(_act(act) for act in seen.acts)]
    blocks: list[Block] = [header(head), section("\n".join(lines))]
    if alert.peak is Level.EMERGENCY:
        lines += _boxes_in_words(seen)
        blocks.append(_boxes(seen))
    if alert.open:
        blocks.append(actions(BLOCK, _buttons(alert)))
    small = _small(seen)
    return Message("\n".join([foreign(head), *lines, small])[:3_900], [*blocks, context(small)])


def thread_message(lines: Sequence[Line]) -> Message | None:
    """What happened since the last reply in its thread, or None when nothing is worth one."""
    told = [said for line in lines if (said := _thread_line(line))]
    if not told:
        return None
    text = "\n".join(told)
    return Message(text[:3_900], [section(text)])


def _head(alert: Alert) -> str:
    sign = "✅" if not alert.open else SIGNS[alert.level]
    drill = "DRILL · " if alert.drill else ""
    what = " ".join(filter(None, [alert.identity.rule, alert.identity.symbol]))
    return f"{sign} {drill}{alert.identity.desk}: {alert.level} · {what}"


def _what(seen: Seen) -> list[str]:
    alert = seen.alert
    lines = [foreign(alert.text)] if alert.text else []
    if alert.drill:
        lines.append("*This is a drill.* Acknowledge it; nothing is wrong and nothing is stopped.")
    elif alert.open:
        lines.append(f"*Expected of you*: {alert.level.expects}")
    if alert.level < alert.peak and alert.open:
        lines.append(f"It had risen to {alert.peak}; that is what is escalated.")
    held = "positions UNKNOWN" if seen.open_positions is None else f"{seen.open_positions} open"
    lines.append(f"*Desk*: {seen.mode.name}, {held}")
    return lines


def _state(alert: Alert) -> list[str]:
    since = f"since {moment(alert.opened_at)}"
    match alert.state:
        case AlertState.RESOLVED:
            at = moment(alert.resolved_at) if alert.resolved_at else "?"
            return [f"*Resolved* {at} by {foreign(alert.resolved_by)}"]
        case AlertState.ACKNOWLEDGED:
            has = ", ".join(f"{foreign(ack.person)} ({moment(ack.at)})" for ack in alert.acks)
            return [f"*Acknowledged* by {has}", *_cleared(alert)]
        case AlertState.SNOOZED:
            until = moment(alert.timers.snooze) if alert.timers.snooze else "?"
            return [f"*Snoozed* until {until}", *_cleared(alert)]
        case _:
            return [f"*Firing* {since}, {_waits_for(alert)}", *_cleared(alert)]


def _waits_for(alert: Alert) -> str:
    if alert.withheld:
        return f"nobody is told: {foreign(alert.withheld)}"
    if alert.acks:
        have = ", ".join(foreign(ack.person) for ack in alert.acks)
        return f"acknowledged by {have}; everybody has to"
    then = f"; next step {moment(alert.timers.step)}" if alert.timers.step else ""
    return f"nobody has acknowledged it{then}"


def _cleared(alert: Alert) -> list[str]:
    if alert.cleared_at is None:
        return []
    return [f"Its condition is gone since {moment(alert.cleared_at)}."]


def _act(act: SystemAct) -> str:
    return f"*By itself*: {act.action}: {foreign(act.outcome) if act.done_at else 'being done'}"


def _boxes(seen: Seen) -> Block:
    """The checklist. A box that is ticked stays so: whoever unticks it sees it ticked again."""
    done = _done(seen)
    options = {item: option(_said_of(item, done), f"{seen.alert.id}|{item}") for item in seen.order}
    ticked = [options[item] for item in seen.order if item in done]
    boxes = checkboxes("alert_checklist", list(options.values()), ticked)
    return actions(f"{BLOCK}_checklist", [boxes])


def _boxes_in_words(seen: Seen) -> list[str]:
    done = _done(seen)
    return [f"{'☑' if item in done else '☐'} {_said_of(item, done)}" for item in seen.order]


def _said_of(item: Item, done: Mapping[Item, str]) -> str:
    return f"{SAYS[item]} ({done[item]})" if item in done else SAYS[item]


def _done(seen: Seen) -> dict[Item, str]:
    return ticks(seen.ticked, seen.mode, seen.open_positions)


def _buttons(alert: Alert) -> list[Block]:
    value = f"{alert.id}|{alert.peak.value}|{alert.turn}|{alert.identity.desk}"
    found = [
        button("alert_ack", "Acknowledge", value, "primary"),
        button("alert_escalate", "Escalate", value),
    ]
    if alert.peak in SNOOZE_LABEL:
        found.append(button("alert_snooze", SNOOZE_LABEL[alert.peak], value))
    found.append(button("alert_resolve", "Resolve", value))
    found.append(button("alert_runbook", "Runbook", value))
    if alert.drill:
        return found
    if alert.peak is Level.INTERVENTION:
        found.append(button("alert_reduce", "Reduce-only", value))
    if alert.peak >= Level.CRITICAL:
        found += [
            button("alert_kill", "Kill", value, "danger"),
            button("alert_close", "Close all", value, "danger"),
        ]
    return found


def _small(seen: Seen) -> str:
    alert = seen.alert
    parts = [f"alert `{alert.id}`"]
    if alert.fire_count > 1:
        parts.append(f"seen {alert.fire_count} times")
    if alert.identity.rule in RULES:
        parts.append(f"runbook: {foreign(RULES[alert.identity.rule].entry)}")
    parts.append(f"`{seen.command} alert why {alert.id}` shows who was told and why")
    return " · ".join(parts)


def _thread_line(line: Line) -> str:
    """What the message above shows anyway, or nobody needs, is left out."""
    if line.event in ("sent", "fired", "time") and not line.did:
        return ""
    who = f"{foreign(line.actor)}: " if line.actor else ""
    did = "".join(f"\n• {foreign(one)}" for one in line.did.splitlines())
    return f"{moment(line.at)} {who}{foreign(line.said)}{did}"
