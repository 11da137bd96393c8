"""What was traded on some days: executions and round trips with their sums."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from bot.answer import Answer, Table
from bot.commands.days import days_of
from bot.commands.looking import each_desk
from bot.commands.registry import Context, command, wrong_usage
from bot.words import clock, count, money, signed
from core.orders import Fill
from core.positions import ZERO
from core.reports.trips import Trip, tally
from store.reports.trades import Trades, read_trades


@command(
    "trades [DAY|from DAY to DAY]",
    "executions and round trips of UTC days: sums, fees, win rate with its number; today unless told",
    examples=["trades", "trades 2026-03-02", "trades from 2026-03-01 to 2026-03-02"],
    watch_s=10,
)
def trades(context: Context, words: Sequence[str]) -> Answer:
    span = days_of(words, context.now)
    if isinstance(span, str):
        return wrong_usage("trades", span)
    since, until = span

    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: read_trades(c, desk, since, until))
        title = f"{desk}: {count(len(found.fills), 'fill')}, {since:%Y-%m-%d} to {until:%Y-%m-%d %H:%M} UTC"
        return Answer(title, _sums(found), _tables(found), _facts(found))

    return each_desk(context, show)


def _sums(found: Trades) -> list[str]:
    ended = tally(found.trips)
    lines = [
        f"fees {money(_fees(found.fills))}",
        f"round trips after fees, before funding: {signed(_net(found.trips))}; {ended}",
    ]
    if ended.average_win_usd is not None:
        lines.append(f"average win {signed(ended.average_win_usd)}")
    if ended.average_loss_usd is not None:
        lines.append(f"average loss {signed(ended.average_loss_usd)}")
    return lines


def _fees(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.fee for fill in fills), ZERO)


def _net(trips: Sequence[Trip]) -> Decimal:
    return sum((trip.net_usd for trip in trips), ZERO)


def _tables(found: Trades) -> list[Table]:
    fills, trips = defaultdict[str, list[Fill]](list), defaultdict[str, list[Trip]](list)
    for fill in found.fills:
        fills[fill.product_id].append(fill)
    for trip in found.trips:
        trips[trip.product_id].append(trip)
    head = ["product", "fills", "contracts", "fees", "round trips", "won", "made"]
    rows = [
        [
            id,
            f"{len(fills[id]):,}",
            f"{sum(fill.contracts for fill in fills[id]):,}",
            money(_fees(fills[id])),
            f"{len(trips[id]):,}",
            f"{tally(trips[id]).won:,}",
            signed(_net(trips[id])),
        ]
        for id in sorted({*fills, *trips})
    ]
    ended = [
        [f"{t.closed_at:%Y-%m-%d} {clock(t.closed_at)}", t.product_id, signed(t.net_usd)]
        for t in found.trips
    ]
    tables = [Table("by market", head, rows)] if rows else []
    return [
        *tables,
        *([Table("round trips", ["closed", "product", "made"], ended)] if ended else []),
    ]


def _facts(found: Trades) -> dict[str, object]:
    ended = tally(found.trips)
    return {
        "fills": len(found.fills),
        "contracts": sum(fill.contracts for fill in found.fills),
        "fees_usd": format(_fees(found.fills), "f"),
        "round_trips": ended.n,
        "won": ended.won,
        "lost": ended.lost,
        "made_usd": format(_net(found.trips), "f"),
    }
