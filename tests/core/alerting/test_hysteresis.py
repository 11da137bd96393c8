"""Thresholds: they do not chatter, they lose nothing, and unknown is not well."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerting.events import Cleared, Fired
from core.alerting.hysteresis import Threshold, Thresholds, Watch, observe
from core.alerting.levels import Level
from core.alerting.rule import AlertRule
from core.alerting.rules import RULES, rules_at, watched
from tests.core.alerting.bench import L1, L2, L3, T0
from tests.core.examples import quick

SECOND = timedelta(seconds=1)


def threshold(level: Level, raise_at: int, clear_at: int, raise_s: int = 0) -> Threshold:
    return Threshold(level, Decimal(raise_at), Decimal(clear_at), raise_s, 10)


LOSS = Thresholds(True, (threshold(L1, 50, 45), threshold(L2, 80, 75), threshold(L3, 100, 95)))
BUFFER = Thresholds(False, (threshold(L2, 20, 23), threshold(L3, 15, 18)))

values = st.lists(st.one_of(st.none(), st.integers(0, 120).map(Decimal)), max_size=60)


def course(rule: Thresholds, *values: int | None) -> list[Fired | Cleared | None]:
    """What a value each second leads to."""
    watch = Watch()
    news: list[Fired | Cleared | None] = []
    for second, value in enumerate(values):
        found = None if value is None else Decimal(value)
        watch, one = observe(rule, watch, found, T0 + second * SECOND)
        news.append(one)
    return news


def test_each_level_is_reached_in_turn() -> None:
    assert course(LOSS, 49, 50, 79, 80, 100) == [None, Fired(L1), None, Fired(L2), Fired(L3)]


def test_a_jump_raises_the_highest_level_at_once() -> None:
    assert course(LOSS, 0, 120) == [None, Fired(L3)]


def test_a_level_that_was_taken_away_is_left_at_the_next_value() -> None:
    watch, _ = observe(LOSS, Watch(), Decimal(60), T0)
    without_1 = Thresholds(True, LOSS.levels[1:])
    assert observe(without_1, watch, Decimal(60), T0) == (Watch(), Cleared())
    watch, _ = observe(LOSS, Watch(), Decimal(85), T0)
    without_2 = Thresholds(True, (LOSS.levels[0], LOSS.levels[2]))
    assert observe(without_2, watch, Decimal(85), T0)[1] == Fired(L1)


def test_between_raise_and_clear_nothing_changes() -> None:
    assert course(LOSS, 50, *([46, 49] * 50))[1:] == [None] * 100


def test_it_is_clear_once_it_has_been_better_for_a_while() -> None:
    news = course(LOSS, 50, *[44] * 11)
    assert news[-1] == Cleared() and news[1:-1] == [None] * 10


def test_one_value_that_is_worse_again_begins_the_while_anew() -> None:
    assert course(LOSS, 50, *[44] * 10, 45, *[44] * 10)[1:] == [None] * 21


def test_unknown_neither_clears_nor_raises_and_stops_what_was_clearing() -> None:
    assert course(LOSS, 50, *[None] * 100)[1:] == [None] * 100
    assert course(LOSS, 50, *[44] * 9, None, *[44] * 10)[1:] == [None] * 20


def test_it_drops_to_the_level_that_still_holds() -> None:
    assert course(LOSS, 100, *[60] * 11)[-1] == Fired(L1)


def test_low_values_can_be_the_bad_ones() -> None:
    assert course(BUFFER, 24, 20, 15) == [None, Fired(L2), Fired(L3)]


def test_a_value_has_to_stay_beyond_for_as_long_as_the_rule_says() -> None:
    slow = Thresholds(True, (threshold(L1, 50, 45, raise_s=3),))
    assert course(slow, 60, 60, 60, 60) == [None, None, None, Fired(L1)]
    assert course(slow, 60, 60, 40, 60, 60, 60) == [None] * 6


@quick
@given(values)
def test_news_come_only_when_the_level_changes_and_never_faster_than_it_clears(
    seen: list[Decimal | None],
) -> None:
    watch, last, improved = Watch(), None, T0 - timedelta(days=1)
    for second, value in enumerate(seen):
        now = T0 + second * SECOND
        watch, news = observe(LOSS, watch, value, now)
        assert (news is None) == (watch.level is last)
        if watch.level != last and (watch.level or 0) < (last or 0):
            assert now - improved >= 10 * SECOND or last != L1
            improved = now
        last = watch.level


@quick
@given(values)
def test_while_a_value_is_beyond_a_level_that_level_is_on(seen: list[Decimal | None]) -> None:
    watch = Watch()
    for second, value in enumerate(seen):
        watch, _ = observe(LOSS, watch, value, T0 + second * SECOND)
        for one in LOSS.levels:
            if value is not None and value >= one.raise_at:
                assert one.level in watch.on


@pytest.mark.parametrize(
    ("above", "levels", "says"),
    [
        (True, (threshold(L1, 50, 51),), "clear at or below"),
        (False, (threshold(L1, 50, 49),), "clear at or above"),
        (True, (threshold(L1, 50, 45), threshold(L2, 40, 35)), "further out"),
        (True, (threshold(L1, 50, 45), threshold(L1, 60, 55)), "further out"),
    ],
)
def test_thresholds_that_contradict_themselves_cannot_be_made(
    above: bool, levels: tuple[Threshold, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Thresholds(above, levels)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_has_a_text_a_level_and_an_entry_in_the_runbook(rule: AlertRule) -> None:
    assert rule.entry.value and rule.level in rule.levels
    assert rule.says


def test_the_days_loss_warns_at_50_and_80_percent_and_pages_at_the_limit() -> None:
    loss = RULES["daily_loss"].thresholds
    assert loss is not None
    assert [(one.level, int(one.raise_at)) for one in loss.levels] == [
        (L1, 50),
        (L2, 80),
        (L3, 100),
    ]


@pytest.mark.parametrize("usual", RULES.values(), ids=list(RULES))
def test_a_watch_period_is_tighter_for_every_rule_and_never_looser(usual: AlertRule) -> None:
    tight = watched(usual)
    if usual.thresholds is None or tight.thresholds is None:
        assert tight == usual
        return
    for one, other in zip(usual.thresholds.levels, tight.thresholds.levels, strict=True):
        assert usual.thresholds.beyond(one.raise_at, other.raise_at)
        assert usual.thresholds.beyond(one.clear_at, other.clear_at)


def test_rules_can_be_asked_for_by_level() -> None:
    names = {rule.name for rule in rules_at(Level.EMERGENCY)}
    assert names == {"key_compromise"}


@pytest.mark.parametrize("above", [True, False])
def test_one_value_may_raise_and_clear_and_levels_may_share_it(above: bool) -> None:
    rule = Thresholds(above, (threshold(L1, 50, 50), threshold(L2, 50, 50)))
    better = 49 if above else 51
    assert course(rule, 50, 50) == [Fired(L2), None]
    assert course(rule, 50, *[better] * 11)[-1] == Cleared()
