"""Commands that keep alerts quiet for a while: silences and maintenance windows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.answer import REFUSED, Answer, Table
from bot.commands.alerting_seen import no_change, who_are_you
from bot.commands.outcomes import one_desk
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.spans import EXAMPLES, span
from bot.words import age, clock
from core.alerting.quieting import (
    Maintenance,
    Match,
    Quieting,
    Routine,
    Silence,
    SilenceRefusal,
    silence_refusal,
)
from core.alerting.rules import RULES
from core.people import Act
from store.alerting.arranged import NothingArranged
from store.alerting.oncall import add_maintenance, add_silence, end_early, windows_at
from store.alerting.plans import quieting_of
from store.alerting.settlement import lift
from store.store import Transaction
from store.wakeups import nudge

LONGEST = timedelta(days=7)


@command(
    "silence [RULE[/SYMBOL] TIME REASON…|end ID]",
    f"keep one rule's alerts quiet for a while ({EXAMPLES}), or end that; never levels 3 and 4",
    Act.NOTE,
    examples=[
        "silence",
        "silence api_latency 2h exchange maintenance",
        "silence stale_mark/BTC 30m thin market",
        "silence end silence-4f2a",
    ],
    proof=True,
    announced=True,
)
def silence(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return _shown(context)
    if context.actor.person is None:
        return who_are_you(context, "silence")
    if words[0] == "end":
        return _end(context, "silence", words[1:])
    several = one_desk("silence")(context.store, context.desks, words)
    if several is not None:
        return several
    lasts = span(words[1]) if len(words) > 1 else None
    rule, _, symbol = words[0].partition("/")
    if lasts is None:
        return wrong_usage("silence", f"which rule, how long ({EXAMPLES}) and why?")
    if rule not in RULES and not rule.endswith("*"):
        return no_change("silence", f"there is no rule {rule!r}; rules: {', '.join(RULES)}")
    return _silenced(context, rule, symbol, lasts, " ".join(words[2:]))


def _silenced(context: Context, rule: str, symbol: str, lasts: timedelta, reason: str) -> Answer:
    desk, voice, now = context.desks[0], context.actor.voice, context.now
    match = Match(desk, rule, symbol)
    wanted = Silence(context.id, match, voice, reason, now, now + lasts)
    refused = silence_refusal(wanted)
    if refused is not None:
        hint = f"{refused}"
        if refused is SilenceRefusal.NO_REASON:
            hint += f": {context.surface.says(f'silence {rule} {lasts} why')}"
        return no_change("silence", hint)
    log = context.store.log
    context.store.write(lambda tx: add_silence(tx, log, wanted, desk, now))
    nudge(context.store.home.alerts_socket)
    lines = [
        f"{voice}: {reason}",
        f"Until {clock(wanted.ends)}; levels 3 and 4 are told all the same.",
        f"To end it before: {context.surface.says(f'silence end {wanted.id}')}",
    ]
    what = f"{rule}/{symbol}" if symbol else rule
    return Answer(f"{desk}: {what} is silenced", lines, [], {"id": wanted.id})


@command(
    "maintenance [TIME REASON…|end ID]",
    f"a planned window ({EXAMPLES}) in which levels 1 and 2 are quiet; what still fires at its end is told",
    Act.NOTE,
    examples=[
        "maintenance 1h moving the server",
        "maintenance",
        "maintenance end maintenance-4f2a",
    ],
    proof=True,
    announced=True,
)
def maintenance(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return _shown(context)
    if context.actor.person is None:
        return who_are_you(context, "maintenance")
    if words[0] == "end":
        return _end(context, "maintenance", words[1:])
    several = one_desk("maintenance")(context.store, context.desks, words)
    if several is not None:
        return several
    lasts, name = span(words[0]), " ".join(words[1:])
    if lasts is None or not name:
        return wrong_usage("maintenance", f"how long ({EXAMPLES}) and why?")
    if lasts > LONGEST:
        return no_change("maintenance", "a window lasts 7 days at most")
    desk, voice, now = context.desks[0], context.actor.voice, context.now
    window = Maintenance(name, Match(desk), now, now + lasts)
    log = context.store.log
    context.store.write(lambda tx: add_maintenance(tx, log, context.id, window, voice, desk, now))
    nudge(context.store.home.alerts_socket)
    lines = [
        f"{voice}: {name}",
        f"Until {clock(window.ends)}; levels 3 and 4 are told all the same.",
        f"To end it before: {context.surface.says(f'maintenance end {context.id}')}",
    ]
    return Answer(f"{desk}: maintenance", lines, [], {"id": context.id})


def _shown(context: Context) -> Answer:
    known = context.store.read(lambda c: _known(c, context.now))
    rows = [
        *(
            [one.id, _what(one.match), one.owner, one.reason, _when(one, context)]
            for one in known.silences
            if one.ends > context.now
        ),
        *(
            [one.id, _what(one.match), one.owner, f"maintenance: {one.name}", _when(one, context)]
            for one in known.maintenance
            if one.ends > context.now
        ),
        *(
            ["", _what(one.match), "", f"maintenance: {one.name}", _weekly(one)]
            for one in known.routines
        ),
        *(
            ["", _what(one.target), "", f"while {_what(one.source)} is open", ""]
            for one in known.inhibitions
        ),
    ]
    head = ["id", "what", "by", "why", "ends"]
    tables = [Table("quiet now, or to come", head, rows)] if rows else []
    title = "Kept quiet" if rows else "Nothing is kept quiet"
    return Answer(title, [], tables, {"silences": rows}, looked=True)


def _known(connection: Transaction, now: datetime) -> Quieting:
    """Also where no alerts process has taken the file yet."""
    try:
        return quieting_of(connection, now)
    except NothingArranged:
        silences, windows = windows_at(connection, now)
        return Quieting(silences, maintenance=windows)


def _weekly(window: Routine) -> str:
    hours = window.hours
    return f"each week, {hours.begins:%H:%M} to {hours.ends:%H:%M} {hours.zone.key}"


def _what(match: Match) -> str:
    return "/".join(filter(None, [match.desk, match.rule or "every rule", match.symbol]))


def _when(window: Silence | Maintenance, context: Context) -> str:
    return f"{clock(window.ends)} ({age(window.ends, context.now)})"


def _end(context: Context, verb: str, words: Sequence[str]) -> Answer:
    if len(words) != 1:
        return wrong_usage(verb, "end which? `silence` shows their IDs")
    desk, voice, now = context.desks[0], context.actor.voice, context.now

    def write(tx: Transaction) -> bool:
        ended = end_early(tx, context.store.log, words[0], voice, desk, now)
        if ended:
            lift(tx, context.store.log, now)
        return ended

    if not context.store.write(write):
        lines = ["Nothing was changed."]
        return Answer(f"{verb}: {words[0]!r} is not running", lines, code=REFUSED)
    nudge(context.store.home.alerts_socket)
    return Answer(f"{words[0]} has ended", ["What it kept quiet is told now."], [], {})
