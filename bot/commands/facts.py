"""What commands answer to machines: JSON values, decimals as text, times as RFC 3339."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.commands.lines import gate_closed, gate_line
from bot.picture import Held, Picture
from core.books import Books
from core.flatten import Job
from core.orders import Order
from core.requests import Request
from store.brake import Applied
from store.reconciliation import Reconciliation


def facts_of(picture: Picture) -> dict[str, Any]:
    """The whole picture. `unknown` and `worth_unknown` say why figures are only the last seen ones."""
    books = picture.books if isinstance(picture.books, Books) else None
    return {
        "desk": picture.desk,
        "at": picture.now.isoformat(),
        "mode": picture.row.mode.name,
        "set": jsonable(asdict(picture.control)) | {"mode": picture.control.mode.name},
        "epoch": picture.row.epoch,
        "constraints": [
            {
                "rule": c.rule.value,
                "mode": c.mode.name,
                "reason": c.reason,
                "since": c.since.isoformat(),
                "latches": c.latches,
            }
            for c in picture.constraints
        ],
        "gate": _gate_facts(picture),
        "unknown": picture.unknown,
        "worth_unknown": picture.worth_unknown,
        "looked_at": picture.looked_at.isoformat() if picture.looked_at else None,
        "positions": [_held_facts(held, picture) for held in picture.positions],
        "orders": [order_facts(order) for order in picture.live],
        "pnl_today": _with_net(picture.today),
        "books": jsonable(asdict(books)) if books else None,
        "equity_usd": _text(books.equity_usd if books else None),
        "account": jsonable(asdict(picture.account)) if picture.account else None,
        "drawdown_usd": _text(picture.drawdown_usd),
        "leverage": _text(picture.leverage),
        "requests": [request_facts(request) for request in picture.requests],
        "flatten": job_facts(picture.job),
        "processes": [jsonable(asdict(beat)) for beat in picture.heartbeats],
        "reads": [jsonable(asdict(read)) for read in picture.reads.values()],
        "reconciliation": reconciliation_facts(picture.reconciliation),
    }


def reconciliation_facts(found: Reconciliation | None) -> Any:
    if found is None:
        return None
    return {
        "looked_at": found.looked_at.isoformat(),
        "clean": found.clean,
        "since": found.since.isoformat(),
        "open": [
            jsonable(
                asdict(one.discrepancy) | {"since": one.since, "what": one.discrepancy.what.value}
            )
            for one in found.open
        ],
    }


def _gate_facts(picture: Picture) -> dict[str, Any]:
    page = picture.page
    return {
        "line": gate_line(picture),
        "closed": gate_closed(picture),
        "mode": page.mode.name if page and page.mode else None,
        "epoch": page.epoch if page else None,
        "armed": bool(page and page.armed),
        "kill_file": picture.kill_file,
    }


def _held_facts(held: Held, picture: Picture) -> dict[str, Any]:
    return {
        "product_id": held.position.product_id,
        "contracts": held.position.contracts,
        "exchange_contracts": held.there,
        "average_price": format(held.position.average_price, "f"),
        "mark": _text(held.mark.price if held.mark else None),
        "mark_at": held.mark.at.isoformat() if held.mark else None,
        "mark_fresh": held.mark_fresh,
        "unrealised_usd": _text(held.unrealised_usd),
        "notional_usd": _text(held.notional_usd),
        "liquidation_price": _text(picture.liquidation_price(held)),
        "liquidation_unknown": picture.liquidation_unknown(held),
        "stop_contracts": held.covered,
    }


def _with_net(today: Any) -> Any:
    if today is None:
        return None
    return jsonable(asdict(today) | {"net_usd": today.net_usd})


def order_facts(order: Order) -> dict[str, Any]:
    flat = asdict(order)
    facts: dict[str, Any] = jsonable(flat.pop("spec") | flat)
    return facts


def job_facts(job: Job | None) -> Any:
    return None if job is None else jsonable(asdict(job))


def request_facts(request: Request | None) -> Any:
    return None if request is None else jsonable(asdict(request))


def applied_facts(applied: Applied) -> dict[str, Any]:
    return {
        "mode": applied.mode.name,
        "epoch": applied.epoch,
        "recorded": applied.recorded,
        "fenced": applied.fenced,
        "in_flight": applied.in_flight,
        "quiet": applied.quiet,
    }


def jsonable(value: Any) -> Any:
    """Decimals as text, times as RFC 3339, the rest as it is."""
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [jsonable(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime) else value


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
