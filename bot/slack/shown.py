"""A command's answer as a Slack message."""

from collections.abc import Iterable, Sequence

from bot.answer import FAILED, OK, REFUSED, USAGE, Answer, Table
from bot.slack.message import Block, Message, context, message, section, sections
from bot.slack.mrkdwn import SECTION_MAX, bold, escape, preformatted

SIGNS = {OK: "", FAILED: "🔴 ", REFUSED: "⛔ ", USAGE: "❔ "}
MODES = {"ACTIVE": "🟢", "REDUCE_ONLY": "🟡", "HELD": "🔴", "KILLED": "⛔"}
LABEL_MAX = 32
NARROW = 4
"""Tables of so many columns stand in columns on a phone; wider ones become a paragraph per row."""
WIDE_ROWS = 20


def answer_message(answer: Answer) -> Message:
    """The text alone says what the blocks say, as far as Slack takes it."""
    lines = [f"{_sign(answer)}{answer.title}", *answer.lines]
    for table in answer.tables:
        lines += [table.title, *(_spoken(table.head, row) for row in table.rows[:WIDE_ROWS])]
    text = "\n".join(escape(line) for line in lines if line)
    return message(text, answer_blocks(answer))


def answer_blocks(answer: Answer) -> list[Block]:
    """Title, sentences, tables."""
    title = f"{_sign(answer)}{bold(answer.title)}"
    lines = [labelled(line) for line in answer.lines]
    tables = [block for table in answer.tables for block in table_blocks(table)]
    return [section(title), *sections(lines), *tables]


def _sign(answer: Answer) -> str:
    """How it went; and where the title names a desk's mode, that mode's."""
    mode = answer.facts.get("mode")
    if answer.code == OK and f": {mode}" in answer.title:
        return f"{MODES[str(mode)]} "
    return SIGNS[answer.code]


def labelled(line: str) -> str:
    """A line as mrkdwn; what stands before its first colon is its name."""
    label, colon, said = line.partition(": ")
    if colon and len(label) <= LABEL_MAX and "," not in label and not label.startswith(" "):
        return f"{bold(label)}: {escape(said)}"
    return escape(line)


def table_blocks(table: Table) -> list[Block]:
    named = [section(bold(table.title))] if table.title else []
    if not table.rows:
        return [*named, context(["none"])]
    if len(table.head) <= NARROW:
        return [*named, *_columns(table)]
    return [*named, *_paragraphs(table)]


def _columns(table: Table) -> list[Block]:
    """As many rows as a section takes: cut in the middle it would never end."""
    rows = [list(table.head), *(list(row) for row in table.rows)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.head))]
    lines: list[str] = []
    left = SECTION_MAX - len(preformatted([]))
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        left -= len(escape(line.rstrip())) + 1
        if left < 0:
            break
        lines.append(line.rstrip())
    return [section(preformatted(lines)), *_rest(len(rows) - len(lines))]


def _paragraphs(table: Table) -> list[Block]:
    lines = [_paragraph(table.head, row) for row in table.rows[:WIDE_ROWS]]
    return [*sections(lines), *_rest(len(table.rows) - WIDE_ROWS)]


def _paragraph(head: Sequence[str], row: Sequence[str]) -> str:
    return f"• {bold(row[0])} · {escape(_spoken(head[1:], row[1:]))}"


def _spoken(head: Sequence[str], row: Sequence[str]) -> str:
    return " · ".join(
        f"{name} {cell}".strip() for name, cell in zip(head, row, strict=True) if cell
    )


def _rest(missing: int) -> Iterable[Block]:
    if missing > 0:
        yield context([f"… and {missing} more: the terminal shows all of them."])
