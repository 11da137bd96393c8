"""REST of public data: time, products, books, trades, candles."""

from collections.abc import Mapping

from sandbox.clock import Clock, rfc3339
from sandbox.exchange.call import Call, Json, invalid
from sandbox.exchange.candles import BUCKETS_MAX, GRANULARITIES, Candles
from sandbox.exchange.decimals import plain
from sandbox.exchange.market import Market
from sandbox.exchange.market_views import (
    pricebook_view,
    product_book_view,
    product_view,
    trade_view,
)
from sandbox.exchange.products import Kind

TRADES_DEFAULT = 100
LEVELS_DEFAULT = 20


class MarketRest:
    def __init__(
        self, markets: Mapping[str, Market], candles: Mapping[str, Candles], clock: Clock
    ) -> None:
        self._markets = markets
        self._candles = candles
        self._clock = clock

    def time(self, call: Call) -> Json:
        now = self._clock.now()
        millis = int(now.timestamp() * 1000)
        return {
            "iso": rfc3339(now),
            "epochSeconds": str(millis // 1000),
            "epochMillis": str(millis),
        }

    def products(self, call: Call) -> Json:
        markets = [market for market in self._markets.values() if _listed(market, call)]
        offset = call.number("offset", 0)
        limit = call.number("limit", 0) or len(markets)
        page = markets[offset : offset + limit]
        return {
            "products": [self._view(market) for market in page],
            "num_products": len(page),
            "pagination": None,
        }

    def product(self, call: Call) -> Json:
        return self._view(self._market(call.path_args[0]))

    def best_bid_ask(self, call: Call) -> Json:
        wanted = call.every("product_ids") or self._markets.keys()
        now = self._clock.now()
        books = [pricebook_view(self._market(product_id), 1, now) for product_id in sorted(wanted)]
        return {"pricebooks": books}

    def product_book(self, call: Call) -> Json:
        market = self._market(call.first("product_id"))
        limit = call.number("limit", LEVELS_DEFAULT) or LEVELS_DEFAULT
        return product_book_view(market, limit, self._clock.now())

    def candles(self, call: Call) -> Json:
        market = self._market(call.path_args[0])
        seconds = GRANULARITIES.get(call.first("granularity"))
        if seconds is None:
            raise invalid(f"granularity must be one of {', '.join(GRANULARITIES)}")
        now = int(self._clock.now().timestamp())
        end = min(call.number("end", now), now)
        start = call.number("start", end - seconds * (BUCKETS_MAX - 1))
        if (end - start) // seconds > BUCKETS_MAX:
            raise invalid(f"number of candles requested should be less than {BUCKETS_MAX}")
        limit = min(call.number("limit", BUCKETS_MAX) or BUCKETS_MAX, BUCKETS_MAX)
        found = self._candles[market.product.id].between(start, end, seconds, limit)
        return {"candles": [candle.view() for candle in found]}

    def trades(self, call: Call) -> Json:
        market = self._market(call.path_args[0])
        limit = call.number("limit", TRADES_DEFAULT) or TRADES_DEFAULT
        start, end = call.number("start", 0), call.number("end", 0)
        found = [
            trade
            for trade in market.trades
            if trade.time.timestamp() >= start and (not end or trade.time.timestamp() <= end)
        ]
        extra = {"bid": "", "ask": "", "exchange": "coinbase"}
        return {
            "trades": [
                {**trade_view(market.product.id, trade), **extra} for trade in found[:limit]
            ],
            "best_bid": plain(market.book.best_bid),
            "best_ask": plain(market.book.best_ask),
        }

    def _view(self, market: Market) -> Json:
        return product_view(market, self._candles[market.product.id], self._clock.now())

    def _market(self, product_id: str) -> Market:
        market = self._markets.get(product_id)
        if market is None:
            raise invalid("valid product_id is required")
        return market


def _listed(market: Market, call: Call) -> bool:
    product = market.product
    wanted_type = call.first("product_type")
    if wanted_type in ("SPOT", "FUTURE") and product.is_future != (wanted_type == "FUTURE"):
        return False
    if wanted_type not in ("", "UNKNOWN_PRODUCT_TYPE", "SPOT", "FUTURE"):
        return False
    # The venue's perps call themselves EXPIRING too, so PERPETUAL finds none.
    if call.first("contract_expiry_type") == "PERPETUAL" and product.kind is not Kind.SPOT:
        return False
    product_ids = call.every("product_ids")
    return not product_ids or product.id in product_ids
