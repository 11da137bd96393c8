"""From prices to orders: each bar the strategy is asked, and its wish becomes an entry or an exit."""

from collections import deque
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from core.flatten import within
from core.gate import FORBIDDEN
from core.modes import Mode
from core.orders import Kind, OrderSpec, OrderType, Side, closing_side
from core.products import Mark, Product
from store.ledger import read_position
from store.observations import read_mark, read_products
from store.orders import live_orders
from trader.coinbase.parse import ReadFailed
from trader.desk import Desk
from trader.lanes import Lane
from trader.market import Market
from trader.sender import Sender
from trader.strategies.baseline import Wish
from trader.sweep import Cancels
from trader.sync import Sync

FIRST_MARKS_WITHIN = timedelta(seconds=10)
SHARE_USED = Decimal("0.7")
EXIT_GIVEN_UP_AFTER = timedelta(seconds=10)


class Signals:
    """Runs the profile's strategy on each traded product."""

    def __init__(
        self, desk: Desk, market: Market, sync: Sync, sender: Sender, cancels: Cancels
    ) -> None:
        self._desk = desk
        self._market = market
        self._sync = sync
        self._sender = sender
        self._cancels = cancels
        self._bars: dict[str, deque[Decimal]] = {}
        self._next_bar_at: datetime | None = None
        self._leaving: dict[str, datetime] = {}
        self._unseeded: set[str] = set()
        self._following: tuple[str, ...] = ()
        self._followed_at = datetime.min.replace(tzinfo=UTC)

    @property
    def leaving(self) -> frozenset[str]:
        """Products on their way out: their stops are being cancelled for it."""
        return frozenset(self._leaving)

    def due(self, now: datetime) -> bool:
        """Whether a bar has come, or a product is on its way out."""
        bar = self._next_bar_at is not None and now >= self._next_bar_at
        return bar or bool(self._leaving)

    def follow(self, product_ids: tuple[str, ...], now: datetime) -> None:
        """Fetch past closes of these, so that the averages exist at the first bar."""
        self._following, self._followed_at = product_ids, now
        since = now - timedelta(minutes=self._desk.profile.strategy.slow + 1)
        for product_id in product_ids:
            self._unseeded.add(product_id)
            self._desk.calls.start(
                f"seed:{product_id}",
                Lane.READ,
                partial(self._desk.exchange.closes, product_id, since, now),
                partial(self._seed, product_id),
            )

    def _seed(self, product_id: str, future: "Future[list[Decimal]]", now: datetime) -> None:
        self._unseeded.discard(product_id)
        try:
            self._bar(product_id).extend(future.result())
        except ReadFailed as error:
            self._desk.note("no_history", now, product=product_id, why=error)

    def tick(self, mode: Mode, now: datetime) -> dict[str, Wish]:
        """At each bar, ask the strategy; between bars, go on with exits. The wishes of this bar."""
        for product_id in list(self._leaving):
            self._leave(product_id, mode, now)
        waiting = self._next_bar_at is not None and now < self._next_bar_at
        if waiting or self._unseeded or self._is_early(now):
            return {}
        self._next_bar_at = now + timedelta(seconds=float(self._desk.profile.bar_s))
        wishes: dict[str, Wish] = {}
        for product in self._desk.read(lambda c: read_products(c, self._desk.name)):
            mark = self._market.mark(product.product_id)
            traded = product.underlying in self._desk.limits.max_position_base
            if traded and mark is not None:
                bar = self._bar(product.product_id)
                bar.append(mark.price)
                wish = self._desk.profile.strategy.wish(list(bar))
                wishes[product.product_id] = wish
                # Where neither may leave, the sweep has cancelled what worked.
                if self._sync.fresh(now) and Kind.EXIT not in FORBIDDEN[mode]:
                    self._act(product, mark, wish, mode, now)
        return wishes

    def _is_early(self, now: datetime) -> bool:
        """The first bar waits a while for the first marks; later ones wait for nobody."""
        first = self._next_bar_at is None and now - self._followed_at < FIRST_MARKS_WITHIN
        return first and any(self._market.mark(p) is None for p in self._following)

    def _bar(self, product_id: str) -> deque[Decimal]:
        length = self._desk.profile.strategy.slow
        return self._bars.setdefault(product_id, deque(maxlen=length))

    def _act(self, product: Product, mark: Mark, wish: Wish, mode: Mode, now: datetime) -> None:
        position = self._desk.read(lambda c: read_position(c, self._desk.name, product.product_id))
        contracts = position.contracts if position else 0
        live = self._desk.read(lambda c: live_orders(c, self._desk.name, product.product_id))
        entries = [o for o in live if o.spec.kind is Kind.ENTRY]
        against = [o for o in entries if o.spec.side.sign != wish.direction]
        self._cancels.cancel(against, now)
        if product.product_id in self._leaving or wish.direction == 0:
            return
        if contracts * wish.direction < 0:
            if Kind.EXIT not in FORBIDDEN[mode]:
                self._leaving[product.product_id] = now
        elif not entries and Kind.ENTRY not in FORBIDDEN[mode]:
            self._enter(product, mark, wish, contracts, now)

    def _enter(self, product: Product, mark: Mark, wish: Wish, held: int, now: datetime) -> None:
        """A step towards the limit, resting at the near side of the book until its end."""
        side = Side.BUY if wish.direction > 0 else Side.SELL
        room = largest_position(product, mark, self._desk) - abs(held)
        contracts = min(self._desk.profile.order_contracts, room)
        if contracts < product.min_contracts:
            return
        price = mark.bid if side is Side.BUY else mark.ask
        spec = OrderSpec(
            client_order_id=f"e-{product.product_id}-{self._desk.new_id()}",
            desk=self._desk.name,
            product_id=product.product_id,
            kind=Kind.ENTRY,
            side=side,
            contracts=contracts,
            order_type=OrderType.LIMIT_GTD,
            limit_price=product.tick(price, side.opposite),
            end_time=now + timedelta(seconds=self._desk.limits.entry_lifetime_s),
            reason=wish.because,
        )
        self._sender.send(spec, Lane.ORDER, now)

    def _leave(self, product_id: str, mode: Mode, now: datetime) -> None:
        """Out of a position: its orders, stops too, are gone before the exit is sent."""
        position = self._desk.read(lambda c: read_position(c, self._desk.name, product_id))
        live = self._desk.read(lambda c: live_orders(c, self._desk.name, product_id))
        begun = self._leaving[product_id]
        over = position is None or not position.contracts or Kind.EXIT in FORBIDDEN[mode]
        if over or now - begun > EXIT_GIVEN_UP_AFTER:
            del self._leaving[product_id]
            return
        if live:
            self._cancels.cancel([o for o in live if o.spec.kind is not Kind.EXIT], now)
            return
        assert position is not None
        sent = self._send_exit(product_id, position.contracts, now)
        if sent:
            del self._leaving[product_id]

    def _send_exit(self, product_id: str, contracts: int, now: datetime) -> bool:
        mark = self._desk.read(lambda c: read_mark(c, self._desk.name, product_id))
        products = {
            p.product_id: p for p in self._desk.read(lambda c: read_products(c, self._desk.name))
        }
        product = products.get(product_id)
        if mark is None or product is None:
            return False
        side = closing_side(contracts)
        spec = OrderSpec(
            client_order_id=f"x-{product_id}-{self._desk.new_id()}",
            desk=self._desk.name,
            product_id=product_id,
            kind=Kind.EXIT,
            side=side,
            contracts=abs(contracts),
            order_type=OrderType.LIMIT_IOC,
            limit_price=within(product, mark, side.sign, self._desk.limits.price_collar_pct),
            reason="the strategy turned",
        )
        return self._sender.send(spec, Lane.ORDER, now) is None


def largest_position(product: Product, mark: Mark, desk: Desk) -> int:
    """As far as the strategy goes: not to the limit itself, which then means something when it is reached.

    One step is always allowed that the limits allow.
    """
    limits, underlying = desk.limits, product.underlying
    by_size = int(limits.max_position_base[underlying] / product.contract_size)
    value_usd = min(
        limits.max_position_notional_usd,
        limits.symbol_notional_usd.get(underlying, limits.max_position_notional_usd),
    )
    allowed = min(by_size, product.contracts_for(value_usd, mark.price))
    return max(min(desk.profile.order_contracts, allowed), int(allowed * SHARE_USED))
