"""Who is on call: shown, changed for a while, and swapped between two people."""

from collections.abc import Sequence
from datetime import timedelta

from bot.answer import FAILED, Answer, Table
from bot.commands.alerting_seen import no_change, who_are_you
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.spans import EXAMPLES, span
from core.alerting.reach import findings
from core.oncall.schedule import (
    ANYBODY,
    Duty,
    Override,
    Schedule,
    Shift,
    next_handoff,
    shifts,
    swap,
    who,
)
from core.people import Act
from store.alerting.arranged import Arrangements, NothingArranged, read_arrangements
from store.alerting.oncall import add_overrides
from store.alerting.plans import schedule_of
from store.store import Transaction
from store.wakeups import nudge

AHEAD = timedelta(days=90)
GAPS_SHOWN = 5
_DUTIES = {duty.value.replace(" ", "-"): duty for duty in Duty} | {"lead": Duty.TEAM_LEAD}


@command(
    "oncall [show|override DUTY PERSON TIME|swap DUTY PERSON PERSON]",
    "who is on call and from when; put somebody on a duty for a while; two people swap their next shifts",
    Act.NOTE,
    examples=["oncall", "oncall override primary carol 4h", "oncall swap backup alice bob"],
    announced=True,
)
def oncall(context: Context, words: Sequence[str]) -> Answer:
    try:
        arranged, schedule = context.store.read(lambda c: (read_arrangements(c), schedule_of(c)))
    except NothingArranged as why:
        lines = [f"Start it: {context.surface.shell} run it with `python -m alerts run`."]
        return Answer(f"On call: UNKNOWN, {why}", lines, code=FAILED)
    if not words or list(words) == ["show"]:
        return _show(context, arranged, schedule)
    if context.actor.person is None:
        return who_are_you(context, "oncall")
    duty = _DUTIES.get(words[1].lower()) if len(words) == 4 else None
    people = {contact.person for contact in arranged.contacts}
    if duty is None or words[0] not in ("override", "swap"):
        return wrong_usage("oncall", f"duties are {', '.join(_DUTIES)}")
    named = words[2:3] if words[0] == "override" else words[2:4]
    unknown = [name for name in named if name not in people]
    if unknown:
        known = ", ".join(sorted(people))
        return no_change("oncall", f"nobody called {unknown[0]!r} can be told; there are {known}")
    if words[0] == "override":
        return _override(context, duty, words[2], words[3])
    return _swap(context, schedule, duty, words[2], words[3])


def _show(context: Context, arranged: Arrangements, schedule: Schedule) -> Answer:
    rows, facts = [], {}
    for duty in Duty:
        on = who(schedule, duty, context.now)
        after = next_handoff(schedule, duty, context.now)
        means = ", ".join(_means(arranged, name) for name in on.people)
        then = f"{', '.join(after.people) or 'NOBODY'} from {_at(after)}" if after else ""
        rows.append([duty.value, ", ".join(on.people) or "NOBODY", on.because, means, then])
        facts[duty.value] = list(on.people)
    found = findings(arranged.policy, schedule, arranged.contacts, context.now, days=AHEAD.days)
    lines = [f"Gap: {one}" for one in found[:GAPS_SHOWN]]
    table = Table("on call", ["duty", "who", "because", "told by", "then"], rows)
    primary = ", ".join(facts[Duty.PRIMARY.value]) or "NOBODY"
    return Answer(f"On call: {primary}", lines, [table], {"on_call": facts}, looked=True)


def _means(arranged: Arrangements, name: str) -> str:
    found = next((one for one in arranged.contacts if one.person == name), None)
    return "/".join(found.means) if found else "NOTHING"


def _at(shift: Shift) -> str:
    return f"{shift.start:%a %d %b %H:%M} UTC"


def _override(context: Context, duty: Duty, person: str, lasting: str) -> Answer:
    lasts = span(lasting)
    if lasts is None or not timedelta(0) < lasts <= AHEAD:
        return wrong_usage("oncall", f"how long, up to 90 days: {EXAMPLES}")
    now = context.now
    made = Override(duty, now, now + lasts, now, person=person, instead_of=ANYBODY)
    _keep(context, [made])
    ends = f"{made.end:%a %d %b %H:%M} UTC"
    title = f"{person} is {duty.value} until {ends}"
    return Answer(title, [f"Changed by {context.actor}."], [], {"ends": made.end.isoformat()})


def _swap(context: Context, schedule: Schedule, duty: Duty, one: str, other: str) -> Answer:
    """Each one's next whole or running shift."""
    ahead = shifts(schedule, duty, context.now, context.now + AHEAD)
    first, second = _next_of(ahead, one), _next_of(ahead, other)
    if first is None or second is None or first == second:
        missing = one if first is None else other
        return no_change("oncall", f"{missing} has no shift of their own within 90 days")
    _keep(context, swap(duty, first, second, context.now))
    lines = [
        f"{other} takes {_at(first)}, {one} takes {_at(second)}.",
        f"Agreed through {context.actor}.",
    ]
    return Answer(f"{one} and {other} swap as {duty.value}", lines, [], {})


def _next_of(ahead: Sequence[Shift], person: str) -> Shift | None:
    return next((shift for shift in ahead if shift.people == (person,)), None)


def _keep(context: Context, made: Sequence[Override]) -> None:
    """On the record of every desk that is meant; the change itself is made once."""
    log, voice, now = context.store.log, context.actor.voice, context.now

    def write(tx: Transaction) -> None:
        add_overrides(tx, log, context.id, context.desks[0], made, voice, now)

    context.store.write(write)
    nudge(context.store.home.alerts_socket)
