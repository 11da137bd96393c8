"""Commands that do something with an alert: ack, escalate, snooze, resolve, handover, drill."""

from collections.abc import Callable, Sequence

from bot.answer import OK, REFUSED, Answer
from bot.commands.alerting_seen import alert_facts, no_change, who_are_you
from bot.commands.outcomes import one_desk
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.spans import EXAMPLES, span
from core.alerting.alert import Alert
from core.alerting.effects import Outcome, Said
from core.alerting.events import Acked, Escalated, Event, HandedOver, Resolved, Snoozed
from core.alerting.levels import Level
from core.people import Act
from store.alerting.alerts import NoSuchAlert, read_alert
from store.alerting.facts import raise_alert
from store.alerting.settlement import apply
from store.store import Transaction
from store.wakeups import nudge

NOT_DONE = frozenset(
    {Said.RAISED_SINCE, Said.ALREADY_RESOLVED, Said.NOT_IN_CHARGE, Said.NO_SUCH_PERSON}
    | {Said.SNOOZE_NOT_HERE, Said.SNOOZE_TOO_LONG, Said.SNOOZE_PAST, Said.ALREADY_ESCALATED}
)
"""Answers that say that nothing was changed."""


@command(
    "ack ID [LEVEL]",
    "you take charge of an alert; LEVEL is what you saw, if it rose since you are told",
    Act.NOTE,
    examples=["ack k7m2q", "ack k7m2q --as bob --code 123456"],
    proof=True,
)
def ack(context: Context, words: Sequence[str]) -> Answer:
    seen = int(words[1]) if len(words) == 2 and words[1] in {"1", "2", "3", "4"} else None
    if len(words) not in (1, 2) or (len(words) == 2 and seen is None):
        return wrong_usage("ack", "which alert? `alerts` shows them")
    return _act(
        context,
        "ack",
        words[0],
        lambda found: Acked(context.actor.voice, Level(seen) if seen else found.peak),
    )


@command(
    "escalate ID [TURN]",
    "run an alert's next step now; TURN is how many had run when you looked",
    Act.NOTE,
    examples=["escalate k7m2q"],
)
def escalate(context: Context, words: Sequence[str]) -> Answer:
    if len(words) not in (1, 2) or not all(word.isdecimal() for word in words[1:]):
        return wrong_usage("escalate", "which alert? `alerts` shows them")
    turn = int(words[1]) if len(words) == 2 else None
    return _act(
        context,
        "escalate",
        words[0],
        lambda found: Escalated(context.actor.voice, found.turn if turn is None else turn),
        person_only=False,
    )


@command(
    "snooze ID TIME",
    f"be told of an alert again later: {EXAMPLES}, as long as its level allows",
    Act.NOTE,
    examples=["snooze k7m2q 15m"],
    proof=True,
)
def snooze(context: Context, words: Sequence[str]) -> Answer:
    lasts = span(words[1]) if len(words) == 2 else None
    if lasts is None:
        return wrong_usage("snooze", f"an alert and a time, such as {EXAMPLES}")
    return _act(
        context, "snooze", words[0], lambda _: Snoozed(context.actor.voice, context.now + lasts)
    )


@command(
    "resolve ID",
    "an alert is over; seen again it comes back",
    Act.NOTE,
    examples=["resolve k7m2q"],
    proof=True,
)
def resolve(context: Context, words: Sequence[str]) -> Answer:
    if len(words) != 1:
        return wrong_usage("resolve", "which alert? `alerts` shows them")
    return _act(context, "resolve", words[0], lambda _: Resolved(context.actor.voice))


@command(
    "handover ID [PERSON]",
    "give an alert that you have to somebody, or back to everybody",
    Act.NOTE,
    examples=["handover k7m2q bob", "handover k7m2q"],
    proof=True,
)
def handover(context: Context, words: Sequence[str]) -> Answer:
    if len(words) not in (1, 2):
        return wrong_usage("handover", "an alert, and perhaps a person's short name")
    to = words[1] if len(words) == 2 else None
    return _act(context, "handover", words[0], lambda _: HandedOver(context.actor.voice, to))


@command(
    "drill [LEVEL]",
    "a fire drill: page as if it were real, measure how long until somebody acknowledges, act on nothing",
    Act.NOTE,
    examples=["drill", "drill 4"],
    check=one_desk("drill"),
)
def drill(context: Context, words: Sequence[str]) -> Answer:
    if len(words) > 1 or not all(word in {"2", "3", "4"} for word in words):
        return wrong_usage("drill", "the level is 2, 3 or 4; 3 if you say none")
    several = one_desk("drill")(context.store, context.desks, words)
    if several is not None:
        return several
    level, desk = Level(int(words[0])) if words else Level.CRITICAL, context.desks[0]
    text = f"a drill by {context.actor}"

    def write(tx: Transaction) -> None:
        raise_alert(tx, desk, "drill", level, text, context.now, drill=True)
        body = {"level": level.value, "id": context.id}
        voice = context.actor.voice
        context.store.log.append(
            tx, desk=desk, kind="drill", actor=voice, now=context.now, body=body
        )

    context.store.write(write)
    nudge(context.store.home.alerts_socket)
    lines = [
        "People are paged as for a real one; every message says that it is a drill.",
        f"How long it took: {context.surface.says('drills')}",
    ]
    return Answer(f"{desk}: a drill of {level} begins", lines, [], {"level": level.value})


def _act(
    context: Context,
    verb: str,
    id: str,
    event_of: Callable[[Alert], Event],
    *,
    person_only: bool = True,
) -> Answer:
    """Do it in one transaction with what is known of the alert then."""
    if person_only and context.actor.person is None:
        return who_are_you(context, verb)

    def transaction(tx: Transaction) -> Outcome:
        found = read_alert(tx, id)
        return apply(tx, context.store.log, found.id, event_of(found), context.now)

    try:
        outcome = context.store.write(transaction)
    except NoSuchAlert as why:
        return no_change(verb, f"{why}; {context.surface.says('alerts')} shows those that are open")
    nudge(context.store.home.alerts_socket)
    after, said = outcome.alert, outcome.said
    lines = [f"{after.level}, {after.identity}: {after.text}", f"It is {after.state} now."]
    if said in NOT_DONE:
        lines.append("Nothing was changed.")
    code = REFUSED if said in NOT_DONE else OK
    facts = {"alert": alert_facts(after), "said": said.name}
    return Answer(f"{after.id}: {said}", lines, [], facts, code)
