"""Verbs that are about a home, a file or a key rather than about a desk: they need none."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.answer import USAGE, Answer
from bot.commands.looking import help_for
from bot.demo.run import Demo, run_demo
from bot.options import Options
from bot.outside import Outside
from bot.preflight import preflight
from bot.surface import terminal
from bot.terminal.render import show

DEMO_HOME = Path("var/demo")
USUAL_HOME = Path("var/home")
SHIPPED_PEOPLE = Path(__file__).parents[1] / "escalation.yaml"
Beside = Callable[[Options, Outside], int]


def home_of(options: Options, outside: Outside) -> Path:
    """The home that is named, or that of a demo that was started here, or the usual one."""
    if options.home is not None:
        return options.home
    named = outside.environment.get("PERPS_HOME")
    if named:
        return Path(named)
    demo = options.verb == "demo" or (outside.here / DEMO_HOME).exists()
    return outside.here / (DEMO_HOME if demo else USUAL_HOME)


def needs_no_desk(options: Options) -> Beside | None:
    """What does it, where nothing of a desk is needed."""
    if (options.verb, *options.words[:1]) == ("slack", "manifest"):
        return _manifest
    return VERBS.get(options.verb or "")


def shown(answer: Answer, outside: Outside, *, as_json: bool = False) -> int:
    """Printed; its exit code."""
    show(answer, as_json=as_json, out=outside.out)
    return answer.code


def _manifest(options: Options, outside: Outside) -> int:
    from bot.slack.command import print_manifest

    return print_manifest(options.words[1:], outside)


def _help(options: Options, outside: Outside) -> int:
    return shown(help_for(options.words, terminal()), outside, as_json=options.json)


def _escalation(options: Options, outside: Outside) -> int:
    """Become the tool of the alerts process that looks at its file."""
    told = [sys.executable, "-m", "alerts", "escalation", *options.words]
    told += ["--json"] if options.json else []
    environment = {**outside.environment, "PERPS_HOME": str(home_of(options, outside))}
    return outside.become(told, environment)


def _demo(options: Options, outside: Outside) -> int:
    demo = Demo(
        home_of(options, outside),
        options.port_base,
        SHIPPED_PEOPLE,
        options.desk or "main",
        browser=not options.no_browser,
    )
    return run_demo(demo, outside)


def _preflight(options: Options, outside: Outside) -> int:
    desk = options.desk or outside.environment.get("PERPS_DESK", "main")
    found = preflight(home_of(options, outside), options.profile, desk, outside.environment)
    return shown(found, outside, as_json=options.json)


def _test_credentials(options: Options, outside: Outside) -> int:
    """The keys live where the trader does: it answers itself."""
    verb, *files = options.words or ("",)
    if verb != "test" or len(files) > 1 or options.profile is None:
        lines = [
            "Usage: credentials test [KEY_FILE] --profile dev|canary|prod",
            "Nothing was asked.",
        ]
        return shown(Answer("credentials: not understood", lines, code=USAGE), outside)
    asked = [sys.executable, "-m", "trader", "credentials", f"--home={home_of(options, outside)}"]
    asked += [f"--profile={options.profile}", *(f"--key-file={file}" for file in files)]
    return outside.become([*asked, *(["--json"] if options.json else [])], outside.environment)


VERBS: Mapping[str, Beside] = {
    "help": _help,
    "escalation": _escalation,
    "demo": _demo,
    "preflight": _preflight,
    "credentials": _test_credentials,
}
