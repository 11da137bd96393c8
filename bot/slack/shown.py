"""A command's answer as a Slack message."""

from collections.abc import Iterable, Sequence

from bot.answer import FAILED, OK, REFUSED, USAGE, Answer, Table
from bot.slack.message import Block, Message, context, divider, fields, message, section, sections
from bot.slack.mrkdwn import bold, escape, preformatted

SIGNS = {OK: "", FAILED: "🔴 ", REFUSED: "⛔ ", USAGE: "❔ "}
NARROW = 4
"""Tables of so many columns stand in columns on a phone; wider ones become a paragraph per row."""
NARROW_ROWS = 25
AS_FIELDS = 6
WIDE_ROWS = 20


def answer_message(answer: Answer) -> Message:
    """The text alone says what title and sentences say."""
    lines = [f"{SIGNS[answer.code]}{answer.title}", *answer.lines]
    return message("\n".join(escape(line) for line in lines), answer_blocks(answer))


def answer_blocks(answer: Answer) -> list[Block]:
    """Title, sentences, tables."""
    title = f"{SIGNS[answer.code]}{bold(answer.title)}"
    lines = [escape(line) for line in answer.lines]
    tables = [block for table in answer.tables for block in table_blocks(table)]
    return [section(title), *sections(lines), *tables]


def table_blocks(table: Table) -> list[Block]:
    named = [section(bold(table.title))] if table.title else []
    if not table.rows:
        return [*named, context(["none"])]
    if len(table.head) <= NARROW:
        return [*named, *_columns(table)]
    if len(table.rows) <= AS_FIELDS:
        return [*named, *(block for row in table.rows for block in _as_fields(table.head, row))]
    return [*named, *_paragraphs(table)]


def _columns(table: Table) -> list[Block]:
    rows = [list(table.head), *(list(row) for row in table.rows[:NARROW_ROWS])]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [section(preformatted(lines)), *_rest(len(table.rows) - NARROW_ROWS)]


def _as_fields(head: Sequence[str], row: Sequence[str]) -> list[Block]:
    pairs = [(name or "·", cell or "·") for name, cell in zip(head[1:], row[1:], strict=True)]
    return [divider(), section(bold(row[0])), *fields(pairs)]


def _paragraphs(table: Table) -> list[Block]:
    lines = [_paragraph(table.head, row) for row in table.rows[:WIDE_ROWS]]
    return [*sections(lines), *_rest(len(table.rows) - WIDE_ROWS)]


def _paragraph(head: Sequence[str], row: Sequence[str]) -> str:
    said = " · ".join(
        f"{escape(name)} {escape(cell)}"
        for name, cell in zip(head[1:], row[1:], strict=True)
        if cell
    )
    return f"{bold(row[0])} · {said}"


def _rest(missing: int) -> Iterable[Block]:
    if missing > 0:
        yield context([f"… and {missing} more: the terminal shows all of them."])
