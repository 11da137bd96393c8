"""Profit and loss: now, of one day, and why the exchange's figures are not ours."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal

from bot.answer import FAILED, Answer, Table
from bot.commands.days import DAY, begins, day_of
from bot.commands.facts import facts_of, jsonable
from bot.commands.lines import money_lines, outside_lines, parts_of, risk_line
from bot.commands.looking import each_desk, picture_of, since_start
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import UNKNOWN, at_mark
from bot.picture import ACCOUNT_FRESH_FOR, Picture
from bot.words import age, clock, money, signed
from core.reports.explained import Cause, Theirs, Unvalued, causes
from store.acceptance import Accepted, latest_accepted
from store.ledger import read_positions
from store.observations import read_held_there, read_marks
from store.own_cash import read_cash
from store.reports.days import Made, read_made
from store.store import Transaction

ACCEPTED_SEEN = 1_000


@command(
    "pnl [DAY|explain [DAY]]",
    "profit and loss now, of a UTC day, or ours against the exchange's with the difference by cause",
    examples=["pnl", "pnl --watch", "pnl 2026-03-02", "pnl explain", "pnl explain 2026-03-02"],
    watch_s=5,
)
def pnl(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return each_desk(context, lambda desk: _now(context, desk))
    explain, rest = words[0] == "explain", [w for w in words if w not in ("explain", "date")]
    day = day_of(rest[0] if rest else "today", context.now) if len(rest) < 2 else None
    if day is None:
        return wrong_usage("pnl", f"{' '.join(words)!r} is neither a day nor `explain`")
    if day > context.now.date():
        return wrong_usage("pnl", f"{day} has not come yet")
    show = _explained if explain else _of_day
    return each_desk(context, lambda desk: show(context, desk, day))


def _now(context: Context, desk: str) -> Answer:
    picture = picture_of(context, desk)
    head = ["product", "contracts", "unrealised", "notional"]
    rows = [
        [
            held.position.product_id,
            f"{held.contracts:+,d}",
            at_mark(held.unrealised_usd, signed, held),
            at_mark(held.notional_usd, money, held),
        ]
        for held in picture.positions
    ]
    tables = [Table("open positions", head, rows)] if rows else []
    started = since_start(context, picture)
    lines = [*money_lines(picture), started, *outside_lines(picture), risk_line(picture)]
    return Answer(f"{desk}: P&L", lines, tables, facts_of(picture))


def _of_day(context: Context, desk: str, day: date) -> Answer:
    made = context.store.read(lambda c: read_made(c, desk, day, context.now))
    if made is None:
        lines = ["The books were not open then, or the trader did not run."]
        return Answer(f"{desk}: P&L of {day} {UNKNOWN}", lines, [], {"made": None}, FAILED)
    facts = {"made": jsonable(asdict(made.pnl)) | {"net_usd": format(made.pnl.net_usd, "f")}}
    return Answer(f"{desk}: P&L of {day} (UTC)", _made_lines(made), [], facts)


def _made_lines(made: Made) -> list[str]:
    until = f"until {made.until:%Y-%m-%d} {clock(made.until)}"
    equity = (
        f"equity {money(made.opening.equity_usd)} at its opening, {money(made.closing.equity_usd)}"
    )
    outside = made.closing.outside_usd - made.opening.outside_usd
    return [
        f"{parts_of(made.pnl)}, {until}",
        f"{equity} {until}; of that {signed(outside)} came from outside",
    ]


def _explained(context: Context, desk: str, day: date) -> Answer:
    """The exchange's own figures are kept of now only: of a past day what people accepted is known."""
    made = context.store.read(lambda c: read_made(c, desk, day, context.now))
    end = begins(day) + DAY
    every = context.store.read(lambda c: latest_accepted(c, desk, ACCEPTED_SEEN))
    taken = [one for one in every if begins(day) <= one.at < end]
    lines = _made_lines(made) if made else [f"P&L of {day} by our books: {UNKNOWN}"]
    tables = [_accepted(taken)] if taken else []
    found: list[Cause] = []
    if end <= context.now:
        lines.append(f"The exchange's figures of that day: {UNKNOWN}, only its latest are kept.")
    else:
        picture = picture_of(context, desk)
        says, found = context.store.read(lambda c: _against(c, picture))
        lines += says
    if found:
        rows = [[cause.name, signed(cause.usd), cause.says] for cause in found]
        tables.insert(0, Table("theirs less ours, by cause", ["cause", "amount", "why"], rows))
    facts = {
        "made": jsonable(asdict(made.pnl)) if made else None,
        "causes": [jsonable(asdict(cause)) for cause in found],
        "accepted": [jsonable(asdict(one)) for one in taken],
    }
    return Answer(f"{desk}: P&L of {day} (UTC), explained", lines, tables, facts)


def _against(c: Transaction, picture: Picture) -> tuple[list[str], list[Cause]]:
    account, our_cash = picture.account, read_cash(c, picture.desk)
    if account is None or our_cash is None or picture.now - account.at > ACCOUNT_FRESH_FOR:
        return [f"The exchange's equity now: {UNKNOWN}, the account was not read lately."], []
    marks = {product_id: mark.price for product_id, mark in read_marks(c, picture.desk).items()}
    held = read_held_there(c, picture.desk)
    theirs = {id: Theirs(h.contracts, h.average_price) for id, h in held.items() if h.contracts}
    found = causes(account, our_cash, read_positions(c, picture.desk), theirs, marks)
    if isinstance(found, Unvalued):
        return [f"theirs less ours: {UNKNOWN}, {found.product_id} has no mark or is not ours"], []
    differs = sum((cause.usd for cause in found), Decimal(0))
    read = age(account.at, picture.now)
    line = f"equity by the exchange {money(account.equity_usd)} ({read}); theirs less ours"
    return [f"{line} {signed(differs)}{'' if found else ': nothing differs'}"], found


def _accepted(taken: Sequence[Accepted]) -> Table:
    rows = [
        [clock(one.at), one.says, f"{one.contracts:+,d}", signed(one.cash_usd)] for one in taken
    ]
    return Table("accepted by two people that day", ["time", "what", "contracts", "cash"], rows)
