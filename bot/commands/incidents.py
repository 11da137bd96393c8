"""Incidents: opened, noted in, assigned and reported on by people; publishing and closing take two."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.answer import REFUSED, Answer, Table
from bot.commands.facts import request_facts
from bot.commands.looking import each_desk
from bot.commands.outcomes import one_desk, refusal
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import request_lines
from bot.drawn import draw
from bot.words import age, clock
from core.incidents import Incident
from core.people import Act
from core.requests import Action, RequestRefusal
from store.approved import read_roster
from store.asking import ask_about_incident
from store.reports.incidents import (
    IncidentClosed,
    assign_incident,
    latest_incidents,
    note_in_incident,
    open_incident,
    open_incidents,
)
from store.voices import NotAllowed

SHOWN = 10


@command(
    "incidents",
    "what people look into, and what they looked into lately",
    examples=["incidents"],
)
def incidents(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: latest_incidents(c, desk, SHOWN))
        running = [incident for incident in found if incident.open]
        lines = [
            f"{i.id}: {i.title}. Opened by {i.opened_by} {age(i.opened_at, context.now)}; "
            f"{f'{i.assignee} looks into it' if i.assignee else 'NOBODY looks into it yet'}."
            for i in running
        ]
        rows = [[i.id, i.title, i.state, i.opened_by, _day_and_time(i)] for i in found]
        head = ["incident", "title", "state", "opened by", "opened"]
        title = f"{desk}: {len(running)} open" if running else f"{desk}: no incident is open"
        tables = [Table("latest", head, rows)] if rows else []
        return Answer(title, lines, tables, {"incidents": [_facts(i) for i in found]})

    return each_desk(context, show)


@command(
    "incident open TITLE…|note TEXT…|assign NAME|report [ID]|publish [ID]|close [ID]",
    "open one, note in it, say who looks into it, draft its report; publish and close take two",
    Act.NOTE,
    examples=[
        "incident open fills without orders",
        "incident note funding looks wrong since 03:00",
        "incident assign bob",
        "incident report",
    ],
    announced=True,
    check=one_desk("incident"),
)
def incident(context: Context, words: Sequence[str]) -> Answer:
    several = one_desk("incident")(context.store, context.desks, words)
    if several is not None:
        return several
    verb, rest = (words[0], words[1:]) if words else ("", ())
    does = _DOES.get(verb)
    if does is None:
        return wrong_usage("incident", f"{verb!r} is none of them" if verb else "what about it?")
    return does(context, context.desks[0], rest)


def _open(context: Context, desk: str, words: Sequence[str]) -> Answer:
    title = " ".join(words).strip()
    if not title:
        return wrong_usage("incident", "what happened? A few words are its title")
    made = context.store.write(
        lambda tx: open_incident(
            tx,
            context.store.log,
            id=context.id,
            desk=desk,
            title=title,
            by=context.actor.voice,
            now=context.now,
        )
    )
    if made.id != context.id:
        lines = [f"It is noted in {made.id}: {made.title}"]
        return Answer(f"{desk}: an incident is open already", lines, [], {"incident": _facts(made)})
    lines = [
        f"{context.actor}: {made.title}",
        f"Note what you see: {context.surface.says('incident note TEXT')}",
        f"Its report, whenever you want it: {context.surface.says('incident report')}",
    ]
    return Answer(f"{desk}: incident {made.id} opened", lines, [], {"incident": _facts(made)})


def _note(context: Context, desk: str, words: Sequence[str]) -> Answer:
    text = " ".join(words).strip()
    if not text:
        return wrong_usage("incident", "what should be noted?")

    def write(running: Incident) -> Answer:
        context.store.write(
            lambda tx: note_in_incident(
                tx, context.store.log, running, text, context.actor.voice, context.now
            )
        )
        title = f"{desk}: noted in {running.id}"
        return Answer(title, [f"{context.actor}: {text}"], [], {"incident": _facts(running)})

    return _in_the_open_one(context, desk, write)


def _assign(context: Context, desk: str, words: Sequence[str]) -> Answer:
    if len(words) != 1:
        return wrong_usage("incident", "to whom? One short name, as in `people check`")
    roster = context.store.read(read_roster)
    people = sorted(roster.people) if roster is not None else []
    if people and words[0] not in people:
        near = difflib.get_close_matches(words[0], people, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        lines = [f"There are {', '.join(people)}.{hint}", "Nothing was changed."]
        return Answer(f"{desk}: nobody is called {words[0]!r}", lines, code=REFUSED)

    def write(running: Incident) -> Answer:
        context.store.write(
            lambda tx: assign_incident(
                tx, context.store.log, running, words[0], context.actor.voice, context.now
            )
        )
        title = f"{desk}: {words[0]} looks into {running.id}"
        return Answer(title, [f"Assigned by {context.actor}"], [], {"incident": _facts(running)})

    return _in_the_open_one(context, desk, write)


def _in_the_open_one(context: Context, desk: str, write: Callable[[Incident], Answer]) -> Answer:
    running = context.store.read(lambda c: open_incidents(c, desk))
    if not running:
        lines = [f"Open one: {context.surface.says('incident open TITLE')}", "Nothing was changed."]
        return Answer(f"{desk}: no incident is open", lines, code=REFUSED)
    try:
        return write(running[0])
    except IncidentClosed as closed:
        return Answer(f"Refused: {closed}", ["Nothing was changed."], code=REFUSED)


def _report(context: Context, desk: str, words: Sequence[str]) -> Answer:
    found = context.store.read(lambda c: latest_incidents(c, desk, SHOWN))
    known = {i.id: i for i in found}
    wanted = known.get(words[0]) if words else next(iter(found), None)
    if wanted is None:
        lines = [f"See them: {context.surface.says('incidents')}", "Nothing was changed."]
        said = f"there is no incident {words[0]!r}" if words else "there has been no incident"
        return Answer(f"{desk}: {said}", lines, code=REFUSED)
    drawn = draw(context.store.home.root, "incident", wanted.id)
    if isinstance(drawn, Answer):
        return drawn
    lines = [f"{wanted.title}. {wanted.state}, opened {_day_and_time(wanted)}"]
    files = [Path(file) for file in drawn["files"]]
    lines += [f"file: {file}" for file in files]
    facts = {"incident": _facts(wanted), "files": drawn["files"]}
    return Answer(f"{desk}: report of {wanted.id} drafted", lines, [], facts, files=files)


def _ask_two(action: Action, verb: str) -> Callable[[Context, str, Sequence[str]], Answer]:
    """Asked by one person, done when another has confirmed."""

    def ask(context: Context, desk: str, words: Sequence[str]) -> Answer:
        found = context.store.read(lambda c: latest_incidents(c, desk, SHOWN))
        known = {i.id: i for i in found if i.open or action is Action.PUBLISH}
        wanted = known.get(words[0]) if words else next(iter(known.values()), None)
        if wanted is None:
            lines = [f"See them: {context.surface.says('incidents')}", "Nothing was changed."]
            return Answer(f"{desk}: there is no such incident", lines, code=REFUSED)
        try:
            asked = ask_about_incident(
                context.store, desk, action, wanted.id, context.actor, context.id, context.now
            )
        except NotAllowed as why:
            return Answer(f"Refused: {why}", ["Nothing was changed."], code=REFUSED)
        if isinstance(asked, RequestRefusal):
            return refusal(f"incident {verb}", asked, context.surface)
        lines = request_lines(asked, context.now, context.surface)
        facts = {"request": request_facts(asked)}
        return Answer(f"{desk}: asked to {verb} {wanted.id}", lines, [], facts)

    return ask


_DOES: Mapping[str, Callable[[Context, str, Sequence[str]], Answer]] = {
    "open": _open,
    "note": _note,
    "assign": _assign,
    "report": _report,
    "publish": _ask_two(Action.PUBLISH, "publish"),
    "close": _ask_two(Action.CLOSE_INCIDENT, "close"),
}


def _facts(found: Incident) -> dict[str, object]:
    return {
        "id": found.id,
        "title": found.title,
        "state": found.state,
        "opened_by": found.opened_by,
        "opened_at": found.opened_at.isoformat(),
        "assignee": found.assignee,
        "closed_by": found.closed_by,
    }


def _day_and_time(found: Incident) -> str:
    return f"{found.opened_at:%Y-%m-%d} {clock(found.opened_at)}"
