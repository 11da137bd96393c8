"""What a venue has against a well-formed order: session, price, stop, end time, depth."""

from datetime import datetime

from sandbox.exchange.account import Position
from sandbox.exchange.market import Market
from sandbox.exchange.session import Phase
from sandbox.exchange.ticket import FOK, IOC, Refused, Ticket


def screen(ticket: Ticket, market: Market, position: Position, now: datetime) -> None:
    """Raises Refused."""
    _session(ticket, market)
    _end_time(ticket, now)
    if ticket.order_type == "STOP_LIMIT":
        _stop(ticket, market)
    if ticket.order_type == "BRACKET":
        _bracket(ticket, market, position)
    _post_only(ticket, market)
    if ticket.order_type == "MARKET" and not market.book.against(ticket.side):
        raise Refused("INVALID_NO_LIQUIDITY", "the book is empty", "PREVIEW_INVALID_NO_LIQUIDITY")


def _session(ticket: Ticket, market: Market) -> None:
    if ticket.product.expiry <= market.now():
        raise Refused("UNTRADABLE_PRODUCT", "the contract has expired")
    if market.phase() is Phase.OPEN:
        return
    if ticket.order_type == "MARKET":
        raise Refused("FUTURES_AFTER_HOUR_INVALID_ORDER_TYPE", "no market orders while closed")
    if ticket.time_in_force in (IOC, FOK):
        raise Refused("FUTURES_AFTER_HOUR_INVALID_TIME_IN_FORCE", "the session is closed")


def _end_time(ticket: Ticket, now: datetime) -> None:
    if ticket.end_time is None:
        return
    if ticket.end_time <= now:
        raise Refused("END_TIME_IS_IN_THE_PAST", "end_time is in the past")
    if ticket.end_time > ticket.product.expiry:
        raise Refused("END_TIME_AFTER_CONTRACT_EXPIRATION", "end_time is after the expiry")


def _stop(ticket: Ticket, market: Market) -> None:
    assert ticket.stop_price is not None and ticket.limit_price is not None
    if ticket.stop_direction == "STOP_DIRECTION_STOP_UP" and ticket.stop_price <= market.last:
        raise Refused(
            "STOP_ALREADY_TRIGGERED",
            "the stop price is not above the last trade",
            "PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE",
        )
    if ticket.stop_direction == "STOP_DIRECTION_STOP_DOWN" and ticket.stop_price >= market.last:
        raise Refused(
            "STOP_ALREADY_TRIGGERED",
            "the stop price is not below the last trade",
            "PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE",
        )


def _bracket(ticket: Ticket, market: Market, position: Position) -> None:
    assert ticket.stop_price is not None and ticket.limit_price is not None
    ends = (ticket.stop_price, ticket.limit_price)
    low, high = ends if ticket.side == "SELL" else ends[::-1]
    if not low < market.last < high:
        raise Refused(
            "INVALID_BRACKET_PRICES",
            "the last trade must lie between the stop trigger and the limit price",
            "PREVIEW_INVALID_BRACKET_PRICES",
        )
    closing = position.contracts if ticket.side == "SELL" else -position.contracts
    if closing < ticket.size:
        raise Refused(
            "INVALID_REQUEST",
            "a bracket cannot be larger than the position it closes",
            "PREVIEW_BRACKET_ORDER_SIZE_EXCEEDS_POSITION",
        )


def _post_only(ticket: Ticket, market: Market) -> None:
    if not ticket.post_only or ticket.limit_price is None:
        return
    if market.book.crosses(ticket.side, ticket.limit_price):
        raise Refused(
            "INVALID_LIMIT_PRICE_POST_ONLY",
            "a post-only order would cross the book",
            "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
        )
