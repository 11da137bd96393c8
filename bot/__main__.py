"""`perps-bot`: the desk's commands in a terminal. The composition root of everything people type."""

import argparse
import getpass
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.answer import FAILED, REFUSED, USAGE, Answer
from bot.commands import acting, health, looking
from bot.commands.registry import COMMANDS, Command, Context, run_command, unknown
from bot.demo import Demo, run_demo
from bot.emergency import kill_switch, shutdown
from bot.identity import Claim, demo_code, enroll_person, prove
from bot.parser import parse
from bot.terminal.render import show
from bot.terminal.watch import watch
from core.people import Actor
from store.brake import hold_without_store
from store.control import desks
from store.decisions import NotAllowed
from store.home import Home, HomeRefused
from store.lock import running_pid
from store.migrations import StoreFromTheFuture
from store.people import PeopleUnusable, find_people_file, load_people
from store.sqlite import DatabaseError, StoreBusy, UnsafeSQLite
from store.store import Store, open_store

STORE_BROKEN = (StoreBusy, DatabaseError)

DEMO_HOME = Path("var/demo")

FAMILIES = (looking, acting, health)
"""Importing a family registers its commands."""

REFUSALS = (HomeRefused, PeopleUnusable, UnsafeSQLite, StoreFromTheFuture, NotAllowed)


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (composition root)


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 failed, 2 not understood, 3 refused."""
    options = parse(sys.argv[1:] if argv is None else argv)
    if isinstance(options, Answer):
        show(options, as_json=False)
        return options.code
    options.typed_home = options.home or os.environ.get("PERPS_HOME")
    options.home = _home(options.typed_home, demo=options.verb == "demo")
    try:
        return _dispatch(options)
    except REFUSALS as refused:
        answer = Answer(f"Refused: {refused}", ["Nothing was changed."], code=REFUSED)
    except StoreBusy:
        lines = ["Something holds its write lock. Try again; for the brake use --kill-switch."]
        answer = Answer("Failed: the store is busy", lines, code=FAILED)
    show(answer, as_json=options.json)
    return answer.code


def _dispatch(options: argparse.Namespace) -> int:
    if options.verb == "demo":
        people = Path(__file__).parents[1] / "escalation.yaml"
        demo = Demo(options.home, options.port_base, people, options.desk or "main")
        return run_demo(demo, lambda: open_store(options.home, clock()), clock)
    if options.profile and not options.verb:
        return _run_trader(options)
    if not (options.home / "perps.db").exists():
        lines = ["Start the demo (make demo) or a trader, or name another home with --home DIR."]
        show(
            Answer(f"There is no desk in {options.home}", lines, code=FAILED), as_json=options.json
        )
        return FAILED
    try:
        store = open_store(options.home, clock())
    except STORE_BROKEN as broken:
        return _without_store(options, broken)
    try:
        return _on_store(options, store)
    finally:
        store.close()


def _without_store(options: argparse.Namespace, broken: Exception) -> int:
    """The brake works without a store; everything else says that it cannot be read."""
    tightens = options.kill_switch or options.verb in ("kill", "reduce-only")
    lines = [f"The store cannot be opened: {broken}"]
    if tightens:
        held = ", ".join(hold_without_store(Home(options.home.absolute()))) or "every desk"
        title = f"{held}: HELD by page and KILL file, RECORD PENDING"
        lines.append(
            "Nothing new leaves this machine. Orders and positions at the exchange are as they "
            "were: use the exchange's own screen, and mend the store."
        )
    else:
        title = "Failed: UNKNOWN, the store cannot be read"
        lines.append("`perps-bot kill` still holds the desk.")
    show(Answer(title, lines, code=FAILED), as_json=options.json)
    return FAILED


def _run_trader(options: argparse.Namespace) -> int:
    """Become the trading process; --reduce-only on a desk that runs already commands that desk."""
    if options.reduce_only and _runs(options):
        store = open_store(options.home, clock())
        try:
            options.verb, options.words = "reduce-only", ["--reduce-only at a start"]
            return _on_store(options, store)
        finally:
            store.close()
    arguments = [sys.executable, "-m", "trader", "run", f"--home={options.home}"]
    arguments.append(f"--profile={options.profile}")
    for flag in ("dry_run", "run_once", "reduce_only"):
        if getattr(options, flag):
            arguments.append(f"--{flag.replace('_', '-')}")
    os.execv(sys.executable, arguments)


def _runs(options: argparse.Namespace) -> bool:
    run = options.home / "run"
    return any(running_pid(file) is not None for file in run.glob("*.guard.pid"))


def _on_store(options: argparse.Namespace, store: Store) -> int:
    known = store.read(desks)
    if options.desk is not None and options.desk not in known:
        lines = [f"Desks of this home: {', '.join(known) or 'none'}.", "Nothing was changed."]
        answer = Answer(f"There is no desk {options.desk!r}", lines, code=REFUSED)
        show(answer, as_json=options.json)
        return answer.code
    meant = [options.desk] if options.desk else known
    if options.verb == "people":
        answer = _people(options, store)
        show(answer, as_json=options.json)
        return answer.code
    if not meant:
        answer = Answer("This home has no desk yet", ["Start a trader."], code=FAILED)
        show(answer, as_json=options.json)
        return answer.code
    actor = _actor(options, store, meant)
    if isinstance(actor, Answer):
        show(actor, as_json=options.json)
        return actor.code
    if options.kill_switch or options.shutdown_graceful:
        return _emergency(options, store, meant, actor)
    return _command(options, store, meant, actor)


def _command(options: argparse.Namespace, store: Store, meant: list[str], actor: Actor) -> int:
    verb = options.verb or "status"
    found: Command | None = COMMANDS.get(verb)
    if found is None:
        answer = unknown(verb)
    elif not _may(actor, found):
        roles = ", ".join(sorted(actor.person.roles)) if actor.person else ""
        lines = [f"{actor.name}'s roles: {roles}.", "Nothing was changed."]
        answer = Answer(f"{verb} refused: the role does not allow it", lines, code=REFUSED)
    else:
        id = options.id or f"{verb.split('-')[0]}-{secrets.token_hex(3)}"

        def ask() -> Answer:
            return run_command(verb, _context(options, store, meant, actor, id), options.words)

        if options.watch is not None and found.watch_s is not None:
            return watch(ask, options.watch or found.watch_s)
        answer = ask()
    show(answer, as_json=options.json)
    return answer.code


def _context(
    options: argparse.Namespace, store: Store, meant: list[str], actor: Actor, id: str
) -> Context:
    return Context(store, meant, actor, id, clock(), _typed(options))


def _may(actor: Actor, found: Command) -> bool:
    """The shell may look and tighten; what else a command needs it says itself."""
    return actor.person is None or actor.person.may(found.act)


def _emergency(options: argparse.Namespace, store: Store, meant: list[str], actor: Actor) -> int:
    codes = []
    for desk in meant:
        id = options.id or f"{'kill' if options.kill_switch else 'stop'}-{secrets.token_hex(3)}"
        if options.kill_switch:
            reason = " ".join([options.verb or "", *options.words]).strip()
            codes.append(
                kill_switch(
                    store,
                    desk,
                    actor,
                    reason,
                    id,
                    clock,
                    keep_positions=options.keep_positions,
                    timeout_s=options.timeout_s,
                )
            )
        else:
            codes.append(shutdown(store, desk, actor, id, clock, options.timeout_s))
    return max(codes)


def _actor(options: argparse.Namespace, store: Store, meant: list[str]) -> Actor | Answer:
    claim = Claim(getpass.getuser(), options.person, options.code)
    people = {}
    if claim.name is not None:
        people = load_people(find_people_file(options.home, Path.cwd()))
    return prove(store, people, claim, meant, clock())


def _people(options: argparse.Namespace, store: Store) -> Answer:
    people = load_people(find_people_file(options.home, Path.cwd()))
    match options.words:
        case ["code", name]:
            return demo_code(store, name, clock())
        case ["enroll", name]:
            return enroll_person(store, people, name)
        case ["check"] | []:
            rows = [f"{p.name}: {', '.join(sorted(p.roles))}" for p in people.values()]
            return Answer(f"{len(people)} people", rows, [], {"people": sorted(people)})
    usage = "Usage: people check | people enroll NAME | people code NAME (demo only)"
    return Answer("people: not understood", [usage, "Nothing was changed."], code=USAGE)


def _home(typed: str | None, *, demo: bool) -> Path:
    if typed:
        return Path(typed)
    return DEMO_HOME if demo or DEMO_HOME.exists() else Path("var/home")


def _typed(options: argparse.Namespace) -> str:
    """How the next command has to begin to mean the same home."""
    return f"perps-bot --home {options.home}" if options.typed_home else "perps-bot"


if __name__ == "__main__":
    sys.exit(main())
