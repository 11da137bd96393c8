"""Commands that look at alerts: which are open, who was told and why, a checklist, a runbook entry."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.answer import REFUSED, Answer, Table
from bot.commands.looking import each_desk
from bot.commands.registry import Context, command, wrong_usage
from bot.words import age, clock, count
from core.alerting.alert import Alert
from core.alerting.checklist import SAYS, Item, in_order, ticks
from core.alerting.levels import Level
from core.alerting.rules import RULES
from core.alerting.runbook import ENTRIES, Step
from store.alerting.alerts import (
    NoSuchAlert,
    acts_of,
    history,
    latest_alerts,
    open_alerts,
    read_alert,
)
from store.alerting.checklists import open_positions, tick, ticked
from store.control import read_constraints, read_row
from store.store import Transaction
from store.wakeups import nudge

SHOWN = 20


@command(
    "alerts [all]",
    "open alerts: level, who has them, what comes next",
    examples=["alerts", "alerts all", "alerts --watch"],
    watch_s=2,
)
def alerts(context: Context, words: Sequence[str]) -> Answer:
    if words and list(words) != ["all"]:
        return wrong_usage("alerts", f"{' '.join(words)!r} is not `all`")

    def show(desk: str) -> Answer:
        if words:
            found = context.store.read(lambda c: latest_alerts(c, desk, SHOWN))
        else:
            found = context.store.read(lambda c: open_alerts(c, desk))
        head = ["alert", "level", "what", "state", "who has it", "since", "says"]
        rows = [_row(context, alert) for alert in found[:SHOWN]]
        facts = {"alerts": [alert_facts(alert) for alert in found]}
        firing = sum(alert.open for alert in found)
        title = f"{desk}: {count(firing, 'open alert')}" if firing else f"{desk}: no open alerts"
        lines = [f"What to do with one: {context.surface.says('ack ID')}"] if firing else []
        if len(found) > SHOWN:
            lines.append(f"Here are {SHOWN} of {len(found)}, the most urgent first.")
        return Answer(title, lines, [Table("alerts", head, rows)] if rows else [], facts)

    return each_desk(context, show)


def _row(context: Context, alert: Alert) -> list[str]:
    what = " ".join(filter(None, [alert.identity.rule, alert.identity.symbol]))
    return [
        alert.id,
        f"{alert.level}{' (drill)' if alert.drill else ''}",
        what,
        _state(context, alert),
        ", ".join(ack.person for ack in alert.acks) or alert.resolved_by or "nobody",
        age(alert.opened_at, context.now),
        alert.text,
    ]


def _state(context: Context, alert: Alert) -> str:
    if not alert.open or alert.cleared_at is None:
        return alert.state
    return f"{alert.state}, condition gone {age(alert.cleared_at, context.now)}"


@command(
    "alert why ID|checklist ID [ITEM…]|runbook ID",
    "who was told of an alert, when and why; its checklist; what its runbook says",
    examples=["alert why k7m2q", "alert checklist k7m2q keys", "alert runbook k7m2q"],
)
def alert(context: Context, words: Sequence[str]) -> Answer:
    does = _DOES.get(words[0]) if words else None
    if does is None or len(words) < 2:
        return wrong_usage("alert", "say `alert why ID`, and the ID as `alerts` shows it")
    try:
        found = context.store.read(lambda c: read_alert(c, words[1]))
    except NoSuchAlert as why:
        return no_change("alert", str(why))
    return does(context, found, words[2:])


def _why(context: Context, found: Alert, _words: Sequence[str]) -> Answer:
    lines, acts = context.store.read(lambda c: (history(c, found.id), acts_of(c, found.id)))
    told = [f"{one.person or 'the place'} by {one.by}" for one in sorted(found.told)]
    said = [
        f"{found.state}; opened {clock(found.opened_at)} ({age(found.opened_at, context.now)}), "
        f"seen {found.fire_count} times, policy {found.policy_hash}",
        f"told for sure: {', '.join(told) or 'nobody so far'}",
        *([f"kept quiet: {found.withheld}"] if found.withheld else []),
        *([f"next: {clock(found.due)}"] if found.due else []),
        *(f"by itself: {act.action}: {act.outcome or 'being done'}" for act in acts),
        *_time_to_ack(found),
    ]
    rows = [
        [clock(line.at), line.event, line.actor, line.said, line.did.replace("\n", "; ")]
        for line in lines
    ]
    table = Table("what happened", ["time", "event", "by", "what came of it", "who was told"], rows)
    facts = {"alert": alert_facts(found), "history": [_line_facts(row) for row in rows]}
    return Answer(f"{found.id}: {found.level}, {found.identity}", said, [table], facts)


def _line_facts(row: Sequence[str]) -> dict[str, str]:
    return dict(zip(["at", "event", "by", "said", "did"], row, strict=True))


def _time_to_ack(found: Alert) -> list[str]:
    if not found.acks:
        return []
    first = min(found.acks, key=lambda ack: ack.at)
    seconds = (first.at - found.opened_at).total_seconds()
    return [f"acknowledged first by {first.person}, {seconds:.0f} s after it was raised"]


def _checklist(context: Context, found: Alert, words: Sequence[str]) -> Answer:
    if found.peak is not Level.EMERGENCY:
        return no_change("alert", f"{found.id} is {found.peak}; only level 4 has a checklist")
    if words:
        unknown = [word for word in words if word.lower() not in set(Item)]
        if unknown:
            return wrong_usage("alert", f"there is no {unknown[0]!r}; boxes: {', '.join(Item)}")
        if context.actor.person is None:
            return who_are_you(context, "alert")
        context.store.write(lambda tx: _tick(context, tx, found, words))
        nudge(context.store.home.alerts_socket)
    done, order = context.store.read(lambda c: _boxes(context, c, found))
    lines = [
        f"{'[x]' if item in done else '[ ]'} {item}: {SAYS[item]}"
        + (f" ({done[item]})" if item in done else "")
        for item in order
    ]
    facts = {"ticked": {item.value: by for item, by in done.items()}}
    return Answer(f"{found.id}: checklist, {len(done)} of {len(Item)}", lines, [], facts)


def _boxes(
    context: Context, c: Transaction, found: Alert
) -> tuple[dict[Item, str], tuple[Item, ...]]:
    """What is done, by people or as the system sees it, and in which order the boxes stand."""
    desk = found.identity.desk
    positions = open_positions(c, desk, context.now)
    done = ticks(ticked(c, found.id), read_row(c, desk).mode, positions)
    return done, in_order(read_constraints(c, desk))


def _tick(context: Context, tx: Transaction, found: Alert, words: Sequence[str]) -> None:
    for word in words:
        tick(tx, context.store.log, found, Item(word.lower()), context.actor.voice, context.now)


def _runbook(context: Context, found: Alert, _words: Sequence[str]) -> Answer:
    rule = RULES.get(found.identity.rule)
    lines = [f"expected of you: {found.level.expects}"]
    if rule is not None:
        if rule.constrains is not None:
            lines.append(f"what the desk does by itself: constraint {rule.constrains}")
        lines.append(f"its entry in the runbook: {rule.entry}")
        lines += [f"{n}. {_step(context, s)}" for n, s in enumerate(ENTRIES[rule.entry], start=1)]
    lines.append(f"to stop everything: {context.surface.says('kill')}")
    return Answer(f"{found.id}: {found.identity.rule}", lines, [], {"alert": alert_facts(found)})


def _step(context: Context, step: Step) -> str:
    return f"{step.says}: {context.surface.says(step.command)}" if step.command else step.says


_DOES: dict[str, Callable[[Context, Alert, Sequence[str]], Answer]] = {
    "why": _why,
    "checklist": _checklist,
    "runbook": _runbook,
}


def who_are_you(context: Context, verb: str) -> Answer:
    proved = context.surface.proved(f"{verb} …")
    lines = [f"It is done by somebody, and on record as theirs: {proved}", "Nothing was changed."]
    return Answer(f"{verb}: who are you?", lines, code=REFUSED)


def no_change(verb: str, why: str) -> Answer:
    return Answer(f"{verb}: {why}", ["Nothing was changed."], code=REFUSED)


def alert_facts(found: Alert) -> dict[str, Any]:
    """An alert as JSON values."""
    return {
        "id": found.id,
        "desk": found.identity.desk,
        "rule": found.identity.rule,
        "symbol": found.identity.symbol,
        "level": found.level.value,
        "peak": found.peak.value,
        "state": found.state.value,
        "text": found.text,
        "drill": found.drill,
        "opened_at": found.opened_at.isoformat(),
        "acknowledged_by": [ack.person for ack in found.acks],
        "due": found.due.isoformat() if found.due else None,
    }
