"""Limits as they are shown to people: every one of them, by name and value."""

from dataclasses import fields, replace
from decimal import Decimal

from core.limits import Limits
from tests.core.examples import LIMITS

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
