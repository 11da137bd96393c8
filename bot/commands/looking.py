"""Commands that only look: status, positions, orders, fills, pnl, requests, events."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.answer import FAILED, Answer, Table
from bot.commands.registry import COMMANDS, Context, command, wrong_usage
from bot.commands.shown import (
    UNKNOWN,
    mode_line,
    open_positions_lines,
    orders_table,
    positions_table,
    request_lines,
)
from bot.picture import Picture, read_picture
from bot.words import age, clock, money, percent, plain, signed
from core.books import Books, UnknownMark
from core.modes import Mode
from core.requests import RequestState
from store.events import latest
from store.ledger import latest_fills
from store.orders import latest_orders
from store.requests import lapse_due, latest_requests

EVENTS_SHOWN = 20
ORDERS_SHOWN = 20


def each_desk(context: Context, show: Any) -> Answer:
    """One answer for every desk that is meant; several are put one below the other."""
    answers = [show(desk) for desk in context.desks]
    if len(answers) == 1:
        single: Answer = answers[0]
        return single
    return Answer(
        f"{len(answers)} desks",
        [line for answer in answers for line in (answer.title, *answer.lines)],
        [table for answer in answers for table in answer.tables],
        {desk: answer.facts for desk, answer in zip(context.desks, answers, strict=True)},
        max(answer.code for answer in answers),
    )


def picture_of(context: Context, desk: str) -> Picture:
    """A picture in which what is overdue has lapsed."""
    context.store.write(lambda tx: lapse_due(tx, context.store.log, desk, context.now))
    return read_picture(context.store, desk, context.now)


@command("status", "mode and who set it, P&L, equity, positions, orders, processes", watch_s=2)
def status(context: Context, _words: Sequence[str]) -> Answer:
    return each_desk(context, lambda desk: _status(picture_of(context, desk), context.typed))


def _status(picture: Picture, typed: str) -> Answer:
    control = picture.control
    lines = [
        f"set by {control.actor} {age(control.at, picture.now)}: {control.reason}",
        *(
            f"constraint {c.rule}: {c.reason} (since {clock(c.since)}, "
            f"{'two people release it' if c.latches else 'clears by itself'})"
            for c in picture.constraints
        ),
        gate_line(picture),
        *money_lines(picture),
        *_risk_lines(picture),
    ]
    if picture.unknown:
        lines.append(f"POSITIONS AND ORDERS ARE UNKNOWN: {picture.unknown}")
    else:
        lines.append(
            f"{len(picture.positions)} positions and {len(picture.live)} live orders, "
            f"read {age(picture.looked_at, picture.now)}"
        )
    for request in picture.requests:
        if request.state is RequestState.ASKED:
            lines += request_lines(request, picture.now, typed)
        else:
            lines.append(f"Request {request.id}: {request.action} is being carried out")
    lines += _flatten_lines(picture)
    lines += process_lines(picture)
    tables = [positions_table(picture)] if picture.positions else []
    title = f"{picture.desk}: {mode_line(picture)}"
    return Answer(title, lines, tables, facts_of(picture))


def _flatten_lines(picture: Picture) -> list[str]:
    """A flatten that runs, leg by leg; on a killed desk also what the last one came to."""
    job = picture.job
    if job is None or not (job.open or picture.row.mode is Mode.KILLED):
        return []
    lines = [f"flatten {job.id}: {job.state.name}" + (f": {job.outcome}" if job.outcome else "")]
    if job.open:
        lines += [f"  {leg.product_id}: {leg.state} {leg.detail}".rstrip() for leg in job.legs]
    return lines


def gate_line(picture: Picture) -> str:
    """Requested against applied: what the gate itself does now."""
    page = picture.page
    if picture.kill_file:
        return "gate: CLOSED by the KILL file in the home"
    if page is None or page.mode is None:
        return "gate: CLOSED, its page cannot be read"
    if not page.armed:
        return "gate: CLOSED, the trader has not reconciled in this start"
    if page.epoch != picture.row.epoch:
        return f"gate: epoch {page.epoch}, asked for {picture.row.epoch}: not applied yet"
    return f"gate: {page.mode.name} applied, epoch {page.epoch}"


def money_lines(picture: Picture) -> list[str]:
    """P&L of the day and since the books opened, by part; what is unknown is said."""
    books = picture.books
    if books is None:
        return ["P&L: UNKNOWN, the exchange has not been read yet"]
    if isinstance(books, UnknownMark):
        return [f"P&L: UNKNOWN, {books.product_id} has no mark price"]
    lines = []
    if picture.today is not None:
        day = picture.today
        lines.append(
            f"P&L today (UTC): {signed(day.net_usd)} = realised {signed(day.realised_usd)}, "
            f"unrealised {signed(day.unrealised_usd)}, funding {signed(day.funding_usd)}, "
            f"fees {signed(-day.fees_usd)}"
        )
    net = books.realised_usd + books.unrealised_usd + books.funding_usd - books.fees_usd
    lines.append(
        f"P&L since the books opened: {signed(net)} = realised {signed(books.realised_usd)}, "
        f"unrealised {signed(books.unrealised_usd)}, funding {signed(books.funding_usd)}, "
        f"fees {signed(-books.fees_usd)}"
    )
    equity = f"equity {money(books.equity_usd)} by our books"
    if picture.account is not None:
        equity += (
            f", {money(picture.account.equity_usd)} by the exchange "
            f"({age(picture.account.at, picture.now)})"
        )
    lines.append(equity)
    return lines


def _risk_lines(picture: Picture) -> list[str]:
    books, gross = picture.books, picture.gross_usd
    parts = []
    if isinstance(books, Books) and gross is not None and books.equity_usd > 0:
        parts.append(f"leverage {gross / books.equity_usd:.2f}x")
    else:
        parts.append(f"leverage {UNKNOWN}")
    if picture.drawdown_usd is not None:
        parts.append(f"drawdown {money(picture.drawdown_usd)} from the highest equity")
    if picture.account is not None:
        account = picture.account
        parts.append(f"margin used {money(account.initial_margin_usd)}")
        parts.append(f"liquidation buffer {account.liquidation_buffer_pct or UNKNOWN} %")
    marks = [held.mark.at for held in picture.positions if held.mark]
    if marks:
        parts.append(f"oldest mark {age(min(marks), picture.now)}")
    return ["; ".join(parts)]


def process_lines(picture: Picture) -> list[str]:
    """Which processes of the desk live."""
    if not picture.heartbeats:
        return ["no process of this desk has ever run; start it: perps-bot --profile dev"]
    return [
        f"{beat.process}: {beat.detail}, pid {beat.pid}, beat {age(beat.at, picture.now)}"
        for beat in picture.heartbeats
    ]


@command("positions", "each open position, its worth and what protects it", watch_s=10)
def positions(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        read = f"read {age(picture.looked_at, picture.now)}"
        lines = open_positions_lines(picture) if picture.unknown else []
        if not picture.positions and not picture.unknown:
            lines = [f"No positions are open ({read})."]
        tables = [positions_table(picture)] if picture.positions else []
        return Answer(f"{desk}: positions, {read}", lines, tables, facts_of(picture))

    return each_desk(context, show)


@command("orders [N]", "live orders, and the last N of all", watch_s=2)
def orders(context: Context, words: Sequence[str]) -> Answer:
    limit = _count(words, ORDERS_SHOWN)
    if limit is None:
        return wrong_usage("orders", f"{words[0]!r} is not a number of orders")

    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        last = context.store.read(lambda c: latest_orders(c, desk, limit))
        lines = [f"ORDERS ARE UNKNOWN: {picture.unknown}"] if picture.unknown else []
        tables = [
            orders_table("live", picture.live, context.now),
            orders_table("latest", last, context.now),
        ]
        facts = {
            "live": [order_facts(order) for order in picture.live],
            "latest": [order_facts(order) for order in last],
        }
        return Answer(f"{desk}: {len(picture.live)} live orders", lines, tables, facts)

    return each_desk(context, show)


@command("fills [N]", "the last N executions", watch_s=2)
def fills(context: Context, words: Sequence[str]) -> Answer:
    limit = _count(words, ORDERS_SHOWN)
    if limit is None:
        return wrong_usage("fills", f"{words[0]!r} is not a number of fills")

    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: latest_fills(c, desk, limit))
        head = ["time", "product", "side", "contracts", "price", "fee", "as", "order"]
        rows = [
            [
                clock(fill.at),
                fill.product_id,
                fill.side,
                str(fill.contracts),
                plain(fill.price),
                money(fill.fee),
                "maker" if fill.maker else "taker",
                fill.client_order_id or fill.order_id,
            ]
            for fill in found
        ]
        facts = {"fills": [jsonable(asdict(fill)) for fill in found]}
        return Answer(f"{desk}: {len(found)} fills", [], [Table("fills", head, rows)], facts)

    return each_desk(context, show)


@command("pnl", "profit and loss of the UTC day and since the books opened", watch_s=5)
def pnl(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        head = ["product", "contracts", "unrealised", "notional"]
        rows = [
            [
                held.position.product_id,
                f"{held.position.contracts:+d}",
                UNKNOWN if held.unrealised_usd is None else signed(held.unrealised_usd),
                UNKNOWN if held.notional_usd is None else money(held.notional_usd),
            ]
            for held in picture.positions
        ]
        tables = [Table("open positions", head, rows)] if rows else []
        lines = [*money_lines(picture), *_risk_lines(picture), *_share_lines(picture)]
        return Answer(f"{desk}: P&L", lines, tables, facts_of(picture))

    return each_desk(context, show)


def _share_lines(picture: Picture) -> list[str]:
    if picture.drawdown_usd is None or not isinstance(picture.books, Books):
        return []
    peak = picture.books.equity_usd + picture.drawdown_usd
    return [f"drawdown {percent(picture.drawdown_usd / peak * 100)} of the peak"] if peak else []


@command("requests", "what waits for a second person, and what became of earlier ones", watch_s=2)
def requests(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        lines = [
            line
            for request in picture.requests
            if request.state is RequestState.ASKED
            for line in request_lines(request, context.now, context.typed)
        ] or ["Nothing waits for a second person."]
        found = context.store.read(lambda c: latest_requests(c, desk, 10))
        head = ["request", "action", "by", "state", "decided by", "outcome"]
        rows = [
            [r.id, r.action, r.requester, r.state, r.decided_by or "", r.outcome] for r in found
        ]
        facts = {"requests": [jsonable(asdict(request)) for request in found]}
        return Answer(f"{desk}: requests", lines, [Table("latest", head, rows)], facts)

    return each_desk(context, show)


@command("events [N|verify]", "the last N events on record, or proof that none was changed")
def events(context: Context, words: Sequence[str]) -> Answer:
    if list(words) == ["verify"]:
        return each_desk(context, lambda desk: _verify(context, desk))
    limit = _count(words, EVENTS_SHOWN)
    if limit is None:
        return wrong_usage("events", f"{words[0]!r} is neither a number nor `verify`")

    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: latest(c, desk, limit))
        head = ["#", "time", "what", "by", "details"]
        rows = [
            [
                str(e.seq),
                clock(e.at),
                e.kind,
                e.actor,
                ", ".join(f"{k} {v}" for k, v in e.body.items() if v not in ("", None)),
            ]
            for e in found
        ]
        facts = {"events": [jsonable(asdict(event)) for event in found]}
        return Answer(f"{desk}: last events", [], [Table("events", head, rows)], facts)

    return each_desk(context, show)


def _verify(context: Context, desk: str) -> Answer:
    count, broken = context.store.read(lambda c: context.store.log.verify(c, desk))
    facts = {"events": count, "broken_at": broken.seq if broken else None}
    if broken is None:
        return Answer(f"{desk}: {count} events, every one holds", [], [], facts)
    lines = ["Somebody or something changed the record. Keep the home as it is and tell your lead."]
    title = f"{desk}: THE RECORD IS BROKEN at event {broken.seq}: {broken.why}"
    return Answer(title, lines, [], facts, FAILED)


@command("help", "this list")
def help_(_context: Context, _words: Sequence[str]) -> Answer:
    rows = [[found.usage, found.summary] for found in COMMANDS.values()]
    facts = {"commands": {found.name: found.summary for found in COMMANDS.values()}}
    return Answer("perps-bot", [], [Table("commands", ["command", "what it does"], rows)], facts)


def facts_of(picture: Picture) -> dict[str, Any]:
    """The picture for machines."""
    books = picture.books
    return {
        "desk": picture.desk,
        "at": picture.now.isoformat(),
        "mode": picture.row.mode.name,
        "set": jsonable(asdict(picture.control)) | {"mode": picture.control.mode.name},
        "epoch": picture.row.epoch,
        "constraints": [
            {"rule": c.rule.value, "mode": c.mode.name, "reason": c.reason, "latches": c.latches}
            for c in picture.constraints
        ],
        "gate": {
            "line": gate_line(picture),
            "armed": bool(picture.page and picture.page.armed),
            "kill_file": picture.kill_file,
        },
        "unknown": picture.unknown,
        "looked_at": picture.looked_at.isoformat() if picture.looked_at else None,
        "positions": [
            {
                "product_id": held.position.product_id,
                "contracts": held.position.contracts,
                "exchange_contracts": held.there,
                "average_price": str(held.position.average_price),
                "mark": str(held.mark.price) if held.mark else None,
                "unrealised_usd": _text(held.unrealised_usd),
                "notional_usd": _text(held.notional_usd),
                "stop_contracts": held.covered,
            }
            for held in picture.positions
        ],
        "orders": [order_facts(order) for order in picture.live],
        "pnl_today": jsonable(asdict(picture.today)) if picture.today else None,
        "books": jsonable(asdict(books)) if isinstance(books, Books) else None,
        "equity_usd": str(books.equity_usd) if isinstance(books, Books) else None,
        "account": jsonable(asdict(picture.account)) if picture.account else None,
        "drawdown_usd": _text(picture.drawdown_usd),
        "requests": [jsonable(asdict(request)) for request in picture.requests],
        "processes": [jsonable(asdict(beat)) for beat in picture.heartbeats],
    }


def order_facts(order: Any) -> dict[str, Any]:
    flat = asdict(order)
    facts: dict[str, Any] = jsonable(flat.pop("spec") | flat)
    return facts


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


def _count(words: Sequence[str], otherwise: int) -> int | None:
    """The number that was typed, the usual one, or None when it is no sensible number."""
    if not words:
        return otherwise
    return int(words[0]) if words[0].isdecimal() and 0 < int(words[0]) <= 10_000 else None
