"""Which change of a limit is the stricter one, for every limit that there is; and what people type."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.limit_changes import (
    STRICTER,
    Change,
    NoSuchLimit,
    NotALimit,
    Stricter,
    change_to,
    changed,
    changes,
    conservative,
    limits_of,
    values,
)
from core.limits import Limits
from tests.core.examples import LIMITS

NOW = values(replace(LIMITS, duplicate_window_s=Decimal(1)))


def test_every_limit_has_a_stricter_way() -> None:
    assert set(STRICTER) == {field.name for field in fields(Limits)}


@pytest.mark.parametrize("name", NOW)
def test_more_of_a_limit_is_looser_and_less_is_not(name: str) -> None:
    way = STRICTER[name.split(".")[0]]
    more, less = (Change(name, NOW[name], NOW[name] * by) for by in (2, Decimal("0.5")))
    assert more.looser is (way is not Stricter.HIGHER)
    assert less.looser is (way is not Stricter.LOWER)


def test_a_new_underlying_is_looser_and_one_less_is_not() -> None:
    doge = "max_position_base.DOGE"
    assert Change(doge, None, Decimal(1)).looser
    assert not Change(doge, Decimal(1), None).looser
    assert str(Change(doge, Decimal(1), None)) == f"{doge} 1 → not traded"


def test_limits_survive_as_values() -> None:
    assert limits_of(values(LIMITS), LIMITS) == LIMITS
    assert type(limits_of(NOW, LIMITS).max_order_contracts) is int


def test_a_limit_that_is_newer_than_what_was_kept_is_the_profiles() -> None:
    older = {name: value for name, value in NOW.items() if name != "max_drawdown_pct"}
    newer = replace(LIMITS, max_drawdown_pct=Decimal(7))
    assert limits_of(older, newer).max_drawdown_pct == Decimal(7)


_VALUES = some.dictionaries(some.sampled_from(list(NOW)), some.decimals(0, 100, places=2))


@given(_VALUES, _VALUES)
def test_changes_lead_from_one_to_the_other(
    before: dict[str, Decimal], after: dict[str, Decimal]
) -> None:
    assert changed(before, changes(before, after)) == after
    back = {change.name: change for change in changes(after, before)}
    for change in changes(before, after):
        both_ways = STRICTER[change.name.split(".")[0]] is Stricter.NEITHER
        zero = not change.before and not change.after  # not traded, and traded with nothing
        assert both_ways or zero or change.looser is not back[change.name].looser


def test_conservative_halves_sizes_and_takes_leverage_away() -> None:
    made = changed(NOW, conservative(NOW))
    assert made["max_leverage"] == 1
    assert made["max_order_contracts"] == NOW["max_order_contracts"] // 2
    assert made["max_position_notional_usd"] == NOW["max_position_notional_usd"] / 2
    assert made["daily_loss_usd"] == NOW["daily_loss_usd"]
    assert not any(change.looser for change in conservative(NOW))


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "-1", "1,5"])
def test_what_is_no_number_is_no_limit(text: str) -> None:
    with pytest.raises(NotALimit):
        change_to(NOW, "max_leverage", text)


def test_contracts_are_whole_and_names_are_known() -> None:
    with pytest.raises(NotALimit, match="whole numbers"):
        change_to(NOW, "max_order_contracts", "1.5")
    with pytest.raises(NoSuchLimit, match="max_leverage"):
        change_to(NOW, "leverage", "1")
    assert change_to(NOW, "max_leverage", "1.5").after == Decimal("1.5")


def test_a_symbol_may_be_given_a_limit_of_its_own_and_losing_it_is_looser() -> None:
    first = change_to(NOW, "symbol_leverage.BTC", "1")
    assert (first.before, first.looser) == (None, False)
    assert str(first) == "symbol_leverage.BTC no limit → 1"
    assert Change("symbol_leverage.BTC", Decimal(1), None).looser
    assert Change("symbol_leverage.BTC", Decimal(1), Decimal(2)).looser
    assert not Change("symbol_leverage.BTC", Decimal(2), Decimal(1)).looser
    with pytest.raises(NoSuchLimit):
        change_to(NOW, "symbol_leverage.DOGE", "1")
