"""The report of an incident as Markdown and as figures, drafted from the record at once."""

from datetime import datetime
from typing import Any

from core.incidents import Incident
from core.reports.facts import Facts, Made, made_in, moves_of
from core.reports.narrative import says, worth_telling
from core.reports.text import Row, bullets, moment, one_line, table, usd

MACHINES = frozenset({"machine", "trader", "guard", "exchange", "start", "alerts"})
TRIGGERS = frozenset({"constrained", "mode_set", "flatten_asked"})


def markdown(incident: Incident, facts: Facts, drafted_at: datetime) -> str:
    """The whole document. What is not known is said, never left out."""
    parts = [
        f"# Incident {incident.id}: {one_line(incident.title)}",
        _summary(incident, facts, drafted_at),
        "## What set it off",
        bullets(_triggers(facts)) or "Nothing in this window tightened the desk.",
        "## Profit and loss in this window",
        _money(made_in(facts.equity)),
        "## Positions and markets",
        table(
            ("market", "at first", "at last", "lowest", "highest", "change", "held"), _moves(facts)
        ),
        "## Who did what",
        table(("when (UTC)", "who", "what"), _people(facts)),
        "## Timeline",
        table(("when (UTC)", "by", "what happened"), _timeline(facts)),
        "## Orders",
        table(
            ("when (UTC)", "order", "kind", "side", "contracts", "filled", "state"), _orders(facts)
        ),
        "## Fills",
        table(("when (UTC)", "market", "side", "contracts", "price", "fee"), _fills(facts)),
        "## To be filled in by people",
        "- Root cause:\n- What went well, what did not:\n- What changes, who does it, until when:",
    ]
    return "\n\n".join(parts) + "\n"


def figures(incident: Incident, facts: Facts, drafted_at: datetime) -> dict[str, Any]:
    """The same for machines; money and prices are text, times RFC 3339."""
    made = made_in(facts.equity)
    return {
        "incident": {
            "id": incident.id,
            "desk": incident.desk,
            "title": incident.title,
            "state": incident.state,
            "opened_by": incident.opened_by,
            "opened_at": incident.opened_at.isoformat(),
            "assignee": incident.assignee,
            "closed_by": incident.closed_by,
            "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
        },
        "since": facts.since.isoformat(),
        "until": facts.until.isoformat(),
        "drafted_at": drafted_at.isoformat(),
        "pnl": _pnl_figures(made),
        "markets": [
            {
                "product": move.product_id,
                "first": str(move.first),
                "last": str(move.last),
                "lowest": str(move.lowest),
                "highest": str(move.highest),
                "contracts_before": move.contracts_before,
                "contracts_after": move.contracts_after,
            }
            for move in moves_of(facts.marks)
        ],
        "events": [
            {
                "seq": e.seq,
                "at": e.at.isoformat(),
                "kind": e.kind,
                "actor": e.actor,
                "body": dict(e.body),
                "says": says(e),
            }
            for e in facts.events
        ],
        "orders": [
            {
                "id": o.spec.client_order_id,
                "at": o.created_at.isoformat(),
                "product": o.spec.product_id,
                "kind": o.spec.kind,
                "side": o.spec.side,
                "contracts": o.spec.contracts,
                "filled": o.filled,
                "state": o.state,
                "detail": o.detail,
            }
            for o in facts.orders
        ],
        "fills": [
            {
                "id": f.entry_id,
                "at": f.at.isoformat(),
                "product": f.product_id,
                "side": f.side,
                "contracts": f.contracts,
                "price": str(f.price),
                "fee_usd": str(f.fee),
            }
            for f in facts.fills
        ],
    }


def _pnl_figures(made: Made | None) -> dict[str, Any] | None:
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


def _summary(incident: Incident, facts: Facts, drafted_at: datetime) -> str:
    ended = (
        f"closed by {incident.closed_by} at {moment(incident.closed_at)}"
        if incident.closed_at
        else "open"
    )
    return bullets(
        [
            f"Desk: {incident.desk}",
            f"Opened by {incident.opened_by} at {moment(incident.opened_at)}; {ended}",
            f"Looked into by: {incident.assignee or 'nobody yet'}",
            f"Window: {moment(facts.since)} to {moment(facts.until)} (UTC)",
            f"Drafted at {moment(drafted_at)} from the record, {len(facts.events)} events",
        ]
    )


def _triggers(facts: Facts) -> list[str]:
    return [f"{moment(e.at)} {e.actor}: {says(e)}" for e in facts.events if e.kind in TRIGGERS]


def _money(made: Made | None) -> str:
    if made is None:
        return "UNKNOWN: the books were not sampled in this window."
    pnl = made.pnl
    rows = [
        ("realised", usd(pnl.realised_usd)),
        ("change in unrealised", usd(pnl.unrealised_usd)),
        ("funding", usd(pnl.funding_usd)),
        ("fees", usd(-pnl.fees_usd)),
        ("net", usd(pnl.net_usd)),
    ]
    said = f"From {moment(made.opening.at)} to {moment(made.closing.at)}."
    if made.provisional:
        said += " **Provisional: a position was valued at a stale mark at one end.**"
    return f"{said}\n\n{table(('part', 'USD'), rows)}"


def _moves(facts: Facts) -> list[Row]:
    return [
        (
            move.product_id,
            f"{move.first:f}",
            f"{move.last:f}",
            f"{move.lowest:f}",
            f"{move.highest:f}",
            f"{move.change_pct:+.2f} %",
            f"{move.contracts_before:+d} → {move.contracts_after:+d}",
        )
        for move in moves_of(facts.marks)
    ]


def _people(facts: Facts) -> list[Row]:
    return [(moment(e.at), e.actor, says(e)) for e in facts.events if e.actor not in MACHINES]


def _timeline(facts: Facts) -> list[Row]:
    return [(moment(e.at), e.actor, says(e)) for e in facts.events if worth_telling(e)]


def _orders(facts: Facts) -> list[Row]:
    return [
        (
            moment(o.created_at),
            o.spec.client_order_id,
            o.spec.kind,
            o.spec.side,
            str(o.spec.contracts),
            str(o.filled),
            f"{o.state} {o.detail}".rstrip(),
        )
        for o in facts.orders
    ]


def _fills(facts: Facts) -> list[Row]:
    return [
        (moment(f.at), f.product_id, f.side, str(f.contracts), f"{f.price:f}", usd(-f.fee))
        for f in facts.fills
    ]
