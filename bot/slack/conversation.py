"""What people do in Slack, carried out: a command typed, a button pressed, each by a known person."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.answer import FAILED, OK, REFUSED, Answer
from bot.brakeless import hold_anyway
from bot.commands.acting import NOW
from bot.commands.registry import COMMANDS, Context
from bot.perform import TROUBLE, failed, perform
from bot.record import on_record
from bot.slack.admission import Stranger
from bot.slack.card import CARD, CONFIRM
from bot.slack.directory import Directory, Trust
from bot.slack.threads import Threads
from bot.slack.typed import Typed, every_desk, tightening, understand
from bot.surface import Surface, slack
from core.people import Act, Actor, Person
from core.requests import Action, Request
from store.control import desks
from store.requests import find_request
from store.slack_posts import read_post
from store.store import Store, Transaction

log = logging.getLogger(__name__)

TRUST = {
    Act.LOOK: Trust.LAST_KNOWN,
    Act.TIGHTEN: Trust.LAST_KNOWN,
    Act.OBJECT: Trust.LAST_KNOWN,
    Act.NOTE: Trust.LAST_KNOWN,
    Act.ASK: Trust.MUST_ASK,
    Act.CONFIRM: Trust.MUST_ASK,
    Act.BREAK_GLASS: Trust.ASK_FIRST,
}
TEXT_ON_RECORD = 300
ON_CARD = ("Request ", "POSITIONS ARE", "Follow it:")


@dataclass(frozen=True, slots=True)
class Said:
    """Something one account typed. `id` is the same when Slack delivers it again."""

    id: str
    account: str
    team: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button of a card, pressed by one account. `request` is what the button carries, unproved."""

    id: str
    account: str
    team: str
    channel: str
    ts: str
    action: str
    request: str
    ours: bool
    """Whether Slack says that the message is the bot's."""


