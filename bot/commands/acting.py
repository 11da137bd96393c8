"""Commands that change something: kill, reduce-only, resume, confirm, object."""

from collections.abc import Callable, Sequence

from bot.answer import FAILED, REFUSED, Answer
from bot.commands.looking import each_desk, facts_of, jsonable, picture_of
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import open_positions_lines, request_lines
from bot.picture import read_picture
from bot.words import clock, lasting
from core.modes import Mode
from core.people import Act
from core.requests import Action, Request, RequestRefusal
from store import decisions
from store.brake import Applied
from store.decisions import NotAllowed, Tightened
from store.requests import NoSuchRequest

REASON_MAX = 300


@command(
    "kill [REASON…]", "hold the desk at once; a second person confirms: close all", Act.TIGHTEN
)
def kill(context: Context, words: Sequence[str]) -> Answer:
    def one(desk: str) -> Answer:
        answer = decisions.ask_kill(
            context.store,
            desk,
            context.actor,
            _reason(words),
            _id(context, desk),
            context.now,
        )
        if isinstance(answer, RequestRefusal):
            return refusal("kill", answer)
        return _killed(context, desk, answer)

    return _allowed("kill", lambda: each_desk(context, one))


def _killed(context: Context, desk: str, answer: Tightened) -> Answer:
    applied, request = answer.applied, answer.request
    if not applied.recorded:
        return record_pending(desk, applied)
    picture = read_picture(context.store, desk, context.now)
    facts = facts_of(picture) | {"applied": _applied_facts(applied)}
    if applied.mode is Mode.KILLED:
        lines = [
            f"Everything is being cancelled and closed. Follow it: {context.typed} status --watch"
        ]
        if request is None:
            lines = ["It was KILLED before; nothing was changed.", *open_positions_lines(picture)]
        return Answer(f"{desk}: KILLED, epoch {applied.epoch}", lines, [], facts)
    lines = [
        "Nothing new leaves. Entries are being cancelled, protective stops stay.",
        f"{applied.in_flight} requests were in flight."
        + (" The trading loop was stopped to be sure; it restarts." if applied.fenced else ""),
        *open_positions_lines(picture),
    ]
    if request is not None:
        lines += request_lines(request, context.now, context.typed)
    title = f"{desk}: HELD at {clock(context.now)} by {context.actor}, epoch {applied.epoch}"
    return Answer(title, lines, [], facts | {"request": _request_facts(request)})


@command("reduce-only [REASON…]", "no entries from now on; exits and stops work", Act.TIGHTEN)
def reduce_only(context: Context, words: Sequence[str]) -> Answer:
    def one(desk: str) -> Answer:
        answer = decisions.ask_reduce_only(
            context.store,
            desk,
            context.actor,
            _reason(words),
            _id(context, desk),
            context.now,
        )
        if not answer.applied.recorded:
            return record_pending(desk, answer.applied)
        lines = ["Entries are being cancelled. It does not lapse; two people resume it."]
        if answer.applied.mode > Mode.REDUCE_ONLY:
            lines = [f"The desk is {answer.applied.mode.name}, which is stricter; that stays."]
        if answer.request is not None:
            lines += request_lines(answer.request, context.now, context.typed)
        facts = {
            "applied": _applied_facts(answer.applied),
            "request": _request_facts(answer.request),
        }
        return Answer(f"{desk}: {answer.applied.mode.name}", lines, [], facts)

    return _allowed("reduce-only", lambda: each_desk(context, one))


@command(
    "resume [REASON…]",
    "ask for ACTIVE; changes nothing until another person confirms",
    Act.ASK,
    proof=True,
)
def resume(context: Context, words: Sequence[str]) -> Answer:
    if len(context.desks) > 1:
        lines = [f"There are several: {', '.join(context.desks)}. Say which with --desk NAME."]
        return Answer("resume: for which desk?", [*lines, "Nothing was changed."], code=REFUSED)
    desk = context.desks[0]
    picture = picture_of(context, desk)
    if picture.row.mode is Mode.ACTIVE and not picture.kill_file:
        return Answer(f"{desk}: ACTIVE already", ["Nothing was changed."], [], facts_of(picture))

    def ask() -> Answer:
        answer = decisions.ask_resume(
            context.store, desk, context.actor, _reason(words), _id(context, desk), context.now
        )
        if isinstance(answer, RequestRefusal):
            return refusal("resume", answer)
        latches = [c for c in picture.constraints if c.latches]
        lines = [
            f"The desk stays {picture.row.mode.name} until another person agrees; then preflight "
            "and a clean look at the exchange must pass.",
            *(f"It would also release {c.rule}: {c.reason}" for c in latches),
            *request_lines(answer, context.now, context.typed),
        ]
        return Answer(f"{desk}: resume asked", lines, [], {"request": _request_facts(answer)})

    return _allowed("resume", ask)


