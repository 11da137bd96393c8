"""Products, books, trades and candles in the shapes of REST."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.clock import rfc3339
from sandbox.exchange.book import Level
from sandbox.exchange.call import Json
from sandbox.exchange.candles import Candles
from sandbox.exchange.decimals import ZERO, plain
from sandbox.exchange.market import Market, Trade
from sandbox.exchange.products import INTRADAY_RATES, OVERNIGHT_RATES, Kind, MarginRates
from sandbox.exchange.session import Phase, next_maintenance, trading_day

_CLOSED_REASONS = {
    Phase.OPEN: "FCM_TRADING_SESSION_CLOSED_REASON_UNDEFINED",
    Phase.CLOSED: "FCM_TRADING_SESSION_CLOSED_REASON_REGULAR_MARKET_CLOSE",
    Phase.MAINTENANCE: "FCM_TRADING_SESSION_CLOSED_REASON_EXCHANGE_MAINTENANCE",
}
HUNDREDTH = Decimal("0.01")


def product_view(market: Market, candles: Candles, now: datetime) -> Json:
    product = market.product
    day = candles.day(int(now.timestamp()))
    change = (market.last / day.open - 1) * 100
    spot = not product.is_future
    return {
        "product_id": product.id,
        "price": plain(market.last),
        "price_percentage_change_24h": plain(change.quantize(HUNDREDTH)),
        "volume_24h": plain(day.volume),
        "volume_percentage_change_24h": "0",
        "base_increment": "0.00000001" if spot else "1",
        "quote_increment": "0.01",
        "quote_min_size": "1" if spot else "0",
        "quote_max_size": "100000000",
        "base_min_size": "0.00000001" if spot else "1",
        "base_max_size": str(product.size_max),
        "base_name": "Bitcoin" if spot else "",
        "quote_name": "US Dollar",
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online" if spot else "",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "SPOT" if spot else "FUTURE",
        "quote_currency_id": "USD",
        "base_currency_id": product.root if spot else "",
        "fcm_trading_session_details": None if spot else _session_view(market, now),
        "mid_market_price": plain((market.book.best_bid + market.book.best_ask) / 2),
        "alias": "",
        "alias_to": [],
        "base_display_symbol": product.root if spot else "",
        "quote_display_symbol": "USD",
        "view_only": product.is_future and product.expiry <= now,
        "price_increment": plain(product.tick),
        "display_name": product.name,
        "product_venue": "CBE" if spot else "FCM",
        "approximate_quote_24h_volume": plain(day.volume * product.contract_size * market.last),
        "new_at": None,
        "market_cap": "",
        "base_cbrn": "",
        "quote_cbrn": "",
        "product_cbrn": "",
        "icon_color": "",
        "icon_url": "",
        "display_name_overwrite": "",
        "is_alpha_testing": False,
        "about_description": "",
        "best_bid_price": "",
        "best_ask_price": "",
        "high_24h": plain(max(day.high, market.last)),
        "low_24h": plain(min(day.low, market.last)),
        "future_product_details": None if spot else _future_view(market, day.volume, now),
    }


def _session_view(market: Market, now: datetime) -> Json:
    phase = market.phase()
    start, end = trading_day(now)
    maintenance = next_maintenance(now)
    is_open = phase is Phase.OPEN
    state = "OPEN" if is_open else "UNDEFINED"
    return {
        "is_session_open": is_open,
        "open_time": rfc3339(start),
        "close_time": rfc3339(end),
        "session_state": f"FCM_TRADING_SESSION_STATE_{state}",
        "after_hours_order_entry_disabled": False,
        "closed_reason": _CLOSED_REASONS[phase],
        "maintenance": {
            "start_time": rfc3339(maintenance.start),
            "end_time": rfc3339(maintenance.end),
        },
    }


def _future_view(market: Market, volume: Decimal, now: datetime) -> Json:
    product = market.product
    perp = product.kind is Kind.PERP
    code = product.id.partition("-")[0]
    name = f"nano {product.root} Perp" if perp else f"nano {product.root}"
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    left_ms = max(0, (product.expiry - now) // timedelta(milliseconds=1))
    interest = plain(volume // 4)
    return {
        "venue": "cde",
        "contract_code": code,
        "contract_expiry": rfc3339(product.expiry),
        "contract_size": plain(product.contract_size),
        "contract_root_unit": product.root,
        "group_description": f"{name} Futures",
        "contract_expiry_timezone": "Europe/London",
        "group_short_description": name,
        "risk_managed_by": "MANAGED_BY_FCM",
        "contract_expiry_type": "EXPIRING",
        "perpetual_details": {
            "open_interest": interest,
            "funding_rate": "",
            "funding_time": None,
            "max_leverage": "",
            "base_asset_uuid": "",
            "underlying_type": "",
        },
        "contract_display_name": product.name,
        "time_to_expiry_ms": str(left_ms),
        "non_crypto": False,
        "contract_expiry_name": f"{product.expiry:%Y-%m}",
        "twenty_four_by_seven": perp,
        "funding_interval": "3600s" if perp else None,
        "open_interest": interest,
        "funding_rate": plain(market.funding_rate(hour)) if perp else "",
        "funding_time": rfc3339(hour) if perp else None,
        "display_name": product.name.replace("PERP", "Perpetual"),
        "region_enabled": {},
        "intraday_margin_rate": _rates_view(INTRADAY_RATES),
        "overnight_margin_rate": _rates_view(OVERNIGHT_RATES),
        "settlement_price": plain(market.settlement_price()),
        "futures_asset_type": "FUTURES_ASSET_TYPE_CRYPTO",
        "index_price": plain(market.mid),
        "contract_code_display_name": "",
        "product_group_cbrn": "",
    }


def _rates_view(rates: MarginRates) -> Json:
    return {"long_margin_rate": plain(rates.long), "short_margin_rate": plain(rates.short)}


def levels_view(levels: list[Level]) -> list[Json]:
    return [{"price": plain(level.price), "size": str(level.size)} for level in levels]


def pricebook_view(market: Market, limit: int, now: datetime) -> Json:
    return {
        "product_id": market.product.id,
        "bids": levels_view(market.book.bids()[:limit]),
        "asks": levels_view(market.book.asks()[:limit]),
        "time": rfc3339(now),
    }


def product_book_view(market: Market, limit: int, now: datetime) -> Json:
    book = market.book
    spread, mid = book.best_ask - book.best_bid, (book.best_ask + book.best_bid) / 2
    return {
        "pricebook": pricebook_view(market, limit, now),
        "last": plain(market.last),
        "mid_market": plain(mid),
        "spread_bps": plain((spread / mid * 10_000 if mid else ZERO).quantize(HUNDREDTH)),
        "spread_absolute": plain(spread),
    }


def trade_view(product_id: str, trade: Trade) -> dict[str, Any]:
    return {
        "trade_id": trade.id,
        "product_id": product_id,
        "price": plain(trade.price),
        "size": str(trade.size),
        "time": rfc3339(trade.time),
        "side": trade.maker_side,
    }
