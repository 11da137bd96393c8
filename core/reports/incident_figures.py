"""The report of an incident for machines: money and prices are text, times RFC 3339."""

from datetime import datetime
from typing import Any

from core.chain import Event
from core.incidents import Incident
from core.orders import Fill, Order
from core.reports.facts import Facts, Made, Move, Taken, Told, made_in, moves_of
from core.reports.narrative import says

Figures = dict[str, Any]


def figures(incident: Incident, facts: Facts, drafted_at: datetime) -> Figures:
    """What `markdown` says, and all that its tables leave out."""
    return {
        "incident": _incident(incident),
        "since": facts.since.isoformat(),
        "until": facts.until.isoformat(),
        "drafted_at": drafted_at.isoformat(),
        "pnl": _pnl(made_in(facts.equity)),
        "markets": [_market(move) for move in moves_of(facts.marks)],
        "told": [_told(told) for told in facts.told],
        "taken": [_taken(taken) for taken in facts.taken],
        "events": [_event(event) for event in facts.events],
        "orders": [_order(order) for order in facts.orders],
        "fills": [_fill(fill) for fill in facts.fills],
    }


def _incident(incident: Incident) -> Figures:
    return {
        "id": incident.id,
        "desk": incident.desk,
        "title": incident.title,
        "state": incident.state,
        "opened_by": incident.opened_by,
        "opened_at": incident.opened_at.isoformat(),
        "assignee": incident.assignee,
        "closed_by": incident.closed_by,
        "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
    }


def _market(move: Move) -> Figures:
    return {
        "product": move.product_id,
        "first": str(move.first),
        "last": str(move.last),
        "lowest": str(move.lowest),
        "highest": str(move.highest),
        "contracts_before": move.contracts_before,
        "contracts_after": move.contracts_after,
    }


def _told(told: Told) -> Figures:
    return {
        "at": told.at.isoformat(),
        "alert": told.alert_id,
        "rule": told.rule,
        "symbol": told.symbol,
        "level": told.level,
        "person": told.person,
        "by": told.by,
        "kind": told.kind,
        "outcome": told.outcome,
        "ended_at": told.ended_at.isoformat() if told.ended_at else None,
    }


def _taken(taken: Taken) -> Figures:
    return {
        "at": taken.at.isoformat(),
        "alert": taken.alert_id,
        "rule": taken.rule,
        "symbol": taken.symbol,
        "person": taken.person,
        "after_s": taken.after.total_seconds(),
    }


def _event(event: Event) -> Figures:
    return {
        "seq": event.seq,
        "at": event.at.isoformat(),
        "kind": event.kind,
        "actor": event.actor,
        "body": dict(event.body),
        "says": says(event),
    }


def _order(order: Order) -> Figures:
    return {
        "id": order.spec.client_order_id,
        "at": order.created_at.isoformat(),
        "product": order.spec.product_id,
        "kind": order.spec.kind,
        "side": order.spec.side,
        "contracts": order.spec.contracts,
        "filled": order.filled,
        "state": order.state,
        "detail": order.detail,
    }


def _fill(fill: Fill) -> Figures:
    return {
        "id": fill.entry_id,
        "at": fill.at.isoformat(),
        "product": fill.product_id,
        "side": fill.side,
        "contracts": fill.contracts,
        "price": str(fill.price),
        "fee_usd": str(fill.fee),
    }


def _pnl(made: Made | None) -> Figures | None:
    if made is None:
        return None
    return {
        "realised_usd": str(made.pnl.realised_usd),
        "unrealised_usd": str(made.pnl.unrealised_usd),
        "funding_usd": str(made.pnl.funding_usd),
        "fees_usd": str(made.pnl.fees_usd),
        "net_usd": str(made.pnl.net_usd),
        "provisional": made.provisional,
    }
