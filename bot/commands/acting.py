"""Commands that change something on one voice: kill, reduce-only, close, note."""

from collections.abc import Sequence

from bot.answer import REFUSED, Answer
from bot.commands.facts import applied_facts, facts_of, job_facts, request_facts
from bot.commands.looking import each_desk, picture_of
from bot.commands.outcomes import (
    REASON_MAX,
    allowed,
    by_whom,
    id_for,
    not_again,
    one_desk,
    ran_before,
    reason_of,
    record_pending,
    refusal,
    requests_in_flight,
)
from bot.commands.previewing import preview_close
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import meant_positions, open_positions_lines, request_lines
from bot.picture import read_picture
from bot.words import age, clock
from core.modes import Mode
from core.people import Act
from core.requests import RequestRefusal
from store import decisions, one_voice
from store.decisions import Tightened

NOW = "--now"

PREVIEW = "preview"
"""Only as the first word: anywhere else it belongs to the reason, and a close must close."""


@command(
    "kill [--now] [REASON…]",
    "hold the desk at once; a second person confirms: close all; --now: a commander needs none (Slack)",
    Act.TIGHTEN,
    examples=[
        "kill it looks wrong",
        "kill --desk main",
        "kill fills without orders --as alice --code 123456",
    ],
)
def kill(context: Context, words: Sequence[str]) -> Answer:
    if NOW in words:
        return _kill_now(context, [word for word in words if word != NOW])

    def one(desk: str) -> Answer:
        id = id_for(context, desk)
        before = ran_before(context, desk, id, Mode.HELD)
        if before is not None:
            return before
        answer = decisions.ask_kill(
            context.store, desk, context.actor, reason_of(words), id, context.now
        )
        if isinstance(answer, RequestRefusal):
            return refusal("kill", answer, context.surface)
        return _killed(context, desk, answer)

    return allowed("kill", lambda: each_desk(context, one))


def _kill_now(context: Context, words: Sequence[str]) -> Answer:
    """Break-glass in chat: everybody is told by its card, and another person has to review it."""

    def one(desk: str) -> Answer:
        id = id_for(context, desk)
        applied = decisions.kill_now(
            context.store,
            desk,
            context.actor,
            reason_of(words),
            id,
            context.now,
            keep_positions=False,
        )
        if not applied.recorded:
            return record_pending(desk, applied)
        picture = read_picture(context.store, desk, context.now, context.now_ns)
        doing = f"Everything is being cancelled and closed. Follow it: {context.surface.watched('status')}"
        lines = [
            by_whom(context, desk, doing),
            "Nobody resumes before another person has reviewed this.",
            *open_positions_lines(picture),
        ]
        facts = facts_of(picture) | {"applied": applied_facts(applied)}
        return Answer(f"{desk}: KILLED on one voice, epoch {applied.epoch}", lines, [], facts)

    return allowed("kill --now", lambda: each_desk(context, one))


def _killed(context: Context, desk: str, answer: Tightened) -> Answer:
    applied, request = answer.applied, answer.request
    if not applied.recorded:
        return record_pending(desk, applied)
    if applied.mode < Mode.HELD:
        return not_again(desk, applied, id_for(context, desk))
    picture = read_picture(context.store, desk, context.now, context.now_ns)
    facts = facts_of(picture) | {
        "applied": applied_facts(applied),
        "request": request_facts(request),
    }
    if applied.mode is Mode.KILLED:
        doing = (
            "Everything is being cancelled and closed. "
            f"Follow it: {context.surface.watched('status')}"
        )
        lines = [by_whom(context, desk, doing)]
        if request is None:
            lines = ["It was KILLED before; nothing was changed."]
        title = f"{desk}: KILLED, epoch {applied.epoch}"
        return Answer(title, [*lines, *open_positions_lines(picture)], [], facts)
    lines = [
        "Nothing new leaves. "
        + by_whom(context, desk, "Entries are being cancelled, protective stops stay."),
        requests_in_flight(applied),
        *open_positions_lines(picture),
    ]
    if request is not None:
        lines += request_lines(request, context.now, context.surface)
    control = picture.control
    since = f"since {clock(control.at)} ({age(control.at, context.now)}) by {control.actor}"
    if control.mode is not Mode.HELD:
        since = f"at {clock(context.now)}; people set {control.mode.name}"
    return Answer(f"{desk}: HELD {since}, epoch {applied.epoch}", lines, [], facts)


