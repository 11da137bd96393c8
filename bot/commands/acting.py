"""Commands that change something: kill, reduce-only, resume, confirm, object, close, note."""

from collections.abc import Callable, Sequence

from bot.answer import REFUSED, Answer
from bot.commands.facts import applied_facts, facts_of, job_facts, request_facts
from bot.commands.looking import each_desk, picture_of
from bot.commands.outcomes import (
    known_request,
    not_again,
    one_desk,
    ran_before,
    record_pending,
    refusal,
    requests_in_flight,
)
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import meant_positions, open_positions_lines, request_lines
from bot.picture import read_picture
from bot.words import age, clock, lasting
from core.modes import Mode
from core.people import Act
from core.requests import A_FILE, A_PROFILE, Action, Request, RequestRefusal, RequestState
from store import asking, decisions, one_voice
from store.decisions import Tightened
from store.lock import running_pid
from store.voices import NotAllowed

REASON_MAX = 300
NOW = "--now"


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
        id = _id(context, desk)
        before = ran_before(context, desk, id, Mode.HELD)
        if before is not None:
            return before
        answer = decisions.ask_kill(
            context.store, desk, context.actor, _reason(words), id, context.now
        )
        if isinstance(answer, RequestRefusal):
            return refusal("kill", answer, context.surface)
        return _killed(context, desk, answer)

    return _allowed("kill", lambda: each_desk(context, one))


def _kill_now(context: Context, words: Sequence[str]) -> Answer:
    """Break-glass in chat: everybody is told by its card, and another person has to review it."""

    def one(desk: str) -> Answer:
        id = _id(context, desk)
        applied = decisions.kill_now(
            context.store,
            desk,
            context.actor,
            _reason(words),
            id,
            context.now,
            keep_positions=False,
        )
        if not applied.recorded:
            return record_pending(desk, applied)
        picture = read_picture(context.store, desk, context.now, context.now_ns)
        doing = f"Everything is being cancelled and closed. Follow it: {context.surface.watched('status')}"
        lines = [
            _by_whom(context, desk, doing),
            "Nobody resumes before another person has reviewed this.",
            *open_positions_lines(picture),
        ]
        facts = facts_of(picture) | {"applied": applied_facts(applied)}
        return Answer(f"{desk}: KILLED on one voice, epoch {applied.epoch}", lines, [], facts)

    return _allowed("kill --now", lambda: each_desk(context, one))


def _killed(context: Context, desk: str, answer: Tightened) -> Answer:
    applied, request = answer.applied, answer.request
    if not applied.recorded:
        return record_pending(desk, applied)
    if applied.mode < Mode.HELD:
        return not_again(desk, applied, _id(context, desk))
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
        lines = [_by_whom(context, desk, doing)]
        if request is None:
            lines = ["It was KILLED before; nothing was changed."]
        title = f"{desk}: KILLED, epoch {applied.epoch}"
        return Answer(title, [*lines, *open_positions_lines(picture)], [], facts)
    lines = [
        "Nothing new leaves. "
        + _by_whom(context, desk, "Entries are being cancelled, protective stops stay."),
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
        id = _id(context, desk)
        before = ran_before(context, desk, id, Mode.REDUCE_ONLY)
        if before is not None:
            return before
        answer = decisions.ask_reduce_only(
            context.store, desk, context.actor, _reason(words), id, context.now
        )
        if not answer.applied.recorded:
            return record_pending(desk, answer.applied)
        if answer.applied.mode < Mode.REDUCE_ONLY:
            return not_again(desk, answer.applied, id)
        return _reduced(context, desk, answer)

    return _allowed("reduce-only", lambda: each_desk(context, one))


def _reduced(context: Context, desk: str, answer: Tightened) -> Answer:
    applied = answer.applied
    doing = _by_whom(context, desk, "Entries are being cancelled.")
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
    "resume [REASON…]",
    "ask for ACTIVE; changes nothing until another person confirms",
    Act.ASK,
    examples=["resume it was a drill --as alice --code 123456"],
    proof=True,
    check=one_desk("resume"),
)
def resume(context: Context, words: Sequence[str]) -> Answer:
    several = one_desk("resume")(context.store, context.desks, words)
    if several is not None:
        return several
    desk = context.desks[0]
    before = ran_before(context, desk, context.id, None)
    if before is not None:
        return before
    picture = picture_of(context, desk)
    if picture.row.mode is Mode.ACTIVE and not picture.kill_file:
        return Answer(f"{desk}: ACTIVE already", ["Nothing was changed."], [], facts_of(picture))

    def ask() -> Answer:
        answer = asking.ask_resume(
            context.store, desk, context.actor, _reason(words), context.id, context.now
        )
        if isinstance(answer, RequestRefusal):
            return refusal("resume", answer, context.surface)
        latches = [c for c in picture.constraints if c.latches]
        lines = [
            f"The desk stays {picture.row.mode.name} until another person agrees; then preflight "
            "and a clean look at the exchange must pass.",
            *(f"It would also release {c.rule}: {c.reason}" for c in latches),
            *request_lines(answer, context.now, context.surface),
        ]
        return Answer(f"{desk}: resume asked", lines, [], {"request": request_facts(answer)})

    return _allowed("resume", ask)


