"""The events of the public channels."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sandbox.clock import rfc3339
from sandbox.exchange.call import Json
from sandbox.exchange.candles import Candles
from sandbox.exchange.decimals import plain
from sandbox.exchange.market import Market, Trade
from sandbox.exchange.market_views import trade_view

CANDLE_SECONDS = 300
Sizes = Mapping[tuple[str, Decimal], int]
"""(bid or offer, price) → contracts."""


def ticker_view(market: Market, candles: Candles, now: datetime, with_best: bool) -> Json:
    day = candles.day(int(now.timestamp()))
    change = (market.last / day.open - 1) * 100
    ticker = {
        "type": "ticker",
        "product_id": market.product.id,
        "price": plain(market.last),
        "volume_24_h": plain(day.volume),
        "low_24_h": plain(min(day.low, market.last)),
        "high_24_h": plain(max(day.high, market.last)),
        "low_52_w": plain(min(day.low, market.last)),
        "high_52_w": plain(max(day.high, market.last)),
        "price_percent_chg_24_h": plain(change.quantize(Decimal("0.01"))),
    }
    if with_best:
        bids, asks = market.book.bids(), market.book.asks()
        ticker["best_bid"] = plain(market.book.best_bid)
        ticker["best_bid_quantity"] = str(bids[0].size if bids else 0)
        ticker["best_ask"] = plain(market.book.best_ask)
        ticker["best_ask_quantity"] = str(asks[0].size if asks else 0)
    return ticker


def sizes_of(market: Market) -> Sizes:
    sizes = {("bid", level.price): level.size for level in market.book.bids()}
    sizes.update({("offer", level.price): level.size for level in market.book.asks()})
    return sizes


def level_updates(before: Sizes, after: Sizes, now: datetime) -> list[Json]:
    """Absolute sizes of what changed; "0" for a level that is gone."""
    changed = {key: size for key, size in after.items() if before.get(key) != size}
    changed.update({key: 0 for key in before if key not in after})
    time = rfc3339(now)
    return [
        {
            "side": side,
            "event_time": time,
            "price_level": plain(price),
            "new_quantity": str(size),
        }
        for (side, price), size in changed.items()
    ]


def level_event(kind: str, product_id: str, updates: list[Json]) -> Json:
    return {"type": kind, "product_id": product_id, "updates": updates}


def trades_event(kind: str, product_id: str, trades: list[Trade]) -> Json:
    return {"type": kind, "trades": [trade_view(product_id, trade) for trade in trades]}


def candle_views(product_id: str, candles: Candles, now: datetime, buckets: int) -> list[Json]:
    end = int(now.timestamp())
    start = end - CANDLE_SECONDS * buckets
    found = candles.between(start, end, CANDLE_SECONDS, buckets)
    return [{**candle.view(), "product_id": product_id} for candle in found]


def status_view(market: Market) -> Json:
    product = market.product
    return {
        "product_type": "FUTURE" if product.is_future else "SPOT",
        "id": product.id,
        "base_currency": "" if product.is_future else product.root,
        "quote_currency": "USD",
        "base_increment": "1" if product.is_future else "0.00000001",
        "quote_increment": plain(product.tick),
        "display_name": product.name,
        "status": "" if product.is_future else "online",
        "status_message": "",
        "min_market_funds": "",
    }


def heartbeat_event(now: datetime, counter: int) -> Json:
    stamp = f"{now:%Y-%m-%d %H:%M:%S.%f}000 +0000 UTC m=+{counter}.000000000"
    return {"current_time": stamp, "heartbeat_counter": counter}
