"""Limits as they are shown to people: every one of them, by name and value."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from core.limits import Limits, limits_of
from tests.core.examples import LIMITS
from trader.profiles import PROFILES

TWO = replace(LIMITS, max_position_base={"BTC": Decimal("0.15"), "ETH": Decimal(2)})


def test_only_what_has_a_position_limit_is_traded() -> None:
    assert TWO.underlyings == ("BTC", "ETH")


def test_every_limit_is_shown_in_the_order_of_its_declaration() -> None:
    assert [name for name, _value in TWO.rows()] == [field.name for field in fields(Limits)]


def test_limits_are_shown_as_people_write_them() -> None:
    shown = dict(TWO.rows())
    assert shown["max_position_base"] == "BTC 0.15, ETH 2"
    assert shown["max_order_notional_usd"] == "10100"
    assert shown["entry_lifetime_s"] == "60"


@pytest.mark.parametrize("limits", [LIMITS, TWO, *(one.limits for one in PROFILES.values())])
def test_what_is_shown_can_be_read_again(limits: Limits) -> None:
    assert limits_of(limits.rows()) == limits


@pytest.mark.parametrize(
    "rows", [[], [("max_leverage", "3")], [*LIMITS.rows(), ("max_leverage", "x")]]
)
def test_limits_of_another_version_are_not_guessed(rows: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="not limits as this version knows them"):
        limits_of(rows)
