"""The account in the shapes of REST and of the balance channel."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import rfc3339
from sandbox.exchange.account import Account, Position
from sandbox.exchange.call import Json
from sandbox.exchange.decimals import CENT, ZERO, booked, plain
from sandbox.exchange.margin import Margin
from sandbox.exchange.market import Market


def money(value: Decimal) -> Json:
    return {"value": plain(booked(value)), "currency": "USD", "cbrn": ""}


def balance_view(account: Account, margin: Margin, intraday: bool) -> Json:
    """Money objects, as REST has it."""
    amounts = _amounts(account, margin)
    return {
        **{name: money(value) for name, value in amounts.items()},
        "total_pending_transfers_amount": money(ZERO),
        "funding_pnl": money(account.daily_funding),
        **_measures(margin, intraday),
    }


def balance_channel_view(account: Account, margin: Margin, intraday: bool) -> Json:
    """Plain strings, as the channel has it."""
    amounts = _amounts(account, margin)
    return {
        **{name: plain(booked(value)) for name, value in amounts.items()},
        **_measures(margin, intraday),
    }


def position_view(market: Market, position: Position, daily_realised: Decimal) -> Json:
    product = market.product
    return {
        "product_id": product.id,
        "expiration_time": rfc3339(product.expiry),
        "side": side_of(position),
        "number_of_contracts": str(abs(position.contracts)),
        "current_price": plain(market.mid),
        "avg_entry_price": plain(position.average_entry(product.contract_size)),
        "unrealized_pnl": plain(booked(position.unrealised(market.mid, product.contract_size))),
        "daily_realized_pnl": plain(booked(daily_realised)),
    }


def side_of(position: Position) -> str:
    return "LONG" if position.contracts > 0 else "SHORT"


def sweep_view(sweep: dict[str, Any]) -> Json:
    return {
        "id": sweep["id"],
        "requested_amount": {"value": sweep["amount"], "currency": "USD"},
        "should_sweep_all": sweep["all"],
        "status": "PENDING",
        "schedule_time": sweep["at"],
    }


def wallet_view(
    uuid: str, name: str, platform: str, balance: Decimal, portfolio_id: str, created: str
) -> Json:
    return {
        "uuid": uuid,
        "name": name,
        "currency": "USD",
        "available_balance": {"value": plain(balance), "currency": "USD"},
        "default": True,
        "active": True,
        "created_at": created,
        "updated_at": created,
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT",
        "ready": True,
        "hold": {"value": "0", "currency": "USD"},
        "retail_portfolio_id": portfolio_id,
        "platform": platform,
    }


def window_end_view(end: datetime, intraday: bool) -> Json:
    kind = "INTRADAY" if intraday else "OVERNIGHT"
    return {
        "margin_window": {
            "margin_window_type": f"MARGIN_WINDOW_TYPE_{kind}",
            "end_time": rfc3339(end),
        },
        "is_intraday_margin_killswitch_enabled": False,
        "is_intraday_margin_enrollment_killswitch_enabled": False,
    }


def _amounts(account: Account, margin: Margin) -> dict[str, Decimal]:
    daily = sum(account.daily_realised.values(), ZERO)
    return {
        "futures_buying_power": max(margin.available, ZERO),
        "total_usd_balance": account.cash,
        "cbi_usd_balance": account.swept,
        "cfm_usd_balance": account.cash - account.swept,
        "total_open_orders_hold_amount": margin.holds,
        "unrealized_pnl": margin.unrealised,
        "daily_realized_pnl": daily,
        "initial_margin": margin.initial,
        "available_margin": margin.available,
        "liquidation_threshold": margin.maintenance,
        "liquidation_buffer_amount": margin.buffer,
    }


def _measures(margin: Margin, intraday: bool) -> Json:
    return {
        "liquidation_buffer_percentage": plain(margin.buffer_percentage.quantize(CENT)),
        "intraday_margin_window_measure": _measure(margin, "INTRADAY", intraday),
        "overnight_margin_window_measure": _measure(margin, "OVERNIGHT", not intraday),
    }


def _measure(margin: Margin, window: str, current: bool) -> Json:
    kind = f"FCM_MARGIN_WINDOW_TYPE_{window}"
    return {
        "margin_window_type": kind,
        "margin_level": margin.level if current else "MARGIN_LEVEL_TYPE_BASE",
        "initial_margin": plain(booked(margin.initial)),
        "maintenance_margin": plain(booked(margin.maintenance)),
        "liquidation_buffer": plain(booked(margin.buffer)),
        "liquidation_buffer_percentage": plain(margin.buffer_percentage.quantize(CENT)),
        "total_hold": plain(booked(margin.holds)),
        "futures_buying_power": plain(booked(max(margin.available, ZERO))),
    }
