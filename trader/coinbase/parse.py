"""The exchange's payloads made into our types. What does not fit raises PayloadUnusable, whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core.books import Account
from core.orders import PLAIN_FILL, Fill, OrderState, Side
from core.products import Mark, Product

Payload = Mapping[str, Any]

_BEYOND_MICROSECONDS = re.compile(r"(\.\d{6})\d+")


class ReadFailed(Exception):
    """The exchange did not answer a read usably: what it would have said is unknown."""


class NotAuthorised(ReadFailed):
    """The exchange refused the key itself (401 or 403)."""


class NotAllowed(NotAuthorised):
    """The key was understood and may not do this (403)."""


class NotThere(ReadFailed):
    """The exchange answered that it has no such thing (404)."""


class PayloadUnusable(ReadFailed):
    """The exchange answered something this program cannot read; it counts as not answered."""


STATES = {
    "PENDING": OrderState.WORKING,
    "OPEN": OrderState.WORKING,
    "QUEUED": OrderState.WORKING,
    "EDIT_QUEUED": OrderState.WORKING,
    "CANCEL_QUEUED": OrderState.CANCELLING,
    "FILLED": OrderState.FILLED,
    "CANCELLED": OrderState.CANCELLED,
    "EXPIRED": OrderState.EXPIRED,
    "FAILED": OrderState.FAILED,
}


@dataclass(frozen=True, slots=True)
class ExchangeOrder:
    """An order as the exchange reports it."""

    order_id: str
    client_order_id: str
    product_id: str
    side: Side
    state: OrderState
    filled: int
    created_at: datetime
    detail: str
    status: str = ""
    """In the exchange's own words; `state` is UNKNOWN for words that this program does not know."""
    contracts: int | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ExchangePosition:
    """A position as the exchange reports it; contracts are signed."""

    product_id: str
    contracts: int
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class Permissions:
    """What an API key may do."""

    can_view: bool
    can_trade: bool
    can_transfer: bool


def items(payload: Payload, name: str) -> list[Payload]:
    """A list in a payload; null or absent is unusable, not empty."""
    found = payload.get(name)
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise PayloadUnusable(f"`{name}` is not a list of objects")
    return found


