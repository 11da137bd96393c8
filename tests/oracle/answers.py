"""What the trader's client would tell of the tiny exchange, read by read; the world goes on meanwhile."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from core.books import Account
from core.orders import Fill, OrderState
from core.products import Product
from tests.oracle.venue import Stage, There, Venue
from tests.store import desk as facts
from trader.coinbase.parse import ExchangeOrder, ExchangePosition, ReadFailed
from trader.look import LISTED_WITHIN, SOURCES

Happening = Callable[[], None]

READS = ("orders", "fills", "positions", "account")


class Answers:
    """Reads and cancels as `trader.coinbase.client` has them. `arrange` says what befalls the next look."""

    def __init__(self, venue: Venue, clock: Callable[[], datetime]) -> None:
        """`clock` is the exchange's own."""
        self._venue = venue
        self._clock = clock
        self.offset = timedelta(0)
        self.deaf = False
        """It answers yes to a cancel and goes on working the order."""
        self.arrange()

    def arrange(
        self,
        after_orders: Iterable[Happening] = (),
        after_fills: Iterable[Happening] = (),
        lag: int = 0,
        fails: str = "",
        *,
        late: bool = False,
    ) -> None:
        """What happens between the reads, how many of the newest fills are not listed yet, what fails.

        `late`: its lists of orders do not have the newest ones yet.
        """
        self._after_orders, self._after_fills = list(after_orders), list(after_fills)
        self._lag, self._fails, self._late = lag, fails, late

    def open_orders(self, source: str) -> list[ExchangeOrder]:
        if source != SOURCES[0]:
            return []
        return [_told(t) for t in self._listed() if t.stage is Stage.WORKING]

    def orders(self, since: datetime) -> list[ExchangeOrder]:
        self._may_fail("orders")
        return [_told(t) for t in self._listed() if t.at >= since]

    def order(self, order_id: str) -> ExchangeOrder | None:
        return next((_told(t) for t in self._venue.listed() if t.order_id == order_id), None)

    def fills(self, since: datetime) -> list[Fill]:
        """The client's own order of things: `order_id` is all that they say of the order."""
        _happen(self._after_orders)
        self._may_fail("fills")
        fills = self._venue.fills
        return [fill for fill in fills[: len(fills) - self._lag] if fill.at >= since]

    def positions(self) -> list[ExchangePosition]:
        _happen(self._after_fills)
        self._may_fail("positions")
        venue = self._venue
        held = ExchangePosition(facts.BTC, venue.position, venue.average)
        return [held] if venue.position else []

    def account(self) -> Account:
        self._may_fail("account")
        none = Decimal(0)
        return Account(self._venue.cash, none, none, self._venue.cash, "100", self._clock())

    def perpetuals(self) -> list[Product]:
        return [facts.BTC_PRODUCT, facts.ETH_PRODUCT]

    def cancel(self, order_ids: list[str]) -> dict[str, str]:
        for there in self._venue.orders.values():
            if there.order_id in order_ids and not self.deaf:
                self._venue.end(there)
        return {}

    def _listed(self) -> list[There]:
        newest = self._clock() - (LISTED_WITHIN if self._late else timedelta(0))
        return [t for t in self._venue.listed() if t.at <= newest]

    def _may_fail(self, what: str) -> None:
        if self._fails == what:
            raise ReadFailed(f"{what}: no answer")


def _happen(happenings: list[Happening]) -> None:
    while happenings:
        happenings.pop(0)()


def _told(there: There) -> ExchangeOrder:
    spec = there.spec
    status = "OPEN" if there.state is OrderState.WORKING else str(there.state).upper()
    return ExchangeOrder(
        order_id=there.order_id,
        client_order_id=spec.client_order_id,
        product_id=spec.product_id,
        side=spec.side,
        state=there.state,
        filled=there.filled,
        created_at=there.at,
        detail="",
        status=status,
        contracts=spec.contracts,
        limit_price=spec.limit_price,
    )