@command(
    "confirm REQUEST",
    "agree to another person's request",
    Act.CONFIRM,
    examples=["confirm kill-3fa9c2 --as bob --code 123456"],
    proof=True,
    check=known_request("confirm"),
)
def confirm(context: Context, words: Sequence[str]) -> Answer:
    wrong = known_request("confirm")(context.store, context.desks, words)
    if wrong is not None:
        return wrong
    answer = decisions.confirm(context.store, words[0], context.actor, context.now)
    if isinstance(answer, RequestRefusal):
        return refusal("confirm", answer, context.surface)
    assert answer.request is not None, "a confirmation that was not refused has its request"
    if not answer.applied.recorded:
        return record_pending(answer.request.desk, answer.applied)
    return _confirmed(context, answer, answer.request)


def _confirmed(context: Context, answer: Tightened, request: Request) -> Answer:
    says = {
        Action.KILL: "KILLED: everything is being cancelled and closed",
        Action.REDUCE_ONLY: "REDUCE_ONLY is the standing mode",
        Action.RESUME: "agreed: the trader runs preflight and reconciles, then resumes",
        Action.ACCEPT: "agreed: the trader looks once more and books what you both saw",
    }.get(request.action, request.outcome)
    if request.state is RequestState.ASKED:
        came_from = A_PROFILE if request.action is Action.LIMITS else A_FILE
        lines = [
            f"It came from {came_from}; you stand behind it now. Another person has to confirm it."
        ]
        facts = {"request": request_facts(request)}
        return Answer(f"{request.desk}: one of two has agreed to {request.id}", lines, [], facts)
    lines = [f"asked by {request.requester}, confirmed by {context.actor}"]
    if request.execute_before is not None:
        left_s = (request.execute_before - context.now).total_seconds()
        lines.append(f"If that is not done in {lasting(left_s)}, it fails and can be asked again.")
    if request.action is Action.KILL:
        picture = read_picture(context.store, request.desk, context.now, context.now_ns)
        lines += open_positions_lines(picture)
    lines.append(f"Follow it: {context.surface.watched('status')}")
    facts = {"request": request_facts(request), "applied": applied_facts(answer.applied)}
    return Answer(f"{request.desk}: {says}", lines, [], facts)


@command(
    "object REQUEST",
    "end a request; never makes the desk looser",
    Act.OBJECT,
    examples=["object resume-81c04e"],
    check=known_request("object"),
)
def object_(context: Context, words: Sequence[str]) -> Answer:
    wrong = known_request("object")(context.store, context.desks, words)
    if wrong is not None:
        return wrong
    answer = decisions.object_to(context.store, words[0], context.actor, context.now)
    if isinstance(answer, RequestRefusal):
        return refusal("object", answer, context.surface)
    mode = read_picture(context.store, answer.desk, context.now, context.now_ns).row.mode
    lines = [f"The desk stays {mode.name}."]
    facts = {"request": request_facts(answer), "mode": mode.name}
    return Answer(f"{answer.desk}: {answer.action} is objected to", lines, [], facts)


@command(
    "close SYMBOL…|all [REASON…]",
    "close these positions now, on one voice; the mode stays",
    Act.TIGHTEN,
    examples=["close BTC", "close all funding is against us"],
)
def close(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return wrong_usage("close", "which position? `positions` lists them; `kill` closes all")
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
            _by_whom(context, desk, f"Follow it: {context.surface.watched('status')}"),
        ]
        if picture.row.mode is Mode.ACTIVE:
            again = context.surface.says("reduce-only")
            lines.append(f"The strategy may open it again; `{again}` prevents that.")
        return Answer(f"{desk}: closing {', '.join(meant)}", lines, [], {"flatten": job_facts(job)})

    return _allowed("close", ask)


@command(
    "note TEXT…",
    "put a line on record, for whoever reads what happened",
    Act.NOTE,
    examples=["note funding spike at 03:00, left it alone"],
    announced=True,
)
def note(context: Context, words: Sequence[str]) -> Answer:
    text = _reason(words)
    if not text:
        return wrong_usage("note", "what should be noted?")

    def one(desk: str) -> Answer:
        new = one_voice.note(
            context.store, desk, context.actor, text, _id(context, desk), context.now
        )
        title = f"{desk}: noted" if new else f"{desk}: noted before"
        return Answer(title, [f"{context.actor}: {text}"], [], {"note": text})

    return _allowed("note", lambda: each_desk(context, one))


def _by_whom(context: Context, desk: str, doing: str) -> str:
    """What happens now at the exchange; without a trader nothing does, and that must be said."""
    if running_pid(context.store.home.single("loop", desk)) is not None:
        return doing
    return (
        "NO TRADER RUNS: nobody cancels or closes anything, and what rests at the exchange may still "
        f"fill. Start it: {context.surface.shell} --profile PROFILE"
    )


def _allowed(verb: str, act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except NotAllowed as why:
        return Answer(f"{verb} refused: {why}.", ["Nothing was changed."], code=REFUSED)


def _reason(words: Sequence[str]) -> str:
    return " ".join(words)[:REASON_MAX]


def _id(context: Context, desk: str) -> str:
    """One command may mean several desks; each gets its own request."""
    return context.id if len(context.desks) == 1 else f"{context.id}-{desk}"
