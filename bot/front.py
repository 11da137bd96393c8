"""From what was typed to what is done: which home, which desks, who, which command."""

import shlex
import sys
from collections.abc import Mapping, Sequence

from bot.answer import FAILED, REFUSED, Answer
from bot.beside import home_of, needs_no_desk, shown
from bot.brakeless import hold_anyway
from bot.commands import (
    account,
    acting,
    agreeing,
    alerting,
    alerting_oncall,
    alerting_quiet,
    alerting_seen,
    drills,
    feed,
    health,
    incidents,
    limits,
    looking,
    metrics,
    profit,
    reconciling,
    recorded,
    reports,
    tracing,
    trading,
)
from bot.commands.registry import COMMANDS, Context
from bot.emergency import Emergency, kill_switch, shut_down
from bot.identity import Claim, people_command, people_in_force, prove
from bot.options import Options
from bot.outside import Outside
from bot.parser import parse
from bot.perform import TROUBLE, failed, may, perform, role_refused
from bot.surface import Surface, terminal
from bot.terminal.watch import watch
from core.people import Act, Actor, Person
from store.control import desks
from store.escalation.file import find_people_file
from store.lock import running_pid
from store.store import Store, open_store

WATCH_MIN_S = 0.2

ALERTING = (alerting_seen, alerting, alerting_quiet, alerting_oncall)
FAMILIES = (
    looking,
    profit,
    account,
    metrics,
    feed,
    recorded,
    tracing,
    trading,
    acting,
    agreeing,
    limits,
    *ALERTING,
    drills,
    reconciling,
    incidents,
    reports,
    health,
)
"""Importing a family registers its commands."""


def run(argv: Sequence[str], outside: Outside) -> int:
    """Do what was typed; the exit code."""
    options = parse(argv)
    if isinstance(options, Answer):
        return shown(options, outside, as_json="--json" in argv)
    try:
        return _dispatch(options, outside)
    except BrokenPipeError:
        raise
    except TROUBLE as why:
        home, surface = home_of(options, outside), _surface(options, outside)
        answer = failed(why, home, surface, tightens=options.tightens)
        return shown(answer, outside, as_json=options.json)
    except Exception as why:
        if not options.tightens:
            raise
        answer = hold_anyway(home_of(options, outside), why)  # whatever it was, the brake works
        return shown(answer, outside, as_json=options.json)


def _dispatch(options: Options, outside: Outside) -> int:
    if options.runs_trader:
        return _run_trader(options, outside)
    emergency = options.kill_switch or options.shutdown
    beside = None if emergency else needs_no_desk(options)
    return beside(options, outside) if beside else _on_home(options, outside)


def _run_trader(options: Options, outside: Outside) -> int:
    """Become the trading process; --reduce-only on a desk that runs already commands that desk."""
    home = home_of(options, outside)
    desk = options.desk or outside.environment.get("PERPS_DESK", "main")
    if options.reduce_only and running_pid(home / "run" / f"{desk}.guard.pid") is not None:
        commanded = Options(
            verb="reduce-only",
            words=("--reduce-only at a start",),
            home=home,
            desk=desk,
            json=options.json,
            person=options.person,
            code=options.code,
            id=options.id,
        )
        return _on_home(commanded, outside)
    if options.profile is None:
        lines = [
            f"No trader runs desk {desk} in {home}.",
            f"To tighten it at once: {_surface(options, outside).says('reduce-only')}",
            "To start one, add --profile dev, canary or prod. Nothing was changed.",
        ]
        return shown(Answer("--reduce-only: of which trader?", lines, code=FAILED), outside)
    arguments = [sys.executable, "-m", "trader", "run", f"--home={home}"]
    arguments.append(f"--profile={options.profile}")
    flags = ("dry_run", "run_once", "reduce_only")
    arguments += [f"--{flag.replace('_', '-')}" for flag in flags if getattr(options, flag)]
    return outside.become(arguments, {**outside.environment, "PERPS_DESK": desk})


