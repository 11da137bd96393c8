"""The report of an incident as Markdown, drafted from the record at once."""

from datetime import datetime

from core.incidents import Incident
from core.reports.facts import Facts, Made, made_in, moves_of
from core.reports.narrative import says, worth_telling
from core.reports.text import Row, bullets, moment, one_line, table, usd

MACHINES = frozenset({"machine", "trader", "guard", "exchange", "start", "alerts"})
PAGE = "page"
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
        "## Who was told",
        table(("when (UTC)", "level", "alert", "who", "by", "what came of it"), _told(facts)),
        "## Who took charge",
        table(("when (UTC)", "who", "alert", "after"), _taken(facts)),
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


def _told(facts: Facts) -> list[Row]:
    return [
        (
            moment(t.at),
            str(t.level),
            _about(t.rule, t.symbol),
            t.person or "the place",
            t.by if t.kind == PAGE else f"{t.by} ({t.kind})",
            f"{t.outcome or 'not sent yet'} {moment(t.ended_at)}".strip(),
        )
        for t in facts.told
    ]


def _taken(facts: Facts) -> list[Row]:
    return [
        (moment(t.at), t.person, _about(t.rule, t.symbol), f"{t.after.total_seconds():,.0f} s")
        for t in facts.taken
    ]


def _about(rule: str, symbol: str) -> str:
    return f"{rule} {symbol}".rstrip()


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
