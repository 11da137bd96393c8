"""The one list of commands: their help, the README's table and their tests all come from it."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import USAGE, Answer
from bot.surface import Surface
from core.people import Act, Actor
from store.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, about which desks, when. `id` is the command's own: a repeat with it changes nothing.

    `now_ns` is the same instant on CLOCK_MONOTONIC, which the gate's page counts by. `repeatable`:
    the id was typed, so that it may stand for a command that ran before.
    """

    store: Store
    desks: Sequence[str]
    actor: Actor
    id: str
    now: datetime
    now_ns: int
    surface: Surface
    repeatable: bool = False


Run = Callable[[Context, Sequence[str]], Answer]
Check = Callable[[Store, Sequence[str], Sequence[str]], Answer | None]


@dataclass(frozen=True, slots=True)
class Command:
    """A verb. `watch_s` is how often --watch shows it anew; None when it changes something.

    `check` finds, from store, desks and words alone, what makes no sense: it runs before a one-time
    code is used up. `announced`: it changes something that no card shows, so the desk's channel is told.
    """

    name: str
    usage: str
    summary: str
    act: Act
    run: Run
    examples: Sequence[str]
    watch_s: float | None
    proof: bool
    check: Check | None
    announced: bool

    @property
    def takes_words(self) -> bool:
        return self.usage != self.name


COMMANDS: dict[str, Command] = {}


def meant(verb: str, words: Sequence[str]) -> str:
    """`limits lower …` is `limit lower …`: who types it wants more than to look."""
    return "limit" if verb == "limits" and words else verb


def command(
    usage: str,
    summary: str,
    act: Act = Act.LOOK,
    *,
    examples: Sequence[str],
    watch_s: float | None = None,
    proof: bool = False,
    check: Check | None = None,
    announced: bool = False,
) -> Callable[[Run], Run]:
    """Register a command under the first word of its usage. `proof`: it needs a person's code."""

    def register(run: Run) -> Run:
        name = usage.split()[0]
        COMMANDS[name] = Command(
            name, usage, summary, act, run, examples, watch_s, proof, check, announced
        )
        return run

    return register


def run_command(name: str, context: Context, words: Sequence[str]) -> Answer:
    """Run a verb; an unknown one changes nothing and is told what was probably meant."""
    found = COMMANDS.get(name)
    if found is None:
        return unknown(name)
    return found.run(context, words)


def unknown(name: str, beside: Iterable[str] = ()) -> Answer:
    near = difflib.get_close_matches(name, [*COMMANDS, *beside], 1, cutoff=0.5)
    hint = f"Did you mean `{near[0]}`?" if near else "See `help` for all of them."
    return Answer(f"There is no command {name!r}. {hint}", ["Nothing was changed."], code=USAGE)


def wrong_usage(name: str, why: str) -> Answer:
    """The words after a verb make no sense."""
    lines = [f"Usage: {COMMANDS[name].usage}", "Nothing was changed."]
    return Answer(f"{name}: {why}", lines, code=USAGE)


def markdown_table() -> str:
    """The commands as the README shows them."""
    lines = ["| command | what it does |", "|---|---|"]
    for found in COMMANDS.values():
        usage = found.usage.replace("|", "\\|")  # a bar would end the cell, in code too
        lines.append(f"| `{usage}` | {found.summary} |")
    return "\n".join(lines)