@command(
    "confirm REQUEST",
    "agree to another person's request, proved by your one-time code",
    Act.CONFIRM,
    proof=True,
)
def confirm(context: Context, words: Sequence[str]) -> Answer:
    if len(words) != 1:
        return wrong_usage("confirm", "which request? `perps-bot requests` lists them")

    def one() -> Answer:
        answer = decisions.confirm(context.store, words[0], context.actor, context.now)
        if isinstance(answer, RequestRefusal):
            return refusal("confirm", answer)
        if not answer.applied.recorded:
            return record_pending("the desk", answer.applied)
        return _confirmed(context, answer)

    return _answering("confirm", words[0], one)


def _confirmed(context: Context, answer: Tightened) -> Answer:
    request = answer.request
    assert request is not None, "a confirmation that was not refused has its request"
    facts = {"request": _request_facts(request), "applied": _applied_facts(answer.applied)}
    says = {
        Action.KILL: "KILLED: everything is being cancelled and closed",
        Action.REDUCE_ONLY: "REDUCE_ONLY is the standing mode",
        Action.RESUME: "agreed: the trader runs preflight and reconciles, then resumes",
    }[request.action]
    lines = [f"asked by {request.requester}, confirmed by {context.actor}"]
    if request.execute_before is not None:
        left_s = (request.execute_before - context.now).total_seconds()
        lines.append(f"If that is not done in {lasting(left_s)}, it fails and can be asked again.")
    lines.append(f"Follow it: {context.typed} status --watch")
    return Answer(f"{request.desk}: {says}", lines, [], facts)


@command("object REQUEST", "end a request; never makes the desk looser", Act.OBJECT)
def object_(context: Context, words: Sequence[str]) -> Answer:
    if len(words) != 1:
        return wrong_usage("object", "which request? `perps-bot requests` lists them")

    def one() -> Answer:
        answer = decisions.object_to(context.store, words[0], context.actor, context.now)
        if isinstance(answer, RequestRefusal):
            return refusal("object", answer)
        mode = read_picture(context.store, answer.desk, context.now).row.mode
        lines = [f"The desk stays {mode.name}."]
        facts = {"request": _request_facts(answer)}
        return Answer(f"{answer.desk}: {answer.action} is objected to", lines, [], facts)

    return _answering("object", words[0], one)


def refusal(verb: str, why: RequestRefusal) -> Answer:
    """A request's no, as an answer."""
    facts = {"refused": why.name}
    return Answer(f"{verb} refused: {why.value}.", ["Nothing was changed."], [], facts, REFUSED)


def record_pending(desk: str, applied: Applied) -> Answer:
    """The store could not be written: the brake holds all the same."""
    lines = [
        "The store cannot be written (is the disk full?). The gate is closed by its page and by the "
        "KILL file in the home, and stays closed over restarts.",
        "Orders that rest at the exchange may still be there. Make room, then run kill again.",
    ]
    facts = {"applied": _applied_facts(applied)}
    return Answer(f"{desk}: HELD, RECORD PENDING", lines, [], facts, FAILED)


def _allowed(verb: str, act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except NotAllowed as why:
        return Answer(f"{verb} refused: {why}.", ["Nothing was changed."], code=REFUSED)


def _answering(verb: str, request_id: str, act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except NoSuchRequest:
        lines = ["`perps-bot requests` lists those that are open. Nothing was changed."]
        return Answer(f"{verb}: there is no request {request_id!r}.", lines, code=REFUSED)


def _reason(words: Sequence[str]) -> str:
    return " ".join(words)[:REASON_MAX]


def _id(context: Context, desk: str) -> str:
    """One command may mean several desks; each gets its own request."""
    return context.id if len(context.desks) == 1 else f"{context.id}-{desk}"


def _applied_facts(applied: Applied) -> dict[str, object]:
    return {
        "mode": applied.mode.name,
        "epoch": applied.epoch,
        "recorded": applied.recorded,
        "fenced": applied.fenced,
        "in_flight": applied.in_flight,
    }


def _request_facts(request: Request | None) -> object:
    if request is None:
        return None
    return jsonable(
        {name: getattr(request, name) for name in ("id", "desk", "action", "state", "requester")}
        | {"expires_at": request.expires_at, "outcome": request.outcome}
    )
