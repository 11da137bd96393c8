"""Decimals in and out of JSON: plain notation, no exponent, no trailing zeros."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

ZERO = Decimal(0)
CENT = Decimal("0.01")
BOOK_UNIT = Decimal("0.00000001")
"""The smallest amount the account books."""


def plain(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def booked(value: Decimal) -> Decimal:
    return value.quantize(BOOK_UNIT, rounding=ROUND_HALF_EVEN)


def parse_decimal(text: Any) -> Decimal | None:
    """None for anything that is not a finite decimal number in a string."""
    if not isinstance(text, str):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