def text(payload: Payload, name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise PayloadUnusable(f"`{name}` is missing")
    return value


def decimal(payload: Payload, name: str) -> Decimal:
    """A number given as text, as a JSON number, or as a money object {value, currency}."""
    value = payload.get(name)
    if isinstance(value, Mapping):
        value = value.get("value")
    if isinstance(value, bool) or value in (None, ""):
        raise PayloadUnusable(f"`{name}` is not a number: {value!r}")
    try:
        number = Decimal(str(value))
    except InvalidOperation as bad:
        raise PayloadUnusable(f"`{name}` is not a number: {value!r}") from bad
    if not number.is_finite():
        raise PayloadUnusable(f"`{name}` is not a finite number: {value!r}")
    return number


def optional_decimal(payload: Payload, name: str) -> Decimal | None:
    return None if payload.get(name) in (None, "") else decimal(payload, name)


def contracts(payload: Payload, name: str) -> int:
    """A whole number of contracts."""
    number = decimal(payload, name)
    if number != number.to_integral_value():
        raise PayloadUnusable(f"`{name}` is not a whole number of contracts: {number}")
    return int(number)


def moment(payload: Payload, name: str) -> datetime:
    """An RFC 3339 time as aware UTC; digits beyond microseconds are dropped."""
    value = _BEYOND_MICROSECONDS.sub(r"\1", text(payload, name))
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as bad:
        raise PayloadUnusable(f"`{name}` is not a time: {value!r}") from bad
    if parsed.tzinfo is None:
        raise PayloadUnusable(f"`{name}` has no time zone: {value!r}")
    try:
        return parsed.astimezone(UTC)
    except OverflowError as bad:
        raise PayloadUnusable(f"`{name}` is no time of this world: {value!r}") from bad


def _optional_moment(payload: Payload, name: str) -> datetime | None:
    return None if payload.get(name) in (None, "") else moment(payload, name)


def side(payload: Payload) -> Side:
    try:
        return Side(text(payload, "side"))
    except ValueError as bad:
        raise PayloadUnusable(f"`side` is neither BUY nor SELL: {payload.get('side')!r}") from bad


def is_perpetual(payload: Payload) -> bool:
    """A perp-style future is one with funding: the venue reports its expiry type as EXPIRING."""
    details = payload.get("future_product_details")
    return isinstance(details, Mapping) and bool(details.get("funding_rate"))


def product(payload: Payload) -> Product:
    details = payload.get("future_product_details")
    if not isinstance(details, Mapping):
        raise PayloadUnusable("`future_product_details` is missing")
    session = payload.get("fcm_trading_session_details") or {}
    margin = details.get("overnight_margin_rate") or {}
    return Product(
        product_id=text(payload, "product_id"),
        name=payload.get("display_name") or text(payload, "product_id"),
        underlying=text(details, "contract_root_unit"),
        contract_size=decimal(details, "contract_size"),
        price_increment=decimal(payload, "price_increment"),
        min_contracts=contracts(payload, "base_min_size"),
        max_contracts=contracts(payload, "base_max_size"),
        session_open=bool(session.get("is_session_open")),
        trading_disabled=bool(payload.get("trading_disabled") or payload.get("is_disabled")),
        cancel_only=bool(payload.get("cancel_only")),
        post_only=bool(payload.get("post_only")),
        view_only=bool(payload.get("view_only")),
        funding_rate=optional_decimal(details, "funding_rate"),
        funding_time=_optional_moment(details, "funding_time"),
        long_margin_rate=decimal(margin, "long_margin_rate"),
        short_margin_rate=decimal(margin, "short_margin_rate"),
    )


def order(payload: Payload) -> ExchangeOrder:
    status = text(payload, "status")
    asked = _asked(payload)
    return ExchangeOrder(
        order_id=text(payload, "order_id"),
        client_order_id=str(payload.get("client_order_id") or ""),
        product_id=text(payload, "product_id"),
        side=side(payload),
        state=STATES.get(status, OrderState.UNKNOWN),
        filled=contracts(payload, "filled_size") if payload.get("filled_size") else 0,
        created_at=moment(payload, "created_time"),
        detail=str(payload.get("reject_message") or payload.get("cancel_message") or ""),
        status=status,
        contracts=contracts(asked, "base_size") if asked.get("base_size") else None,
        limit_price=optional_decimal(asked, "limit_price"),
        stop_price=optional_decimal(asked, "stop_trigger_price")
        or optional_decimal(asked, "stop_price"),
    )


def _asked(payload: Payload) -> Payload:
    """What was asked for, under a name of its own for every type of order; empty when it is not told."""
    configuration = payload.get("order_configuration")
    found = list(configuration.values()) if isinstance(configuration, Mapping) else []
    return found[0] if len(found) == 1 and isinstance(found[0], Mapping) else {}


def fill(payload: Payload) -> Fill:
    return Fill(
        entry_id=text(payload, "entry_id"),
        order_id=text(payload, "order_id"),
        client_order_id=None,
        product_id=text(payload, "product_id"),
        side=side(payload),
        contracts=contracts(payload, "size"),
        price=decimal(payload, "price"),
        fee=decimal(payload, "commission"),
        at=moment(payload, "trade_time"),
        maker=payload.get("liquidity_indicator") == "MAKER",
        trade_type=str(payload.get("trade_type") or PLAIN_FILL),
    )


_POSITION_SIGN = {"LONG": 1, "SHORT": -1, "UNKNOWN": 0, "FUTURES_POSITION_SIDE_UNSPECIFIED": 0}


def position(payload: Payload) -> ExchangePosition:
    """A flat product may stay listed, without a side."""
    number = contracts(payload, "number_of_contracts")
    named = str(payload.get("side", "")).removeprefix("FUTURES_POSITION_SIDE_")
    sign = _POSITION_SIGN.get(named, 0)
    if number and not sign:
        raise PayloadUnusable(f"a position of {number} contracts has no side")
    average = decimal(payload, "avg_entry_price") if number else Decimal(0)
    return ExchangePosition(text(payload, "product_id"), sign * number, average)


def account(payload: Payload, now: datetime) -> Account:
    summary = payload.get("balance_summary")
    if not isinstance(summary, Mapping):
        raise PayloadUnusable("`balance_summary` is missing")
    return Account(
        cash_usd=decimal(summary, "total_usd_balance"),
        unrealised_usd=decimal(summary, "unrealized_pnl"),
        initial_margin_usd=decimal(summary, "initial_margin"),
        available_margin_usd=decimal(summary, "available_margin"),
        liquidation_buffer_pct=str(summary.get("liquidation_buffer_percentage") or ""),
        at=now,
        funding_usd=optional_decimal(summary, "funding_pnl") or Decimal(0),
        pending_usd=optional_decimal(summary, "total_pending_transfers_amount") or Decimal(0),
    )


def permissions(payload: Payload) -> Permissions:
    return Permissions(
        can_view=payload.get("can_view") is True,
        can_trade=payload.get("can_trade") is True,
        can_transfer=payload.get("can_transfer") is not False,  # unknown counts as the worst
    )


def mark_of_book(payload: Payload, now: datetime) -> Mark | None:
    """The mid of a best-bid-ask price book; None when a side is empty."""
    bids, asks = items(payload, "bids"), items(payload, "asks")
    if not bids or not asks:
        return None
    bid, ask = decimal(bids[0], "price"), decimal(asks[0], "price")
    return Mark(text(payload, "product_id"), (bid + ask) / 2, bid, ask, now, "rest")


def mark_of_ticker(payload: Payload, now: datetime) -> Mark | None:
    """The mid of a ticker frame's best bid and ask; None when it has none."""
    if not payload.get("best_bid") or not payload.get("best_ask"):
        return None
    bid, ask = decimal(payload, "best_bid"), decimal(payload, "best_ask")
    if not 0 < bid <= ask:
        raise PayloadUnusable(f"a crossed or empty quote: {bid} / {ask}")
    return Mark(text(payload, "product_id"), (bid + ask) / 2, bid, ask, now, "feed")