def _on_home(options: Options, outside: Outside) -> int:
    home = home_of(options, outside)
    if not (home / "perps.db").exists() and not _begins_home(options):
        if options.tightens and any(home.glob("*.page")):
            return shown(
                hold_anyway(home, FileNotFoundError(f"{home / 'perps.db'} is gone")),
                outside,
                as_json=options.json,
            )
        lines = ["Start the demo (make demo) or a trader, or name another home with --home DIR."]
        answer = Answer(f"There is no desk in {home}", lines, code=FAILED)
        return shown(answer, outside, as_json=options.json)
    store = open_store(home, outside.clock())
    try:
        answered = _on_store(options, outside, store)
    finally:
        store.close()
    if isinstance(answered, int):
        return answered
    return shown(answered, outside, as_json=options.json)


def _begins_home(options: Options) -> bool:
    """People are given their codes, and Slack is checked, before the first trader starts."""
    return options.verb == "slack" or (options.verb, *options.words[:1]) == ("people", "enroll")


def _on_store(options: Options, outside: Outside, store: Store) -> Answer | int:
    known = store.read(desks)
    if options.desk is not None and options.desk not in known:
        lines = [f"Desks of this home: {', '.join(known) or 'none'}.", "Nothing was changed."]
        return Answer(f"There is no desk {options.desk!r}", lines, code=REFUSED)
    meant = [options.desk] if options.desk else known
    emergency = options.kill_switch or options.shutdown
    if options.verb == "people" and not emergency:
        people_file = find_people_file(store.home.root, outside.here)
        return people_command(store, people_file, options.words, known, outside)
    if options.verb == "slack" and not emergency:
        from bot.slack.command import slack_command  # only here: a kill in a terminal is in a hurry

        people_file = find_people_file(store.home.root, outside.here)
        return slack_command(options.words, store, people_file, outside)
    if not meant:
        return Answer("This home has no desk yet", ["Start a trader."], code=FAILED)
    if emergency:
        return _emergency(options, outside, store, meant)
    return _command(options, outside, store, meant)


def _command(
    options: Options, outside: Outside, store: Store, meant: Sequence[str]
) -> Answer | int:
    found = COMMANDS[options.verb or "status"]
    wrong = found.check(store, meant, options.words) if found.check else None
    if wrong is not None:
        return wrong
    actor = _actor(options, outside, store, meant)
    if isinstance(actor, Answer):
        return actor
    id = options.id or outside.new_id(found.name)

    def ask() -> Answer:
        context = _context(options, outside, store, meant, actor, id)
        return perform(found, context, options.words)

    if options.watch_s is None or found.watch_s is None:
        return ask()
    every_s = max(WATCH_MIN_S, options.watch_s or found.watch_s)
    return watch(ask, every_s, outside.out, as_json=options.json)


def _context(
    options: Options, outside: Outside, store: Store, meant: Sequence[str], actor: Actor, id: str
) -> Context:
    return Context(
        store=store,
        desks=meant,
        actor=actor,
        id=id,
        now=outside.clock(),
        now_ns=outside.monotonic_ns(),
        repeatable=options.id is not None,
        surface=_surface(options, outside),
    )


def _emergency(options: Options, outside: Outside, store: Store, meant: Sequence[str]) -> Answer:
    actor = _actor(options, outside, store, meant)
    if isinstance(actor, Answer):
        return actor
    act = Act.BREAK_GLASS if options.kill_switch else Act.TIGHTEN
    verb = "--kill-switch" if options.kill_switch else "--shutdown-graceful"
    id = options.id or outside.new_id("kill" if options.kill_switch else "stop")
    if not may(actor, act):
        context = _context(options, outside, store, meant, actor, id)
        return role_refused(context, act, verb)
    at = Emergency(store, actor, id, options, outside, _surface(options, outside))
    return kill_switch(at, meant) if options.kill_switch else shut_down(at, meant)


def _actor(
    options: Options, outside: Outside, store: Store, meant: Sequence[str]
) -> Actor | Answer:
    needless = options.tightens or options.shutdown or options.verb == "object"
    claim = Claim(outside.login, options.person, options.code, needless)
    people: Mapping[str, Person] = {}
    if claim.name is not None:
        people_file = find_people_file(store.home.root, outside.here)
        people = people_in_force(store, people_file, outside.clock())
    return prove(store, people, claim, meant, outside.clock())


def _surface(options: Options, outside: Outside) -> Surface:
    """The next command has to begin so that it means the same home."""
    home = options.home or outside.environment.get("PERPS_HOME")
    return terminal(f"perps-bot --home {shlex.quote(str(home))}" if home else "perps-bot")