class Conversation:
    """Runs commands for the accounts of a workspace. Knows nothing of how Slack delivers and shows them."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        threads: Threads,
        clock: Callable[[], datetime],
        monotonic_ns: Callable[[], int],
        command: str,
        refresh: Callable[[], object],
        announce: Callable[[str, str, Answer], None],
        channel: Callable[[], str],
    ) -> None:
        self._store = store
        self._directory = directory
        self._threads = threads
        self._clock = clock
        self._monotonic_ns = monotonic_ns
        self._surface = slack(command)
        self._refresh = refresh
        self._announce = announce
        self._channel = channel
        self._doing: set[asyncio.Task[Answer]] = set()
        self._recording: set[asyncio.Task[None]] = set()

    async def say(self, said: Said) -> Answer:
        """Do what was typed; the answer for whoever typed it."""
        return await self._seen_through(self._say(said))

    async def press(self, pressed: Pressed) -> Answer:
        """Confirm or object to the request of a card, as whoever pressed it, if they may at this moment."""
        return await self._seen_through(self._press(pressed))

    async def settle(self) -> None:
        """At the end: what is under way is done and recorded."""
        while waited := self._doing | self._recording:
            await asyncio.wait(waited)

    async def _seen_through(self, doing: Coroutine[Any, Any, Answer]) -> Answer:
        """Whoever asked may go away; what was begun is carried out and recorded."""
        task = asyncio.get_running_loop().create_task(doing)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)
        return await asyncio.shield(task)

    async def _say(self, said: Said) -> Answer:
        typed = await self._understand(said)
        if isinstance(typed, Answer):
            return await self._only_for_members(said, typed)
        found = COMMANDS[typed.verb]
        lane = self._threads.tighten if typed.tightens else self._threads.look
        try:
            await lane(self._refresh)  # who may is asked now, not as of a moment ago
            trust = await lane(self._trust, typed)
        except TROUBLE as why:
            return failed(why, self._store.home.root, self._surface, tightens=False)
        person = await self._directory.person(said.account, said.team, trust)
        if isinstance(person, Stranger):
            return self._turned_away(said.account, typed.verb, person)
        answer = await lane(self._do, typed, Actor(person.name, person), said)
        if found.act is not Act.LOOK:
            self._record_later(self._came_from_slack(said, typed, person, answer))
        pending = typed.tightens and answer.code == FAILED  # no card comes of it
        if pending or (found.announced and _changed_something(answer)):
            self._announce(f"said:{typed.verb}-{said.id}", typed.desk or "", answer)
        if typed.alone:
            return _with_help(answer, self._surface)
        return self._beside_card(answer)

    async def _press(self, pressed: Pressed) -> Answer:
        verb = "confirm" if pressed.action == CONFIRM else "object"
        try:
            await self._threads.tighten(self._refresh)
            request = await self._threads.tighten(self._request_of, pressed)
        except TROUBLE as why:
            return failed(why, self._store.home.root, self._surface, tightens=False)
        if request is None:
            return self._altered(pressed, verb)
        trust = Trust.LAST_KNOWN if verb == "object" else _trust_to_confirm(request)
        person = await self._directory.person(pressed.account, pressed.team, trust)
        if isinstance(person, Stranger):
            return self._turned_away(pressed.account, verb, person)
        typed = Typed(verb, (request.id,), request.desk)
        said = Said(pressed.id, pressed.account, pressed.team, pressed.channel, pressed.action)
        answer = await self._threads.tighten(self._do, typed, Actor(person.name, person), said)
        self._record_later(self._came_from_slack(said, typed, person, answer))
        return self._beside_card(answer)

    def _beside_card(self, answer: Answer) -> Answer:
        """What the request's card tells in a moment is not told twice."""
        if answer.code != OK or not answer.facts.get("request"):
            return answer
        kept = [line for line in answer.lines if not line.startswith((*ON_CARD, " "))]
        return replace(answer, lines=[*kept, f"Its card is in {self._channel()}."])

    async def _understand(self, said: Said) -> Typed | Answer:
        """Without the store a kill is still understood: it then means every desk."""
        lane = self._threads.tighten if tightening(said.text) else self._threads.look
        try:
            known: Sequence[str] = await lane(self._store.read, desks)
        except TROUBLE as why:
            if tightening(said.text):
                return every_desk(said.text)
            return failed(why, self._store.home.root, self._surface, tightens=False)
        return understand(said.text, known, self._surface.begin)

    async def _only_for_members(self, said: Said, answer: Answer) -> Answer:
        """Whoever is nobody here is not even told what they mistyped."""
        person = await self._directory.person(said.account, said.team, Trust.LAST_KNOWN)
        if isinstance(person, Stranger):
            return self._turned_away(said.account, "a command", person)
        return answer

    def _trust(self, typed: Typed) -> Trust:
        if typed.verb == "kill" and NOW in typed.words:
            return TRUST[Act.BREAK_GLASS]
        if typed.verb != "confirm" or len(typed.words) != 1:
            return TRUST[COMMANDS[typed.verb].act]
        request = self._store.read(lambda c: find_request(c, typed.words[0]))
        return _trust_to_confirm(request) if request else Trust.MUST_ASK

    def _do(self, typed: Typed, actor: Actor, said: Said) -> Answer:
        try:
            return self._perform(typed, actor, said)
        except TROUBLE as why:
            return failed(why, self._store.home.root, self._surface, tightens=typed.tightens)
        except Exception as why:
            if not typed.tightens:
                raise
            log.exception("%s: the desk is held without the store", typed.verb)
            return hold_anyway(self._store.home.root, why)

    def _perform(self, typed: Typed, actor: Actor, said: Said) -> Answer:
        context = self._context(typed, actor, said)
        if not context.desks:
            lines = ["Start a trader on the desk's machine: perps-bot --profile PROFILE"]
            return Answer("There is no desk yet", lines, code=REFUSED)
        return perform(COMMANDS[typed.verb], context, typed.words)

    def _context(self, typed: Typed, actor: Actor, said: Said) -> Context:
        known = self._store.read(desks)
        return Context(
            store=self._store,
            desks=[typed.desk] if typed.desk else known,
            actor=actor,
            id=f"{typed.verb}-{said.id}",
            now=self._clock(),
            now_ns=self._monotonic_ns(),
            surface=self._surface,
        )

    def _request_of(self, pressed: Pressed) -> Request | None:
        """The request, if this very message is its card: a value can be made up, a place cannot."""

        def query(connection: Transaction) -> Request | None:
            post = read_post(connection, f"{CARD}{pressed.request}")
            if post is None or post.channel != pressed.channel:
                return None
            # The reply to our own post may be lost, or under way: nobody knows its ts yet.
            unsettled = post.ts is None and pressed.ours
            if not unsettled and post.ts != pressed.ts:
                return None
            return find_request(connection, pressed.request)

        return self._store.read(query)

    def _altered(self, pressed: Pressed, verb: str) -> Answer:
        body = {"verb": verb, "account": pressed.account, "claimed": pressed.request[:80]}
        self._record_later(self._note("click_refused", Actor(f"slack:{pressed.account}"), body))
        lines = [f"See what waits: {self._surface.says('requests')}. Nothing was changed."]
        return Answer(
            f"{verb} refused: this button belongs to no request of ours", lines, code=REFUSED
        )

    def _turned_away(self, account: str, verb: str, why: Stranger) -> Answer:
        body = {"verb": verb, "account": account, "refused": why.name}
        self._record_later(self._note("stranger_refused", Actor(f"slack:{account}"), body))
        lines = [
            "Who is listened to stands in escalation.yaml (`slack:` member ID); an operator adds you there."
            if why is Stranger.NOT_NAMED
            else "A shell on the desk's machine works all the same: perps-bot kill",
            "Nothing was changed.",
        ]
        return Answer(f"{verb} refused: {why.value}", lines, code=REFUSED)

    def _record_later(self, note: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for an answer because the store is slow to keep who asked."""
        task = asyncio.get_running_loop().create_task(note)
        self._recording.add(task)
        task.add_done_callback(self._recording.discard)

    async def _note(
        self, kind: str, actor: Actor, body: Mapping[str, Any], desk: str | None = None
    ) -> None:
        """On record, if the store takes it: what was decided is answered all the same."""

        def write() -> None:
            meant = [desk] if desk else self._store.read(desks)
            on_record(self._store, meant, kind, actor, body, self._clock())

        try:
            await self._threads.short(write)
        except TROUBLE as why:
            log.warning("NOT ON RECORD: %s by %s, %s: %s", kind, actor, dict(body), why)

    async def _came_from_slack(
        self, said: Said, typed: Typed, person: Person, answer: Answer
    ) -> None:
        """Which account, where and in which envelope: beside the record of what it did."""
        body = {
            "verb": typed.verb,
            "command": f"{typed.verb}-{said.id}",
            "account": said.account,
            "channel": said.channel,
            "text": said.text[:TEXT_ON_RECORD],
            "answer": answer.title,
            "done": answer.code == OK,
        }
        await self._note("said_in_slack", Actor(person.name, person), body, typed.desk)


def _trust_to_confirm(request: Request) -> Trust:
    """A second person's word that tightens must not fail because Slack is silent."""
    tightens = request.action in (Action.KILL, Action.REDUCE_ONLY)
    return Trust.ASK_FIRST if tightens else Trust.MUST_ASK


def _changed_something(answer: Answer) -> bool:
    """What is only shown is for who asked; what asks for a second person has a card that says so."""
    return answer.code == OK and not answer.looked and not answer.facts.get("request")


def _with_help(answer: Answer, surface: Surface) -> Answer:
    more = (
        f"{surface.says('help')} lists everything; {surface.says('kill')} stops the desk at once."
    )
    return replace(answer, lines=[*answer.lines, more])


def once(envelope: str) -> str:
    """A command's id from Slack's own, so that a repeated delivery changes nothing more."""
    return hashlib.sha256(envelope.encode()).hexdigest()[:10]
