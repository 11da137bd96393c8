"""Steps towards a limit: recorded once each, kept over a restart, silent while the rule itself speaks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.alerting.danger_steps import Figure, Step, Watches, take_steps, watches_of
from core.alerting.levels import Level
from core.alerting.rules import RULES
from core.modes import Rule

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NONE: frozenset[Rule] = frozenset()
LOSS = frozenset({Rule.DAILY_LOSS})


def loss(used_pct: int) -> list[Figure]:
    return [Figure("daily_loss", "", Decimal(used_pct), f"{used_pct} % used")]


def walk(
    figures: list[list[Figure]], watches: Watches | None = None
) -> tuple[Watches, list[list[int]]]:
    """One look a minute at these figures; the levels recorded at each, 0 for all clear."""
    now, told = NOW, []
    known: Watches = watches or {}
    for found in figures:
        known, steps = take_steps(known, found, NONE, NONE, now)
        told.append([int(step.level or 0) for step in steps])
        now += timedelta(minutes=1)
    return known, told


def test_half_and_four_fifths_of_the_days_loss_are_steps_each_told_once() -> None:
    _, told = walk([loss(n) for n in (49, 50, 60, 79, 80, 99, 100, 100)])
    assert told == [[], [1], [], [], [2], [], [3], []]


def test_a_figure_that_wavers_is_not_told_again_and_goes_back_level_by_level() -> None:
    _, told = walk([loss(n) for n in (80, 78, 81, 76, 74, 74, 40, 40)])
    assert told == [[2], [], [], [], [], [1], [], [0]]


def test_a_restart_tells_nothing_twice() -> None:
    watches = watches_of([Step("daily_loss", "", None, ""), Step("leverage", "", None, "")])
    assert walk([loss(10)], watches)[1] == [[]]
    _, told = walk([loss(85)])
    assert told == [[2]]
    reached, _ = walk([loss(85)])
    (key,) = reached
    again = watches_of([Step(*key, max(reached[key].on), "85 % used")])
    assert walk([loss(85)], again)[1] == [[]]


def test_a_step_whose_level_is_off_since_the_restart_is_left() -> None:
    usual = RULES["daily_loss"].thresholds
    assert usual is not None
    named = {"daily_loss": replace(usual, levels=usual.levels[1:])}
    watches = watches_of([Step("daily_loss", "", Level.WARNING, "60 % used")])
    _, (step,) = take_steps(watches, loss(60), NONE, NONE, NOW, named)
    assert step.level is None


def test_while_the_rule_is_in_force_it_speaks_and_after_its_release_the_figure_is_told_again() -> (
    None
):
    watches, _ = take_steps({}, loss(100), NONE, NONE, NOW)
    later = NOW + timedelta(minutes=5)
    watches, steps = take_steps(watches, loss(10), LOSS, NONE, later)
    assert steps == [], "the constraint holds, whatever the figure says"
    watches, steps = take_steps(watches, loss(100), NONE, LOSS, later)
    assert [step.level for step in steps] == [3], (
        "the release has cleared the alert, the loss has not"
    )


def test_what_is_not_held_any_more_clears() -> None:
    old = [Figure("stale_mark", "BTC", Decimal(31), "31 s old")]
    _, told = walk([old, [], [], []])
    assert told == [[2], [], [0], []]


def test_what_is_not_known_changes_nothing() -> None:
    unknown = [Figure("liquidation_buffer", "", None, "?")]
    low = [Figure("liquidation_buffer", "", Decimal(19), "19 %")]
    _, told = walk([low, unknown, unknown, unknown])
    assert told == [[2], [], [], []]
