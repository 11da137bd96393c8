"""An order as the exchange wants it, and what its reply says became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.orders import OrderSpec, OrderType, Side
from trader.coinbase.wire import NotSent

_LOOK_AGAIN = "DUPLICATE_CLIENT_ORDER_ID"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange has the order. It may still end FAILED or CANCELLED."""

    order_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The order does not exist at the exchange: it was refused there, or it never got so far."""

    reason: str
    judged: bool = False
    """Whether the exchange looked at the order itself and said no."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have left and no usable reply came. Only the exchange can resolve it."""

    why: str


Placed = Accepted | Rejected | Unknown | NotSent


def order_body(spec: OrderSpec, offset: timedelta = timedelta(0)) -> dict[str, Any]:
    """The request body of an order; its end is told in the exchange's time."""
    return {
        "client_order_id": spec.client_order_id,
        "product_id": spec.product_id,
        "side": str(spec.side),
        "order_configuration": _configuration(spec, offset),
    }


def _configuration(spec: OrderSpec, offset: timedelta) -> dict[str, dict[str, str]]:
    size_and_limit = {
        "base_size": str(spec.contracts),
        "limit_price": format(spec.limit_price, "f"),
    }
    if spec.order_type is OrderType.LIMIT_IOC:
        return {"sor_limit_ioc": size_and_limit}
    if spec.order_type is OrderType.LIMIT_GTD:
        assert spec.end_time is not None, "a good-till-date order needs its end"
        return {"limit_limit_gtd": {**size_and_limit, "end_time": rfc3339(spec.end_time + offset)}}
    assert spec.stop_price is not None, "a stop order needs its stop price"
    falls = spec.side is Side.SELL
    return {
        "stop_limit_stop_limit_gtc": {
            **size_and_limit,
            "stop_price": format(spec.stop_price, "f"),
            "stop_direction": "STOP_DIRECTION_STOP_DOWN" if falls else "STOP_DIRECTION_STOP_UP",
        }
    }


def placed(reply: object) -> Placed:
    if not isinstance(reply, dict):
        return Unknown("the answer is not an object")
    if reply.get("success") is True:
        order_id = (reply.get("success_response") or {}).get("order_id")
        return Accepted(order_id) if order_id else Unknown("accepted without an order id")
    if reply.get("success") is False:
        reason = _reason(reply.get("error_response") or {})
        return Unknown(reason) if reason == _LOOK_AGAIN else Rejected(reason, judged=True)
    return Unknown("the answer says neither success nor failure")


def _reason(error: dict[str, Any]) -> str:
    """The reason stands in any of three fields, the others then hold an UNKNOWN value."""
    for name in ("new_order_failure_reason", "preview_failure_reason", "error"):
        value = str(error.get(name) or "")
        if value and not value.startswith("UNKNOWN"):
            return value
    return str(error.get("message") or "no reason given")


def rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
