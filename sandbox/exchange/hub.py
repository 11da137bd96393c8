"""All open sockets, and what each is told when the market moves or an order changes."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sandbox.exchange.account_views import balance_channel_view
from sandbox.exchange.call import Json
from sandbox.exchange.candles import Candles
from sandbox.exchange.connection import Connection, all_drained
from sandbox.exchange.frames import (
    Sizes,
    candle_views,
    heartbeat_event,
    level_event,
    level_updates,
    sizes_of,
    status_view,
    ticker_view,
    trades_event,
)
from sandbox.exchange.identity import Identity
from sandbox.exchange.market import Market, Trade
from sandbox.exchange.order_views import channel_view
from sandbox.exchange.orders import Order, Status
from sandbox.exchange.venue import Venue

ORDERS_PER_FRAME = 50
TRADES_IN_SNAPSHOT = 50
CANDLES_IN_SNAPSHOT = 30
TICKER_BATCH_S = 5
LATE = 1008
NO_POSITIONS: Json = {"perpetual_futures_positions": [], "expiring_futures_positions": []}


class Hub:
    """Channel events are made once a step, whoever subscribed to them."""

    def __init__(self, venue: Venue, candles: Mapping[str, Candles], identity: Identity) -> None:
        self._venue = venue
        self._candles = candles
        self._identity = identity
        self._shown: dict[str, Sizes] = {}
        self._balance: Json = {}
        self.connections: set[Connection] = set()
        self._snapshots: dict[str, Callable[[Connection, list[str], datetime], None]] = {
            "ticker": self._ticker_snapshot,
            "ticker_batch": self._ticker_batch_snapshot,
            "level2": self._level_snapshot,
            "market_trades": self._trades_snapshot,
            "candles": self._candles_snapshot,
            "status": self._status_snapshot,
            "user": self._user_snapshot,
            "futures_balance_summary": self._balance_snapshot,
        }

    # What the exchange tells.

    def order_changed(self, order: Order) -> None:
        for connection in self.connections:
            if connection.wants("user", order.product_id):
                view = channel_view(order, self._identity)
                event = {"type": "update", "orders": [view], "positions": NO_POSITIONS}
                connection.post("user", [event])

    def stepped(self, trades: Mapping[str, Trade], now: datetime) -> None:
        if not self.connections:
            return
        for product_id, market in self._venue.markets.items():
            self._show_levels(product_id, market, now)
            trade = trades.get(product_id)
            if trade is not None:
                self._show_trade(product_id, market, trade, now)

    def second_passed(self, now: datetime) -> None:
        second = int(now.timestamp())
        for connection in list(self.connections):
            if not connection.channels and connection.deadline <= now:
                connection.close(LATE)
            if "heartbeats" in connection.channels:
                connection.heartbeats += 1
                connection.post("heartbeats", [heartbeat_event(now, connection.heartbeats)])
        if second % TICKER_BATCH_S == 0:
            self._show_ticker_batch(now)
        self._show_candles(now)
        self._show_balance()

    def strike(self) -> None:
        for connection in list(self.connections):
            connection.strike()

    async def drained(self) -> None:
        await all_drained(self.connections)

    # What a subscription gets first.

    def snapshot(
        self, connection: Connection, channel: str, products: list[str], now: datetime
    ) -> None:
        """Sent before the subscription counts, so that updates follow it."""
        make = self._snapshots.get(channel)
        if make is not None:
            make(connection, products or list(self._venue.markets), now)

    def confirm(self, connection: Connection) -> None:
        listed: dict[str, list[str]] = {}
        for channel, products in connection.channels.items():
            listed[channel] = sorted(products)
            if channel == "heartbeats":
                listed[channel] = ["heartbeats"]
            elif channel in ("user", "futures_balance_summary"):
                listed[channel] = [self._identity.user_id]
        connection.post("subscriptions", [{"subscriptions": listed}])

    def _ticker_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        tickers = [
            ticker_view(self._venue.markets[product_id], self._candles[product_id], now, True)
            for product_id in products
        ]
        connection.post("ticker", [{"type": "snapshot", "tickers": tickers}])

    def _ticker_batch_snapshot(
        self, connection: Connection, products: list[str], now: datetime
    ) -> None:
        tickers = [
            ticker_view(self._venue.markets[product_id], self._candles[product_id], now, False)
            for product_id in products
        ]
        connection.post("ticker_batch", [{"type": "snapshot", "tickers": tickers}])

    def _level_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        for product_id in products:
            self._show_levels(product_id, self._venue.markets[product_id], now)
            updates = level_updates({}, self._shown[product_id], now)
            connection.post("l2_data", [level_event("snapshot", product_id, updates)])

    def _trades_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        for product_id in products:
            latest = list(self._venue.markets[product_id].trades)[:TRADES_IN_SNAPSHOT]
            connection.post("market_trades", [trades_event("snapshot", product_id, latest)])

    def _candles_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        for product_id in products:
            views = candle_views(product_id, self._candles[product_id], now, CANDLES_IN_SNAPSHOT)
            connection.post("candles", [{"type": "snapshot", "candles": views}])

    def _status_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        views = [status_view(self._venue.markets[product_id]) for product_id in products]
        connection.post("status", [{"type": "snapshot", "products": views}])

    def _user_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        """Open orders in batches; the first that is not full ends the snapshot."""
        live = self._venue.ledger.live
        orders = [order for product_id in products for order in live[product_id].values()]
        open_orders = [order for order in orders if order.status is Status.OPEN]
        for first in range(0, len(open_orders) + 1, ORDERS_PER_FRAME):
            batch = open_orders[first : first + ORDERS_PER_FRAME]
            views = [channel_view(order, self._identity) for order in batch]
            event = {"type": "snapshot", "orders": views, "positions": NO_POSITIONS}
            connection.post("user", [event])

    def _balance_snapshot(self, connection: Connection, products: list[str], now: datetime) -> None:
        connection.post("futures_balance_summary", [self._balance_event("snapshot")])

    # What it gets then.

    def _show_levels(self, product_id: str, market: Market, now: datetime) -> None:
        watchers = self._watchers("level2", product_id)
        before, after = self._shown.get(product_id, {}), sizes_of(market)
        self._shown[product_id] = after
        updates = level_updates(before, after, now) if watchers else []
        for connection in watchers if updates else ():
            connection.post("l2_data", [level_event("update", product_id, updates)])

    def _show_trade(self, product_id: str, market: Market, trade: Trade, now: datetime) -> None:
        for connection in self._watchers("market_trades", product_id):
            connection.post("market_trades", [trades_event("update", product_id, [trade])])
        watchers = self._watchers("ticker", product_id)
        if watchers:
            view = ticker_view(market, self._candles[product_id], now, True)
            for connection in watchers:
                connection.post("ticker", [{"type": "update", "tickers": [view]}])

    def _show_ticker_batch(self, now: datetime) -> None:
        for product_id, market in self._venue.markets.items():
            for connection in self._watchers("ticker_batch", product_id):
                view = ticker_view(market, self._candles[product_id], now, False)
                connection.post("ticker_batch", [{"type": "update", "tickers": [view]}])

    def _show_candles(self, now: datetime) -> None:
        for product_id, candles in self._candles.items():
            for connection in self._watchers("candles", product_id):
                views = candle_views(product_id, candles, now, 1)
                connection.post("candles", [{"type": "update", "candles": views}])

    def _show_balance(self) -> None:
        watchers = [
            connection
            for connection in self.connections
            if "futures_balance_summary" in connection.channels
        ]
        before = self._balance
        event = self._balance_event("update") if watchers else {}
        for connection in watchers if self._balance != before else ():
            connection.post("futures_balance_summary", [event])

    def _balance_event(self, kind: str) -> Json:
        venue = self._venue
        view = balance_channel_view(venue.ledger.account, venue.margin(), venue.intraday_now())
        self._balance = view
        return {"type": kind, "fcm_balance_summary": view}

    def _watchers(self, channel: str, product_id: str) -> list[Connection]:
        return [
            connection for connection in self.connections if connection.wants(channel, product_id)
        ]
