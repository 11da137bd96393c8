"""Reads a create-order body into a ticket, or refuses it with the venue's reason."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import parse_rfc3339
from sandbox.exchange.decimals import parse_decimal
from sandbox.exchange.products import BY_ID, Product


class Refused(Exception):
    """A business refusal: answered with HTTP 200. ``preview`` is set if the pre-check found it."""

    def __init__(self, reason: str, message: str, preview: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.preview = preview


GTC, GTD = "GOOD_UNTIL_CANCELLED", "GOOD_UNTIL_DATE_TIME"
IOC, FOK = "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"
TYPES: dict[str, tuple[str, str]] = {
    "market_market_ioc": ("MARKET", IOC),
    "market_market_fok": ("MARKET", FOK),
    "sor_limit_ioc": ("LIMIT", IOC),
    "limit_limit_gtc": ("LIMIT", GTC),
    "limit_limit_gtd": ("LIMIT", GTD),
    "limit_limit_fok": ("LIMIT", FOK),
    "stop_limit_stop_limit_gtc": ("STOP_LIMIT", GTC),
    "stop_limit_stop_limit_gtd": ("STOP_LIMIT", GTD),
    "trigger_bracket_gtc": ("BRACKET", GTC),
    "trigger_bracket_gtd": ("BRACKET", GTD),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    product: Product
    side: str
    configuration: dict[str, Any]
    order_type: str
    time_in_force: str
    size: int
    limit_price: Decimal | None
    stop_price: Decimal | None
    stop_direction: str
    post_only: bool
    end_time: datetime | None
    attached: dict[str, Any] | None
    leverage: str
    margin_type: str


def read(body: Mapping[str, Any], listed: Container[str]) -> Ticket:
    """Raises Refused."""
    product = BY_ID.get(str(body.get("product_id")))
    if product is None or product.id not in listed:
        raise Refused("INVALID_PRODUCT_ID", "valid product_id is required")
    if not product.is_future:
        raise Refused("UNTRADABLE_PRODUCT", "this exchange trades futures only")
    key, fields = _configuration(body)
    if body.get("reduce_only") or fields.get("reduce_only"):
        raise Refused(
            "REDUCE_ONLY_NOT_ALLOWED_ON_VENUE",
            "reduce only is not allowed on this venue",
            "PREVIEW_REDUCE_ONLY_NOT_ALLOWED_ON_VENUE",
        )
    if body.get("side") not in ("BUY", "SELL"):
        raise Refused("INVALID_SIDE", "side must be BUY or SELL", "PREVIEW_INVALID_SIDE")
    order_type, time_in_force = TYPES[key]
    stop_key = "stop_trigger_price" if order_type == "BRACKET" else "stop_price"
    return Ticket(
        product=product,
        side=body["side"],
        configuration={key: dict(fields)},
        order_type=order_type,
        time_in_force=time_in_force,
        size=_size(fields, product),
        limit_price=None if order_type == "MARKET" else _price(fields, "limit_price", product),
        stop_price=_price(fields, stop_key, product) if _has_stop(order_type) else None,
        stop_direction=_direction(fields) if order_type == "STOP_LIMIT" else "",
        post_only=fields.get("post_only") is True,
        end_time=_end_time(fields) if time_in_force == GTD else None,
        attached=_attached(body, order_type, product),
        leverage=str(body.get("leverage") or ""),
        margin_type=str(body.get("margin_type") or ""),
    )


def _has_stop(order_type: str) -> bool:
    return order_type in ("STOP_LIMIT", "BRACKET")


def _configuration(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    configuration = body.get("order_configuration")
    if not isinstance(configuration, dict) or len(configuration) != 1:
        raise Refused(
            "INVALID_REQUEST",
            "order_configuration must hold exactly one configuration",
            "PREVIEW_INVALID_ORDER_CONFIG",
        )
    ((key, fields),) = configuration.items()
    if key not in TYPES or not isinstance(fields, dict):
        raise Refused("UNSUPPORTED_ORDER_CONFIGURATION", f"{key} is not supported on this venue")
    return key, fields


def _size(fields: Mapping[str, Any], product: Product) -> int:
    if fields.get("quote_size"):
        raise Refused("QUOTE_ORDERS_NOT_ALLOWED_FOR_PRODUCT", "futures are sized in contracts")
    size = parse_decimal(fields.get("base_size"))
    if size is None:
        raise Refused(
            "INVALID_SIZE_PRECISION", "base_size is not a number", "PREVIEW_NON_NUMERIC_ORDER_SIZE"
        )
    if size < 1:
        raise Refused(
            "INVALID_SIZE_PRECISION",
            "base_size is below one contract",
            "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL",
        )
    if size > product.size_max:
        raise Refused(
            "INVALID_REQUEST",
            f"base_size is above {product.size_max}",
            "PREVIEW_INVALID_BASE_SIZE_TOO_LARGE",
        )
    if size != int(size):
        raise Refused(
            "INVALID_SIZE_PRECISION",
            "base_size must be a whole number of contracts",
            "PREVIEW_INVALID_SIZE_PRECISION",
        )
    return int(size)


def _price(fields: Mapping[str, Any], key: str, product: Product) -> Decimal:
    price = parse_decimal(fields.get(key))
    if price is None or price <= 0:
        raise Refused("INVALID_LIMIT_PRICE", f"{key} is required", "PREVIEW_INVALID_LIMIT_PRICE")
    if price % product.tick:
        raise Refused(
            "INVALID_PRICE_PRECISION",
            f"{key} is not a multiple of {product.tick}",
            "PREVIEW_INVALID_PRICE_PRECISION",
        )
    return price


def _direction(fields: Mapping[str, Any]) -> str:
    direction = fields.get("stop_direction")
    if direction not in ("STOP_DIRECTION_STOP_UP", "STOP_DIRECTION_STOP_DOWN"):
        raise Refused(
            "INVALID_REQUEST", "stop_direction is required", "PREVIEW_INVALID_ORDER_CONFIG"
        )
    return str(direction)


def _end_time(fields: Mapping[str, Any]) -> datetime:
    if not fields.get("end_time"):
        raise Refused("GTD_ORDERS_MUST_HAVE_END_TIME", "end_time is required")
    try:
        return parse_rfc3339(str(fields["end_time"]))
    except ValueError as error:
        raise Refused(
            "INVALID_REQUEST", "end_time must be RFC 3339", "PREVIEW_INVALID_END_TIME"
        ) from error


def _attached(body: Mapping[str, Any], order_type: str, product: Product) -> dict[str, Any] | None:
    attached = body.get("attached_order_configuration")
    if not attached:
        return None
    if order_type not in ("MARKET", "LIMIT"):
        raise Refused("ATTACHED_ORDERS_ONLY_ALLOWED_ON_MARKET_LIMIT", "no bracket on this type")
    if not isinstance(attached, dict) or set(attached) != {"trigger_bracket_gtc"}:
        raise Refused("INVALID_ORDER_TYPE_FOR_ATTACHED", "only trigger_bracket_gtc can be attached")
    fields = attached["trigger_bracket_gtc"]
    if fields.get("base_size"):
        raise Refused("ATTACHED_ORDER_SIZE_MUST_BE_NIL", "an attached order takes no size")
    for key in ("limit_price", "stop_trigger_price"):
        _price(fields, key, product)
    return dict(fields)
