"""Changing the limits: lower or half of them at once on one voice; higher ones take two people."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from bot.answer import FAILED, REFUSED, Answer
from bot.commands.facts import request_facts
from bot.commands.outcomes import one_desk, refusal
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import request_lines
from bot.words import count
from core.limit_changes import Change, NoSuchLimit, NotALimit, change_to, conservative
from core.people import Act
from core.requests import RequestRefusal
from store.asking import ask_raise
from store.limit_changes import read_limit_values
from store.one_voice import lower
from store.voices import NotAllowed

REASON_MAX = 300


@command(
    "limit lower NAME VALUE|conservative|raise NAME VALUE [REASON…]",
    "lower a limit, or halve them all, at once; raising one takes two people",
    Act.TIGHTEN,
    examples=[
        "limit lower max_leverage 1",
        "limit conservative",
        "limit raise max_leverage 2 the market is quiet again --as alice --code 123456",
    ],
    announced=True,
    check=one_desk("limit"),
)
def limit(context: Context, words: Sequence[str]) -> Answer:
    several = one_desk("limit")(context.store, context.desks, words)
    if several is not None:
        return several
    verb, rest = (words[0], words[1:]) if words else ("", ())
    does = _DOES.get(verb)
    if does is None:
        return wrong_usage("limit", f"{verb!r} is none of them" if verb else "what about it?")
    desk = context.desks[0]
    known = context.store.read(lambda c: read_limit_values(c, desk))
    if known is None:
        lines = [f"No trader of this desk has started yet: {context.surface.shell} --profile P"]
        return Answer(f"{desk}: limits UNKNOWN", lines, code=FAILED)
    try:
        return does(context, desk, known.in_force, rest)
    except (NoSuchLimit, NotALimit, NotAllowed) as why:
        return Answer(f"limit refused: {why}.", ["Nothing was changed."], code=REFUSED)


def _lower(context: Context, desk: str, now: Mapping[str, Decimal], words: Sequence[str]) -> Answer:
    if len(words) != 2:
        return wrong_usage("limit", "lower which one, to what? `limits` lists them")
    change = change_to(now, *words)
    if change.before == change.after:
        return _unchanged(desk, change)
    if change.looser:
        asks = context.surface.says(f"limit raise {' '.join(words)}")
        lines = [f"Two people may: {asks}", "Nothing was changed."]
        return Answer(f"{desk}: {change} is not stricter", lines, [], _facts([change]), REFUSED)
    return _lowered(context, desk, [change])


def _conservative(
    context: Context, desk: str, now: Mapping[str, Decimal], words: Sequence[str]
) -> Answer:
    if words:
        return wrong_usage("limit", "conservative takes no more words")
    made = conservative(now)
    if not made:
        return Answer(f"{desk}: the limits cannot be halved any more", ["Nothing was changed."])
    return _lowered(context, desk, made)


def _raise(context: Context, desk: str, now: Mapping[str, Decimal], words: Sequence[str]) -> Answer:
    if len(words) < 2:
        return wrong_usage("limit", "raise which one, to what? `limits` lists them")
    change = change_to(now, words[0], words[1])
    if change.before == change.after:
        return _unchanged(desk, change)
    if not change.looser:
        easier = context.surface.says(f"limit lower {words[0]} {words[1]}")
        lines = [f"It takes one voice: {easier}", "Nothing was changed."]
        return Answer(f"{desk}: {change} is stricter", lines, [], _facts([change]), REFUSED)
    reason = " ".join(words[2:])[:REASON_MAX] or f"raise {change}"
    answer = ask_raise(
        context.store, desk, [change], context.actor, reason, context.id, context.now
    )
    if isinstance(answer, RequestRefusal):
        return refusal("limit raise", answer, context.surface)
    lines = [
        f"{change}, once another person agrees; until then nothing changes.",
        *request_lines(answer, context.now, context.surface),
    ]
    facts = _facts([change]) | {"request": request_facts(answer)}
    return Answer(f"{desk}: a higher limit is asked for", lines, [], facts)


def _lowered(context: Context, desk: str, made: list[Change]) -> Answer:
    new = lower(context.store, desk, made, context.actor, context.id, context.now)
    says = "lowered" if new else "lowered before"
    lines = [
        *map(str, made),
        f"By {context.actor}. It holds over restarts; raising it again takes two people.",
    ]
    return Answer(f"{desk}: {count(len(made), 'limit')} {says}", lines, [], _facts(made))


def _unchanged(desk: str, change: Change) -> Answer:
    title = f"{desk}: {change.name} is {change.after} already"
    return Answer(title, ["Nothing was changed."], [], _facts([]))


def _facts(made: Sequence[Change]) -> dict[str, object]:
    return {"changes": [[c.name, str(c.before), str(c.after)] for c in made]}


_DOES: Mapping[str, Callable[[Context, str, Mapping[str, Decimal], Sequence[str]], Answer]] = {
    "lower": _lower,
    "conservative": _conservative,
    "raise": _raise,
}
