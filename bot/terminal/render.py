"""An answer as text for people, or as JSON for machines."""

import json
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from bot.answer import OK, Answer, Table

PIPED_WIDTH = 200
"""Columns where no terminal says how many there are: lines are not broken for grep."""

_LOUD = (
    "HELD",
    "KILLED",
    "OPEN",
    "UNKNOWN",
    "CLOSED",
    "WRONG",
    "NONE",
    "ONLY",
    "BROKEN",
    "LEFT",
    "SILENT",
)


def show(answer: Answer, *, as_json: bool, out: TextIO) -> None:
    """Print one answer."""
    if as_json:
        facts = {"title": answer.title, "code": answer.code, "lines": list(answer.lines)}
        out.write(json.dumps({**facts, **answer.facts}, ensure_ascii=False, indent=2) + "\n")
        return
    width = None if out.isatty() else PIPED_WIDTH
    Console(file=out, width=width, highlight=False, soft_wrap=True).print(renderable(answer))


def renderable(answer: Answer) -> RenderableType:
    """The answer for rich."""
    bad = answer.code != OK
    title = printable(answer.title)
    parts: list[RenderableType] = [Text(title, style="bold red" if bad else "bold")]
    parts += [_line(line) for line in answer.lines]
    parts += [_table(table) for table in answer.tables]
    return Group(*parts)


def printable(text: str) -> str:
    """Reasons and errors come from people and exchanges: what would move the cursor is shown as �."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _line(line: str) -> Text:
    text = Text(printable(line))
    text.highlight_words(_LOUD, style="bold yellow")
    return text


def _table(table: Table) -> RichTable:
    shown = RichTable(title=table.title, title_justify="left", box=None, header_style="dim")
    for name in table.head:
        shown.add_column(name, overflow="fold")
    for row in table.rows:
        shown.add_row(*(_line(cell) for cell in row))
    return shown
