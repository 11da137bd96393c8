"""A command asked by somebody who is known: may they, do it, and what to say when it cannot be done."""

from collections.abc import Sequence
from pathlib import Path

from bot.answer import FAILED, REFUSED, Answer
from bot.brakeless import hold_anyway
from bot.commands.registry import Command, Context
from bot.record import on_record
from bot.surface import Surface
from core.people import NEEDS, Act, Actor
from store.control import UnknownDesk
from store.escalation.places import PeopleUnusable
from store.home import HomeRefused
from store.migrations import StoreFromTheFuture
from store.sqlite import StoreBusy, StoreFailed, UnsafeSQLite
from store.voices import NotAllowed

REFUSALS = (PeopleUnusable, NotAllowed, HomeRefused, UnsafeSQLite, StoreFromTheFuture)
STORE_UNUSABLE = (
    *StoreFailed,
    OSError,
    HomeRefused,
    UnsafeSQLite,
    StoreFromTheFuture,
)
"""Where a tightening still holds the desk, by page and KILL file."""

TROUBLE = (*REFUSALS, *STORE_UNUSABLE, UnknownDesk)
"""What `failed` has words for."""


def perform(found: Command, context: Context, words: Sequence[str]) -> Answer:
    """Run it if the actor's roles allow it. Raises what is in TROUBLE."""
    if not may(context.actor, found.act):
        return role_refused(context, found.act, found.name)
    return found.run(context, words)


def may(actor: Actor, act: Act) -> bool:
    """A person's roles count. The shell may look and tighten; what else needs proof says so itself."""
    return actor.person is None or actor.person.may(act)


def role_refused(context: Context, act: Act, verb: str) -> Answer:
    """The answer, after the attempt is on record."""
    actor = context.actor
    roles = sorted(actor.person.roles) if actor.person else []
    body = {"verb": verb, "act": act, "roles": roles}
    on_record(context.store, context.desks, "act_refused", actor, body, context.now)
    lines = [
        f"{actor}'s roles: {', '.join(roles)}. It takes {' or '.join(sorted(NEEDS[act]))}; "
        f"who has it: {context.surface.shell} people check"
    ]
    if context.surface.proof and act in (Act.TIGHTEN, Act.BREAK_GLASS, Act.OBJECT):
        lines.append("Anyone with a shell may do this: leave --as and --code away.")
    lines.append("Nothing was changed.")
    return Answer(f"{verb} refused: the role does not allow it", lines, code=REFUSED)


def failed(why: Exception, home: Path, surface: Surface, *, tightens: bool) -> Answer:
    """Words for what is in TROUBLE. A tightening still closes every gate of the home."""
    if tightens and isinstance(why, STORE_UNUSABLE):
        return hold_anyway(home, why)
    if isinstance(why, REFUSALS):
        return Answer(f"Refused: {why}", ["Nothing was changed."], code=REFUSED)
    kill = surface.says("kill")
    if isinstance(why, StoreBusy):
        lines = [f"Another process holds its write lock. Try again; `{kill}` does not wait."]
        return Answer("Failed: the store is busy", lines, code=FAILED)
    lines = [f"{type(why).__name__}: {why}", f"`{kill}` still holds the desk."]
    return Answer("Failed: UNKNOWN, the store cannot be read", lines, code=FAILED)
