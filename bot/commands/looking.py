"""Commands that only look: status, positions, orders, fills, help."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from bot.answer import Answer, Table
from bot.commands.alerting_lines import alert_lines
from bot.commands.facts import facts_of, jsonable, order_facts
from bot.commands.lines import (
    constraint_lines,
    exchange_lines,
    flatten_lines,
    gate_line,
    mode_line,
    money_lines,
    process_lines,
    reconciliation_lines,
    risk_line,
    session_line,
    set_by_line,
)
from bot.commands.registry import COMMANDS, Command, Context, command, unknown, wrong_usage
from bot.commands.shown import (
    open_positions_lines,
    orders_table,
    positions_table,
    request_lines,
)
from bot.picture import Picture, read_picture
from bot.surface import Surface
from bot.words import age, clock, count, money, plain
from core.requests import RequestState, lapse
from store.kills import flatten_unconfirmed
from store.ledger import latest_fills
from store.orders import latest_orders
from store.reports.session import read_session_opening, read_started_at
from store.requests import lapse_due, open_requests
from store.store import Store, Transaction
from store.vitals import read_vitals

ORDERS_SHOWN = 20
LIMIT_MAX = 10_000
OPTIONS_OF_SHELL = frozenset({"--watch", "--json", "--limit"})


def each_desk(context: Context, show: Callable[[str], Answer]) -> Answer:
    """One answer for every desk that is meant; several are put one below the other."""
    answers = [show(desk) for desk in context.desks]
    if len(answers) == 1:
        return answers[0]
    return Answer(
        f"{len(answers)} desks",
        [line for answer in answers for line in (answer.title, *answer.lines)],
        [
            replace(table, title=f"{desk}: {table.title}")
            for desk, answer in zip(context.desks, answers, strict=True)
            for table in answer.tables
        ],
        {"desks": {d: a.facts for d, a in zip(context.desks, answers, strict=True)}},
        max(answer.code for answer in answers),
        [file for answer in answers for file in answer.files],
    )


def picture_of(context: Context, desk: str) -> Picture:
    """A picture in which what is overdue has lapsed."""
    lapsed_away(context.store, desk, context.now)
    return read_picture(context.store, desk, context.now, context.now_ns)


def lapsed_away(store: Store, desk: str, now: datetime) -> None:
    """Let lapse what is overdue. Without anything overdue it writes nothing."""
    waiting = store.read(lambda connection: open_requests(connection, desk))
    if any(lapse(request, now) for request in waiting):
        flatten_unconfirmed(store, desk, now)
        store.write(lambda tx: lapse_due(tx, store.log, desk, now))


@command(
    "status",
    "mode and who set it, P&L, equity, positions, orders, processes",
    examples=["status", "status --watch", "status --desk main --json"],
    watch_s=2,
)
def status(context: Context, _words: Sequence[str]) -> Answer:
    def show(desk: str) -> Answer:
        told, vitals = context.store.read(
            lambda c: (alert_lines(c, desk, context.now), read_vitals(c, desk))
        )
        picture = picture_of(context, desk)
        money_now = [*money_lines(picture), since_start(context, picture)]
        exchange = exchange_lines(vitals, context.now)
        return _status(picture, context.surface, told, money_now, exchange)

    return each_desk(context, show)


def since_start(context: Context, picture: Picture) -> str:
    """The line about what this start of the trader has made."""
    desk, now = picture.desk, context.now

    def read(c: Transaction) -> str:
        started_at = read_started_at(c, desk, now)
        opening = read_session_opening(c, desk, started_at, now) if started_at else None
        return session_line(picture, started_at, opening)

    return context.store.read(read)


def _status(
    picture: Picture,
    surface: Surface,
    alerts: Sequence[str],
    money_now: Sequence[str],
    exchange: Sequence[str],
) -> Answer:
    lines = [
        set_by_line(picture),
        *alerts,
        *constraint_lines(picture),
        gate_line(picture),
        *money_now,
        risk_line(picture),
        _open_line(picture),
        *exchange,
        *reconciliation_lines(picture),
    ]
    for request in picture.requests:
        if request.state is RequestState.ASKED:
            lines += request_lines(request, picture.now, surface)
        else:
            lines.append(f"Request {request.id}: {request.action} is being carried out")
    lines += flatten_lines(picture)
    lines += process_lines(picture)
    tables = [positions_table(picture)] if picture.positions else []
    if picture.live and not surface.brief:
        tables.append(orders_table("live orders", picture.live, picture.now))
    title = f"{picture.desk}: {mode_line(picture)}"
    return Answer(title, lines, tables, facts_of(picture))


def _open_line(picture: Picture) -> str:
    if picture.unknown:
        return f"POSITIONS AND ORDERS ARE UNKNOWN: {picture.unknown}"
    return (
        f"{count(len(picture.positions), 'position')} and "
        f"{count(len(picture.live), 'live order')}, "
        f"read {age(picture.looked_at, picture.now)}"
    )


@command(
    "positions",
    "each open position, its worth and what protects it",
    examples=["positions", "positions --watch 5"],
    watch_s=10,
)
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


@command(
    "orders [N]",
    "live orders, and the last N of all",
    examples=["orders", "orders 50", "orders --watch"],
    watch_s=2,
)
def orders(context: Context, words: Sequence[str]) -> Answer:
    limit = count_of(words, ORDERS_SHOWN)
    if limit is None:
        return wrong_usage("orders", f"{' '.join(words)!r} is not a number of orders")

    def show(desk: str) -> Answer:
        picture = picture_of(context, desk)
        last = context.store.read(lambda c: latest_orders(c, desk, limit))
        title = f"{desk}: {count(len(picture.live), 'live order')}"
        lines = []
        if picture.unknown:
            title = f"{desk}: live orders UNKNOWN, {len(picture.live)} when last seen"
            lines = [f"ORDERS ARE UNKNOWN: {picture.unknown}"]
        tables = [
            orders_table("live", picture.live, context.now),
            orders_table("latest", last, context.now),
        ]
        facts = {
            "unknown": picture.unknown,
            "live": [order_facts(order) for order in picture.live],
            "latest": [order_facts(order) for order in last],
        }
        return Answer(title, lines, tables, facts)

    return each_desk(context, show)


@command("fills [N]", "the last N executions", examples=["fills", "fills 100 --json"], watch_s=2)
def fills(context: Context, words: Sequence[str]) -> Answer:
    limit = count_of(words, ORDERS_SHOWN)
    if limit is None:
        return wrong_usage("fills", f"{' '.join(words)!r} is not a number of fills")

    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: latest_fills(c, desk, limit))
        head = ["time", "product", "side", "contracts", "price", "fee", "as", "order"]
        rows = [
            [
                f"{clock(fill.at)} ({age(fill.at, context.now)})",
                fill.product_id,
                fill.side,
                f"{fill.contracts:,}",
                plain(fill.price),
                money(fill.fee),
                "maker" if fill.maker else "taker",
                fill.client_order_id or fill.order_id,
            ]
            for fill in found
        ]
        facts = {"fills": [jsonable(asdict(fill)) for fill in found]}
        tables = [Table("fills", head, rows)] if rows else []
        return Answer(f"{desk}: {count(len(found), 'fill')} booked last", [], tables, facts)

    return each_desk(context, show)


@command("help [COMMAND]", "this list, or how to use one command", examples=["help", "help kill"])
def help_(context: Context, words: Sequence[str]) -> Answer:
    return help_for(words, context.surface)


def help_for(words: Sequence[str], surface: Surface) -> Answer:
    """Help needs no desk."""
    if len(words) == 1:
        found = COMMANDS.get(words[0])
        return _one_command(found, surface) if found else unknown(words[0])
    if words:
        return wrong_usage("help", "one command at a time")
    rows = [[found.usage, found.summary] for found in COMMANDS.values()]
    facts = {"commands": {found.name: found.summary for found in COMMANDS.values()}}
    lines = [
        f"{surface.says('help COMMAND')} shows its use; on the desk's machine {surface.shell} --help "
        "shows every option."
    ]
    table = Table("commands", ["command", "what it does"], rows)
    return Answer(surface.begin, lines, [table], facts)


def _one_command(found: Command, surface: Surface) -> Answer:
    lines = [f"usage:    {surface.says(found.usage)}"]
    lines += [f"example:  {surface.says(example)}" for example in _examples(found, surface)]
    if found.proof and surface.proof:
        lines.append("It needs a person and their one-time code: --as NAME --code CODE")
    facts = {"usage": found.usage, "examples": list(found.examples), "needs": found.act.value}
    return Answer(f"{found.name}: {found.summary}", lines, [], facts)


def _examples(found: Command, surface: Surface) -> list[str]:
    """Without options that mean nothing here: they prove somebody, watch, or are for machines."""
    if surface.proof:
        return list(found.examples)
    fitting = [example.partition(" --as ")[0] for example in found.examples]
    return [example for example in fitting if not OPTIONS_OF_SHELL & set(example.split())]


def count_of(words: Sequence[str], otherwise: int) -> int | None:
    """The number that was typed, the usual one, or None when it is no sensible number."""
    if not words:
        return otherwise
    word = words[0]
    sensible = len(words) == 1 and word.isascii() and word.isdigit() and 0 < int(word) <= LIMIT_MAX
    return int(word) if sensible else None
