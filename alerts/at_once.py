"""A few alerts are told of at once: settled, and their messages claimed, as they are taken."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from alerts.delivery.engine import Delivery
from alerts.keeper import Keeper
from store.store import Transaction

FEW = 10
"""More of one post go by the keeper's batches."""


class AtOnce:
    """Three commits and three changes of thread become one: the phone rings milliseconds earlier."""

    def __init__(self, keeper: Keeper, delivery: Delivery, wake: Callable[[], None]) -> None:
        """`wake` has the keeper look soon."""
        self._keeper = keeper
        self._delivery = delivery
        self._wake = wake

    def __call__(self, tx: Transaction, number: int, now: datetime) -> Callable[[], None]:
        """In the transaction that has taken so many alerts; what it returns is for after the commit.

        Whatever is left to do the keeper finds by itself.
        """
        if number > FEW or not self._keeper.arranged:
            return self._wake
        self._keeper.settle(tx, now)
        jobs, _ = self._delivery.claim(tx, self._delivery.look(tx, now), now)
        return partial(self._delivery.begin, jobs)
