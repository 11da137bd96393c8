"""Outcomes that several commands share: a refusal, a record that waits, a command that ran before."""

from collections.abc import Callable, Sequence

from bot.answer import FAILED, OK, REFUSED, Answer
from bot.commands.facts import applied_facts, request_facts
from bot.commands.registry import Check, Context, wrong_usage
from bot.surface import Surface
from bot.words import count
from core.modes import Mode
from core.requests import RequestRefusal
from store.brake import Applied
from store.control import read_row
from store.lock import running_pid
from store.requests import NoSuchRequest, read_request
from store.store import Store
from store.voices import NotAllowed

REASON_MAX = 300


def advice(why: RequestRefusal, surface: Surface) -> str:
    """What to do after a request's no, where it was said."""
    another = "Another person types the same line with their own name and code."
    if not surface.proof:
        another = "Another person presses Confirm on the card, or types the same line."
    return {
        RequestRefusal.OWN_REQUEST: another,
        RequestRefusal.NOT_A_PERSON: f"Type it again with{surface.proof}.",
        RequestRefusal.NO_ROLE: f"Ask somebody with the role: {surface.shell} people check",
        RequestRefusal.EXPIRED: "Whoever asked types their command again; it makes a new request.",
        RequestRefusal.ALREADY: f"See what became of it: {surface.says('requests')}",
        RequestRefusal.NOT_OBJECTABLE: f"Follow it: {surface.watched('status')}",
        RequestRefusal.MUST_BE_REVIEWED: "Whoever did not kill looks into it and confirms the review.",
        RequestRefusal.DRIFTED: "Look at it as it is now, then confirm again: it shows the new figures.",
        RequestRefusal.REVIEW_FIRST: f"Another person confirms the review: {surface.says('requests')}",
    }[why]


def refusal(verb: str, why: RequestRefusal, surface: Surface) -> Answer:
    """A request's no, as an answer: what was refused, why, and what to do."""
    says = why.value
    if why is RequestRefusal.NOT_A_PERSON:
        says = f"{verb} needs a person who has proved it with a one-time code"
    lines = [advice(why, surface), "Nothing was changed."]
    return Answer(f"{verb} refused: {says}.", lines, [], {"refused": why.name}, REFUSED)


def record_pending(desk: str, applied: Applied) -> Answer:
    """The store could not be written: the brake holds all the same."""
    lines = [
        "The store cannot be written (is the disk full?). The gate is closed by its page and by the "
        "KILL file in the home, and stays closed over restarts.",
        "Orders that rest at the exchange may still be there, positions are STILL OPEN. Make room, "
        "then run kill again.",
    ]
    facts = {"desk": desk, "applied": applied_facts(applied)}
    title = f"{desk}: HELD by page and KILL file, RECORD PENDING: the store cannot be written"
    return Answer(title, lines, [], facts, FAILED)


def ran_before(context: Context, desk: str, id: str, wanted: Mode | None) -> Answer | None:
    """What a command with this id came to when it ran before; None when it did not.

    Failed when the desk has been made looser since, or when the id is another desk's: whoever repeats
    a kill must not believe in it.
    """
    if not context.repeatable:
        return None
    try:
        request = context.store.read(lambda connection: read_request(connection, id))
    except NoSuchRequest:
        return None
    mode = context.store.read(lambda connection: read_row(connection, desk)).mode
    facts = {"request": request_facts(request), "mode": mode.name}
    if request.desk != desk:
        lines = ["To do it on this desk, type it without --id.", "Nothing was changed."]
        title = f"{desk}: {mode.name}, NOT CHANGED: the id {id} belongs to desk {request.desk}"
        return Answer(title, lines, [], facts, FAILED)
    lines = [f"Request {id} by {request.requester} is {request.state}. {request.outcome}".strip()]
    looser = wanted is not None and mode < wanted
    if looser:
        lines.append(f"THE DESK IS {mode.name} NOW. To do it again, type it without --id.")
    lines.append("Nothing was changed.")
    title = f"{desk}: {mode.name}; this command ran before"
    return Answer(title, lines, [], facts, FAILED if looser else OK)


def requests_in_flight(applied: Applied) -> str:
    """What may still be on its way, and whether the trading loop had to be stopped for certainty."""
    says = f"{count(applied.in_flight, 'request')} in flight."
    if applied.fenced:
        says += " The trading loop was stopped to be sure; it restarts."
    if not applied.quiet:
        says += " ONE MORE ORDER MAY LEAVE: a sender could not be stopped; end the trader by hand."
    return says


def one_desk(verb: str) -> Check:
    """A check that loosening means one desk."""

    def check(_store: Store, desks: Sequence[str], _words: Sequence[str]) -> Answer | None:
        if len(desks) == 1:
            return None
        lines = [
            f"There are several: {', '.join(desks)}. Say which with --desk NAME.",
            "Nothing was changed.",
        ]
        return Answer(f"{verb}: for which desk?", lines, code=REFUSED)

    return check


def not_again(desk: str, applied: Applied, id: str) -> Answer:
    """A repeated id did nothing, and the desk is looser than what was typed would make it."""
    lines = [
        f"A command with the id {id} ran before; repeating it changes nothing.",
        f"THE DESK IS {applied.mode.name} NOW. To do it again, type it without --id.",
    ]
    title = f"{desk}: {applied.mode.name}, NOT CHANGED"
    return Answer(title, lines, [], {"applied": applied_facts(applied)}, FAILED)


def known_request(verb: str) -> Check:
    """A check that the one word after a verb is a request of a desk that is meant."""

    def check(store: Store, desks: Sequence[str], words: Sequence[str]) -> Answer | None:
        if len(words) != 1:
            return wrong_usage(verb, "which request? `requests` lists them")
        try:
            desk = store.read(lambda connection: read_request(connection, words[0])).desk
        except NoSuchRequest:
            desk = None
        if desk in desks:
            return None
        lines = ["`requests` lists those that are open.", "Nothing was changed."]
        return Answer(f"{verb} refused: there is no request {words[0]!r}.", lines, code=REFUSED)

    return check


def by_whom(context: Context, desk: str, doing: str) -> str:
    """What happens now at the exchange; without a trader nothing does, and that must be said."""
    if running_pid(context.store.home.single("loop", desk)) is not None:
        return doing
    return (
        "NO TRADER RUNS: nobody cancels or closes anything, and what rests at the exchange may still "
        f"fill. Start it: {context.surface.shell} --profile PROFILE"
    )


def allowed(verb: str, act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except NotAllowed as why:
        return Answer(f"{verb} refused: {why}.", ["Nothing was changed."], code=REFUSED)


def reason_of(words: Sequence[str]) -> str:
    return " ".join(words)[:REASON_MAX]


def id_for(context: Context, desk: str) -> str:
    """One command may mean several desks; each gets its own request."""
    return context.id if len(context.desks) == 1 else f"{context.id}-{desk}"
