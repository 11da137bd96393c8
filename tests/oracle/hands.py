"""The real bookkeeping of orders' replies; who still waits for one, the desk of this test knows."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from core.orders import OrderSpec
from trader.coinbase.ordering import Placed
from trader.desk import Desk
from trader.sender import Sender


class Hands(Sender):
    """A sender whose orders leave by the steps of the state machine instead of a lane of threads."""

    def __init__(self, desk: Desk, waits: Callable[[str], bool]) -> None:
        super().__init__(desk)
        self._waits = waits

    def on_its_way(self, client_order_id: str) -> bool:
        return self._waits(client_order_id)

    def hear(self, spec: OrderSpec, outcome: Placed, now: datetime) -> None:
        future: Future[Placed] = Future()
        future.set_result(outcome)
        self._settle(spec, future, now)
