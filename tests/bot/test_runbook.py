"""Every alert leads to an entry of the runbook, and every command in it exists."""

import pytest

from bot.commands.registry import COMMANDS
from bot.front import FAMILIES
from core.alerting.levels import Level
from core.alerting.rule import Entry
from core.alerting.rules import RULES
from core.alerting.runbook import ENTRIES
from tests.bot.shell import Shell
from tests.bot.test_alerting import raised

assert FAMILIES, "importing the front registers every command"


def test_every_entry_that_a_rule_names_has_steps_and_no_other() -> None:
    assert {rule.entry for rule in RULES.values()} == set(Entry) == set(ENTRIES)
    assert all(len(steps) >= 3 for steps in ENTRIES.values())


@pytest.mark.parametrize("entry", Entry)
def test_every_command_of_an_entry_exists(entry: Entry) -> None:
    for step in ENTRIES[entry]:
        if step.command:
            verb, *words = step.command.split()
            assert verb in COMMANDS, step.command
            assert COMMANDS[verb].takes_words or not words, step.command


def test_the_runbook_of_an_alert_says_what_to_type(desk: Shell) -> None:
    id = raised(desk, "position_drift", Level.CRITICAL)
    said = desk.type("alert", "runbook", id).text
    assert "CLOSE ALL POSITIONS" in said
    assert "2. see what the exchange has and our books do not explain: " in said
    assert "reconcile" in said