@command(
    "reduce-only [REASON…]",
    "no entries from now on; exits and stops work",
    Act.TIGHTEN,
    examples=["reduce-only", "reduce-only volatile --desk main"],
)
def reduce_only(context: Context, words: Sequence[str]) -> Answer:
    def one(desk: str) -> Answer:
        id = id_for(context, desk)
        before = ran_before(context, desk, id, Mode.REDUCE_ONLY)
        if before is not None:
            return before
        answer = decisions.ask_reduce_only(
            context.store, desk, context.actor, reason_of(words), id, context.now
        )
        if not answer.applied.recorded:
            return record_pending(desk, answer.applied)
        if answer.applied.mode < Mode.REDUCE_ONLY:
            return not_again(desk, answer.applied, id)
        return _reduced(context, desk, answer)

    return allowed("reduce-only", lambda: each_desk(context, one))


def _reduced(context: Context, desk: str, answer: Tightened) -> Answer:
    applied = answer.applied
    doing = by_whom(context, desk, "Entries are being cancelled.")
    lines = [f"{doing} It does not lapse; two people resume it."]
    if applied.mode > Mode.REDUCE_ONLY:
        lines = [f"The desk is {applied.mode.name}, which is stricter; that stays."]
    if answer.request is not None:
        lines += request_lines(answer.request, context.now, context.surface)
    picture = read_picture(context.store, desk, context.now, context.now_ns)
    facts = facts_of(picture) | {
        "applied": applied_facts(applied),
        "request": request_facts(answer.request),
    }
    return Answer(f"{desk}: {applied.mode.name}, epoch {applied.epoch}", lines, [], facts)


@command(
    "close [preview] SYMBOL…|all [REASON…]",
    "close these positions now, on one voice; the mode stays. preview: what it would come to",
    Act.TIGHTEN,
    examples=["close BTC", "close preview BTC", "close all funding is against us"],
)
def close(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return wrong_usage("close", "which position? `positions` lists them; `kill` closes all")
    if words[0] == PREVIEW:
        return each_desk(context, lambda desk: preview_close(context, desk, words[1:]))
    several = one_desk("close")(context.store, context.desks, words)
    if several is not None:
        return several
    desk = context.desks[0]
    picture = picture_of(context, desk)
    meant, reason = meant_positions(picture, words)
    if not meant:
        open_now = ", ".join(held.position.product_id for held in picture.positions) or "none"
        lines = [f"Open positions: {open_now}.", "Nothing was changed."]
        title = f"{desk}: there is no open position in {words[0]!r}"
        return Answer(title, lines, [], {"open": open_now}, REFUSED)

    def ask() -> Answer:
        job = one_voice.close_positions(
            context.store, desk, context.actor, meant, reason[:REASON_MAX], context.id, context.now
        )
        lines = [
            f"{job.id}, asked by {context.actor}: its orders are cancelled, then it is closed "
            "within the emergency collar.",
            *open_positions_lines(picture, meant),
            by_whom(context, desk, f"Follow it: {context.surface.watched('status')}"),
        ]
        if picture.row.mode is Mode.ACTIVE:
            again = context.surface.says("reduce-only")
            lines.append(f"The strategy may open it again; `{again}` prevents that.")
        return Answer(f"{desk}: closing {', '.join(meant)}", lines, [], {"flatten": job_facts(job)})

    return allowed("close", ask)


@command(
    "note TEXT…",
    "put a line on record, for whoever reads what happened",
    Act.NOTE,
    examples=["note funding spike at 03:00, left it alone"],
    announced=True,
)
def note(context: Context, words: Sequence[str]) -> Answer:
    text = reason_of(words)
    if not text:
        return wrong_usage("note", "what should be noted?")

    def one(desk: str) -> Answer:
        new = one_voice.note(
            context.store, desk, context.actor, text, id_for(context, desk), context.now
        )
        title = f"{desk}: noted" if new else f"{desk}: noted before"
        return Answer(title, [f"{context.actor}: {text}"], [], {"note": text})

    return allowed("note", lambda: each_desk(context, one))
