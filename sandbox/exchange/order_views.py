"""Orders and fills in the shapes of REST and of the user channel."""

from decimal import Decimal
from typing import Any

from sandbox.clock import rfc3339
from sandbox.exchange.call import Json
from sandbox.exchange.decimals import ZERO, booked, plain
from sandbox.exchange.identity import Identity
from sandbox.exchange.orders import Fill, Order, Status
from sandbox.exchange.ticket import Refused

_NO_TIME = "0001-01-01T00:00:00Z"
_CHANNEL_TYPES = {
    "MARKET": "Market",
    "LIMIT": "Limit",
    "STOP_LIMIT": "Stop Limit",
    "BRACKET": "Bracket",
    "LIQUIDATION": "Liquidation",
}


def order_view(order: Order, identity: Identity) -> Json:
    updated = order.updated or order.created
    return {
        "order_id": order.order_id,
        "product_id": order.product_id,
        "user_id": identity.user_id,
        "order_configuration": order.configuration,
        "side": order.side,
        "client_order_id": order.client_order_id,
        "status": order.status,
        "time_in_force": order.time_in_force,
        "created_time": rfc3339(order.created),
        "completion_percentage": completion(order),
        "filled_size": str(order.filled),
        "average_filled_price": plain(booked(order.average_price)),
        "fee": "",
        "number_of_fills": str(order.fill_count),
        "filled_value": plain(order.value),
        "pending_cancel": order.status is Status.CANCEL_QUEUED,
        "size_in_quote": False,
        "total_fees": plain(order.fees),
        "size_inclusive_of_fees": False,
        "total_value_after_fees": plain(order.value + order.sign * order.fees),
        "trigger_status": trigger_status(order),
        "order_type": order.order_type,
        "reject_reason": order.reject_reason,
        "settled": order.status is Status.FILLED,
        "product_type": "FUTURE",
        "reject_message": order.reject_message,
        "cancel_message": order.cancel_message,
        "order_placement_source": order.source,
        "outstanding_hold_amount": "0",
        "is_liquidation": order.is_liquidation,
        "last_fill_time": None if order.last_fill is None else rfc3339(order.last_fill),
        "edit_history": order.edits,
        "leverage": order.leverage,
        "margin_type": order.margin_type,
        "retail_portfolio_id": identity.portfolio_id,
        "originating_order_id": order.originating_order_id,
        "attached_order_id": order.attached_order_id,
        "commission_detail_total": commission_detail(order.fees),
        "workable_size": str(order.remaining if order.is_live else 0),
        "workable_size_completion_pct": completion(order),
        "cost_basis_method": "COST_BASIS_METHOD_UNSPECIFIED",
        "displayed_order_config": "UNKNOWN_DISPLAYED_ORDER_CONFIG",
        "equity_trading_session": "UNKNOWN_EQUITY_TRADING_SESSION",
        "prediction_side": "PREDICTION_SIDE_UNSPECIFIED",
        "last_update_time": rfc3339(updated),
        **_attached(order),
    }


def channel_view(order: Order, identity: Identity) -> Json:
    """The order as the user channel tells it: cumulative, everything a string."""
    return {
        "avg_price": plain(booked(order.average_price)),
        "cancel_reason": order.cancel_message,
        "client_order_id": order.client_order_id,
        "completion_percentage": completion(order),
        "contract_expiry_type": "EXPIRING",
        "cumulative_quantity": str(order.filled),
        "filled_value": plain(order.value),
        "leaves_quantity": str(order.remaining if order.is_live else 0),
        "limit_price": "" if order.limit_price is None else plain(order.limit_price),
        "number_of_fills": str(order.fill_count),
        "order_id": order.order_id,
        "order_side": order.side,
        "order_type": _CHANNEL_TYPES[order.order_type],
        "outstanding_hold_amount": "0",
        "post_only": "true" if order.post_only else "false",
        "product_id": order.product_id,
        "product_type": "FUTURE",
        "reject_reason": order.reject_message,
        "retail_portfolio_id": identity.portfolio_id,
        "risk_managed_by": "MANAGED_BY_FCM",
        "status": order.status,
        "stop_price": "" if order.stop_price is None else plain(order.stop_price),
        "time_in_force": order.time_in_force,
        "total_fees": plain(order.fees),
        "total_value_after_fees": plain(order.value + order.sign * order.fees),
        "trigger_status": trigger_status(order),
        "creation_time": rfc3339(order.created),
        "end_time": _NO_TIME if order.end_time is None else rfc3339(order.end_time),
        "start_time": _NO_TIME,
    }


def ledger_view(order: Order, identity: Identity) -> Json:
    return {**order_view(order, identity), "received_monotonic_ns": order.received_ns}


def fill_view(fill: Fill, identity: Identity) -> Json:
    time = rfc3339(fill.time)
    return {
        "entry_id": fill.entry_id,
        "trade_id": fill.trade_id,
        "order_id": fill.order_id,
        "trade_time": time,
        "trade_type": "FILL",
        "price": plain(fill.price),
        "size": str(fill.size),
        "commission": plain(fill.commission),
        "product_id": fill.product_id,
        "sequence_timestamp": time,
        "liquidity_indicator": "MAKER" if fill.maker else "TAKER",
        "size_in_quote": False,
        "user_id": identity.user_id,
        "side": fill.side,
        "retail_portfolio_id": identity.portfolio_id,
        "fillSource": "FILL_SOURCE_UNKNOWN",
        "commission_detail_total": commission_detail(fill.commission),
    }


def accepted(order: Order) -> Json:
    return {
        "success": True,
        "success_response": {
            "order_id": order.order_id,
            "product_id": order.product_id,
            "side": order.side,
            "client_order_id": order.client_order_id,
            "attached_order_id": order.attached_order_id,
        },
        "order_configuration": order.configuration,
    }


def refused(refusal: Refused, configuration: Any) -> Json:
    found_by_preview = bool(refusal.preview)
    return {
        "success": False,
        "error_response": {
            "error": refusal.reason,
            "message": refusal.message,
            "error_details": refusal.message,
            "preview_failure_reason": refusal.preview or "UNKNOWN_PREVIEW_FAILURE_REASON",
            "new_order_failure_reason": (
                "UNKNOWN_FAILURE_REASON" if found_by_preview else refusal.reason
            ),
        },
        "order_configuration": configuration if isinstance(configuration, dict) else {},
    }


def completion(order: Order) -> str:
    return plain((Decimal(100) * order.filled / order.size).quantize(Decimal("0.01")))


def trigger_status(order: Order) -> str:
    if order.stop_price is None:
        return "INVALID_ORDER_TYPE"
    return "STOP_TRIGGERED" if order.triggered else "STOP_PENDING"


def commission_detail(total: Decimal) -> Json:
    parts = ("gst", "withholding", "client", "venue", "regulatory", "clearing")
    detail = {f"{part}_commission": plain(ZERO) for part in parts}
    return {"total_commission": plain(total), **detail, "client_commission": plain(total)}


def _attached(order: Order) -> Json:
    if order.attached is None:
        return {}
    return {"attached_order_configuration": {"trigger_bracket_gtc": order.attached}}
