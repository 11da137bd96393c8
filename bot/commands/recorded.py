"""Commands that look at what is on record: limits, requests, events."""

from collections.abc import Sequence
from dataclasses import asdict

from bot.answer import FAILED, Answer, Table
from bot.commands.days import DAY, days_of
from bot.commands.facts import jsonable, request_facts
from bot.commands.looking import count_of, each_desk, picture_of
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import request_lines
from bot.words import age, clock, count
from core.limit_changes import changes
from core.requests import Action, RequestState
from store.event_export import export_day
from store.events import latest
from store.limit_changes import read_limit_values
from store.limits import read_limits
from store.requests import latest_requests, open_requests

EVENTS_SHOWN = 20
REQUESTS_SHOWN = 10


@command(
    "limits",
    "what the running trader may do at most",
    examples=["limits", "limits --json"],
)
def limits(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: read_limits(c, desk))
        if found is None:
            lines = [
                f"No trader of this desk has told them yet: {context.surface.shell} --profile P"
            ]
            return Answer(f"{desk}: limits UNKNOWN", lines, [], {"limits": None}, FAILED)
        table = Table("limits", ["limit", "value"], found.rows)
        facts = {"profile": found.profile, "limits": dict(found.rows), "at": found.at.isoformat()}
        since = f"since {clock(found.at)} ({age(found.at, context.now)})"
        lines = _changed_by_people(context, desk)
        return Answer(f"{desk}: limits of profile {found.profile}, {since}", lines, [table], facts)

    return each_desk(context, show)


def _changed_by_people(context: Context, desk: str) -> list[str]:
    """What was lowered below what is approved, and which raise waits."""
    known = context.store.read(lambda c: read_limit_values(c, desk))
    if known is None:
        return []
    lowered = changes(known.lowered, {name: known.approved[name] for name in known.lowered})
    waiting = context.store.read(lambda c: open_requests(c, desk))
    return [
        *(f"{c.name} is lowered to {c.before}; approved is {c.after}" for c in lowered),
        *(
            f"{says} waits for people: {request.id}"
            for request in waiting
            if request.action is Action.LIMITS
            for says in request.body["says"]
        ),
    ]


@command(
    "requests",
    "what waits for a second person, and what became of earlier ones",
    examples=["requests", "requests --watch"],
    watch_s=2,
)
def requests(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        lines = [
            line
            for request in picture.requests
            if request.state is RequestState.ASKED
            for line in request_lines(request, context.now, context.surface)
        ] or ["Nothing waits for a second person."]
        found = context.store.read(lambda c: latest_requests(c, desk, REQUESTS_SHOWN))
        head = ["request", "action", "by", "asked", "state", "decided by", "outcome"]
        rows = [
            [
                r.id,
                r.action,
                r.requester,
                age(r.asked_at, context.now),
                r.state,
                r.decided_by or "",
                r.outcome,
            ]
            for r in found
        ]
        facts = {"requests": [request_facts(request) for request in found]}
        tables = [Table("latest", head, rows)] if rows else []
        return Answer(f"{desk}: requests", lines, tables, facts)

    return each_desk(context, show)


@command(
    "events [N|verify|export [DAY]]",
    "the last N events on record, proof that none was changed, or a day's as a file of JSON lines",
    examples=["events", "events --limit 100", "events verify", "events export 2026-03-02"],
    watch_s=2,
)
def events(context: Context, words: Sequence[str]) -> Answer:
    if list(words) == ["verify"]:
        return each_desk(context, lambda desk: _verify(context, desk))
    if words and words[0] == "export":
        return _export(context, words[1:])
    limit = count_of(words, EVENTS_SHOWN)
    if limit is None:
        return wrong_usage("events", f"{' '.join(words)!r} is no number, nor `verify` or `export`")

    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: latest(c, desk, limit))
        head = ["#", "time", "what", "by", "details"]
        rows = [
            [
                str(e.seq),
                f"{e.at:%Y-%m-%d} {clock(e.at)}",
                e.kind,
                e.actor,
                ", ".join(f"{k} {v}" for k, v in e.body.items() if v not in ("", None)),
            ]
            for e in found
        ]
        facts = {"events": [jsonable(asdict(event)) for event in found]}
        return Answer(f"{desk}: last events", [], [Table("events", head, rows)], facts)

    return each_desk(context, show)


def _export(context: Context, words: Sequence[str]) -> Answer:
    """The files stay on the desk's machine: they hold everything that is on record."""
    span = days_of(words, context.now)
    if isinstance(span, str):
        return wrong_usage("events", span)
    begin, end = span
    days = [begin + DAY * number for number in range(-((begin - end) // DAY))]
    directory = context.store.home.reports

    def one(desk: str) -> Answer:
        written = context.store.read(
            lambda c: [export_day(c, directory, desk, day) for day in days]
        )
        lines = [f"{count(number, 'event')}: {path}" for path, number in written]
        facts = {"files": [{"path": str(path), "events": number} for path, number in written]}
        return Answer(f"{desk}: exported {count(len(written), 'day')}", lines, [], facts)

    return each_desk(context, one)


def _verify(context: Context, desk: str) -> Answer:
    number, broken = context.store.read(lambda c: context.store.log.verify(c, desk))
    facts = {
        "events": number,
        "broken_at": broken.seq if broken else None,
        "why": broken.why if broken else None,
    }
    if broken is None:
        return Answer(f"{desk}: {number:,} events, every one holds", [], [], facts)
    lines = ["Somebody or something changed the record. Keep the home as it is and tell your lead."]
    title = f"{desk}: THE RECORD IS BROKEN at event {broken.seq}: {broken.why}"
    return Answer(title, lines, [], facts, FAILED)
