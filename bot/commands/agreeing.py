"""Commands that change something only with a second person: resume, confirm, object."""

from collections.abc import Sequence

from bot.answer import Answer
from bot.commands.facts import applied_facts, facts_of, request_facts
from bot.commands.looking import picture_of
from bot.commands.outcomes import (
    allowed,
    known_request,
    one_desk,
    ran_before,
    reason_of,
    record_pending,
    refusal,
)
from bot.commands.registry import Context, command
from bot.commands.shown import open_positions_lines, request_lines
from bot.picture import read_picture
from bot.words import lasting
from core.modes import Mode
from core.people import Act
from core.requests import A_FILE, A_PROFILE, Action, Request, RequestRefusal, RequestState
from store import asking, decisions
from store.decisions import Tightened


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
            context.store, desk, context.actor, reason_of(words), context.id, context.now
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

    return allowed("resume", ask)


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
        Action.LIMITS: "agreed: the trader runs preflight and reconciles, then has the higher limits",
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
