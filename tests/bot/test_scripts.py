"""What the runbook calls a script is found under that name."""

from pathlib import Path

import pytest

from bot.answer import Answer
from bot.commands.registry import COMMANDS
from bot.parser import BESIDE, parse
from bot.scripts import SCRIPTS

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_name_is_a_command_and_the_readme_says_which(name: str) -> None:
    verb = SCRIPTS[name][0]
    assert verb in COMMANDS or verb in BESIDE
    [row] = [
        line for line in README.read_text().splitlines() if line.startswith("|") and name in line
    ]
    assert f"perps-bot {' '.join(SCRIPTS[name])}" in row


@pytest.mark.parametrize(
    ("typed", "verb", "words"),
    [
        ("check_positions", "positions", ()),
        ("scripts/check_positions.py", "positions", ()),
        ("trace_order --order-id e-1", "order", ("trace", "e-1")),
        ("scripts/trace_order.py --order-id=e-1", "order", ("trace", "e-1")),
        ("analyze_trades --today", "trades", ("today",)),
        ("analyze_pnl --date 2026-03-01", "pnl", ("explain", "date", "2026-03-01")),
        ("status", "status", ()),
    ],
)
def test_as_the_runbook_writes_it(typed: str, verb: str, words: tuple[str, ...]) -> None:
    found = parse(typed.split())
    assert not isinstance(found, Answer), found
    assert (found.verb, found.words) == (verb, words)
