"""The day's digest in words: a headline, short lines for a message, and the whole as Markdown."""

from typing import Any

from core.reports.daily import Digest, Market
from core.reports.text import Row, bullets, moment, table, usd

HEAD = ("market", "traded", "held", "realised", "unrealised", "funding", "fees", "net", "slippage")


def headline(digest: Digest) -> str:
    """One line that says how the day was, and whether to believe it."""
    if digest.made is None:
        return f"{digest.desk}: P&L UNKNOWN, the books were not sampled"
    said = f"{digest.desk}: net {usd(digest.made.pnl.net_usd)} USD"
    if digest.made.provisional:
        said += " (provisional: a position was valued at a stale mark)"
    return said


def lines(digest: Digest) -> list[str]:
    """What a person reads first."""
    facts, made = digest.facts, digest.made
    said = [f"From {moment(facts.since)} to {moment(facts.until)} UTC"]
    if made is not None:
        pnl = made.pnl
        said.append(
            f"Realised {usd(pnl.realised_usd)}, unrealised {usd(pnl.unrealised_usd)}, "
            f"funding {usd(pnl.funding_usd)}, fees {usd(-pnl.fees_usd)}"
        )
        said.append(
            f"Equity {made.closing.books.equity_usd:,.2f}, deepest drawdown {_plain(digest)}"
        )
    said.append(f"Round trips: {digest.trips}{_averages(digest)}")
    said += [
        f"Limit {use.name}: {use.used:,.2f} of {use.limit:,.2f} ({use.used_pct:.0f} %)"
        for use in digest.limits
    ]
    errors = ", ".join(f"{name} {count}" for name, count in digest.errors.items())
    said.append(f"Errors: {errors or 'none'}")
    incidents = ", ".join(f"{i.id} ({i.state}): {i.title}" for i in digest.incidents)
    said.append(f"Incidents: {incidents or 'none'}")
    said.append(_agreement(digest))
    return said


def rows(digest: Digest) -> list[Row]:
    """One for each market that was traded or held."""
    return [_row(market) for market in digest.markets]


def markdown(digest: Digest, title: str) -> str:
    """The whole document."""
    parts = [f"# {title}", f"**{headline(digest)}**", bullets(lines(digest)), "## By market"]
    parts.append(table(HEAD, rows(digest)))
    return "\n\n".join(parts) + "\n"


def figures(digest: Digest) -> dict[str, Any]:
    """The same for machines; money is text, None is what was not known."""
    made = digest.made
    return {
        "desk": digest.desk,
        "since": digest.facts.since.isoformat(),
        "until": digest.facts.until.isoformat(),
        "provisional": made.provisional if made else None,
        "net_usd": str(made.pnl.net_usd) if made else None,
        "realised_usd": str(made.pnl.realised_usd) if made else None,
        "unrealised_usd": str(made.pnl.unrealised_usd) if made else None,
        "funding_usd": str(made.pnl.funding_usd) if made else None,
        "fees_usd": str(made.pnl.fees_usd) if made else None,
        "drawdown_usd": None if digest.drawdown_usd is None else str(digest.drawdown_usd),
        "markets": [dict(zip(HEAD, row, strict=True)) for row in rows(digest)],
        "trips": {"won": digest.trips.won, "lost": digest.trips.lost, "n": digest.trips.n},
        "errors": dict(digest.errors),
        "incidents": [incident.id for incident in digest.incidents],
        "cash_off_usd": None if digest.cash_off_usd is None else str(digest.cash_off_usd),
        "positions_off": list(digest.differs),
    }


def _plain(digest: Digest) -> str:
    return "UNKNOWN" if digest.drawdown_usd is None else f"{digest.drawdown_usd:,.2f}"


def _averages(digest: Digest) -> str:
    trips = digest.trips
    parts = [
        f"average {name} {usd(amount)}"
        for name, amount in (("win", trips.average_win_usd), ("loss", trips.average_loss_usd))
        if amount is not None
    ]
    return f"; {', '.join(parts)}" if parts else ""


def _agreement(digest: Digest) -> str:
    """Ours against the exchange's own figures."""
    positions = "; ".join(digest.differs) or "positions agree"
    return f"Against the exchange: cash {usd(digest.cash_off_usd)} (ours less theirs), {positions}"


def _row(market: Market) -> Row:
    slipped = f"{market.slipped.usd:,.2f}"
    if market.slipped.unknown:
        slipped += f" and {market.slipped.unknown} unknown"
    return (
        market.product_id,
        f"{market.contracts_traded:,}",
        f"{market.held:+,}" if market.held else "flat",
        usd(market.pnl.realised_usd),
        usd(market.pnl.unrealised_usd),
        usd(market.pnl.funding_usd),
        usd(-market.pnl.fees_usd),
        usd(market.pnl.net_usd),
        slipped,
    )
