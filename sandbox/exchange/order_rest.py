"""REST of orders: create, preview, edit, cancel, close, list, fills."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import parse_rfc3339
from sandbox.exchange.account import commission
from sandbox.exchange.call import Call, Json, invalid, not_found
from sandbox.exchange.decimals import ZERO, booked, parse_decimal, plain
from sandbox.exchange.identity import Identity
from sandbox.exchange.order_views import accepted, commission_detail, fill_view, order_view, refused
from sandbox.exchange.orders import TERMINAL, Fill, Order
from sandbox.exchange.ticket import Refused, Ticket
from sandbox.exchange.venue import Venue

CANCELS_MAX = 100
PAGE_DEFAULT = 1_000
FILLS_DEFAULT = 100


class OrderRest:
    def __init__(self, venue: Venue, identity: Identity) -> None:
        self._venue = venue
        self._identity = identity

    def create(self, call: Call) -> Json:
        return self._placed(call, self._venue.place)

    def close_position(self, call: Call) -> Json:
        return self._placed(call, self._venue.close)

    def cancel(self, call: Call) -> Json:
        order_ids = call.body.get("order_ids")
        if not isinstance(order_ids, list) or not order_ids:
            raise invalid("order_ids is required")
        if len(order_ids) > CANCELS_MAX:
            raise invalid(f"at most {CANCELS_MAX} order_ids in a request")
        results = []
        for order_id in order_ids:
            reason = self._venue.cancel(str(order_id))
            results.append(
                {
                    "success": not reason,
                    "failure_reason": reason or "UNKNOWN_CANCEL_FAILURE_REASON",
                    "order_id": order_id,
                }
            )
        self._venue.ledger.commit()
        return {"results": results}

    def edit(self, call: Call) -> Json:
        reason = self._venue.edit(
            str(call.body.get("order_id")), call.body.get("size"), call.body.get("price")
        )
        if not reason:
            self._venue.ledger.commit()
            return {"success": True, "errors": []}
        return {"success": False, "errors": [_edit_error(reason)]}

    def edit_preview(self, call: Call) -> Json:
        order = self._venue.ledger.orders.get(str(call.body.get("order_id")))
        if order is None:
            return {"errors": [_edit_error("ORDER_NOT_FOUND")]}
        size = parse_decimal(call.body.get("size")) or Decimal(order.size)
        price = parse_decimal(call.body.get("price")) or order.limit_price or ZERO
        book = self._venue.markets[order.product_id].book
        notional = size * price * self._venue.markets[order.product_id].product.contract_size
        return {
            "errors": [],
            "slippage": "0",
            "order_total": plain(notional),
            "commission_total": plain(self._fee(order.product_id, int(size), price)),
            "quote_size": plain(notional),
            "base_size": plain(size),
            "best_bid": plain(book.best_bid),
            "best_ask": plain(book.best_ask),
            "average_filled_price": plain(booked(order.average_price)),
        }

    def preview(self, call: Call) -> Json:
        try:
            ticket = self._venue.check(call.body)
        except Refused as refusal:
            reason = refusal.preview or f"PREVIEW_{refusal.reason}"
            return {**_PREVIEW_REFUSED, "errs": [reason], "preview_id": str(uuid.uuid4())}
        return self._preview(ticket)

    def get(self, call: Call) -> Json:
        order = self._venue.ledger.orders.get(call.path_args[0])
        if order is None:
            raise not_found("order with this orderID was not found")
        return {"order": order_view(order, self._identity)}

    def orders(self, call: Call) -> Json:
        wanted = _order_filter(call)
        limit = call.number("limit", PAGE_DEFAULT) or PAGE_DEFAULT
        before = _cursor(call)
        page: list[Order] = []
        more = False
        for order in reversed(self._candidates(call)):
            if (before is None or order.seq < before) and wanted(order):
                if len(page) == limit:
                    more = True
                    break
                page.append(order)
        return {
            "orders": [order_view(order, self._identity) for order in page],
            "sequence": "0",
            "has_next": more,
            "cursor": str(page[-1].seq) if more else "",
            "proof_token_required": False,
        }

    def fills(self, call: Call) -> Json:
        limit = call.number("limit", FILLS_DEFAULT) or FILLS_DEFAULT
        before = _cursor(call)
        wanted = _fill_filter(call)
        page: list[Fill] = []
        more = False
        for fill in reversed(self._venue.ledger.fills):
            if (before is None or fill.seq < before) and wanted(fill):
                if len(page) == limit:
                    more = True
                    break
                page.append(fill)
        return {
            "fills": [fill_view(fill, self._identity) for fill in page],
            "cursor": str(page[-1].seq) if more else "",
            "proof_token_required": False,
        }

    def _placed(self, call: Call, place: Callable[[Mapping[str, Any], int], Order]) -> Json:
        if not call.body.get("client_order_id"):
            raise invalid("client_order_id is required")
        if not isinstance(call.body["client_order_id"], str):
            raise invalid("client_order_id must be a string")
        try:
            order = place(call.body, call.received_ns)
        except Refused as refusal:
            return refused(refusal, call.body.get("order_configuration"))
        self._venue.ledger.commit()
        return accepted(order)

    def _candidates(self, call: Call) -> list[Order]:
        """Oldest first; without the finished ones when only live ones are asked for."""
        ledger = self._venue.ledger
        statuses = call.every("order_status")
        if not statuses or statuses & TERMINAL:
            return list(ledger.orders.values())
        live = (order for orders in ledger.live.values() for order in orders.values())
        return sorted(live, key=lambda order: order.seq)

    def _fee(self, product_id: str, size: int, price: Decimal) -> Decimal:
        product = self._venue.markets[product_id].product
        return commission(size, price, product.contract_size, maker=False)

    def _preview(self, ticket: Ticket) -> Json:
        market = self._venue.markets[ticket.product.id]
        best = market.book.best_ask if ticket.side == "BUY" else market.book.best_bid
        price = ticket.limit_price or best
        notional = price * ticket.size * ticket.product.contract_size
        fee = self._fee(ticket.product.id, ticket.size, price)
        before, after = self._venue.margin(), self._venue.margin(ticket)
        return {
            "order_total": plain(notional + fee),
            "commission_total": plain(fee),
            "errs": [],
            "warning": [],
            "quote_size": plain(notional),
            "base_size": str(ticket.size),
            "best_bid": plain(market.book.best_bid),
            "best_ask": plain(market.book.best_ask),
            "is_max": False,
            "order_margin_total": plain(booked(after.holds - before.holds)),
            "leverage": ticket.leverage,
            "long_leverage": "",
            "short_leverage": "",
            "slippage": "0",
            "preview_id": str(uuid.uuid4()),
            "current_liquidation_buffer": plain(booked(before.buffer)),
            "projected_liquidation_buffer": plain(
                booked(before.buffer - (after.holds - before.holds))
            ),
            "max_leverage": "",
            "commission_detail_total": commission_detail(fee),
            "est_average_filled_price": plain(price),
        }


_PREVIEW_REFUSED: Json = {
    "order_total": "0",
    "commission_total": "0",
    "warning": [],
    "quote_size": "0",
    "base_size": "0",
    "best_bid": "",
    "best_ask": "",
    "is_max": False,
}


def _edit_error(reason: str) -> Json:
    return {
        "edit_failure_reason": reason,
        "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
    }


def _cursor(call: Call) -> int | None:
    text = call.first("cursor")
    if text and not text.isdecimal():
        raise invalid("cursor is not one of ours")
    return int(text) if text else None


def _instant(call: Call, name: str) -> datetime | None:
    text = call.first(name)
    try:
        return parse_rfc3339(text) if text else None
    except ValueError as error:
        raise invalid(f"{name} must be RFC 3339") from error


def _order_filter(call: Call) -> Callable[[Order], bool]:
    start, end = _instant(call, "start_date"), _instant(call, "end_date")
    side = call.first("order_side")
    source = call.first("order_placement_source") or "RETAIL_ADVANCED"
    wanted_sets = (
        (call.every("order_ids"), "order_id"),
        (call.every("product_ids"), "product_id"),
        (call.every("order_status"), "status"),
        (call.every("time_in_forces"), "time_in_force"),
        (call.every("order_types"), "order_type"),
        (frozenset({side}) if side else frozenset(), "side"),
        (frozenset({source}), "source"),
    )
    filters = [(values, name) for values, name in wanted_sets if values]
    product_type = call.first("product_type")

    def wanted(order: Order) -> bool:
        return (
            all(getattr(order, name) in values for values, name in filters)
            and (start is None or order.created >= start)
            and (end is None or order.created < end)
            and product_type in ("", "UNKNOWN_PRODUCT_TYPE", "FUTURE")
        )

    return wanted


def _fill_filter(call: Call) -> Callable[[Fill], bool]:
    start = _instant(call, "start_sequence_timestamp")
    end = _instant(call, "end_sequence_timestamp")
    order_ids, trade_ids = call.every("order_ids"), call.every("trade_ids")
    product_ids = call.every("product_ids")

    def wanted(fill: Fill) -> bool:
        return (
            (not order_ids or fill.order_id in order_ids)
            and (not trade_ids or fill.trade_id in trade_ids)
            and (not product_ids or fill.product_id in product_ids)
            and (start is None or fill.time >= start)
            and (end is None or fill.time <= end)
        )

    return wanted
