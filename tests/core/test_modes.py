"""Modes and constraints: the strictest wins, whatever is in force."""

from itertools import combinations

import pytest

from core.modes import CONSTRAINTS, Constraint, Mode, Release, Rule, effective
from tests.core.examples import NOW


def in_force(*rules: Rule) -> list[Constraint]:
    return [Constraint("main", rule, "because", NOW) for rule in rules]


def subsets(rules: list[Rule], most: int) -> list[tuple[Rule, ...]]:
    """Of at most so many: there are only two modes that a rule constrains to."""
    return [some for size in range(most + 1) for some in combinations(rules, size)]


def test_modes_are_ordered_from_loosest_to_strictest() -> None:
    assert sorted(Mode) == [Mode.ACTIVE, Mode.REDUCE_ONLY, Mode.HELD, Mode.KILLED]


@pytest.mark.parametrize("mode", Mode)
def test_the_strictest_of_mode_and_any_constraints_wins(mode: Mode) -> None:
    for rules in subsets(list(Rule), 3):
        strictest = effective(mode, in_force(*rules))
        assert strictest >= mode
        assert all(strictest >= CONSTRAINTS[rule].mode for rule in rules)
        assert strictest in {mode, *(CONSTRAINTS[rule].mode for rule in rules)}


def test_without_constraints_the_mode_people_set_is_in_force() -> None:
    assert [effective(mode, []) for mode in Mode] == list(Mode)


def test_the_order_in_which_constraints_came_does_not_matter() -> None:
    rules = in_force(*Rule)
    assert effective(Mode.ACTIVE, rules) == effective(Mode.ACTIVE, reversed(rules))


def test_every_rule_says_what_it_constrains_to_and_how_it_ends() -> None:
    assert set(CONSTRAINTS) == set(Rule)
    assert all(row.says for row in CONSTRAINTS.values())


def test_no_machine_rule_constrains_to_nothing() -> None:
    assert all(row.mode > Mode.ACTIVE for row in CONSTRAINTS.values())


@pytest.mark.parametrize(
    ("rule", "mode", "release"),
    [
        (Rule.DAILY_LOSS, Mode.REDUCE_ONLY, Release.LATCHES),
        (Rule.STALE_MARK, Mode.REDUCE_ONLY, Release.CLEARS),
        (Rule.POSITION_WITHOUT_STOP, Mode.REDUCE_ONLY, Release.CLEARS),
        (Rule.POSITION_DRIFT, Mode.HELD, Release.LATCHES),
        (Rule.UNKNOWN_ORDER, Mode.HELD, Release.LATCHES),
        (Rule.ERROR_STREAK, Mode.REDUCE_ONLY, Release.CLEARS),
    ],
)
def test_a_rule_does_what_the_design_says(rule: Rule, mode: Mode, release: Release) -> None:
    constraint = in_force(rule)[0]
    assert constraint.mode is mode
    assert constraint.latches is (release is Release.LATCHES)


def test_every_mode_has_a_meaning_of_its_own_for_people() -> None:
    meanings = [mode.meaning for mode in Mode]
    assert all(meanings)
    assert len(set(meanings)) == len(Mode)


def test_the_words_for_held_say_that_positions_are_still_open() -> None:
    assert "OPEN" in Mode.HELD.meaning


EVERY_RULE = {
    Rule.DAILY_LOSS: (Mode.REDUCE_ONLY, "latches"),
    Rule.DRAWDOWN: (Mode.REDUCE_ONLY, "latches"),
    Rule.LIQUIDATION_BUFFER: (Mode.REDUCE_ONLY, "clears"),
    Rule.LEVERAGE: (Mode.REDUCE_ONLY, "clears"),
    Rule.STALE_MARK: (Mode.REDUCE_ONLY, "clears"),
    Rule.POSITION_WITHOUT_STOP: (Mode.REDUCE_ONLY, "clears"),
    Rule.POSITION_DRIFT: (Mode.HELD, "latches"),
    Rule.UNKNOWN_ORDER: (Mode.HELD, "latches"),
    Rule.READ_FAILED: (Mode.REDUCE_ONLY, "clears"),
    Rule.ERROR_STREAK: (Mode.REDUCE_ONLY, "clears"),
    Rule.REJECTION_STREAK: (Mode.REDUCE_ONLY, "clears"),
    Rule.AUTHENTICATION: (Mode.HELD, "latches"),
    Rule.CLOCK_DRIFT: (Mode.REDUCE_ONLY, "clears"),
    Rule.CASH_OFF: (Mode.HELD, "latches"),
    Rule.MARGIN_STEP: (Mode.REDUCE_ONLY, "clears"),
    Rule.ALERTS_SILENT: (Mode.REDUCE_ONLY, "clears"),
    Rule.DISK_LOW: (Mode.REDUCE_ONLY, "clears"),
    Rule.SUSPECTED_COMPROMISE: (Mode.HELD, "latches"),
    Rule.STARTED_REDUCE_ONLY: (Mode.REDUCE_ONLY, "latches"),
    Rule.STARTED_HELD: (Mode.HELD, "latches"),
    Rule.DRAINING: (Mode.REDUCE_ONLY, "clears"),
}


def test_the_whole_table_of_rules_is_the_one_that_is_meant() -> None:
    assert {rule: (row.mode, row.release.value) for rule, row in CONSTRAINTS.items()} == EVERY_RULE


@pytest.mark.parametrize("rule", Rule)
def test_a_machine_rule_never_loosens_and_never_kills(rule: Rule) -> None:
    """KILLED is for people: a machine keeps orders back, it does not start a flatten by its mode."""
    assert effective(Mode.ACTIVE, in_force(rule)) < Mode.KILLED
    assert effective(Mode.KILLED, in_force(rule)) is Mode.KILLED


def test_a_rule_in_force_twice_counts_once() -> None:
    assert effective(Mode.ACTIVE, in_force(Rule.STALE_MARK, Rule.STALE_MARK)) is Mode.REDUCE_ONLY
