"""What the Home tab shows: the brake, each desk with its figures, and how the bot is. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.answer import Answer
from bot.commands.lines import (
    buffer_of,
    constraint_lines,
    drawdown_of,
    gate_line,
    margin_of,
    process_lines,
)
from bot.commands.shown import UNKNOWN, positions_table
from bot.picture import Picture
from bot.slack.board import Outbox
from bot.slack.connections import Health
from bot.slack.message import (
    Block,
    actions,
    are_you_sure,
    button,
    context,
    divider,
    fields,
    header,
    section,
    sections,
)
from bot.slack.mrkdwn import bold, escape, moment
from bot.slack.shown import MODES, answer_blocks, labelled, table_blocks
from bot.words import age, count, money, signed
from core.books import Books
from core.modes import Mode
from core.people import Act, Person
from core.requests import RequestState


@dataclass(frozen=True, slots=True)
class Around:
    """How the bot itself is."""

    connections: Health
    outbox: Outbox
    people_trouble: str | None


def dashboard(
    person: Person,
    pictures: Sequence[Picture],
    around: Around,
    answer: Answer | None,
    now: datetime,
) -> list[Block]:
    """One part for each desk, between what was just answered and how the bot is."""
    blocks: list[Block] = [*answer_blocks(answer), divider()] if answer else []
    blocks.append(_brake(person, pictures))
    for picture in pictures:
        blocks += _desk(picture)
    if not pictures:
        blocks.append(section("There is no desk yet: start a trader on the desk's machine."))
    return [*blocks, divider(), context([_bot(around, now), f"as of {moment(now)}"])]


def _brake(person: Person, pictures: Sequence[Picture]) -> Block:
    refresh = button("home_refresh", "Refresh", "refresh")
    if not person.may(Act.TIGHTEN):
        return actions("brake", [refresh])
    kill = are_you_sure(
        "Hold every desk?",
        "Nothing new leaves at once, entries are cancelled. A second person then decides whether "
        "everything is closed.",
        "Hold now",
        "Not now",
    )
    reduce = are_you_sure(
        "Only reduce?",
        "No entries from now on, on every desk. Exits and stops go on working.",
        "Reduce only",
        "Not now",
        danger=False,
    )
    buttons = [
        button("home_kill", "Kill…", "kill", style="danger", confirm=kill),
        button("home_reduce_only", "Reduce only…", "reduce-only", confirm=reduce),
    ]
    if len(pictures) == 1 and pictures[0].row.mode is not Mode.ACTIVE and person.may(Act.ASK):
        buttons.append(button("home_resume", "Ask to resume", "resume"))
    return actions("brake", [*buttons, refresh])


def _desk(picture: Picture) -> list[Block]:
    mode, control = picture.row.mode, picture.control
    said = f"set by {bold(control.actor)} {age(control.at, picture.now)}"
    said += f": {escape(control.reason)}" if control.reason else ""
    waiting = [r for r in picture.requests if r.state is RequestState.ASKED]
    asks = [
        f"⏳ *{escape(r.action)}* asked by {bold(r.requester)} waits for a second person until "
        f"{moment(r.expires_at)}: see its card"
        for r in waiting
    ]
    if picture.unknown:
        open_ = f"🔴 *POSITIONS AND ORDERS ARE UNKNOWN:* {escape(picture.unknown)}"
    else:
        open_ = (
            f"{count(len(picture.positions), 'position')}, "
            f"{count(len(picture.live), 'live order')}, read {age(picture.looked_at, picture.now)}"
        )
    lines = [said, *map(labelled, constraint_lines(picture)), *asks, labelled(gate_line(picture))]
    positions = table_blocks(positions_table(picture)) if picture.positions else []
    return [
        header(f"{MODES[mode.name]} {picture.desk}: {mode.name}"),
        *sections([*lines, open_]),
        *fields(_figures(picture)),
        *positions,
        context([escape(line) for line in process_lines(picture)]),
    ]


def _figures(picture: Picture) -> list[tuple[str, str]]:
    """Money and risk, each said to be UNKNOWN where it is not known now."""
    books = picture.books if isinstance(picture.books, Books) else None
    today, leverage = picture.today, picture.leverage
    return [
        ("P&L today (UTC)", _now(picture, signed(today.net_usd) if today else None)),
        ("Equity", _now(picture, money(books.equity_usd) if books else None)),
        ("Leverage", _now(picture, f"{leverage:.2f}x" if leverage is not None else None)),
        ("Drawdown", _now(picture, drawdown_of(picture))),
        ("Margin used", margin_of(picture)),
        ("Liquidation buffer", buffer_of(picture)),
    ]


def _now(picture: Picture, figure: str | None) -> str:
    if figure is None:
        return UNKNOWN
    return f"{UNKNOWN} (was {figure})" if picture.worth_unknown else figure


def _bot(around: Around, now: datetime) -> str:
    health, outbox = around.connections, around.outbox
    said = f"Slack: {health.said}"
    if health.ack_ms_median is not None:
        said += f", acknowledged in {health.ack_ms_median:.0f} ms"
    if health.trouble:
        said += f" · 🔴 {escape(health.trouble)}"
    said += f" · outbox: {count(outbox.waiting, 'message')}"
    if outbox.since is not None and outbox.waiting:
        said += f" since {age(outbox.since, now)}"
    if outbox.trouble:
        said += f" ({escape(outbox.trouble)})"
    if around.people_trouble:
        said += f" · 🔴 {escape(around.people_trouble)}"
    return said
