"""What a look at the store gives to watch: figures, each of a rule of `core/alerting/trends.py`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from store.store import Transaction

AT_ONCE = timedelta(seconds=1)
SOON = timedelta(seconds=10)
"""What changes slowly, or costs more to find out."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a rule. None where it is not known."""

    rule: str
    symbol: str
    value: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one desk."""

    c: Transaction
    desk: str
    started_at: datetime
    """Our own start: nobody is silent for longer than we listen."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that are found together. One of them that a look does not bring is gone, not unknown."""

    rules: frozenset[str]
    every: timedelta
    find: Callable[[Look], Iterator[Figure]]


def rounded(value: Decimal, places: str = "0.1") -> Decimal:
    return value.quantize(Decimal(places))


def seconds(span: timedelta) -> Decimal:
    return Decimal(max(0, span // timedelta(seconds=1)))
