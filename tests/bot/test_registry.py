"""One list of commands: each has its help, its row, and runs wherever it is typed."""

import pytest

from bot import front
from bot.commands.registry import COMMANDS, markdown_table
from core.modes import Mode
from core.people import Act
from tests.bot.terminal import Terminal

assert front.FAMILIES, "importing the front registers every command"

VERBS = sorted(COMMANDS)
ALERTING = {"alerts", "alert", "ack", "escalate", "snooze", "resolve", "handover", "drill"} | {
    "drills",
    "silence",
    "maintenance",
    "oncall",
}
ABOUT_AN_ALERT = {"ack": ["k7m2q"], "escalate": ["k7m2q"], "resolve": ["k7m2q"]} | {
    "alert": ["why", "k7m2q"],
    "snooze": ["k7m2q", "15m"],
    "handover": ["k7m2q", "bob"],
}
WORDS = {
    "confirm": ["kill-1"],
    "object": ["kill-1"],
    "note": ["seen it"],
    "close": ["BTC"],
    "incident": ["open", "x"],
    "report": ["daily"],
    "limit": ["conservative"],
    "cancel-order": ["order-1"],
    "accept": ["all"],
    **ABOUT_AN_ALERT,
}
LOOKING = [name for name in VERBS if COMMANDS[name].act is Act.LOOK]


def test_the_commands_are_those_of_the_scope() -> None:
    assert (
        set(VERBS)
        == {
            "status",
            "positions",
            "orders",
            "fills",
            "pnl",
            "health",
            "kill",
            "reduce-only",
            "resume",
            "confirm",
            "object",
            "requests",
            "account",
            "feed",
            "metrics",
            "order",
            "trades",
            "limits",
            "limit",
            "close",
            "reconcile",
            "cancel-order",
            "accept",
            "note",
            "incident",
            "incidents",
            "report",
            "events",
            "help",
        }
        | ALERTING
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_explains_itself(terminal: Terminal, verb: str) -> None:
    found = COMMANDS[verb]
    typed = terminal.type("help", verb)

    assert typed.code == 0
    assert found.summary in typed.text
    assert f"usage:    perps-bot {found.usage}" in typed.text
    assert found.examples
    for example in found.examples:
        assert example.split()[0] == verb
        assert example in typed.text
    assert ("--as NAME --code CODE" in typed.text) is found.proof


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_runs_without_a_home(terminal: Terminal, verb: str) -> None:
    typed = terminal.type(verb, *WORDS.get(verb, []))

    assert typed.code == (0 if verb == "help" else 1)
    assert verb == "help" or f"There is no desk in {terminal.home}" in typed.text
    assert not terminal.home.exists(), "looking for a desk does not make one"


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_runs_on_a_home_without_a_desk(terminal: Terminal, verb: str) -> None:
    terminal.store().close()

    typed = terminal.type(verb, *WORDS.get(verb, []))

    assert typed.code == (0 if verb == "help" else 1)
    assert verb == "help" or "This home has no desk yet" in typed.text


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_every_command_runs_on_a_desk_whose_exchange_was_never_read(
    terminal: Terminal, verb: str, form: list[str]
) -> None:
    terminal.begin()

    typed = terminal.type(verb, *WORDS.get(verb, []), *form)

    if form:
        assert typed.facts["code"] == typed.code
        assert typed.facts["title"]
    assert typed.text
    assert typed.code == {
        "health": 1,
        "limits": 1,
        "limit": 1,
        "confirm": 3,
        "object": 3,
        "close": 3,
        "cancel-order": 3,
        "accept": 3,
        "oncall": 1,
        **dict.fromkeys(ABOUT_AN_ALERT, 3),
    }.get(verb, 0)


@pytest.mark.parametrize("verb", LOOKING)
def test_no_look_changes_the_mode(trading: Terminal, verb: str) -> None:
    before = trading.control()
    trading.type(verb)
    assert trading.control() == before


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("stauts", "status"), ("kil", "kill"), ("reduceonly", "reduce-only"), ("peple", "people")],
)
def test_a_typo_is_told_what_was_meant_and_changes_nothing(
    trading: Terminal, typo: str, meant: str
) -> None:
    before = trading.events()

    typed = trading.type(typo, "now")

    assert typed.code == 2
    assert f"Did you mean `{meant}`?" in typed.text
    assert "Nothing was changed." in typed.text
    assert trading.events() == before


def test_what_resembles_nothing_is_sent_to_help(trading: Terminal) -> None:
    assert "See `help` for all of them." in trading.type("xyzzy").text


def test_no_word_at_all_is_status(trading: Terminal) -> None:
    assert "main: ACTIVE" in trading.type().text


def test_the_readme_table_has_a_row_for_each_command() -> None:
    rows = markdown_table().splitlines()[2:]
    assert len(rows) == len(COMMANDS)
    for row, found in zip(rows, COMMANDS.values(), strict=True):
        assert found.summary in row
        assert row.replace("\\|", "").count("|") == 3, "a bar in a cell would end it"


@pytest.mark.parametrize(
    "argv",
    [
        ["--json", "--desk", "main", "orders", "5"],
        ["orders", "5", "--json", "--desk", "main"],
        ["orders", "--json", "5", "--desk=main"],
        ["orders", "--limit", "5", "--json"],
    ],
)
def test_options_may_stand_before_and_after_the_verb(trading: Terminal, argv: list[str]) -> None:
    typed = trading.type(*argv)
    assert typed.code == 0
    assert len(typed.facts["latest"]) == 1


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        ("status now", "it takes no words, not 'now'"),
        ("status --desk", "expected one argument"),
        ("status --nonsense", "unrecognized arguments"),
        ("status --watch nan", "it takes no words"),
        ("status --watch=nan", "is not a number from"),
        ("status --watch=-1", "is not a number from"),
        ("kill --id ../../etc", "letters, digits, dot"),
        ("kill --timeout-s inf", "is not a number from"),
        ("events --limit 0", "is not a whole number"),
        ("confirm", "which request?"),
        ("confirm a b", "which request?"),
        ("help kill now", "one command at a time"),
        ("help kil", "Did you mean `kill`?"),
        ("people frobnicate", "people: not understood"),
        ("status --profile dev", "Run a trader, or status? Not both at once."),
        ("--dry-run", "which profile?"),
        ("--run-once status", "Not both at once"),
        ("--profile production", "invalid choice"),
        ("--shutdown-graceful now", "not understood"),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_what_is_not_understood_changes_nothing(
    trading: Terminal, asks: str, says: str, form: list[str]
) -> None:
    before = trading.events()

    typed = trading.type(*form, asks=asks)

    assert typed.code == 2
    assert says in typed.text
    assert trading.events() == before
    assert trading.mode() is Mode.ACTIVE
    assert trading.became == []
    if form:
        assert typed.facts["code"] == 2


def test_the_environment_may_name_the_home(trading: Terminal) -> None:
    trading.environment["PERPS_HOME"] = str(trading.home)

    typed = trading.type("kill", at_home=False)

    assert typed.code == 0
    assert f"perps-bot --home {trading.home} confirm" in typed.text
    assert trading.mode() is Mode.HELD
